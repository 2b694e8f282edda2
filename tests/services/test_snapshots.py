"""A twin that is in memory answers as the store would, whoever wrote to it since."""

from __future__ import annotations

import asyncio

import pytest
from tests.reading import id_of
from tests.world import World, key, rated

from beliefgraph.model.page import Page
from beliefgraph.model.question import BeliefRow
from beliefgraph.model.time import NOW, AsOf
from beliefgraph.services.derivation.grid import published
from beliefgraph.services.explanation.explain import Explanations
from beliefgraph.services.questions.beliefs import Questions
from beliefgraph.services.snapshots.as_of import Snapshots
from beliefgraph.services.twin.notifier import Notifier

HERE = AsOf(rev=1)


def asked(world: World, *, cached: bool) -> Questions:
    """Questions of a process, with the twins it has in memory or past them."""
    snapshots = Snapshots(world.graph, world.book, world.cache if cached else None)
    return Questions(world.graph, world.keyring, world.book, snapshots=snapshots)


async def listed(world: World, as_of: AsOf, *, cached: bool) -> Page[BeliefRow]:
    return await asked(world, cached=cached).beliefs(world.caller, "lena", as_of=as_of, with_evidence=True)


async def test_a_twin_in_memory_is_asked_without_reading_it_and_answers_the_same(world: World) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0), rated("2", 0.5, day=1)])
    for as_of in (NOW, HERE):
        assert await listed(world, as_of, cached=True) == await listed(world, as_of, cached=False)
    before = world.graph.statements
    snapshots = Snapshots(world.graph, world.book, world.cache)
    await Explanations(world.graph, world.keyring, world.book, snapshots=snapshots).explain(
        world.caller, "lena", key("world.alone")
    )
    assert world.graph.statements - before == 2  # the commit, and what was told


async def test_what_another_process_writes_is_seen_at_once(world: World) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0)])
    assert len((await listed(world, HERE, cached=True)).nodes[0].evidence or ()) == 1
    await world.another().intake.observe(world.caller, [rated("2", 0.5, day=1)])
    assert len((await listed(world, NOW, cached=True)).nodes[0].evidence or ()) == 2
    assert await listed(world, HERE, cached=True) == await listed(world, HERE, cached=False)


@pytest.mark.parametrize("elsewhere", [False, True], ids=["this process", "another process"])
async def test_a_read_of_a_rev_to_come_waits_without_asking_again_and_again(world: World, elsewhere: bool) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0)])
    notifier = Notifier()
    snapshots = Snapshots(world.graph, world.book, notifier=notifier, interval=0.5)
    questions = Questions(world.graph, world.keyring, world.book, snapshots=snapshots)
    before = world.graph.statements
    waiting = asyncio.create_task(questions.belief(world.caller, "lena", key("world.alone"), at_least_rev=2))
    await asyncio.sleep(0.2)
    assert world.graph.statements - before <= 1
    writer = world.another()
    await writer.intake.observe(world.caller, [rated("2", 0.5, day=1)])
    if not elsewhere:
        notifier.notify(id_of(world))
    async with asyncio.timeout(5):
        row = await waiting
    assert (row.state.rev, row.state.log_odds) == (2, published(1.5))
    assert not notifier._awaited


async def test_a_twin_that_was_erased_and_began_again_elsewhere_is_not_the_one_in_memory(world: World) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0)])
    elsewhere = world.another()
    await elsewhere.eraser.erase_twin(world.caller, "lena")
    await elsewhere.eraser.readmit(world.caller, "lena")
    await elsewhere.intake.observe(world.caller, [rated("2", 0.5)])
    (row,) = (await listed(world, HERE, cached=True)).nodes
    assert row.state.log_odds == 0.5
