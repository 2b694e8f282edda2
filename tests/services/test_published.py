"""A twin in memory is read as the store would be, and costs one look at its rev."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from itertools import cycle, product

import pytest
from tests.services.test_questions import observe_a_story
from tests.world import START, World, key, rated

from beliefgraph.model.command import Relate
from beliefgraph.model.page import Page
from beliefgraph.model.question import BeliefFilter, BeliefOrder, BeliefRow, RelationLevels
from beliefgraph.model.relation import RelationKind
from beliefgraph.services.derivation.grid import published
from beliefgraph.services.questions.beliefs import ALL_KINDS, Questions
from beliefgraph.services.snapshots.as_of import Snapshots
from beliefgraph.services.twin.cache import MISSES, TwinCache

ORDERS = [
    BeliefOrder(by=by, descending=descending)
    for by, descending in product(("confidence", "attribute", "changed"), (True, False))
]
FILTERS = [
    BeliefFilter(),
    BeliefFilter(domains=("needs", "world")),
    BeliefFilter(attributes=("world.buys", "product.fits", "needs.urgent")),
    BeliefFilter(attributes=()),
    BeliefFilter(min_confidence=0.5),
    BeliefFilter(max_confidence=0.5),
    BeliefFilter(min_confidence=0.0, max_confidence=1.0),
    BeliefFilter(statuses=("established", "contested", "forming")),
    BeliefFilter(subjects=("self",), contexts=("any",)),
    BeliefFilter(subjects=("someone else",)),
]
KINDS: list[Sequence[RelationKind]] = [ALL_KINDS, ("supports",), ("implies", "causes")]


def asked(world: World, cache: TwinCache | None) -> Questions:
    """Questions of a process, with the twins it has in memory or without any."""
    snapshots = Snapshots(world.graph, world.book, cache)
    return Questions(world.graph, world.keyring, world.book, snapshots=snapshots)


@pytest.fixture
def memory(world: World) -> Questions:
    return asked(world, world.cache)


@pytest.fixture
def store(world: World) -> Questions:
    return asked(world, None)


async def walked(
    ask: Questions, world: World, matching: BeliefFilter, order: BeliefOrder, first: int
) -> tuple[list[Page[BeliefRow]], list[str]]:
    """All pages of a list, and the cursors of everything on them."""
    pages: list[Page[BeliefRow]] = []
    after = None
    while True:
        page = await ask.beliefs(world.caller, "lena", matching, order, first=first, after=after, with_total=True)
        pages.append(page)
        after = page.last_cursor
        if not page.has_next:
            return pages, [item.cursor for each in pages for item in each.items]


async def relate(world: World, from_day: float, to_day: float | None) -> None:
    """A relation of the twin's own, for a while."""
    await world.commands.relate(
        world.caller,
        Relate(
            twin="lena",
            source=key("needs.urgent"),
            target=key("world.alone"),
            kind="contradicts",
            odds_ratio=0.5,
            valid_from=START + timedelta(days=from_day),
            valid_to=None if to_day is None else START + timedelta(days=to_day),
        ),
    )


async def test_every_list_is_the_same_page_by_page_whether_read_from_memory_or_the_store(
    world: World, memory: Questions, store: Questions
) -> None:
    await observe_a_story(world)
    assert world.cache.has(memory_id(world))
    lists = [*((BeliefFilter(), order) for order in ORDERS), *zip(FILTERS, cycle(ORDERS), strict=False)]
    for matching, order in lists:
        mine = await walked(memory, world, matching, order, 3)
        assert mine == await walked(store, world, matching, order, 3)


