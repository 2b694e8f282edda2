"""A connection to Neo4j: reads and writes by the name of a query file; driver errors are translated here."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from random import uniform
from typing import Any, TypeVar

from neo4j import (
    AsyncDriver,
    AsyncGraphDatabase,
    AsyncResult,
    AsyncSession,
    AsyncTransaction,
    NotificationMinimumSeverity,
)
from neo4j.exceptions import (
    AuthError,
    ConnectionPoolError,
    ConstraintError,
    DriverError,
    Neo4jError,
    ServiceUnavailable,
    SessionExpired,
    TransientError,
)

from beliefgraph.errors import Conflict, Fault, Unavailable, Unsupported
from beliefgraph.store.layer_rows import NO_LAYERS
from beliefgraph.store.personal import PersonalTexts
from beliefgraph.store.queries import given, query
from beliefgraph.telemetry.spans import span

T = TypeVar("T")

Turn = Callable[[], AbstractAsyncContextManager[None]]
"""A context entered before a connection is taken, and left when it is returned."""

NEO4J = {"db.system.name": "neo4j"}
"""Attributes of a statement's span, besides the name of its query."""

CONNECTION_POOL = 50
ACQUISITION_TIMEOUT = 10.0
"""Seconds to wait for a connection before the store counts as unavailable."""

RETRIED_FOR = 30.0
"""Seconds for which a write that Neo4j rolled back (a deadlock, a moment without a leader) is retried."""

FIRST_PAUSE = 0.05
"""Seconds before the first retry, doubled before each further one."""

OUT_OF_MEMORY = "OutOfMemoryError"
"""Suffixes of the codes with which Neo4j reports that a transaction exceeds its memory; a retry would fail too."""


class Transaction:
    """One write transaction: every statement by its file's name. It may run twice, so it must have no side effects."""

    def __init__(self, tx: AsyncTransaction) -> None:
        self._tx = tx

    async def run(self, name: str, /, **parameters: Any) -> list[Any] | None:
        """The first record of the query as a list of its values, or None."""
        with span(name, NEO4J):
            return await _written_record(await self._tx.run(query(name), given(parameters)))


async def _written_record(result: AsyncResult) -> list[Any] | None:
    """The values of the one record of a writing query.

    The driver's result refers to itself, so it is only freed by a garbage collection, long after. The rows that were
    written are released here.
    """
    record = await result.single(strict=False)
    ((await result.consume()).parameters or {}).clear()
    return None if record is None else list(record.values())


class Graph:
    """Reads and writes on one database of one region."""

    def __init__(self, driver: AsyncDriver, database: str = "neo4j") -> None:
        self._driver = driver
        self._database = database
        self.personal = PersonalTexts()
        self.layers = NO_LAYERS
        self.turn: Turn = nullcontext
        self.statements = 0
        self.sessions = 0

    async def read(self, name: str, /, **parameters: Any) -> list[Any] | None:
        """The one record that a query returns, as a list of its values, or None. Auto-commit: one round trip.

        Retried once if its connection was lost, which may have happened long ago.
        """
        self.statements += 1
        with _Translated(reading=True), span(name, NEO4J):
            try:
                return await self._read(name, parameters)
            except (ServiceUnavailable, SessionExpired):
                return await self._read(name, parameters)

    async def _read(self, name: str, parameters: dict[str, Any]) -> list[Any] | None:
        async with self._session(default_access_mode="READ") as session:
            result = await session.run(query(name), given(parameters))
            record = await result.single(strict=False)
            return None if record is None else list(record.values())

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """The result of `work` once its transaction is committed; retried if Neo4j rolled it back for a passing reason.

        `store-memory` at once if Neo4j lacks the memory for it.
        """

        async def attempt(session: AsyncSession) -> T:
            async with await session.begin_transaction() as tx:
                done = await work(Transaction(tx))
                await tx.commit()
                return done

        return await self._written(attempt, lost=True)

    async def write_one(self, name: str, /, **parameters: Any) -> list[Any] | None:
        """The record of one writing query, in its own transaction: one round trip. Fails as `write` does."""

        async def attempt(session: AsyncSession) -> list[Any] | None:
            with span(name, NEO4J):
                return await _written_record(await session.run(query(name), given(parameters)))

        return await self._written(attempt, lost=False)

    async def _written(self, attempt: Callable[[AsyncSession], Awaitable[T]], *, lost: bool) -> T:
        """The attempt's result. `lost` says whether an attempt that lost its connection may be retried.

        After a lost connection it is unknown whether an auto-commit statement was written.
        """
        self.statements += 1
        until, pause = time.monotonic() + RETRIED_FOR, FIRST_PAUSE
        with _Translated():
            while True:
                try:
                    async with self._session() as session:
                        return await attempt(session)
                except (Neo4jError, DriverError) as error:
                    passing = error.is_retryable() and (lost or isinstance(error, Neo4jError))
                    if not passing or out_of_memory(error) or time.monotonic() + pause > until:
                        raise
                await asyncio.sleep(pause * uniform(0.8, 1.2))  # noqa: S311
                pause *= 2

    async def schema(self, statement: str) -> None:
        """Run one statement of the schema, made by `graph_schema`, in auto-commit as Neo4j requires."""
        with _Translated():
            async with self._session() as session:
                result = await session.run(statement)
                await result.consume()

    @asynccontextmanager
    async def _session(self, **options: Any) -> AsyncIterator[AsyncSession]:
        """A session, counted while it is open: each takes a connection of the pool.

        The driver wakes all waiters whenever a connection is returned, so they wait for their `turn` here.
        """
        async with self.turn():
            self.sessions += 1
            try:
                async with self._driver.session(database=self._database, **options) as session:
                    yield session
            finally:
                self.sessions -= 1

    async def ready(self) -> None:
        """Return if the database answers; `store-unavailable` if not."""
        with _Translated():
            await self._driver.verify_connectivity()

    async def close(self) -> None:
        """Close every connection."""
        await self._driver.close()


