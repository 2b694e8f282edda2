from __future__ import annotations

import asyncio
from base64 import b64decode
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import orjson
import pytest
from tests.world import START, World, event, key, rated

from beliefgraph.errors import BeliefgraphError, Incorrect, NotFound, Unavailable
from beliefgraph.model.belief import BeliefState, Holding, logit
from beliefgraph.model.caller import Caller
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.command import Correct, Relate, Retract, Withdraw
from beliefgraph.model.page import Page
from beliefgraph.model.question import BeliefFilter, BeliefOrder, BeliefRow
from beliefgraph.model.time import NOW, AsOf
from beliefgraph.model.twin import Twin
from beliefgraph.services.derivation.grid import published
from beliefgraph.services.questions.beliefs import Questions
from beliefgraph.services.snapshots.as_of import Snapshots
from beliefgraph.services.twin.paging import Position, encode


@pytest.fixture
def ask(world: World) -> Questions:
    snapshots = Snapshots(world.graph, world.book, patience=0.3)
    return Questions(world.graph, world.keyring, world.book, snapshots=snapshots)


def day(n: float) -> AsOf:
    return AsOf(valid_time=START + timedelta(days=n))


async def observe_a_story(world: World, twin: str = "lena") -> None:
    """Eight commits on several attributes, subjects and kinds of evidence."""
    observe, caller = world.intake.observe, world.caller
    await observe(caller, [event("1", "priced", day=1, twin=twin)])
    await observe(caller, [event("2", "audited", day=4, twin=twin)])
    await observe(caller, [rated("3", 1.0, day=5, twin=twin)])
    await observe(caller, [rated("4", -2.5, day=3, by="a rival", twin=twin)])  # late
    await observe(caller, [event("5", "said", day=6, twin=twin, by="lena", llr=1.25, text="we will take it")])
    await world.commands.correct(
        caller, Correct(twin=twin, belief=key("needs.budget"), holds=True, valid_from=START + timedelta(days=7))
    )
    await world.commands.relate(
        caller,
        Relate(
            twin=twin,
            source=key("world.alone"),
            target=key("world.buys"),
            kind="supports",
            odds_ratio=3.0,
            valid_from=START + timedelta(days=8),
        ),
    )
    await observe(caller, [event("6", "audited", day=9, twin=twin)])


async def walk(ask: Questions, caller: Caller, order: BeliefOrder, first: int, as_of: AsOf) -> list[BeliefState]:
    found: list[BeliefState] = []
    after = None
    while True:
        page = await ask.beliefs(caller, "lena", order=order, first=first, after=after, as_of=as_of)
        found += [row.state for row in page.nodes]
        if not page.has_next:
            return found
        after = page.items[-1].cursor


def numbers(states: list[BeliefState]) -> dict[str, tuple[float | None, str]]:
    return {s.belief.attribute: (s.log_odds, s.status) for s in states}


async def test_a_belief_answers_what_was_published_and_at_which_rev(world: World, ask: Questions) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0)])
    state = (await ask.belief(world.caller, "lena", key("world.alone"))).state

    assert (state.log_odds, state.prior, state.status, state.quality) == (published(1.0), 0.5, "forming", "exact")
    assert (state.rev, state.changed_at_rev, state.valid_time) == (1, 1, START)
    assert state.confidence == pytest.approx(0.73, abs=1e-6)


async def test_a_belief_that_is_not_stored_answers_its_prior(world: World, ask: Questions) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0)])
    row = await ask.belief(world.caller, "lena", key("world.buys"), relation_levels=1, with_evidence=True)

    assert row.state.log_odds == logit(0.25)
    assert (row.state.changed_at_rev, row.relations, row.evidence) == (None, (), ())
    listed = await ask.beliefs(world.caller, "lena")
    assert [r.state.belief.attribute for r in listed.nodes] == ["world.alone"]


async def test_an_attribute_nobody_defined_is_unknown(world: World, ask: Questions) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0)])
    unknown = key("world.unheard_of")
    for question in (
        ask.belief(world.caller, "lena", unknown),
        ask.belief(world.caller, "lena", unknown, as_of=day(0)),
        ask.history(world.caller, "lena", unknown),
        ask.evidence(world.caller, "lena", unknown),
    ):
        with pytest.raises(NotFound) as refused:
            await question
        assert refused.value.code == "unknown-attribute"


