"""The schema moves forward only: constraints and indexes from `graph_schema`, then numbered steps that change data.

Safe to repeat and to run from two processes at once: each schema statement has IF NOT EXISTS, and each step is written
in one transaction with the record of it, which a uniqueness constraint allows once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from beliefgraph.errors import Conflict, Fault, Unavailable
from beliefgraph.model.time import Clock
from beliefgraph.store.graph import Graph, Transaction
from beliefgraph.store.graph_schema import constraints, retired


@dataclass(frozen=True)
class Migration:
    """One step: its number, its name, and its query file; None if only the schema changed.

    A query that is `batched` commits as it goes, because it may touch very many rows; it must be safe to repeat.
    """

    number: int
    name: str
    query: str | None = None
    batched: bool = False


MIGRATIONS: tuple[Migration, ...] = (
    Migration(1, "first schema"),
    Migration(2, "learned parameters"),
    Migration(3, "decisions"),
    Migration(4, "published grid", "migrations/grid", batched=True),
)

TRIES = 5
PAUSE = 0.3
"""Seconds before a schema statement that collided with another process's is retried."""


async def migrate(graph: Graph, clock: Clock, migrations: Sequence[Migration] = MIGRATIONS) -> list[Migration]:
    """Bring the database to this version's schema; returns the steps that this call applied."""
    for statement in (*retired(), *constraints()):
        await _schema(graph, statement)
    await graph.schema("CALL db.awaitIndexes(300)")
    taken = []
    for migration in migrations:
        if migration.number not in await _taken(graph) and await _take(graph, clock, migration):
            taken.append(migration)
    return taken


async def check_migrated(graph: Graph, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Refuse (`not-migrated`) a database that lacks a step of this version."""
    missing = [m.name for m in migrations if m.number not in await _taken(graph)]
    if missing:
        raise Fault("not-migrated", f"The database lacks {', '.join(missing)}; run `beliefgraph migrate`.")


async def _taken(graph: Graph) -> set[int]:
    record = await graph.read("migrations/taken")
    return set(record[0]) if record else set()


async def _take(graph: Graph, clock: Clock, migration: Migration) -> bool:
    async def work(tx: Transaction) -> None:
        await tx.run("migrations/take", number=migration.number, name=migration.name, at=clock.now())
        if migration.query is not None and not migration.batched:
            await tx.run(migration.query)

    if migration.query is not None and migration.batched:
        await graph.write_one(migration.query)
    try:
        await graph.write(work)
    except Conflict:
        return False  # another process applied it
    return True


async def _schema(graph: Graph, statement: str) -> None:
    for attempt in range(TRIES):
        try:
            await graph.schema(statement)
            return
        except (Fault, Unavailable):  # two processes that create the same constraint may collide
            if attempt == TRIES - 1:
                raise
            await asyncio.sleep(PAUSE)
