"""A large call is written in several transactions, none of them larger than Neo4j has memory for."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from neo4j.exceptions import Neo4jError, TransientError
from tests.conftest import StoppedClock
from tests.reading import rows, stored
from tests.world import CATALOG, World, event, rated

from beliefgraph.errors import Unavailable, Unsupported
from beliefgraph.local import Endpoint
from beliefgraph.model.caller import Caller
from beliefgraph.model.event import Event
from beliefgraph.services.commands import writer as update
from beliefgraph.services.process.portions import ROWS, ROWS_TOGETHER, Portions
from beliefgraph.store import commits
from beliefgraph.store.graph import OUT_OF_MEMORY, Graph, Transaction, connected
from beliefgraph.store.keys import Keyring
from beliefgraph.store.migrations import migrate

BLOCKED_MS = 50
"""For longer than this, no call may hold the loop."""

FILLER = 20_000
"""New nodes of one filling transaction: some 16 of the 346 MiB that Neo4j has for transactions by default."""


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
    assert sorted(names) == sorted({str(e.twin) for e in events})  # each twin once, in one transaction


async def test_a_call_for_several_twins_is_derived_in_part_while_another_part_is_written(world: World) -> None:
    graph = counted(world, ROWS)
    world.updater.portions.written(1, ROWS_TOGETHER // 4)  # an event writes so many rows that few go together
    few = world.updater.portions.together
    assert few < world.updater.portions.events
    events = [e for twin in ("a", "b") for e in (rated(f"{twin}-{n}", 0.25, day=n, twin=twin) for n in range(few))]
    receipts = await world.intake.observe(world.caller, [*events, rated("c-0", 0.5, twin="c")])

    assert {r.status for r in receipts} == {"accepted"}
    assert {r.rev for r in receipts} == {1}
    assert sorted(name for some in graph.written for name in some) == ["a", "b", "c"]
    assert not any({"a", "b"} <= set(some) for some in graph.written)


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


async def test_a_commit_of_very_many_rows_is_several_statements_and_whole_or_not_at_all(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = crowd(2, 6)
    await world.intake.observe(world.caller, [e.model_copy(update={"twin": f"other-{e.twin}"}) for e in events])
    ran: list[int] = []
    run = Transaction.run

    async def counting(self: Transaction, name: str, /, **rows: Any) -> list[Any] | None:
        ran.append(sum(map(len, rows.values())))
        return await run(self, name, **rows)

    monkeypatch.setattr(Transaction, "run", counting)
    monkeypatch.setattr(commits, "MOST_ROWS", 20)
    await world.intake.observe(world.caller, events)
    assert len(ran) > 2
    assert max(ran) <= 20
    for n in range(2):
        parted, whole = await stored(world, f"twin-{n}"), await stored(world, f"other-twin-{n}")
        assert (parted.rev, len(parted.bearings)) == (1, 6)
        assert [h.log_odds for h in parted.holdings.values()] == [h.log_odds for h in whole.holdings.values()]

    async def cut(self: Transaction, name: str, /, **rows: Any) -> list[Any] | None:
        if rows["commits"]:
            raise Unavailable("store-unavailable", "Cut off.")
        return await run(self, name, **rows)

    monkeypatch.setattr(Transaction, "run", cut)
    with pytest.raises(Unavailable, match="Cut off"):
        await world.intake.observe(world.caller, [rated(f"more {n}", 0.1, day=n, twin="twin-0") for n in range(8)])
    assert rows(await stored(world.another(), "twin-0")) == rows(await stored(world, "twin-0"))
    assert (await stored(world, "twin-0")).rev == 1


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
async def nearly_full(graph: Graph) -> AsyncIterator[None]:
    """Others' open transactions leave 16 to 32 MiB of Neo4j's memory; all are rolled back at the end."""
    async with AsyncExitStack() as stack:
        held = []
        while True:
            session = await stack.enter_async_context(graph._driver.session())
            tx = await session.begin_transaction()
            stack.push_async_callback(tx.close)
            try:
                await (await tx.run("UNWIND range(1, $nodes) AS n CREATE (:Filler {n: n})", nodes=FILLER)).consume()
            except TransientError:
                break
            held.append(tx)
        await held.pop().close()
        yield


@pytest_asyncio.fixture
async def alone(second: Endpoint, keyring: Keyring, clock: StoppedClock, caller: Caller) -> AsyncIterator[World]:
    """A world on the other Neo4j, whose memory may be filled without harm to other tests."""
    async with connected(second.uri, second.user, second.password) as graph:
        await migrate(graph, clock)
        made = World(graph, keyring, clock, caller)
        await made.book.publish(caller, CATALOG)
        yield made


async def test_a_transaction_that_neo4j_has_no_memory_for_is_halved_at_once_and_the_size_is_remembered(
    alone: World,
) -> None:
    world = alone
    world.updater.portions = Portions(1_000_000)
    events = [rated(str(n), 0.25, day=n / 1_000) for n in range(8_000)]  # of one twin: one transaction of some 60 MiB
    async with nearly_full(world.graph):
        receipts = await world.intake.observe(world.caller, events)
    assert {r.status for r in receipts} == {"accepted"}
    assert world.updater.portions.rows < 20_000


class FilledError(Neo4jError):
    """What Neo4j answers when its memory is full."""

    code = OUT_OF_MEMORY


class Full(Graph):
    """A graph whose Neo4j has not the memory for one of our queries, for so many tries."""

    def __init__(self, graph: Graph, tries: int, wants: str = "commit/write") -> None:
        super().__init__(graph._driver, graph._database)
        self.tries = tries
        self._wants = wants

    def _refuses(self, name: str) -> bool:
        refuses = name == self._wants and self.tries > 0
        self.tries -= refuses
        return refuses

    async def read(self, name: str, /, **parameters: Any) -> list[Any] | None:
        if self._refuses(name):
            raise Unavailable("overloaded", "Neo4j has no memory left for this question.") from FilledError()
        return await super().read(name, **parameters)

    async def write_one(self, name: str, /, **parameters: Any) -> list[Any] | None:
        if self._refuses(name):
            raise Unsupported("store-memory", "Neo4j has not the memory for it.")
        return await super().write_one(name, **parameters)


async def test_an_event_that_is_too_large_alone_is_refused_at_the_first_try_with_the_reason(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(update, "SMALL", 5)
    full = world.updater.graph = Full(world.graph, 100)

    with pytest.raises(Unsupported, match=r"memory.*rows") as refused:
        await world.intake.observe(world.caller, [rated("1", 0.5)])

    assert refused.value.code == "store-memory"
    assert full.tries == 99


async def test_a_small_event_waits_for_memory_that_others_fill(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(update, "PAUSES", (0.01, 0.01))
    world.updater.graph = Full(world.graph, 2)
    (receipt,) = await world.intake.observe(world.caller, [rated("1", 0.5)])
    assert (receipt.status, receipt.rev) == ("accepted", 1)

    world.updater.graph = Full(world.graph, 3)
    with pytest.raises(Unavailable) as refused:
        await world.intake.observe(world.caller, [rated("2", 0.5)])
    assert refused.value.code == "overloaded"


async def test_what_is_asked_before_a_commit_waits_for_memory_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(update, "PAUSES", (0.01, 0.01))
    world.updater.graph = Full(world.graph, 2, "event/arrive")
    (receipt,) = await world.intake.observe(world.caller, [rated("1", 0.5)])
    assert (receipt.status, receipt.rev) == ("accepted", 1)

    world.updater.graph = Full(world.graph, 3, "event/arrive")
    with pytest.raises(Unavailable) as refused:
        await world.intake.observe(world.caller, [rated("2", 0.5)])
    assert refused.value.code == "overloaded"


async def test_a_call_of_many_new_twins_never_holds_the_loop(world: World) -> None:
    held: list[float] = []

    async def beat() -> None:
        before = time.thread_time()
        while True:
            await asyncio.sleep(0.005)
            now = time.thread_time()
            held.append(now - before)
            before = now

    await world.intake.observe(world.caller, crowd(20, 2))  # what is compiled or read once
    gc.collect()
    gc.freeze()  # as a service does: what the collector takes grows with all that is there, not with the call
    heart = asyncio.create_task(beat())
    events = [e.model_copy(update={"twin": f"new-{e.twin}"}) for e in crowd(1_000)]
    receipts = await world.intake.observe(world.caller, events)
    heart.cancel()
    gc.unfreeze()

    assert {r.status for r in receipts} == {"accepted"}
    assert len(held) > 20
    assert max(held) * 1_000 < BLOCKED_MS