def connect(
    uri: str, user: str, password: str, database: str = "neo4j", acquisition_timeout: float = ACQUISITION_TIMEOUT
) -> Graph:
    """A graph at a Bolt or `neo4j://` address; nothing is opened until the first query."""
    driver = AsyncGraphDatabase.driver(
        uri,
        auth=(user, password),
        max_connection_pool_size=CONNECTION_POOL,
        connection_acquisition_timeout=acquisition_timeout,
        notifications_min_severity=NotificationMinimumSeverity.OFF,
        telemetry_disabled=True,
    )
    return Graph(driver, database)


@asynccontextmanager
async def connected(
    uri: str, user: str, password: str, database: str = "neo4j", acquisition_timeout: float = ACQUISITION_TIMEOUT
) -> AsyncIterator[Graph]:
    """A graph that is closed when the block ends."""
    graph = connect(uri, user, password, database, acquisition_timeout)
    try:
        yield graph
    finally:
        await graph.close()


def already_stored(error: BaseException | None) -> bool:
    """Whether Neo4j refused to write a row because its id is stored already."""
    return isinstance(error, ConstraintError)


def out_of_memory(error: BaseException | None) -> bool:
    """Whether Neo4j refused a transaction because it lacks the memory for it."""
    return isinstance(error, Neo4jError) and (error.code or "").endswith(OUT_OF_MEMORY)


class _Translated:
    """Translates the driver's errors into ours, at the store's edge."""

    def __init__(self, *, reading: bool = False) -> None:
        self._reading = reading

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        match error:
            case AuthError():
                raise Unavailable("store-unavailable", "Neo4j refuses the user name or password.") from error
            case ConnectionPoolError():
                raise Unavailable("overloaded", "Neo4j is overloaded; try again in a second.") from error
            case Neo4jError() if out_of_memory(error) and self._reading:
                raise Unavailable(
                    "overloaded", "Neo4j has no memory left for this query; try again in a second."
                ) from error
            case Neo4jError() if out_of_memory(error):
                raise Unsupported(
                    "store-memory",
                    "Neo4j has not the memory for a transaction of this size: send less at once, or give it more "
                    "(dbms.memory.transaction.total.max, or a larger heap).",
                ) from error
            case ServiceUnavailable() | SessionExpired() | TransientError() | OSError():
                raise Unavailable(
                    "store-unavailable", f"Neo4j does not answer now ({_why(error)}); the call may be sent again."
                ) from error
            case ConstraintError():
                raise Conflict("rev-conflict", "Another writer wrote the same at the same time; try again.") from error
            case Neo4jError() | DriverError():
                raise Fault("store-fault", f"Neo4j refused a query: {_why(error)}.") from error
            case _:
                return


def _why(error: BaseException) -> str:
    """The code or class of an error, not its message, which may quote data."""
    return getattr(error, "code", None) or type(error).__name__
