from __future__ import annotations

import math
import time
from datetime import timedelta
from typing import Any

import pytest
from tests import wide
from tests.world import START, World, event, key, rated

from beliefgraph.errors import BeliefgraphError
from beliefgraph.inference import greatest
from beliefgraph.model.belief import BeliefKey, logit, probability
from beliefgraph.model.command import Correct, Relate, Retract, Withdraw
from beliefgraph.model.explanation import Contribution, Explanation
from beliefgraph.model.time import AsOf
from beliefgraph.services.derivation.counted import Counted
from beliefgraph.services.explanation import explain, reasons
from beliefgraph.services.explanation.explain import Explanations
from beliefgraph.services.questions.beliefs import Questions
from beliefgraph.services.snapshots.as_of import Snapshots
from beliefgraph.services.twin import bearings

SMALL = 1e-4


@pytest.fixture
def explanations(world: World) -> Explanations:
    return Explanations(world.graph, world.keyring, world.book)


@pytest.fixture
def ask(world: World) -> Questions:
    return Questions(world.graph, world.keyring, world.book)


def adds_up(explained: Explanation) -> None:
    """What must hold of every explanation, whatever the story."""
    assert explained.state.log_odds is not None
    total = sum(c.contribution for c in explained.contributions)
    assert explained.prior_log_odds + total + explained.residual == pytest.approx(explained.state.log_odds, abs=1e-9)
    assert abs(explained.residual) <= SMALL
    assert explained.state.prior is not None
    assert explained.prior_log_odds == pytest.approx(logit(explained.state.prior), abs=1e-5)
    root, *rest = explained.links
    assert (root.parent, root.relation, root.belief) == (None, None, explained.state.belief)
    assert root.contribution == pytest.approx(total, abs=1e-9)
    known = {link.belief.id for link in explained.links}
    assert all(link.parent in known and link.relation is not None for link in rest)
    for link in explained.links:
        own = sum(p.contribution for c in explained.contributions for p in c.parts if p.on.id == link.belief.id)
        below = sum(child.contribution for child in rest if child.parent == link.belief.id)
        assert link.contribution == pytest.approx(own + below, abs=1e-9)
    assert {part.on.id for c in explained.contributions for part in c.parts} <= known
    assert all(c.contribution == pytest.approx(sum(p.contribution for p in c.parts)) for c in explained.contributions)
    assert (explained.rest.count, explained.rest.pieces, explained.total) == (0, 0, len(explained.contributions))
    assert explained.rest.contribution == pytest.approx(0.0, abs=1e-9)


async def without(world: World, ask: Questions, evidence: str, belief: BeliefKey, as_of: AsOf) -> float:
    """The confidence once that evidence is withdrawn for real."""
    receipt = await world.commands.withdraw(world.person("lena"), Withdraw(twin="lena", evidence=evidence))
    moment = AsOf(valid_time=as_of.valid_time, rev=receipt.rev)
    confidence = (await ask.belief(world.caller, "lena", belief, as_of=moment)).state.confidence
    assert confidence is not None
    return confidence


async def test_an_independent_belief_is_moved_by_exactly_its_own_evidence(
    world: World, explanations: Explanations
) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.5), rated("2", -0.5, by="a rival")])
    explained = await explanations.explain(world.caller, "lena", key("world.alone"))

    adds_up(explained)
    assert [(c.source, c.contribution, c.log_likelihood_ratio) for c in explained.contributions] == [
        ("a colleague", 1.5, 1.5),
        ("a rival", -0.5, -0.5),
    ]
    assert [c.without for c in explained.contributions] == [
        pytest.approx(probability(-0.5)),
        pytest.approx(probability(1.5)),
    ]
    assert explained.sentence == (
        "“stands alone” stands at 73 %, up from a prior of 50 %, mostly because of “rated” from a colleague (+1.5);"
        " against it: “rated” from a rival (-0.5)."
    )


