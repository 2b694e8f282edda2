"""What every test stands on: one real Neo4j for the session, and a tenant of its own for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio

from beliefgraph.local import Endpoint, LocalNeo4j
from beliefgraph.local.endpoint import named_endpoint
from beliefgraph.model.caller import Caller
from beliefgraph.store.graph import Graph, connected
from beliefgraph.store.keys import Keyring
from beliefgraph.store.migrations import migrate
from tests.world import CATALOG, World

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


@dataclass
class StoppedClock:
    """A clock that stands still until it is told to move."""

    at: datetime = field(default_factory=lambda: datetime(2026, 10, 1, 12, tzinfo=UTC))

    def now(self) -> datetime:
        return self.at

    def advance(self, span: timedelta) -> None:
        self.at += span


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """The Neo4j that NEO4J_URI names, else a local one that is gone when the tests are."""
    import os

    named = named_endpoint(os.environ)
    if named is not None:
        yield named
        return
    with LocalNeo4j(tmp_path_factory.mktemp("neo4j"), bolt_port=0, http_port=0) as started:
        yield started


@pytest_asyncio.fixture(scope="session")
async def graph(endpoint: Endpoint) -> AsyncIterator[Graph]:
    """A connection to a migrated database."""
    async with connected(endpoint.uri, endpoint.user, endpoint.password) as connection:
        await migrate(connection, StoppedClock())
        yield connection


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring(tmp_path / "keys")


@pytest.fixture
def tenant() -> str:
    """A tenant that no other test uses."""
    return f"tenant-{uuid4().hex[:12]}"


@pytest.fixture
def caller(tenant: str) -> Caller:
    """A service that may do everything but speak for a person."""
    return Caller(
        actor="test", tenant=tenant, scopes=("read", "write", "correct", "define", "erase"), purpose="testing"
    )


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data, or a skip that says it is missing."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"the real data is not at {SHARED_DATA.parent.name}/data beside the project")
    return SHARED_DATA


@pytest_asyncio.fixture
async def world(graph: Graph, keyring: Keyring, clock: StoppedClock, caller: Caller) -> World:
    """The services on that Neo4j, with a small catalog published."""
    made = World(graph, keyring, clock, caller)
    await made.book.publish(caller, CATALOG)
    return made
