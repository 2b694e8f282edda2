"""`beliefgraph serve` as a process of its own, from outside."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
from tests.terminal import beliefgraph, unnamed

from beliefgraph.local import Endpoint

PROGRAM = """
import typer
from beliefgraph.cli import serve
app = typer.Typer(pretty_exceptions_enable=False)
app.command()(serve.serve)
app()
"""
PATIENCE = 30.0
COMPILED = 300.0
"""Seconds within which a busy machine compiles every kernel."""


def environment_of(endpoint: Endpoint, folder: Path) -> dict[str, str]:
    """What a service on this Neo4j is started with; its keys lie in the folder."""
    return {
        **unnamed(),
        "NEO4J_URI": endpoint.uri,
        "NEO4J_USERNAME": endpoint.user,
        "NEO4J_PASSWORD": endpoint.password,
        "BELIEFGRAPH_KEYS": str(folder / "keys"),
        "BELIEFGRAPH_REFRESH_INTERVAL": "0",
    }


async def command(environment: Mapping[str, str], *arguments: str) -> asyncio.subprocess.Process:
    """`beliefgraph serve`, begun."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PROGRAM,
        *arguments,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def output_of(environment: Mapping[str, str], *arguments: str) -> tuple[int | None, str, str]:
    """How a command ended, and what it said."""
    done = await asyncio.to_thread(beliefgraph, *arguments, environ=dict(environment))
    return done.returncode, done.stdout.decode(), done.stderr.decode()


async def ready(url: str) -> None:
    """Wait until a service can serve: the first one of an installation compiles its kernels."""
    async with asyncio.timeout(COMPILED), httpx2.AsyncClient() as http:
        while (await http.get(f"{url}/readyz")).status_code != 200:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


@asynccontextmanager
async def served_apart(environment: Mapping[str, str]) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A service in a process of its own that can serve, and its address; killed if it has not ended."""
    process = await command(environment, "--port", "0")
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
