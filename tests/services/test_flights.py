"""What many ask for at once is read once."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest
from tests.reading import stored
from tests.services.test_questions import observe_a_story
from tests.world import World, key, rated

from beliefgraph.services.definitions.book import DefinitionBook
from beliefgraph.services.explanation.explain import Explanations
from beliefgraph.services.process.flights import Flights
from beliefgraph.services.snapshots.as_of import Snapshots
from beliefgraph.services.twin import load
from beliefgraph.store.graph import Graph


class Counting(Graph):
    """A graph that counts what it was asked to read, by the name of the query."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph._driver, graph._database)
        self.asked: Counter[str] = Counter()

    async def read(self, name: str, /, **parameters: Any) -> list[Any] | None:
        self.asked[name] += 1
        return await super().read(name, **parameters)


async def test_sixteen_explanations_of_a_twin_that_is_not_in_memory_read_it_once(world: World) -> None:
    await observe_a_story(world)
    graph = Counting(world.graph)
    elsewhere = World(graph, world.keyring, world.clock, world.caller)
    snapshots = Snapshots(graph, elsewhere.book, elsewhere.cache)
    explanations = Explanations(graph, world.keyring, elsewhere.book, snapshots=snapshots)
    found = await asyncio.gather(*(explanations.explain(world.caller, "lena", key("world.buys")) for _ in range(16)))
    assert len({each.sentence for each in found}) == 1
    assert graph.asked["twin/inputs"] == 1
    assert graph.asked["definition/numbered"] == 1


@pytest.mark.parametrize("few", [load.FEW_ROWS, 3])
async def test_twins_that_are_not_in_memory_are_read_together_and_those_of_many_rows_by_themselves(
    world: World, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    """Each event bears on one belief: of three, a twin has as many bearings as are not read together any more."""
    monkeypatch.setattr(load, "FEW_ROWS", few)
    names = [f"twin {n}" for n in range(60)]
    for n in range(3):
        some = [rated(f"{n} {name}", 0.5, twin=name) for name in names[: 60 if n == 0 else 2]]
        await world.intake.observe(world.caller, some)

    graph = Counting(world.graph)
    elsewhere = World(graph, world.keyring, world.clock, world.caller)
    again = [rated(f"more {name}", 0.25, twin=name) for name in names]
    assert all(each.status == "accepted" for each in await elsewhere.intake.observe(world.caller, again))
    assert graph.asked["twin/inputs"] == (3 if few > 3 else 5)
    for name in (names[0], names[-1]):
        alone = await stored(world, name)
        together = await elsewhere.cache.at(alone.id, alone.tenant, name, (alone.rev, alone.life))
        assert (together.bearings, together.made, together.rows) == (alone.bearings, alone.made, alone.rows)


async def test_a_definition_set_that_many_want_at_once_is_read_once(world: World) -> None:
    book = DefinitionBook(world.graph, world.clock)
    before = world.graph.statements
    found = await asyncio.gather(*(book.numbered(world.caller.tenant, 1) for _ in range(8)))
    assert len(set(map(id, found))) == 1
    assert world.graph.statements - before == 1


async def test_work_goes_on_when_one_of_those_who_wait_gives_up_and_the_others_get_it() -> None:
    flights: Flights[str, int] = Flights()
    go, runs = asyncio.Event(), 0

    async def work() -> int:
        nonlocal runs
        runs += 1
        await go.wait()
        return runs

    waiting = [asyncio.create_task(flights.join("a", work)) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    go.set()
    assert await asyncio.gather(*waiting[1:]) == [1, 1]
    assert waiting[0].cancelled()
    assert await flights.join("a", work) == 2


async def test_an_exception_reaches_every_waiting_call_and_the_next_begins_anew() -> None:
    flights: Flights[str, int] = Flights()

    async def fails() -> int:
        raise ValueError

    async def works() -> int:
        return 1

    told = await asyncio.gather(*(flights.join("a", fails) for _ in range(3)), return_exceptions=True)
    assert [type(each) for each in told] == [ValueError] * 3
    with pytest.raises(ValueError):  # noqa: PT011
        await flights.join("a", fails)
    assert await flights.join("a", works) == 1