async def test_the_same_belief_is_found_by_its_id(world: World, ask: Questions) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0)])
    row = await ask.belief(world.caller, "lena", key("world.alone"))

    assert await ask.belief_by_id(world.caller, row.state.belief.id) == row
    with pytest.raises(NotFound):
        await ask.belief_by_id(world.caller, "no-such-id")


async def test_a_persons_key_reaches_their_own_twin_and_no_other(world: World, ask: Questions) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0), rated("2", 1.0, twin="omar")])
    of_omar = (await ask.belief(world.caller, "omar", key("world.alone"), with_evidence=True)).state.belief.id
    chain = await ask.evidence(world.caller, "omar", key("world.alone"))
    lena = world.person("lena")

    assert [t.name for t in (await ask.twins(lena)).nodes] == ["lena"]
    assert (await ask.belief(lena, "lena", key("world.alone"))).state.log_odds == published(1.0)
    for question in (
        ask.twin(lena, "omar"),
        ask.belief(lena, "omar", key("world.alone")),
        ask.beliefs(lena, "omar"),
        ask.history(lena, "omar", key("world.alone")),
        ask.evidence(lena, "omar", key("world.alone")),
        ask.relations(lena, "omar", key("world.alone")),
        ask.compare(lena, "omar", day(0)),
        ask.belief_by_id(lena, of_omar),
        ask.evidence_by_id(lena, chain.nodes[0].evidence.id),
    ):
        with pytest.raises(NotFound) as refused:
            await question
        assert refused.value.code == "not-found"


async def test_another_tenant_sees_nothing(world: World, ask: Questions) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0)])
    row = await ask.belief(world.caller, "lena", key("world.alone"))
    stranger = world.caller.model_copy(update={"tenant": f"{world.caller.tenant}-other"})

    assert (await ask.twins(stranger)).nodes == ()
    with pytest.raises(NotFound):
        await ask.twin(stranger, "lena")
    with pytest.raises(NotFound):
        await ask.belief_by_id(stranger, row.state.belief.id)


async def test_a_key_without_the_scope_reads_nothing(world: World, ask: Questions) -> None:
    blind = world.caller.model_copy(update={"scopes": ("write",)})
    for question in (
        ask.twin(blind, "lena"),
        ask.twins(blind),
        ask.beliefs(blind, "lena"),
        ask.belief_by_id(blind, "x"),
    ):
        with pytest.raises(BeliefgraphError) as refused:
            await question
        assert refused.value.code == "missing-scope"


async def test_twins_are_paged_by_name(world: World, ask: Questions) -> None:
    await world.intake.observe(world.caller, [rated(n, 1.0, twin=f"twin-{n}") for n in "abcde"])
    pages: list[Page[Twin]] = []
    while not pages or pages[-1].has_next:
        pages.append(await ask.twins(world.caller, first=2, after=pages[-1].items[-1].cursor if pages else None))

    assert [t.name for page in pages for t in page.nodes] == [f"twin-{n}" for n in "abcde"]
    assert [page.has_previous for page in pages] == [False, True, True]
    assert pages[0].nodes[0] == await ask.twin(world.caller, "twin-a")


@pytest.mark.parametrize("by", ["confidence", "attribute", "changed"])
@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("as_of", [AsOf(), AsOf(rev=8)], ids=["now", "recomputed"])
async def test_paging_visits_every_belief_once_in_every_order(
    world: World, ask: Questions, by: str, descending: bool, as_of: AsOf
) -> None:
    await observe_a_story(world)
    order = BeliefOrder.model_validate({"by": by, "descending": descending})
    whole = await walk(ask, world.caller, order, 200, as_of)

    assert len(whole) == 6
    for first in (1, 2, 4):
        assert await walk(ask, world.caller, order, first, as_of) == whole

    def value(state: BeliefState) -> float | str:
        found = {"confidence": state.log_odds, "attribute": state.belief.attribute, "changed": state.changed_at_rev}[by]
        assert found is not None
        return found

    for one, other in pairwise(whole):
        assert value(one) != value(other) or one.belief.id < other.belief.id
        assert (value(one) >= value(other)) if descending else (value(one) <= value(other))  # type: ignore[operator]


