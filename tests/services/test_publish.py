"""What a commit publishes: no more than somebody could notice, and the same in whatever order events came."""

from __future__ import annotations

from itertools import permutations

import pytest
from tests.reading import held, stored
from tests.world import World, event, key

from beliefgraph.model.event import Event
from beliefgraph.model.time import NOW, AsOf
from beliefgraph.services.changes.changes import Changes
from beliefgraph.services.commits.recheck import recheck
from beliefgraph.services.derivation.grid import published
from beliefgraph.services.questions.beliefs import Questions
from beliefgraph.services.twin.notifier import Notifier

RELATED = ("needs.budget", "needs.urgent", "product.fits", "product.risky")
"""What evidence on `world.buys` moves."""


def observation(id_: str, llr: float, day: float = 0, twin: str = "lena") -> Event:
    return event(id_, "said", day=day, twin=twin, llr=llr, by=f"colleague {id_}", text="so it is")


async def names(world: World, twin: str = "lena") -> set[str]:
    state = await stored(world, twin)
    return {state.beliefs[id_].attribute for id_ in state.holdings}


async def test_what_moved_too_little_to_be_noticed_is_not_published_and_answers_all_the_same(world: World) -> None:
    (receipt,) = await world.intake.observe(world.caller, [observation("1", 0.1)])
    ask = Questions(world.graph, world.keyring, world.book)

    assert await names(world) == {"world.buys"}
    assert [change.belief.attribute for change in receipt.beliefs] == ["world.buys"]
    for name in RELATED:
        shown = (await ask.belief(world.caller, "lena", key(name))).state
        exact = (await ask.belief(world.caller, "lena", key(name), as_of=AsOf(rev=1))).state
        assert exact.log_odds != shown.log_odds
        assert exact.confidence == pytest.approx(shown.confidence, abs=0.005)


async def test_what_is_back_at_its_prior_is_not_published_any_more(world: World) -> None:
    await world.intake.observe(world.caller, [observation("1", 3.0)])
    assert await names(world) == {"world.buys", *RELATED}
    (receipt,) = await world.intake.observe(world.caller, [observation("2", -3.0, day=1)])

    assert await names(world) == {"world.buys"}
    assert {c.belief.attribute for c in receipt.beliefs if c.after is None} == set(RELATED)
    ask = Questions(world.graph, world.keyring, world.book)
    for as_of in (NOW, AsOf(rev=2)):
        listed = (await ask.beliefs(world.caller, "lena", as_of=as_of)).nodes
        assert {row.state.belief.attribute for row in listed} == {"world.buys"}
    before = (await ask.beliefs(world.caller, "lena", as_of=AsOf(rev=1))).nodes
    assert {row.state.belief.attribute for row in before} == {"world.buys", *RELATED}
    history = (await ask.history(world.caller, "lena", key("needs.budget"))).nodes
    assert [(each.rev_from, each.rev_to) for each in history] == [(1, 2)]
    assert [found.differ async for found in recheck(world.graph, world.book, world.caller.tenant)] == [0]


async def test_a_subscriber_learns_that_a_belief_is_no_longer_published(world: World) -> None:
    await world.intake.observe(world.caller, [observation("1", 3.0)])
    (receipt,) = await world.intake.observe(world.caller, [observation("2", -3.0, day=1)])
    (change,) = await Changes(world.graph, Notifier()).since(world.caller, "lena", 1)

    assert {c.belief.id: (c.before, c.after) for c in change.beliefs} == {
        c.belief.id: (c.before and c.before.model_copy(update={"rev_to": 2}), c.after) for c in receipt.beliefs
    }
    assert sum(c.after is None for c in change.beliefs) == len(RELATED)


async def test_the_browser_shows_no_confidence_of_what_is_not_published(world: World) -> None:
    await world.intake.observe(world.caller, [observation("1", 3.0)])
    await world.intake.observe(world.caller, [observation("2", -3.0, day=1)])
    async with world.graph._driver.session() as session:
        found = await session.run(
            "MATCH (b:Belief {twin: $twin}) RETURN b.attribute AS name, b.caption AS caption, b.confidence AS p",
            twin=(await stored(world)).id,
        )
        shown = {row["name"]: (row["caption"], row["p"]) async for row in found}
    assert shown["needs.budget"] == ("has a budget", None)
    assert shown["world.buys"] == ("will buy · 25%", 0.25)


async def test_the_order_in_which_events_come_makes_no_difference_to_what_is_published(world: World) -> None:
    events = [("1", 3.0, 0.0), ("2", -2.9, 1.0), ("3", 0.3, 2.0)]
    for n, order in enumerate(permutations(events)):
        for id_, llr, day in order:
            await world.intake.observe(world.caller, [observation(id_, llr, day, twin=f"twin-{n}")])
    states = [await stored(world, f"twin-{n}") for n in range(6)]
    shown = [{s.beliefs[id_].attribute: h.log_odds for id_, h in s.holdings.items()} for s in states]
    assert all(each == shown[0] for each in shown)
    assert held(states[0], "world.buys") == shown[0]["world.buys"]


async def test_a_database_with_finer_numbers_is_brought_to_the_grid(world: World) -> None:
    await world.intake.observe(world.caller, [observation("1", 3.0)])
    state = await stored(world)
    finer = {holding.revision_id: 0.37 * n - 7.13 for n, holding in enumerate(state.holdings.values())}
    async with world.graph._driver.session() as session:
        for id_, log_odds in finer.items():
            await session.run(
                "MATCH ()-[r:HOLDS {revision_id: $id}]->() SET r.log_odds = $log_odds", id=id_, log_odds=log_odds
            )

    await world.graph.write_one("migrations/grid")

    now = await stored(world)
    assert {h.revision_id: h.log_odds for h in now.holdings.values()} == {
        id_: published(log_odds) for id_, log_odds in finer.items()
    }


async def test_the_exact_confidence_is_to_be_had_beside_the_published_one(world: World) -> None:
    await world.intake.observe(world.caller, [observation("1", 1.234)])
    ask = Questions(world.graph, world.keyring, world.book)
    then = {
        row.state.belief.id: row.state.confidence
        for row in (await ask.beliefs(world.caller, "lena", as_of=AsOf(rev=1))).nodes
    }
    for row in (await ask.beliefs(world.caller, "lena", with_exact=True)).nodes:
        assert row.exact is not None
        assert row.exact.confidence == then[row.state.belief.id] != row.state.confidence
    for name in ("world.buys", "world.alone"):
        one = await ask.belief(world.caller, "lena", key(name), with_exact=True)
        exact = await ask.belief(world.caller, "lena", key(name), as_of=AsOf(rev=1), with_exact=True)
        assert one.exact is not None
        assert exact.exact == exact.state
        assert one.exact.confidence == exact.state.confidence