async def test_evidence_reaches_a_belief_by_way_of_others(
    world: World, explanations: Explanations, ask: Questions
) -> None:
    await world.intake.observe(world.caller, [event("1", "audited", day=1), event("2", "priced", day=2)])
    explained = await explanations.explain(world.caller, "lena", key("world.buys"))

    adds_up(explained)
    links = {link.belief.attribute: link for link in explained.links}
    risky, fits = links["product.risky"], links["product.fits"]
    assert (risky.parent, fits.parent) == (fits.belief.id, links["world.buys"].belief.id)
    assert risky.relation is not None
    assert fits.relation is not None
    assert (risky.relation.kind, fits.relation.kind) == ("contradicts", "causes")
    assert not any(link.reversed for link in explained.links)
    assert risky.contribution == fits.contribution < 0
    assert links["needs.budget"].contribution > 0
    assert "via “has a budget”" in explained.sentence
    assert "against it: “raised a security question” from test, via “thinks self is risky”" in explained.sentence

    fits_explained = await explanations.explain(world.caller, "lena", key("product.fits"))
    adds_up(fits_explained)
    back = {link.belief.attribute: link for link in fits_explained.links}
    assert back["world.buys"].reversed  # the cause runs from the belief explained to this one


async def test_without_is_what_withdrawing_it_gives(world: World, explanations: Explanations, ask: Questions) -> None:
    await world.intake.observe(
        world.caller,
        [
            event("1", "audited", day=1),
            event("2", "priced", day=2),  # bears on two beliefs
            event("3", "said", day=3, by="lena", llr=-1.25, text="too dear"),
        ],
    )
    buys = key("world.buys")
    explained = await explanations.explain(world.caller, "lena", buys)
    adds_up(explained)
    assert [len(c.parts) for c in explained.contributions].count(2) == 1  # one event bears on two beliefs
    assert len(explained.contributions) == 3

    expected = {c.evidence.id: c.without for c in explained.contributions}
    for evidence, confidence in expected.items():
        now = await explanations.explain(world.caller, "lena", buys)
        here = {c.evidence.id: c.without for c in now.contributions}[evidence]
        assert await without(world, ask, evidence, buys, AsOf()) == pytest.approx(here, abs=1e-9)
        if here == confidence:
            continue
    final = await explanations.explain(world.caller, "lena", buys)
    assert final.contributions == ()


async def test_without_a_correction_what_it_cancelled_counts_again(
    world: World, explanations: Explanations, ask: Questions
) -> None:
    await world.intake.observe(world.caller, [event("1", "priced", day=1)])
    budget = key("needs.budget")
    await world.commands.correct(
        world.person("lena"),
        Correct(twin="lena", belief=budget, holds=False, valid_from=START + timedelta(days=2)),
    )
    explained = await explanations.explain(world.caller, "lena", budget)

    adds_up(explained)
    (correction,) = [c for c in explained.contributions if c.bearing.stance == "correction"]
    assert correction.contribution == pytest.approx(-12.0, abs=0.01)
    assert all(c.on.attribute != "needs.budget" for c in explained.contributions if c is not correction)
    assert "person:lena corrected it as of 7 January 2026: it does not hold." in explained.sentence
    assert explained.sentence.startswith(
        "“has a budget” stands at under 1 %, down from a prior of 40 %,"
        " mostly because of the correction by person:lena (-12.0)"
    )
    assert await without(world, ask, correction.evidence.id, budget, AsOf()) == pytest.approx(correction.without)


async def test_corrections_that_contradict_each_other_are_both_shown(world: World, explanations: Explanations) -> None:
    lena, alone = world.person("lena"), key("world.alone")
    await world.intake.observe(world.caller, [rated("1", 2.0)])
    for n, holds in enumerate((True, False)):
        await world.commands.correct(
            lena, Correct(twin="lena", belief=alone, holds=holds, valid_from=START + timedelta(days=n))
        )
    explained = await explanations.explain(world.caller, "lena", alone)

    adds_up(explained)
    (one,) = explained.contributions
    assert one.contribution == -12.0
    assert one.without == pytest.approx(probability(12.0))
    assert explained.sentence.endswith(
        " person:lena corrected it as of 6 January 2026: it does not hold."
        " That contradicts the correction by person:lena as of 5 January 2026."
    )


