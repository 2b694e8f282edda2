"""`beliefgraph serve` and `beliefgraph keys` as processes of their own."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio
from tests.web.serve_process import PATIENCE, environment_of, output_of, served_apart

from beliefgraph.local import Endpoint
from beliefgraph.store.graph import Graph


@pytest.fixture
def environment(endpoint: Endpoint, graph: Graph, tmp_path: Path) -> dict[str, str]:
    return environment_of(endpoint, tmp_path)


@pytest_asyncio.fixture
async def serving(environment: dict[str, str]) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A service in a process of its own, and its address."""
    async with served_apart(environment) as served:
        yield served


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
async def test_a_key_made_in_a_terminal_opens_the_service_which_ends_cleanly_on_a_signal(
    environment: dict[str, str], serving: tuple[asyncio.subprocess.Process, str], tenant: str, told: signal.Signals
) -> None:
    process, url = serving
    options = ["--tenant", tenant, "--actor", "shop", "--scope", "read", "--purpose", "care"]
    code, secret, shown = await output_of(environment, "keys", "create", *options)
    assert code == 0
    assert "not shown again" in shown
    assert secret.startswith("bg_")
    headers = {"authorization": f"Bearer {secret.strip()}"}
    async with httpx2.AsyncClient() as http:
        answer = await http.post(f"{url}/graphql", json={"query": "{ definitions { number } }"}, headers=headers)
        assert answer.json() == {"data": {"definitions": {"number": 0}}}
        code, listed, _ = await output_of(environment, "keys", "list", "--tenant", tenant)
        assert code == 0
        assert "shop" in listed
        assert secret.strip() not in listed
        code, revoked, _ = await output_of(environment, "keys", "revoke", listed.splitlines()[1].split()[0])
        assert code == 0
        assert "shop" in revoked
    process.send_signal(told)
    async with asyncio.timeout(PATIENCE):
        _, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    assert b"Traceback" not in err
    assert b'"path":"/graphql"' in err


LINGERING = """
from beliefgraph.cli.serve import end_within

class Lingering:
    def __del__(self):
        while True:
            pass

end_within(3)  # on a busy machine the interpreter takes a while to get there
kept = Lingering()  # let go of by the interpreter as it ends, when no other thread may run any more
"""


def test_the_process_ends_in_its_time_even_where_the_interpreter_does_not() -> None:
    done = subprocess.run([sys.executable, "-c", LINGERING], capture_output=True, timeout=PATIENCE, check=False)
    assert done.returncode == 1
    assert b"in __del__" in done.stderr


async def test_a_port_that_is_taken_is_reported(environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, _, err = await output_of(environment, "serve", "--port", str(taken.getsockname()[1]))
    assert code == 1
    assert "port-taken" in err


async def test_an_unknown_scope_is_reported(environment: dict[str, str]) -> None:
    code, _, err = await output_of(environment, "keys", "create", "--tenant", "t", "--actor", "a", "--scope", "fly")
    assert code == 2
    assert "fly is none of read" in " ".join(err.split())
