"""`beliefgraph serve` and `beliefgraph keys` as processes of their own."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio

from beliefgraph.local import Endpoint
from beliefgraph.store.graph import Graph

PROGRAM = """
import typer
from beliefgraph.cli import keys, serve
app = typer.Typer(pretty_exceptions_enable=False)
app.command()(serve.serve)
app.add_typer(keys.app, name="keys")
app()
"""
PATIENCE = 30.0
COMPILED = 300.0
"""Seconds within which a busy machine compiles every kernel."""


@pytest.fixture
def environment(endpoint: Endpoint, graph: Graph, tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("BELIEFGRAPH_", "NEO4J_"))}
    return {
        **kept,
        "NEO4J_URI": endpoint.uri,
        "NEO4J_USERNAME": endpoint.user,
        "NEO4J_PASSWORD": endpoint.password,
        "BELIEFGRAPH_KEYS": str(tmp_path / "keys"),
        "BELIEFGRAPH_REFRESH_INTERVAL": "0",
    }


async def command(environment: dict[str, str], *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PROGRAM,
        *arguments,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def said(environment: dict[str, str], *arguments: str) -> tuple[int | None, str, str]:
    """How a command ended, and what it said."""
    process = await command(environment, *arguments)
    async with asyncio.timeout(PATIENCE):
        out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def ready(url: str) -> None:
    """Wait until a service can serve: the first one of an installation compiles its kernels."""
    async with asyncio.timeout(COMPILED), httpx2.AsyncClient() as http:
        while (await http.get(f"{url}/readyz")).status_code != 200:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


@pytest_asyncio.fixture
async def serving(environment: dict[str, str]) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A service in a process of its own, and its address."""
    process = await command(environment, "serve", "--port", "0")
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE):
            line = (await process.stdout.readline()).decode()
        assert "/graphql" in line, line
        url = line.split()[1].removesuffix("/graphql")
        await ready(url)
        yield process, url
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
async def test_a_key_made_in_a_terminal_opens_the_service_which_ends_cleanly_when_told(
    environment: dict[str, str], serving: tuple[asyncio.subprocess.Process, str], tenant: str, told: signal.Signals
) -> None:
    process, url = serving
    options = ["--tenant", tenant, "--actor", "shop", "--scope", "read", "--purpose", "care"]
    code, secret, shown = await said(environment, "keys", "create", *options)
    assert code == 0
    assert "not shown again" in shown
    assert secret.startswith("bg_")
    headers = {"authorization": f"Bearer {secret.strip()}"}
    async with httpx2.AsyncClient() as http:
        answer = await http.post(f"{url}/graphql", json={"query": "{ definitions { number } }"}, headers=headers)
        assert answer.json() == {"data": {"definitions": {"number": 0}}}
        code, listed, _ = await said(environment, "keys", "list", "--tenant", tenant)
        assert code == 0
        assert "shop" in listed
        assert secret.strip() not in listed
        code, revoked, _ = await said(environment, "keys", "revoke", listed.splitlines()[1].split()[0])
        assert code == 0
        assert "shop" in revoked
    process.send_signal(told)
    async with asyncio.timeout(PATIENCE):
        _, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    assert b"Traceback" not in err
    assert b'"path":"/graphql"' in err


async def test_a_port_that_is_taken_is_told(
    environment: dict[str, str], serving: tuple[asyncio.subprocess.Process, str]
) -> None:
    _, url = serving
    code, _, err = await said(environment, "serve", "--port", url.rpartition(":")[2])
    assert code == 1
    assert "port-taken" in err


async def test_a_scope_that_is_none_is_told(environment: dict[str, str]) -> None:
    code, _, err = await said(environment, "keys", "create", "--tenant", "t", "--actor", "a", "--scope", "fly")
    assert code == 2
    assert "fly is none of read" in " ".join(err.split())