async def test_a_retracted_belief_says_so(world: World, explanations: Explanations) -> None:
    await world.intake.observe(world.caller, [rated("1", 2.0)])
    await world.commands.retract(
        world.caller, Retract(twin="lena", belief=key("world.alone"), valid_time=START + timedelta(days=1))
    )
    explained = await explanations.explain(world.caller, "lena", key("world.alone"))

    adds_up(explained)
    assert (explained.contributions, explained.state.status) == ((), "retracted")
    assert explained.sentence == (
        "“stands alone” stands at 50 %, its prior: no evidence bears on it. It was retracted as of 6 January 2026:"
        " earlier evidence no longer counts."
    )


async def test_without_evidence_the_explanation_is_empty_and_honest(world: World, explanations: Explanations) -> None:
    await world.intake.observe(world.caller, [rated("1", 2.0)])
    explained = await explanations.explain(world.caller, "lena", key("world.buys"))

    adds_up(explained)
    assert explained.contributions == ()
    assert len(explained.links) == 1
    assert explained.sentence == "“will buy” stands at 25 %, its prior: no evidence bears on it."


async def test_an_explanation_as_of_then_knows_nothing_of_later(world: World, explanations: Explanations) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0, day=1)])
    await world.intake.observe(world.caller, [rated("2", 1.0, day=2), rated("3", -3.0, day=3, by="a rival")])
    alone = key("world.alone")

    by_rev = await explanations.explain(world.caller, "lena", alone, as_of=AsOf(rev=1))
    by_day = await explanations.explain(world.caller, "lena", alone, as_of=AsOf(valid_time=START + timedelta(days=2)))
    adds_up(by_rev)
    adds_up(by_day)
    assert [c.contribution for c in by_rev.contributions] == [1.0]
    assert [c.contribution for c in by_day.contributions] == [1.0, 1.0]
    assert "“rated” from a colleague, 2 times (+2.0)" in by_day.sentence


async def test_the_contributions_are_the_evidence_that_counts(
    world: World, explanations: Explanations, ask: Questions
) -> None:
    alone = key("world.alone")
    await world.intake.observe(world.caller, [rated(str(n), 0.25 * n - 1, day=n, by=f"s{n % 3}") for n in range(12)])
    explained = await explanations.explain(world.caller, "lena", alone)
    chain = await ask.evidence(world.caller, "lena", alone)

    adds_up(explained)
    assert {c.evidence.id for c in explained.contributions} == {e.evidence.id for e in chain.nodes if e.counts}
    assert sum(c.contribution for c in explained.contributions) == pytest.approx(sum(0.25 * n - 1 for n in range(12)))


async def test_a_personal_relation_carries_evidence_too(world: World, explanations: Explanations) -> None:
    await world.intake.observe(world.caller, [rated("1", 2.0)])
    await world.commands.relate(
        world.caller,
        Relate(twin="lena", source=key("world.alone"), target=key("world.buys"), kind="contradicts", odds_ratio=0.2),
    )
    explained = await explanations.explain(world.caller, "lena", key("world.buys"))

    adds_up(explained)
    (one,) = explained.contributions
    assert one.contribution < 0
    assert [link.belief.attribute for link in explained.links] == ["world.buys", "world.alone"]


async def test_a_persons_key_gets_no_explanation_of_another(world: World, explanations: Explanations) -> None:
    await world.intake.observe(world.caller, [rated("1", 2.0)])
    with pytest.raises(BeliefgraphError) as refused:
        await explanations.explain(world.person("omar"), "lena", key("world.alone"))
    assert refused.value.code == "not-found"