async def test_published_and_recomputed_list_the_same_beliefs_at_the_head(world: World, ask: Questions) -> None:
    await observe_a_story(world)
    now = await ask.beliefs(world.caller, "lena", BeliefFilter(), BeliefOrder(by="attribute"))
    then = await ask.beliefs(world.caller, "lena", BeliefFilter(), BeliefOrder(by="attribute"), as_of=AsOf(rev=8))

    assert [r.state.belief for r in now.nodes] == [r.state.belief for r in then.nodes]
    for one, other in zip(now.nodes, then.nodes, strict=True):
        assert other.state.log_odds is not None
        assert one.state.log_odds == published(other.state.log_odds)
        assert (one.state.status, one.state.changed_at_rev) == (other.state.status, other.state.changed_at_rev)


async def test_a_walk_shows_one_state_however_much_is_written_meanwhile(world: World, ask: Questions) -> None:
    await observe_a_story(world)
    order = BeliefOrder()
    before = await walk(ask, world.caller, order, 200, AsOf())
    first = await ask.beliefs(world.caller, "lena", order=order, first=2)
    await world.intake.observe(world.caller, [rated("later", -6.0, day=10)])
    rest = await ask.beliefs(world.caller, "lena", order=order, first=200, after=first.items[-1].cursor)

    assert (first.rev, rest.rev) == (8, 8)
    assert [r.state for r in (*first.nodes, *rest.nodes)] == before
    assert (await ask.beliefs(world.caller, "lena")).rev == 9


@pytest.mark.parametrize("forged", [{"rev": 2**63}, {"rev": -1}, {"value": 1e308}, {"value": -1e308}])
async def test_a_cursor_that_somebody_made_up_is_refused(
    world: World, ask: Questions, forged: dict[str, float]
) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0), rated("2", 1.0, day=1)])
    await world.intake.observe(world.caller, [rated("3", 1.0, day=2)])
    page = await ask.history(world.caller, "lena", key("world.alone"), first=1)
    mark, rev, value, id_ = orjson.loads(b64decode(page.items[0].cursor + "==", altchars=b"-_"))
    cursor = encode(mark, replace(Position(value, id_, rev), **forged))  # type: ignore[arg-type]
    with pytest.raises(Incorrect) as refused:
        await ask.history(world.caller, "lena", key("world.alone"), first=1, after=cursor)
    assert refused.value.code == "invalid-cursor"


async def test_a_cursor_that_is_garbage_or_of_another_question_is_refused(world: World, ask: Questions) -> None:
    await observe_a_story(world)
    page = await ask.beliefs(world.caller, "lena", first=1)
    cursor = page.items[0].cursor
    for order, after in (
        (BeliefOrder(), "garbage"),
        (BeliefOrder(), ""),
        (BeliefOrder(), cursor[:-3]),
        (BeliefOrder(), "x" * 5_000),
        (BeliefOrder(), "é"),
        (BeliefOrder(by="attribute"), cursor),
        (BeliefOrder(descending=False), cursor),
    ):
        with pytest.raises(Incorrect) as refused:
            await ask.beliefs(world.caller, "lena", order=order, after=after)
        assert refused.value.code == "invalid-cursor"


@pytest.mark.parametrize(("first", "code"), [(0, "invalid-input"), (-1, "invalid-input"), (201, "too-large")])
async def test_a_page_holds_between_one_and_two_hundred(world: World, ask: Questions, first: int, code: str) -> None:
    with pytest.raises(Incorrect) as refused:
        await ask.history(world.caller, "lena", key("world.alone"), first=first)
    assert refused.value.code == code


@pytest.mark.parametrize(("first", "code"), [(0, "invalid-input"), (-1, "invalid-input"), (2_001, "too-large")])
async def test_a_list_of_beliefs_holds_as_many_as_a_large_twin_has(
    world: World, ask: Questions, first: int, code: str
) -> None:
    with pytest.raises(Incorrect) as refused:
        await ask.beliefs(world.caller, "lena", first=first)
    assert refused.value.code == code