@pytest.mark.parametrize("levels", [0, 1, 2])
async def test_what_a_belief_is_related_to_is_the_same_from_memory_as_from_the_store(
    world: World, memory: Questions, store: Questions, levels: RelationLevels
) -> None:
    await observe_a_story(world)
    await relate(world, 1, 2)
    await relate(world, 9, None)
    everything = await store.beliefs(world.caller, "lena")
    assert len(everything.nodes) >= 6
    for kinds in KINDS:
        around = {"relation_levels": levels, "relation_kinds": kinds}
        for first in (2, 50, 50):  # the last from the rows that were made for the one before
            mine = await memory.beliefs(world.caller, "lena", first=first, **around)  # type: ignore[arg-type]
            assert mine == await store.beliefs(world.caller, "lena", first=first, **around)  # type: ignore[arg-type]
        for row in everything.nodes:
            of = row.state.belief.belief_key
            mine_one = await memory.belief(world.caller, "lena", of, **around)  # type: ignore[arg-type]
            assert mine_one == await store.belief(world.caller, "lena", of, **around)  # type: ignore[arg-type]


def memory_id(world: World) -> str:
    """The id of the twin that the tests speak of."""
    from tests.reading import id_of

    return id_of(world)


async def test_a_read_of_a_twin_in_memory_asks_the_store_for_its_rev_alone(world: World, memory: Questions) -> None:
    await observe_a_story(world)
    for ask in (
        lambda: memory.belief(world.caller, "lena", key("world.buys")),
        lambda: memory.beliefs(world.caller, "lena", relation_levels=2),
    ):
        await ask()
        before = world.graph.statements
        await ask()
        assert world.graph.statements - before == 1


async def test_questions_that_come_together_share_the_look_at_their_revs(world: World, memory: Questions) -> None:
    twins = [f"twin-{n}" for n in range(16)]
    for twin in twins:
        await world.intake.observe(world.caller, [rated("1", 1.0, twin=twin)])
    await asyncio.gather(*(memory.belief(world.caller, twin, key("world.alone")) for twin in twins))
    before = world.graph.statements
    rows = await asyncio.gather(*(memory.belief(world.caller, twin, key("world.alone")) for twin in twins))
    assert world.graph.statements - before <= 3
    assert [row.state.belief.twin for row in rows] != [rows[0].state.belief.twin] * 16


async def test_a_twin_that_is_read_again_and_again_comes_into_memory_by_itself(world: World) -> None:
    await observe_a_story(world)
    cache = TwinCache(world.graph)
    ask = asked(world, cache)
    try:
        pages = [await ask.beliefs(world.caller, "lena") for _ in range(MISSES)]
        assert pages.count(pages[0]) == MISSES
        async with asyncio.timeout(5):
            while not cache.has(memory_id(world)):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        before = world.graph.statements
        assert await ask.beliefs(world.caller, "lena") == pages[0]
        assert world.graph.statements - before == 1
    finally:
        await cache.close()


async def test_a_walk_shows_one_rev_although_the_twin_in_memory_moves_on(
    world: World, memory: Questions, store: Questions
) -> None:
    await observe_a_story(world)
    first = await memory.beliefs(world.caller, "lena", first=2)
    await world.intake.observe(world.caller, [rated("more", 2.0, day=10)])
    after = first.last_cursor
    rest = await memory.beliefs(world.caller, "lena", first=50, after=after)
    assert rest.rev == first.rev
    assert rest == await store.beliefs(world.caller, "lena", first=50, after=after)


async def test_what_another_process_wrote_or_erased_is_not_read_from_memory(world: World, memory: Questions) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0)])
    assert (await memory.belief(world.caller, "lena", key("world.alone"))).state.log_odds == published(1.0)
    elsewhere = world.another()
    await elsewhere.intake.observe(world.caller, [rated("2", 0.5)])
    assert (await memory.belief(world.caller, "lena", key("world.alone"))).state.log_odds == published(1.5)
    await world.intake.observe(world.caller, [rated("3", 0.5)])
    await elsewhere.eraser.erase_twin(world.caller, "lena")
    await elsewhere.eraser.readmit(world.caller, "lena")
    await elsewhere.intake.observe(world.caller, [rated("4", 0.25)])
    assert (await memory.belief(world.caller, "lena", key("world.alone"))).state.log_odds == published(0.25)