@pytest.mark.parametrize(("odds_ratio", "quality"), [(1.02, "approximate"), (1.3, "unreliable")])
async def test_a_twin_too_wide_to_be_exact_answers_and_says_how_good_that_is(
    world: World, explanations: Explanations, odds_ratio: float, quality: str
) -> None:
    await world.book.publish(world.caller, wide.catalog(odds_ratio))
    await world.commands.correct(world.caller, Correct(twin="lena", belief=key("wide.b0"), holds=True))
    questions = Questions(world.graph, world.keyring, world.book)
    corrected = (await questions.belief(world.caller, "lena", key("wide.b0"))).state
    assert corrected.confidence is not None
    assert corrected.confidence > 0.999
    state = (await questions.belief(world.caller, "lena", key("wide.b1"))).state
    assert state.quality == quality
    assert state.error_bar is not None
    assert 0.0 < state.error_bar < 1.0
    assert corrected.error_bar is not None
    exact = (await questions.belief(world.caller, "lena", key("wide.b1"), as_of=AsOf(rev=1))).state
    assert exact.confidence is not None
    assert exact.confidence > 0.5
    explained = await explanations.explain(world.caller, "lena", key("wide.b1"))
    (one,) = explained.contributions
    assert one.contribution > 0
    assert explained.residual == pytest.approx(
        (explained.state.log_odds or 0.0) - explained.prior_log_odds - one.contribution, abs=1e-12
    )


async def test_a_share_that_reads_as_nothing_is_left_out_of_the_sentence(
    world: World, explanations: Explanations
) -> None:
    await world.intake.observe(
        world.caller, [rated("1", 1.5), rated("2", 0.2, by="one"), rated("3", -0.02, by="a rival"), rated("4", 0.04)]
    )
    sentence = (await explanations.explain(world.caller, "lena", key("world.alone"))).sentence
    assert "0.0)" not in sentence
    assert "against it" not in sentence


async def test_like_reasons_of_as_many_sources_are_counted_once(world: World, explanations: Explanations) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0, by="one"), rated("2", 1.0, by="another")])
    sentence = (await explanations.explain(world.caller, "lena", key("world.alone"))).sentence
    assert sentence.endswith("mostly because of “rated” from 2 sources (+2.0).")


async def test_a_move_that_no_percentage_shows_is_not_called_one(world: World, explanations: Explanations) -> None:
    from beliefgraph.services.explanation.sentence import SourceContribution, sentence

    await world.intake.observe(world.caller, [rated("1", -0.06, by="one")])
    explained = await explanations.explain(world.caller, "lena", key("world.alone"))
    said = sentence(
        explained.state.model_copy(update={"log_odds": math.log(0.096 / 0.904)}),
        math.log(0.102 / 0.898),
        [
            SourceContribution(c.evidence.summary, c.source, c.pieces, c.on, False, c.contribution)
            for c in explained.contributions
        ],
    )
    assert said == "“stands alone” stands at 10 %, about its prior of 10 %: “rated” from one (-0.1) hardly moves it."


def test_probabilities_are_never_shown_as_certain() -> None:
    from beliefgraph.services.explanation.sentence import percent

    assert [percent(p) for p in (0.0, 0.004, 0.006, 0.5, 0.814, 0.994, 0.9999, 1.0)] == [
        "under 1 %",
        "under 1 %",
        "1 %",
        "50 %",
        "81 %",
        "99 %",
        "over 99 %",
        "over 99 %",
    ]
    assert math.isclose(probability(0.0), 0.5)


