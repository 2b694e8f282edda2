"""A large call is written in several transactions, none of them larger than Neo4j has memory for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from tests.services.test_intake import rows, stored
from tests.world import CATALOG, World, event, rated

from beliefgraph.errors import BeliefgraphError, Unavailable
from beliefgraph.model.definition import EventRule
from beliefgraph.model.event import Event
from beliefgraph.services.portions import Portions
from beliefgraph.store.graph import Graph

BLOCKED_MS = 50
"""For longer than this, no call may hold the loop."""

NEARLY_ALL = 400_000
"""New nodes that leave some 13 MiB of the 346 that Neo4j has for transactions by default."""


class Counted(Graph):
    """A graph that counts what each commit writes, and fails when it is told to."""

    def __init__(self, graph: Graph, fails_at: int | None = None) -> None:
        super().__init__(graph._driver, graph._database)
        self.written: list[list[str]] = []
        self._fails_at = fails_at

    async def write_one(self, name: str, /, **parameters: Any) -> list[Any] | None:
        if name == "commit/write":
            if len(self.written) == self._fails_at:
                self._fails_at = None
                raise Unavailable("store-unavailable", "Cut off.")
            self.written.append([want["name"] for want in parameters["twins"]])
        return await super().write_one(name, **parameters)


def counted(world: World, rows: int, *, fails_at: int | None = None) -> Counted:
    graph = Counted(world.graph, fails_at)
    world.updater.graph = graph
    world.updater.portions = Portions(rows)
    return graph


def crowd(number: int, events: int = 1) -> list[Event]:
    """So many twins, each event of them on its own, round and round."""
    return [
        event(f"{twin}-{turn}", "rated", day=turn, twin=f"twin-{twin}", llr=0.25, by="a colleague")
        for turn in range(events)
        for twin in range(number)
    ]


async def test_a_large_call_is_written_in_several_transactions_and_answered_in_its_order(world: World) -> None:
    graph = counted(world, 100)
    events = crowd(60, 2)
    receipts = await world.intake.observe(world.caller, events)

    assert [r.id for r in receipts] == [e.id for e in events]
    assert {r.status for r in receipts} == {"accepted"}
    assert [r.twin for r in receipts] == [e.twin for e in events]
    assert {r.rev for r in receipts} == {1}
    assert len(graph.written) >= 6
    names = [name for some in graph.written for name in some]
    assert sorted(names) == sorted({e.twin for e in events})  # each twin once, in one transaction


async def test_a_twin_that_is_too_large_for_one_transaction_gets_several_commits(world: World) -> None:
    graph = counted(world, 60)
    events = [rated(str(n), 0.25, day=n) for n in range(50)]
    receipts = await world.intake.observe(world.caller, events)

    assert {r.status for r in receipts} == {"accepted"}
    assert len(graph.written) >= 3
    cut = await stored(world)
    assert cut.rev == len(graph.written)
    assert {r.rev for r in receipts} == set(range(1, cut.rev + 1))
    world.updater.portions = Portions()
    await world.intake.observe(world.caller, [e.model_copy(update={"twin": "whole"}) for e in events])
    whole = await stored(world, "whole")
    assert whole.rev == 1
    assert {h.log_odds for h in cut.holdings.values()} == {h.log_odds for h in whole.holdings.values()}


async def test_a_call_that_breaks_off_is_sent_again_without_harm(world: World) -> None:
    graph = counted(world, 100, fails_at=3)
    events = crowd(60)
    with pytest.raises(Unavailable, match="Cut off"):
        await world.intake.observe(world.caller, events)
    kept = {name for some in graph.written for name in some}
    assert 0 < len(kept) < 60
    before = {name: rows(await stored(world, name)) for name in kept}

    receipts = await world.intake.observe(world.caller, events)

    assert {r.twin for r in receipts if r.status == "duplicate"} == kept
    assert {r.twin for r in receipts if r.status == "accepted"} == {e.twin for e in events} - kept
    assert {name: rows(await stored(world, name)) for name in kept} == before


@asynccontextmanager
async def filled(graph: Graph, nodes: int) -> AsyncIterator[None]:
    """Somebody's transaction that holds so many new nodes in Neo4j's memory, and is given up in the end."""
    async with graph._driver.session() as session, await session.begin_transaction() as tx:
        await (await tx.run("UNWIND range(1, $nodes) AS n CREATE (:Filler {n: n})", nodes=nodes)).consume()
        yield
        await tx.rollback()


async def test_a_transaction_that_neo4j_has_no_memory_for_is_halved_at_once_and_the_size_is_remembered(
    world: World,
) -> None:
    world.updater.portions = Portions(1_000_000)
    events = crowd(1_500)
    async with filled(world.graph, NEARLY_ALL):
        receipts = await world.intake.observe(world.caller, events)
    assert {r.status for r in receipts} == {"accepted"}
    assert world.updater.portions.rows < 10_000


async def test_a_commit_that_is_too_large_alone_is_refused_at_once_with_the_reason(world: World) -> None:
    many = [{"attribute": "product.fits", "subject": f"'{n}'", "log_likelihood_ratio": 1.0} for n in range(2_000)]
    await world.book.publish(
        world.caller,
        CATALOG.model_copy(
            update={
                "version": "1.1.0",
                "events": (
                    *CATALOG.events,
                    EventRule.model_validate({"type": "all", "summary": "saw all", "bears_on": many}),
                ),
            }
        ),
    )
    async with filled(world.graph, NEARLY_ALL):
        began = time.monotonic()
        with pytest.raises(BeliefgraphError, match="memory") as refused:
            await world.intake.observe(world.caller, [event("1", "all")])
        took = time.monotonic() - began
    assert refused.value.code == "store-memory"
    assert int(str(refused.value.ids["rows"])) > 6_000
    assert took < 20
    (receipt,) = await world.intake.observe(world.caller, [event("1", "all")])
    assert receipt.status == "accepted"