@pytest.mark.parametrize("as_of", [AsOf(), AsOf(rev=8)], ids=["now", "recomputed"])
async def test_filters_keep_what_matches_and_count_it(world: World, ask: Questions, as_of: AsOf) -> None:
    await observe_a_story(world)
    everything = [r.state for r in (await ask.beliefs(world.caller, "lena", as_of=as_of)).nodes]
    for matching in (
        BeliefFilter(domains=("needs",)),
        BeliefFilter(attributes=("world.buys", "product.fits")),
        BeliefFilter(min_confidence=0.5),
        BeliefFilter(max_confidence=0.5),
        BeliefFilter(min_confidence=0.3, max_confidence=0.6),
        BeliefFilter(min_confidence=0.0, max_confidence=1.0),
        BeliefFilter(min_confidence=1.0),
        BeliefFilter(statuses=("established", "contested")),
        BeliefFilter(subjects=("self",), contexts=("any",)),
        BeliefFilter(subjects=("someone else",)),
        BeliefFilter(attributes=()),
    ):
        page = await ask.beliefs(world.caller, "lena", matching, first=2, as_of=as_of, with_total=True)
        wanted = [s for s in everything if matching.matches(s)]
        assert [r.state for r in page.nodes] == wanted[:2]
        assert (page.total, page.has_next) == (len(wanted), len(wanted) > 2)


async def test_as_of_equals_a_fresh_twin_fed_only_what_was_visible_then(world: World, ask: Questions) -> None:
    events = [
        rated("1", 1.0, day=1),
        event("2", "priced", day=3),
        event("3", "audited", day=2),
        rated("4", -2.0, day=6, by="a rival"),
        event("5", "said", day=4, by="lena", llr=0.75, text="perhaps"),
        event("6", "audited", day=8),
    ]
    for one in events:
        await world.intake.observe(world.caller, [one])
    for rev in range(1, len(events) + 1):
        for n in (0.5, 1, 2.5, 4, 8, 30):
            as_of = AsOf(valid_time=START + timedelta(days=n), rev=rev)
            visible = [e for e in events[:rev] if e.time <= START + timedelta(days=n)]
            name = f"{rev}-{n}"
            then = await ask.beliefs(world.caller, "lena", order=BeliefOrder(by="attribute"), as_of=as_of)
            if not visible:
                assert then.nodes == ()
                continue
            await world.intake.observe(world.caller, [e.model_copy(update={"twin": name}) for e in visible])
            same = await ask.beliefs(
                world.caller, name, order=BeliefOrder(by="attribute"), as_of=AsOf(valid_time=as_of.valid_time)
            )
            assert numbers([r.state for r in then.nodes]) == numbers([r.state for r in same.nodes])


async def test_a_valid_time_before_any_evidence_gives_the_prior(world: World, ask: Questions) -> None:
    await world.intake.observe(world.caller, [rated("1", 3.0, day=2)])
    state = (await ask.belief(world.caller, "lena", key("world.alone"), as_of=day(1))).state

    assert state.log_odds == 0.0
    assert state.status == "forming"
    assert (await ask.beliefs(world.caller, "lena", as_of=day(1))).nodes == ()


async def test_a_recorded_time_leads_to_the_last_commit_before_it(world: World, ask: Questions) -> None:
    before = world.clock.now() - timedelta(seconds=1)
    first = world.clock.now()
    await world.intake.observe(world.caller, [rated("1", 1.0, day=1)])
    world.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]
    await world.intake.observe(world.caller, [rated("2", 0.5, day=2)])
    await world.intake.observe(world.caller, [rated("3", 0.25, day=3)])

    async def at(as_of: AsOf) -> tuple[float | None, int]:
        state = (await ask.belief(world.caller, "lena", key("world.alone"), as_of=as_of)).state
        return state.log_odds, state.rev

    assert await at(AsOf(recorded_at=first)) == (1.0, 1)
    assert await at(AsOf(recorded_at=world.clock.now() - timedelta(seconds=1))) == (1.0, 1)
    assert await at(AsOf(recorded_at=world.clock.now())) == (1.75, 3)
    assert await at(AsOf(recorded_at=world.clock.now(), valid_time=START + timedelta(days=2))) == (1.5, 3)
    assert await at(AsOf(rev=2)) == (1.5, 2)
    for missing in (AsOf(recorded_at=before), AsOf(rev=4), AsOf(rev=0)):
        with pytest.raises(NotFound) as refused:
            await at(missing)
        assert refused.value.code == "not-found"


async def test_at_least_rev_waits_and_gives_up(world: World, ask: Questions) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0)])

    assert (await ask.twin(world.caller, "lena", at_least_rev=1)).rev == 1
    with pytest.raises(Unavailable) as refused:
        await ask.beliefs(world.caller, "lena", at_least_rev=2)
    assert refused.value.code == "rev-not-reached"
    with pytest.raises(NotFound):
        await ask.twin(world.caller, "nobody", at_least_rev=1)