async def test_a_flood_of_evidence_is_explained_in_no_time(world: World, explanations: Explanations) -> None:
    """A sum far beyond its bound: no piece of it is missed, and asking for each is not deriving anew for each."""
    alone = key("world.alone")
    await world.intake.observe(world.caller, [rated(f"{n}", 30.0, by=f"witness {n % 9}") for n in range(3_000)])
    await world.intake.observe(world.caller, [rated("against", -30.0)])
    began = time.perf_counter()
    found: list[Contribution] = []
    explained = await explanations.explain(world.caller, "lena", alone, first=200)
    assert (explained.total, explained.rest.count, explained.rest.pieces) == (3_001, 2_801, 2_801)
    listed = sum(c.contribution for c in explained.contributions)
    assert explained.prior_log_odds + listed + explained.rest.contribution == pytest.approx(30.0, abs=1e-6)
    found += explained.contributions
    while explained.has_next:
        explained = await explanations.explain(world.caller, "lena", alone, first=200, after=explained.end_cursor)
        found += explained.contributions
    assert time.perf_counter() - began < 20
    assert len({c.evidence.id for c in found}) == len(found) == 3_001
    assert {c.without for c in found} == {probability(30.0)}
    by_source = await explanations.explain(world.caller, "lena", alone, by="source")
    assert sorted((c.source, c.pieces) for c in by_source.contributions) == sorted(
        [(f"witness {n}", len(range(n, 3_000, 9))) for n in range(9)] + [("a colleague", 1)]
    )
    assert "3,000 pieces of evidence from 9 sources" in explained.sentence


@pytest.mark.parametrize("gone", [0, 1, 2])
async def test_what_is_taken_from_a_sum_beyond_its_bound_is_exact(
    world: World, explanations: Explanations, ask: Questions, gone: int
) -> None:
    said = [event(f"{n}", "said", llr=llr, by=f"witness {n}", text="so") for n, llr in enumerate((25.0, 18.0, -10.0))]
    await world.intake.observe(world.caller, [*said, event("priced", "priced")])
    explained = await explanations.explain(world.caller, "lena", key("world.buys"))
    one = next(c for c in explained.contributions if c.source == f"witness {gone}")
    moment = AsOf(valid_time=explained.state.valid_time)
    expected = await without(world, ask, one.evidence.id, key("world.buys"), moment)
    assert one.without == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("first", [1, 5, 30])
async def test_what_is_explained_by_the_greatest_contributions_is_what_is_explained_by_all(
    world: World, monkeypatch: pytest.MonkeyPatch, first: int
) -> None:
    """Runs, and the search in them, are for very many rows; here they begin with four."""
    monkeypatch.setattr(bearings, "IN_RUNS", 4)
    monkeypatch.setattr(explain, "READ", 10)
    monkeypatch.setattr(reasons, "READ", 10)
    monkeypatch.setattr(greatest, "SEARCHED", 1.0)
    kinds = ("said", "priced", "audited", "rated")
    events = [
        event(str(n), kinds[n % 4], day=n / 8, llr=(1 + n % 7) * (-1) ** (n // 3) / 10, by=f"source {n % 3}", text=".")
        for n in range(240)
    ]
    await world.intake.observe(world.caller, events)
    explaining = Explanations(
        world.graph, world.keyring, world.book, snapshots=Snapshots(world.graph, world.book, world.cache)
    )

    async def explained(attribute: str, **more: Any) -> Explanation:
        return await explaining.explain(world.caller, "lena", key(attribute), first=first, **more)

    searched: list[bool] = []
    search = Counted.greatest

    def noted(*args: Any) -> Any:
        found = search(*args)
        searched.append(found is not None)
        return found

    attributes = ("world.buys", "needs.budget", "world.alone")
    for attribute in attributes * 2:
        await explained(attribute)  # the second sum of a block sorts it
    monkeypatch.setattr(Counted, "greatest", noted)
    some = [await explained(attribute) for attribute in attributes]
    assert all(searched)
    monkeypatch.setattr(Counted, "greatest", lambda *_: None)
    for found, attribute in zip(some, attributes, strict=True):
        every = await explained(attribute)
        assert found.model_copy(update={"rest": every.rest, "residual": every.residual}) == every
        assert (found.rest.count, found.rest.pieces) == (every.rest.count, every.rest.pieces)
        assert found.rest.contribution == pytest.approx(every.rest.contribution, abs=1e-12)
        assert found.residual == pytest.approx(every.residual, abs=1e-12)
        following = await explained(attribute, after=found.end_cursor)
        listed = [each.evidence.id for each in (*found.contributions, *following.contributions)]
        assert len(set(listed)) == 2 * first
