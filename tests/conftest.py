"""What every test stands on: one real Neo4j for the session, and a tenant of its own for each test."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_urlsafe
from uuid import uuid4

import pytest
import pytest_asyncio
import yaml
from filelock import FileLock
from hypothesis import settings

from beliefgraph.inference import warm
from beliefgraph.local import Endpoint, LocalNeo4j
from beliefgraph.local.endpoint import PASSWORD, URI, named_endpoint
from beliefgraph.local.java import JAVA_OPTIONS
from beliefgraph.model.caller import Caller
from beliefgraph.store.graph import Graph, connected
from beliefgraph.store.keys import Keyring
from beliefgraph.store.migrations import migrate
from tests.world import CATALOG, World

settings.register_profile("untimed", settings(), deadline=None)  # on a busy machine a first call may take long
settings.load_profile("untimed")

# Servers that a test starts live for seconds, which is too short for Java's second compiler to be worth its time.
os.environ.setdefault(JAVA_OPTIONS, "-XX:TieredStopAtLevel=1")

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


@dataclass
class StoppedClock:
    """A clock that stands still until it is told to move."""

    at: datetime = field(default_factory=lambda: datetime(2026, 10, 1, 12, tzinfo=UTC))

    def now(self) -> datetime:
        return self.at

    def advance(self, span: timedelta) -> None:
        self.at += span


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the tests run against a container, for those who have Docker and the extra `docker`."""
    parser.addoption("--docker", action="store_true", help="test against Neo4j in a container (needs Docker)")


LONGEST = (
    "tests/inference/test_model.py",  # with the kernels, while the other process starts servers
    "tests/local/test_server.py",
    "tests/cli/test_demo.py",
    "tests/docs/test_operations_page.py",
    "tests/story/test_killed.py",
    "tests/services/test_portions.py",
    "tests/browser/test_saved_queries.py",
    "tests/web/test_serve.py",
    "tests/story/test_erased.py",
    "tests/services/test_concurrency.py",
    "tests/docs/test_tutorial.py",
    "tests/docs/test_readme.py",
    "tests/evaluate/test_polls.py",
    "tests/evaluate/test_cdnow.py",
    "tests/evaluate/test_trajectories.py",
    "tests/local/test_places.py",
    "tests/local/test_cli.py",
)
"""Files that take long for the number of their tests, in the order in which they begin."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest come first: at the end no process waits for another that has just begun one."""
    files = [item.nodeid.partition("::")[0] for item in items]
    tests = Counter(files)
    rank = {file: (LONGEST.index(file) if file in LONGEST else len(LONGEST), -tests[file], file) for file in tests}
    order = sorted(range(len(items)), key=lambda at: rank[files[at]])
    items[:] = [items[at] for at in order]


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Two processes, each with a Neo4j of its own, for all tests; one where only some were asked for."""
    return 2 if config.args_source is pytest.Config.ArgsSource.TESTPATHS else 0


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Endpoint]:
    """The Neo4j that NEO4J_URI names, a container with --docker, else a local one that is gone when the tests are."""
    named = named_endpoint(os.environ)
    if named is not None:
        yield named
        return
    if request.config.getoption("--docker"):
        yield from in_a_container()
        return
    environ = {**os.environ, JAVA_OPTIONS: ""}
    with LocalNeo4j(tmp_path_factory.mktemp("neo4j"), bolt_port=0, http_port=0, environ=environ) as started:
        yield started


def in_a_container() -> Iterator[Endpoint]:
    """Neo4j from the image that `docker-compose.yml` names, gone when the tests are."""
    from testcontainers.community.neo4j import Neo4jContainer

    compose = yaml.safe_load((Path(__file__).parents[1] / "docker-compose.yml").read_text())
    with Neo4jContainer(compose["services"]["neo4j"]["image"], password=token_urlsafe()) as started:
        yield Endpoint(started.get_connection_url(), started.username, started.password)


@pytest.fixture(scope="session")
def second(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """Another Neo4j, for tests of several databases: the one that NEO4J_SECOND_URI names, else a local one."""
    named = named_endpoint({name: os.environ.get(name.replace("_", "_SECOND_", 1), "") for name in (URI, PASSWORD)})
    if named is not None:
        yield named
        return
    with LocalNeo4j(tmp_path_factory.mktemp("second"), bolt_port=0, http_port=0) as started:
        yield started


@pytest.fixture(scope="session")
def ready_kernels(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The kernels of the inference, ready: one process compiles them, and the others load what it compiled."""
    with FileLock(tmp_path_factory.getbasetemp().parent / "kernels.lock"):
        warm()


@pytest_asyncio.fixture(scope="session")
async def graph(endpoint: Endpoint, ready_kernels: None) -> AsyncIterator[Graph]:
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
    """The services on that Neo4j, with a small catalog published; its statements are counted by themselves."""
    made = World(Graph(graph._driver, graph._database), keyring, clock, caller)
    await made.book.publish(caller, CATALOG)
    return made
