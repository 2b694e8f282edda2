"""What a command needs to run on the tests' Neo4j."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.world import World

from beliefgraph.local import Endpoint
from beliefgraph.services.access.callers import Callers


@pytest.fixture
def environ(endpoint: Endpoint, tmp_path: Path) -> dict[str, str]:
    return {
        **os.environ,
        "NEO4J_URI": endpoint.uri,
        "NEO4J_USERNAME": endpoint.user,
        "NEO4J_PASSWORD": endpoint.password,
        "BELIEFGRAPH_KEYS": str(tmp_path / "keys"),
        "COLUMNS": "120",
    }


@pytest.fixture
async def key(world: World, tenant: str) -> str:
    """A key of the tests' tenant."""
    made = await Callers(world.graph, world.clock).create(tenant, "cli", ("read", "write", "define"), ("testing",))
    return made.secret
