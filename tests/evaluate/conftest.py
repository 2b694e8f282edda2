"""A real service over HTTP on the real Neo4j, with a tenant of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import SecretStr

from beliefgraph.api import create_app
from beliefgraph.app import running
from beliefgraph.cli.evaluate import with_learned_sources
from beliefgraph.config import Settings
from beliefgraph.evaluate.client import Client
from beliefgraph.evaluate.replay import LearnSources
from beliefgraph.local import Endpoint
from beliefgraph.web.server import serving


@pytest_asyncio.fixture
async def service(endpoint: Endpoint, tmp_path: Path, tenant: str) -> AsyncIterator[tuple[Client, LearnSources]]:
    """A client with a key that may do everything an evaluation does, and how sources are learned; both for threads."""
    settings = Settings(
        neo4j_uri=endpoint.uri,
        neo4j_username=endpoint.user,
        neo4j_password=SecretStr(endpoint.password),
        keys=tmp_path / "keys",
        port=0,
    )
    async with running(settings, serving=True) as services:
        made = await services.callers.create(tenant, "test", ("read", "write", "define", "erase"), ("testing",))
        loop = asyncio.get_running_loop()

        def learn(
            *,
            trusted: str | None = None,
            before: datetime | None = None,
            calibrate: bool = False,
            outcomes: bool = False,
            trajectories: bool = False,
        ) -> None:
            learning = with_learned_sources(
                services,
                made.secret,
                None,
                trusted,
                before,
                calibrate=calibrate,
                outcomes=outcomes,
                trajectories=trajectories,
            )
            asyncio.run_coroutine_threadsafe(learning, loop).result()

        await services.warming.finished()
        async with serving(create_app(services), settings) as served:
            with Client(served.url, made.secret) as speaking:
                yield speaking, learn


@pytest.fixture
def client(service: tuple[Client, LearnSources]) -> Client:
    """The client alone."""
    return service[0]


@pytest.fixture
def learn(service: tuple[Client, LearnSources]) -> LearnSources:
    """How sources are learned."""
    return service[1]
