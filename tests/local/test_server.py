"""One real Neo4j through its life: started, used, killed, recovered, stopped. The tests share a directory, in order."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from neo4j import GraphDatabase

from beliefgraph.errors import BeliefgraphError
from beliefgraph.local import Endpoint, LocalNeo4j, Memory, resolve_endpoint
from beliefgraph.local.data_dir import DataDir, ProcessId, RunState
from beliefgraph.local.processes import find, has_ended, identify

GONE_WITHIN_S = 20.0

OWNER = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored, if these tests run in the background
import sys, time
from pathlib import Path
from beliefgraph.local import LocalNeo4j
server = LocalNeo4j(Path(sys.argv[1]))
server.start()
print("ready", flush=True)
time.sleep(300)
"""


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One data directory for this module; whatever still runs in it at the end is stopped."""
    path = tmp_path_factory.mktemp("neo4j") / "a directory"
    yield path
    LocalNeo4j(path).stop()


@pytest.fixture(scope="module")
def endpoint(directory: Path, offline: dict[str, str]) -> Iterator[Endpoint]:
    """The server of this module after its first start, which has no network."""
    with LocalNeo4j(directory, bolt_port=0, http_port=0, environ=offline) as started:
        yield started


def test_ready_means_that_bolt_answers(endpoint: Endpoint, directory: Path) -> None:
    assert _query(endpoint, "CREATE (:Kept {word: 'yes'}) RETURN 1 AS one") == [1]
    status = LocalNeo4j(directory).status()
    assert (status.state, status.endpoint, status.detached) == ("running", endpoint, False)
    assert "Started." in "\n".join(LocalNeo4j(directory).logs(200))


def test_the_version_that_runs_is_the_one_in_the_lock(endpoint: Endpoint, directory: Path) -> None:
    kernel = "CALL dbms.components() YIELD name, versions WHERE name = 'Neo4j Kernel' RETURN versions[0]"
    assert _query(endpoint, kernel) == [LocalNeo4j(directory).status().version]


def test_the_browser_is_served(endpoint: Endpoint) -> None:
    assert endpoint.browser_url is not None
    with urllib.request.urlopen(endpoint.browser_url, timeout=10) as page:
        assert b"<html" in page.read().lower()


def test_a_password_is_needed_and_only_its_owner_can_read_it(endpoint: Endpoint, directory: Path) -> None:
    assert not Endpoint(endpoint.uri, endpoint.user, "neo4j").answers()
    file = directory / "password"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert file.read_text().strip() == endpoint.password
    assert len(endpoint.password) >= 32


def test_no_process_shows_the_password_in_its_command_line(endpoint: Endpoint, directory: Path) -> None:
    state = _state(directory)
    for process in (find(state.java), find(state.supervisor)):
        assert process is not None
        assert endpoint.password not in " ".join(process.cmdline())


def test_it_listens_on_loopback_only(endpoint: Endpoint, directory: Path) -> None:
    java = find(_state(directory).java)
    assert java is not None
    listening = {c.laddr for c in java.net_connections("inet") if c.status == psutil.CONN_LISTEN}
    assert len(listening) == 2
    assert {address.ip.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}


def test_a_second_owner_is_refused_and_the_first_goes_on(endpoint: Endpoint, directory: Path) -> None:
    assert _refusal(LocalNeo4j(directory)).code == "already-owned"
    assert endpoint.answers()


def test_a_running_server_is_found_and_not_stopped_by_who_found_it(endpoint: Endpoint, directory: Path) -> None:
    guest = LocalNeo4j(directory)
    assert resolve_endpoint(guest, {}) == endpoint
    guest.close()
    assert endpoint.answers()


def test_after_a_crash_it_starts_again_on_the_same_ports_with_its_data(endpoint: Endpoint, directory: Path) -> None:
    state = _state(directory)
    assert state.java is not None
    os.kill(state.java.pid, signal.SIGKILL)
    assert has_ended(state.supervisor, GONE_WITHIN_S)
    assert LocalNeo4j(directory).status().state == "crashed"
    with LocalNeo4j(directory) as again:
        assert again == endpoint
        assert _query(again, "MATCH (k:Kept) RETURN k.word") == ["yes"]
    assert LocalNeo4j(directory).status().state == "stopped"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_a_supervisor_that_is_killed_takes_java_along_and_the_next_start_recovers(directory: Path) -> None:
    with LocalNeo4j(directory):
        state = _state(directory)
        os.kill(state.supervisor.pid, signal.SIGKILL)
        assert has_ended(state.java, GONE_WITHIN_S)
        assert LocalNeo4j(directory).status().state == "crashed"


def test_a_stale_pid_that_now_belongs_to_somebody_else_is_left_alone(directory: Path) -> None:
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        stale = ProcessId(bystander.pid, identify(bystander.pid).created - 3600)
        home = DataDir(directory)
        ports = home.remembered_ports()
        assert ports is not None
        home.write_run_state(RunState(stale, stale, ports, detached=True))
        assert LocalNeo4j(directory).status().state == "crashed"
        assert LocalNeo4j(directory).stop() is False
        assert LocalNeo4j(directory).status().state == "stopped"
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_an_owner_takes_its_server_along_however_it_ends(directory: Path, number: signal.Signals) -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER, directory], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"ready\n"
        state = _state(directory)
        owner.send_signal(number)
        assert has_ended(state.java, GONE_WITHIN_S)
        assert has_ended(state.supervisor, GONE_WITHIN_S)
        assert LocalNeo4j(directory).status().state == "stopped"
    finally:
        owner.kill()
        owner.communicate()


def test_a_remembered_port_that_is_taken_is_named(directory: Path) -> None:
    ports = DataDir(directory).remembered_ports()
    assert ports is not None
    with socket.create_server(("127.0.0.1", ports.http)):
        refused = _refusal(LocalNeo4j(directory))
    assert refused.code == "port-taken"
    assert f"HTTP port {ports.http}" in refused.message


def test_neo4j_that_dies_at_start_says_its_last_words(directory: Path) -> None:
    refused = _refusal(LocalNeo4j(directory, memory=Memory(heap="999999g")))
    assert refused.code == "neo4j-died"
    assert "heap" in refused.message.lower()


def test_a_damaged_store_is_told_in_neo4js_own_words(directory: Path) -> None:
    (directory / "data" / "databases" / "store_lock").unlink()
    (directory / "data" / "databases" / "store_lock").mkdir()
    refused = _refusal(LocalNeo4j(directory))
    assert refused.code == "neo4j-died"
    assert "store_lock" in refused.message


def test_a_lost_password_is_told_and_not_replaced(directory: Path) -> None:
    (directory / "password").unlink()
    assert _refusal(LocalNeo4j(directory)).code == "password-lost"
    assert not (directory / "password").exists()


def test_a_free_port_that_somebody_snatches_is_given_up_for_another(tmp_path: Path) -> None:
    home = DataDir(tmp_path)
    snatched: list[socket.socket] = []

    def snatch() -> None:
        while (state := home.run_state()) is None or state.java is None:
            time.sleep(0.01)
        snatched.append(socket.create_server(("127.0.0.1", state.ports.bolt)))

    thread = threading.Thread(target=snatch)
    thread.start()
    with LocalNeo4j(tmp_path) as endpoint:
        thread.join()
        assert endpoint.answers()
        assert not endpoint.uri.endswith(str(snatched[0].getsockname()[1]))
    snatched[0].close()


def _query(endpoint: Endpoint, query: str) -> list[object]:
    with GraphDatabase.driver(endpoint.uri, auth=endpoint.auth) as driver:
        return [row[0] for row in driver.execute_query(query).records]


def _state(directory: Path) -> RunState:
    state = DataDir(directory).run_state()
    assert state is not None
    return state


def _refusal(server: LocalNeo4j) -> BeliefgraphError:
    with pytest.raises(BeliefgraphError) as refused:
        server.start()
    return refused.value
