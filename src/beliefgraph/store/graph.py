"""A connection to Neo4j: reads and writes by the name of a query file, driver errors translated once, here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from neo4j import AsyncDriver, AsyncGraphDatabase, AsyncManagedTransaction, NotificationMinimumSeverity
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

from beliefgraph.errors import Conflict, Fault, Unavailable
from beliefgraph.store.queries import query

T = TypeVar("T")

CONNECTION_POOL = 50
ACQUISITION_TIMEOUT = 10.0
"""Seconds to wait for a connection before saying that the store is unavailable."""


class Transaction:
    """One write transaction: every statement by its file's name. It may be run twice, so nothing may leave it."""

    def __init__(self, tx: AsyncManagedTransaction) -> None:
        self._tx = tx

    async def run(self, name: str, /, **parameters: Any) -> list[Any] | None:
        """The first record of the query as a list of its values, or None."""
        result = await self._tx.run(query(name), parameters)
        record = await result.single(strict=False)
        return None if record is None else list(record.values())


class Graph:
    """Reads and writes on one database of one region."""

    def __init__(self, driver: AsyncDriver, database: str = "neo4j") -> None:
        self._driver = driver
        self._database = database
        self.statements = 0

    async def read(self, name: str, /, **parameters: Any) -> list[Any] | None:
        """The one record a query returns, as a list of its values, or None. Auto-commit: one round trip."""
        self.statements += 1
        with _Translated():
            async with self._driver.session(database=self._database, default_access_mode="READ") as session:
                result = await session.run(query(name), parameters)
                record = await result.single(strict=False)
                return None if record is None else list(record.values())

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """What `work` returns once its transaction is committed; the driver retries it on transient errors."""
        self.statements += 1
        with _Translated():
            async with self._driver.session(database=self._database) as session:
                return await session.execute_write(lambda tx: work(Transaction(tx)))

    async def write_one(self, name: str, /, **parameters: Any) -> list[Any] | None:
        """The record of one writing query, in a transaction of its own."""
        return await self.write(lambda tx: tx.run(name, **parameters))

    async def schema(self, statement: str) -> None:
        """Run one statement of the schema, made by `graph_schema`, in auto-commit as Neo4j demands."""
        with _Translated():
            async with self._driver.session(database=self._database) as session:
                result = await session.run(statement)
                await result.consume()

    async def ready(self) -> None:
        """Return if the database answers; `store-unavailable` if not."""
        with _Translated():
            await self._driver.verify_connectivity()

    async def close(self) -> None:
        """Let go of every connection."""
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


class _Translated:
    """Turns the driver's errors into ours, once, at the store's edge."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        match error:
            case AuthError():
                raise Unavailable("store-unavailable", "Neo4j refuses the user name or password.") from error
            case ConnectionPoolError():
                raise Unavailable("overloaded", "Neo4j is overloaded; try again in a second.") from error
            case ServiceUnavailable() | SessionExpired() | TransientError() | OSError():
                raise Unavailable(
                    "store-unavailable", "Neo4j does not answer now; the call may be sent again."
                ) from error
            case ConstraintError():
                raise Conflict("rev-conflict", "Somebody else wrote the same at the same moment; try again.") from error
            case Neo4jError() | DriverError():
                raise Fault("store-fault", f"Neo4j refused a query: {error}") from error
            case _:
                return