async def test_history_shows_what_was_published_newest_first(world: World, ask: Questions) -> None:
    for n in range(1, 6):
        await world.intake.observe(world.caller, [rated(str(n), 0.5, day=n)])
    whole = await ask.history(world.caller, "lena", key("world.alone"))
    first = await ask.history(world.caller, "lena", key("world.alone"), first=2)
    rest = await ask.history(world.caller, "lena", key("world.alone"), after=first.items[-1].cursor)
    then = await ask.history(world.caller, "lena", key("world.alone"), as_of=AsOf(rev=2))
    by_then = await ask.history(world.caller, "lena", key("world.alone"), as_of=day(3.5))

    assert [(h.log_odds, h.rev_from, h.rev_to) for h in whole.nodes] == [
        (published(2.5), 5, None),
        (published(2.0), 4, 5),
        (published(1.5), 3, 4),
        (published(1.0), 2, 3),
        (published(0.5), 1, 2),
    ]
    assert (*first.nodes, *rest.nodes) == whole.nodes
    assert [(h.log_odds, h.rev_to) for h in then.nodes] == [(published(1.0), None), (published(0.5), 2)]
    assert [h.log_odds for h in by_then.nodes] == [published(1.5), published(1.0), published(0.5)]


async def test_the_chain_of_a_belief_is_exactly_the_evidence_visible_there(world: World, ask: Questions) -> None:
    said = event("1", "said", day=1, by="lena", llr=1.0, text="we will take it")
    await world.intake.observe(world.caller, [said, event("2", "said", day=3, by="omar", llr=-0.5, text="not yet")])
    await world.commands.withdraw(world.caller, Withdraw(twin="lena", source="omar"))
    buys = key("world.buys")

    (now,) = (await ask.evidence(world.caller, "lena", buys)).nodes
    then = (await ask.evidence(world.caller, "lena", buys, as_of=AsOf(rev=1))).nodes
    early = (await ask.evidence(world.caller, "lena", buys, as_of=AsOf(rev=1, valid_time=START + timedelta(2)))).nodes
    paged = await ask.evidence(world.caller, "lena", buys, as_of=AsOf(rev=1), first=1)
    more = await ask.evidence(world.caller, "lena", buys, as_of=AsOf(rev=1), after=paged.items[0].cursor)

    assert (now.source.name, now.evidence.verbatim, now.bearing.log_likelihood_ratio) == (
        "lena",
        "we will take it",
        1.0,
    )
    assert [one.evidence.verbatim for one in then] == ["we will take it", "not yet"]
    assert early == then[:1]
    assert (*paged.nodes, *more.nodes) == then
    assert (paged.total, paged.has_next, more.has_next) == (2, True, False)
    found = await ask.evidence_by_id(world.caller, now.evidence.id)
    assert (found.evidence, found.source, found.twin, found.bearings) == (
        now.evidence,
        now.source,
        "lena",
        (now.bearing,),
    )


async def test_what_a_correction_or_a_retraction_cancels_is_visible_but_does_not_count(
    world: World, ask: Questions
) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0, day=1), rated("2", 2.0, day=2, by="a rival")])
    await world.commands.retract(
        world.caller, Retract(twin="lena", belief=key("world.alone"), valid_time=START + timedelta(days=3))
    )
    await world.intake.observe(world.caller, [rated("3", 0.5, day=4)])
    alone = key("world.alone")

    def counts(rows: tuple[object, ...]) -> list[bool]:
        return [row.counts for row in rows]  # type: ignore[attr-defined]

    assert counts((await ask.evidence(world.caller, "lena", alone, as_of=day(2))).nodes) == [True, True]
    assert counts((await ask.evidence(world.caller, "lena", alone, as_of=day(3))).nodes) == [False, False, False]
    assert counts((await ask.evidence(world.caller, "lena", alone)).nodes) == [False, False, False, True]
    await world.commands.correct(
        world.caller, Correct(twin="lena", belief=alone, holds=True, valid_from=START + timedelta(days=5))
    )
    assert counts((await ask.evidence(world.caller, "lena", alone)).nodes) == [False, False, False, False, True]
    (row,) = [
        r
        for r in (await ask.beliefs(world.caller, "lena", with_evidence=True)).nodes
        if r.state.belief.attribute == "world.alone"
    ]
    assert row.evidence == (await ask.evidence(world.caller, "lena", alone)).nodes


