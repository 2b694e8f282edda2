"""A real service over HTTP on the real Neo4j, with a tenant of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from pydantic import SecretStr

from beliefgraph.app import create_app, running
from beliefgraph.config import Settings
from beliefgraph.evaluate.client import Client
from beliefgraph.local import Endpoint
from beliefgraph.web.server import serving


@pytest_asyncio.fixture
async def client(endpoint: Endpoint, tmp_path: Path, tenant: str) -> AsyncIterator[Client]:
    """A client with a key that may do everything an evaluation does; call it in a thread."""
    settings = Settings(
        neo4j_uri=endpoint.uri,
        neo4j_username=endpoint.user,
        neo4j_password=SecretStr(endpoint.password),
        keys=tmp_path / "keys",
        port=0,
    )
    async with running(settings) as services:
        made = await services.callers.create(tenant, "test", ("read", "write", "define", "erase"), ("testing",))
        async with serving(create_app(services), settings) as served:
            with Client(served.url, made.secret) as speaking:
                yield speaking