def shape(row: BeliefRow) -> object:
    """The relations of a row as plain values, however they were read."""
    if row.relations is None:
        return row.state.belief.attribute
    return row.state.belief.attribute, [
        (r.id, r.kind, round(r.strength.parameter, 9), r.origin, r.outgoing, shape(r.other)) for r in row.relations
    ]


@pytest.mark.parametrize("levels", [0, 1, 2])
async def test_relations_are_followed_as_far_as_asked(world: World, ask: Questions, levels: int) -> None:
    await observe_a_story(world)
    now = await ask.beliefs(world.caller, "lena", relation_levels=levels, with_evidence=True)  # type: ignore[arg-type]
    then = await ask.beliefs(
        world.caller,
        "lena",
        relation_levels=levels,  # type: ignore[arg-type]
        with_evidence=True,
        as_of=AsOf(rev=8),
    )

    assert [shape(row) for row in now.nodes] == [shape(row) for row in then.nodes]
    assert [row.evidence for row in now.nodes] == [row.evidence for row in then.nodes]
    buys = await ask.belief(world.caller, "lena", key("world.buys"), relation_levels=levels)  # type: ignore[arg-type]
    if levels == 0:
        assert buys.relations is None
        return
    assert buys.relations is not None
    assert {(r.kind, r.outgoing, r.other.state.belief.attribute, r.origin) for r in buys.relations} == {
        ("supports", False, "needs.budget", "inferred"),
        ("implies", False, "needs.urgent", "inferred"),
        ("causes", False, "product.fits", "inferred"),
        ("supports", False, "world.alone", "provided"),
    }
    only = await ask.relations(world.caller, "lena", key("world.buys"), kinds=("implies",))
    (implied,) = only.value
    assert (implied.strength.probability, only.rev) == (0.6, 8)
    assert implied.other.state == (await ask.belief(world.caller, "lena", key("needs.urgent"))).state


async def test_a_personal_relation_is_there_only_while_it_holds(world: World, ask: Questions) -> None:
    await observe_a_story(world)

    async def kinds(n: float) -> set[str]:
        found = await ask.relations(world.caller, "lena", key("world.alone"), as_of=day(n))
        return {r.other.state.belief.attribute for r in found.value}

    assert await kinds(7.5) == set()
    assert await kinds(8) == {"world.buys"}


async def test_comparing_a_moment_with_itself_shows_nothing(world: World, ask: Questions) -> None:
    await observe_a_story(world)
    for as_of in (AsOf(), AsOf(rev=3), day(5)):
        assert (await ask.compare(world.caller, "lena", as_of, as_of)).value.beliefs == ()


async def test_comparing_two_moments_shows_the_biggest_move_first(world: World, ask: Questions) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0, day=1)])
    await world.intake.observe(world.caller, [event("2", "audited", day=2)])
    await world.intake.observe(world.caller, [rated("3", 3.0, day=3)])
    there = (await ask.compare(world.caller, "lena", AsOf(rev=1))).value.beliefs
    back = (await ask.compare(world.caller, "lena", AsOf(), AsOf(rev=1))).value.beliefs

    first = there[0]
    assert (first.belief.attribute, first.before, first.after) == ("world.alone", 1.0, 4.0)
    assert (first.before_status, first.after_status) == ("forming", "established")
    risky = next(d for d in there if d.belief.attribute == "product.risky")
    assert (risky.before, risky.before_status, risky.after_status) == (logit(0.2), None, "forming")
    moves = [abs((d.after or 0) - (d.before or 0)) for d in there]
    assert moves == sorted(moves, reverse=True)
    assert [(d.belief, d.before, d.after) for d in back] == [(d.belief, d.after, d.before) for d in there]


async def test_an_old_page_is_still_there_after_the_twin_went_on(world: World, ask: Questions) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0, day=1)])
    row = await ask.belief(world.caller, "lena", key("world.alone"), as_of=AsOf(rev=1))
    await world.intake.observe(world.caller, [rated("2", 1.0, day=2)])

    assert await ask.belief(world.caller, "lena", key("world.alone"), as_of=AsOf(rev=1)) == row


async def test_a_list_with_all_relations_around_it_is_one_statement(world: World, ask: Questions) -> None:
    await observe_a_story(world)
    await ask.beliefs(world.caller, "lena")
    before = world.graph.statements
    await ask.beliefs(world.caller, "lena", relation_levels=2, with_total=True)
    await ask.belief(world.caller, "lena", key("world.buys"))

    assert world.graph.statements - before == 2


async def test_the_chains_of_a_list_are_three_statements_more_however_many_they_are(
    world: World, ask: Questions
) -> None:
    """The commit, the twin as it sees it, and what was told."""
    await observe_a_story(world)
    before = world.graph.statements
    found = await ask.beliefs(world.caller, "lena", with_evidence=True)

    assert sum(bool(row.evidence) for row in found.nodes) > 1
    assert world.graph.statements - before == 4


async def test_no_list_is_half_a_commit_while_others_write(world: World, ask: Questions) -> None:
    """Every commit moves three beliefs up and down together; whoever reads meanwhile never sees them apart."""
    names = ("needs.budget", "product.fits", "world.buys")
    writing = True
    await world.commands.correct(world.caller, Correct(twin="lena", belief=key("product.risky"), holds=True))

    async def write() -> None:
        nonlocal writing
        for n in range(30):
            said = [event(f"{n}", "priced", day=n), event(f"fit-{n}", "audited", day=n)]
            await world.intake.observe(world.caller, said)
        writing = False

    async def read() -> dict[int, list[BeliefState]]:
        seen: dict[int, list[BeliefState]] = {}
        while writing:
            page = await ask.beliefs(world.caller, "lena", BeliefFilter(attributes=names))
            assert page.rev is not None
            states = [row.state for row in page.nodes]
            assert seen.setdefault(page.rev, states) == states
        return seen

    _, *found = await asyncio.gather(write(), read(), read())
    for seen in found:
        for rev, states in seen.items():
            history = {h.key: h.log_odds for name in names for h in await rows_at(ask, world, name, rev)}
            assert {s.belief.id: s.log_odds for s in states} == history


async def rows_at(ask: Questions, world: World, name: str, rev: int) -> list[Holding]:
    """What was published last about a belief by a rev, as its history tells once all is quiet."""
    return list((await ask.history(world.caller, "lena", key(name), first=1, as_of=AsOf(rev=rev))).nodes)


async def test_a_twin_of_thousands_of_beliefs_is_read_page_by_page_within_the_stores_memory(
    world: World, ask: Questions
) -> None:
    many = 3_000
    catalog = {
        "catalog": "many",
        "version": "1.0.0",
        "attributes": [{"key": "world.liked", "domain": "world", "prior": 0.5, "statement": "likes {subject}"}],
        "events": [
            {
                "type": "liked",
                "summary": "liked it",
                "bears_on": [{"attribute": "world.liked", "subject": "data.what", "log_likelihood_ratio": 1.0}],
            }
        ],
    }
    await world.book.publish(world.caller, Catalog.model_validate(catalog))
    await world.intake.observe(
        world.caller, [event(str(n), "liked", twin="collector", what=f"thing {n}") for n in range(many)]
    )
    page = await ask.beliefs(world.caller, "collector", first=200, with_total=True)
    assert len(page.items) == 200
    assert page.total == many


async def test_beliefs_that_are_related_without_evidence_are_listed_with_their_relation(
    world: World, ask: Questions
) -> None:
    one, other = key("needs.budget"), key("world.alone")
    await world.commands.relate(
        world.caller,
        Relate(twin="lena", source=one, target=other, kind="supports", odds_ratio=3.0, valid_from=START),
    )
    found = {}
    for end, far in ((one, other), (other, one)):
        for as_of in (NOW, AsOf(rev=1), AsOf(valid_time=START)):
            (relation,) = [
                each
                for each in (await ask.relations(world.caller, "lena", end, as_of=as_of)).value
                if each.origin == "provided"
            ]
            assert relation.other.state.belief.belief_key == far
            found[end, as_of.rev, as_of.valid_time] = relation.id
    (id_,) = set(found.values())
    await world.commands.retract(world.caller, Retract(twin="lena", relation=id_))
    gone = (await ask.relations(world.caller, "lena", one)).value
    assert [each for each in gone if each.origin == "provided"] == []
