"""How options sit with what is known of a person: every number worked out by hand, on a real twin."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.reading import refusal, stored
from tests.world import START, World, event

from beliefgraph.model.catalog import Catalog
from beliefgraph.model.command import AssertBelief, RecordDecision, SetGoal
from beliefgraph.model.decision import Features, Option
from beliefgraph.model.decision_check import CheckDecision, DecisionCheck, OptionCheck, Point
from beliefgraph.model.time import NOW, AsOf
from beliefgraph.services.advice.alike import similarity
from beliefgraph.services.advice.check import DecisionChecks, rank
from beliefgraph.services.advice.weigh import GroundedPoint, WeighedOption

CATALOG = Catalog.model_validate(
    {
        "catalog": "wanting",
        "version": "1.0.0",
        "attributes": [
            {
                "key": "value.privacy",
                "domain": "values",
                "prior": 0.3,
                "statement": "They value privacy",
                "preference": {"kind": "value", "feature": "privacy"},
            },
            {
                "key": "contact.channel",
                "domain": "preferences",
                "values": {"mail": 0.4, "call": 0.2, "chat": 0.3},
                "statement": "They want to be reached by {value}",
                "preference": {"kind": "style", "feature": "channel"},
            },
            {
                "key": "risk.tolerance",
                "domain": "preferences",
                "values": {"averse": 0.3, "neutral": 0.4, "seeking": 0.2},
                "statement": "Toward chance they are {value}",
                "preference": {"kind": "risk", "feature": "risk", "scores": {"averse": -1, "neutral": 0, "seeking": 1}},
            },
            {
                "key": "contact.never",
                "domain": "preferences",
                "prior": 0.02,
                "statement": "They refuse to be contacted by {subject}",
                "preference": {"kind": "constraint", "feature": "channel", "rule": "never", "hard": True},
            },
            {
                "key": "budget.at_most",
                "domain": "preferences",
                "prior": 0.1,
                "statement": "They pay at most {subject}",
                "preference": {"kind": "constraint", "feature": "price", "rule": "at_most"},
            },
            {
                "key": "place.only",
                "domain": "preferences",
                "prior": 0.05,
                "statement": "They meet in {subject} only",
                "preference": {"kind": "constraint", "feature": "place", "rule": "only", "hard": True},
            },
            {
                "key": "liking",
                "domain": "preferences",
                "values": {"dislikes": 0.2, "indifferent": 0.5, "likes": 0.25},
                "statement": "Toward {subject} they feel: {value}",
                "preference": {"kind": "valence", "scores": {"dislikes": -1, "indifferent": 0, "likes": 1}},
            },
        ],
        "events": [
            {
                "type": "leaked",
                "summary": "asked who can read it",
                "bears_on": [{"attribute": "value.privacy", "log_likelihood_ratio": "double(data.llr)"}],
            }
        ],
    }
)


@pytest.fixture
def checks(world: World) -> DecisionChecks:
    return DecisionChecks(world.graph, world.book)


async def states(world: World, attribute: str, confidence: float, *, day: float = 0, **about: str) -> None:
    """Somebody new states how sure they are, from the prior: then that is how sure it is."""
    await world.commands.assert_belief(
        world.caller,
        AssertBelief.model_validate(
            {
                "twin": "lena",
                "belief": {"attribute": attribute, **about},
                "confidence": confidence,
                "valid_time": START + timedelta(days=day),
                "speaker": f"{attribute} {sorted(about.items())}",
            }
        ),
    )


async def check(
    checks: DecisionChecks, world: World, *features: Features, context: str = "any", as_of: AsOf = NOW, **goals: float
) -> list[OptionCheck]:
    """Options called a, b, c, … of these features, as they were ranked."""
    return list((await whole(checks, world, *features, context=context, as_of=as_of, **goals)).options)


async def whole(
    checks: DecisionChecks, world: World, *features: Features, context: str = "any", as_of: AsOf = NOW, **goals: float
) -> DecisionCheck:
    options = tuple(Option(key=chr(ord("a") + i), features=each, goals=goals) for i, each in enumerate(features))
    return await checks.check(world.caller, CheckDecision(twin="lena", options=options, context=context), as_of=as_of)


def points(one: OptionCheck) -> Mapping[str, Point]:
    """The points of an option by the attribute, goal or decision that they come from."""
    return {p.belief.attribute if p.belief else p.goal or p.decision or "": p for p in one.points}


async def test_a_value_counts_with_its_confidence_as_far_as_the_option_serves_it(
    world: World, checks: DecisionChecks
) -> None:
    await world.book.publish(world.caller, CATALOG)
    await states(world, "value.privacy", 0.8)
    a, b = await check(checks, world, {"privacy": 0.5}, {"privacy": -1})
    assert (a.option.key, b.option.key) == ("a", "b")
    for one, weight, stance in ((a, 0.4, "for"), (b, -0.8, "against")):
        point = points(one)["value.privacy"]
        assert (point.kind, point.stance) == ("value", stance)
        assert point.confidence == pytest.approx(0.8)
        assert point.weight == pytest.approx(weight) == pytest.approx(one.score)
    (behind,) = points(a)["value.privacy"].evidence
    assert behind.summary == "says they are 80% sure: They value privacy"
    assert behind.contribution == pytest.approx(math.log(0.8 / 0.2) - math.log(0.3 / 0.7), abs=1e-4)
    assert points(a)["value.privacy"].sentence == "“They value privacy” (80%): it serves that (+0.5)."


async def test_a_preference_counts_by_how_far_its_probability_is_above_that_of_anybody(
    world: World, checks: DecisionChecks
) -> None:
    """Mail rises from .4 to .7; what is left of 1 shrinks by .3 / .6, so call goes to .1 and chat to .15."""
    await world.book.publish(world.caller, CATALOG)
    await states(world, "contact.channel", 0.7, value="mail")
    found = await check(checks, world, {"channel": "call"}, {"channel": "chat"}, {"channel": "mail"})
    assert [o.option.key for o in found] == ["c", "a", "b"]
    assert [points(o)["contact.channel"].weight for o in found] == pytest.approx([0.3, -0.1, -0.15])
    assert points(found[0])["contact.channel"].sentence == (
        "“They want to be reached by mail” (70%, and 40% of anybody): mail speaks for it."
    )


async def test_a_graded_preference_counts_by_the_expected_distance_on_its_scale(
    world: World, checks: DecisionChecks
) -> None:
    """Of .3, .4, .2 on the scale; averse rises to .6, and the others shrink by 4/7. Distances of -1: 0, 1/2, 1."""
    await world.book.publish(world.caller, CATALOG)
    await states(world, "risk.tolerance", 0.6, value="averse")
    before = (0.4 * 0.5 + 0.2) / 0.9
    neutral, seeking = 0.4 * 4 / 7, 0.2 * 4 / 7
    after = (neutral * 0.5 + seeking) / (0.6 + neutral + seeking)
    safe, worded, bold = await check(checks, world, {"risk": -1}, {"risk": "averse"}, {"risk": 1})
    assert points(safe)["risk.tolerance"].weight == pytest.approx(before - after)
    assert points(worded)["risk.tolerance"].weight == pytest.approx(before - after)
    assert points(bold)["risk.tolerance"].weight == pytest.approx(-(before - after))


async def test_a_hard_constraint_that_is_more_likely_than_not_is_traded_against_nothing(
    world: World, checks: DecisionChecks
) -> None:
    await world.book.publish(world.caller, CATALOG)
    await states(world, "contact.never", 0.9, subject="call")
    await states(world, "value.privacy", 0.99)
    await states(world, "contact.channel", 0.99, value="call")
    best, forbidden = await check(checks, world, {"channel": "call", "privacy": 1}, {"channel": "chat", "privacy": -1})
    assert (best.option.key, best.allowed, best.violation) == ("b", True, 0.0)
    assert (forbidden.option.key, forbidden.allowed) == ("a", False)
    assert forbidden.violation == pytest.approx(0.9)
    assert forbidden.score > 0.9 > best.score
    for one in (best, forbidden):
        assert math.tanh(sum(point.log_odds for point in one.points) / 2) == pytest.approx(one.score)
    first = forbidden.points[0]
    assert (first.stance, first.kind) == ("forbids", "constraint")
    assert first.weight == pytest.approx(-0.9)
    assert first.sentence == "“They refuse to be contacted by call” (90%): that is never traded."
    assert points(best)["contact.never"].stance == "neutral"


async def test_a_constraint_that_is_soft_or_hardly_likely_is_weighed(world: World, checks: DecisionChecks) -> None:
    await world.book.publish(world.caller, CATALOG)
    await states(world, "contact.never", 0.4, subject="call")
    await states(world, "budget.at_most", 0.6, subject="50")
    cheap, dear = await check(checks, world, {"channel": "call", "price": 50}, {"channel": "call", "price": 51})
    assert (cheap.allowed, dear.allowed) == (True, True)
    assert cheap.violation == pytest.approx(0.4)
    assert points(cheap)["contact.never"].weight == pytest.approx(-0.4)
    assert points(cheap)["budget.at_most"].weight == 0.0
    assert points(dear)["budget.at_most"].weight == pytest.approx(-0.6)


async def test_one_of_several_is_what_they_insist_on(world: World, checks: DecisionChecks) -> None:
    """Meeting in Bonn or in Kiel is kept; in Ulm it is not, and Bonn, the surer, says so."""
    await world.book.publish(world.caller, CATALOG)
    await states(world, "place.only", 0.9, subject="Bonn")
    await states(world, "place.only", 0.8, subject="Kiel")
    found = {
        o.option.key: o for o in await check(checks, world, {"place": "Bonn"}, {"place": "Kiel"}, {"place": "Ulm"})
    }
    assert [found[k].allowed for k in "abc"] == [True, True, False]
    assert found["a"].violation == pytest.approx(0.8 * 0.1)
    assert found["b"].violation == pytest.approx(0.9 * 0.2)
    assert found["c"].violation == pytest.approx(0.9)


async def test_a_preference_for_a_thing_bears_on_options_that_have_it(world: World, checks: DecisionChecks) -> None:
    """Likes rise from .25 to .7; the others shrink by .3 / .75: dislikes to .08, indifferent to .2; .98 in all."""
    await world.book.publish(world.caller, CATALOG)
    await states(world, "liking", 0.7, subject="rye", value="likes")
    rye, oats = await check(checks, world, {"grain": "rye"}, {"grain": "oats"})
    assert points(rye)["liking"].weight == pytest.approx((0.7 - 0.08) / 0.98)
    assert oats.points == ()


async def test_goals_count_by_their_importance_as_far_as_the_option_serves_them(
    world: World, checks: DecisionChecks
) -> None:
    await world.book.publish(world.caller, CATALOG)
    await world.commands.set_goal(
        world.caller, SetGoal(twin="lena", goal="save", title="Save up", priority=0.6, valid_from=START)
    )
    (found,) = await check(checks, world, {}, save=-0.5)
    point = points(found)["save"]
    assert (point.kind, point.stance) == ("goal", "against")
    assert point.weight == pytest.approx(-0.3)
    assert point.sentence == "It hinders “Save up” (-0.5), of importance 60%."
    assert [e.summary for e in point.evidence] == ["sets the goal “Save up”: title “Save up”, priority 0.6"]
    assert await refusal(check(checks, world, {}, nowhere=1.0)) == "unknown-goal"


async def test_past_decisions_tell_what_was_hoped_and_what_came(world: World, checks: DecisionChecks) -> None:
    """Mail is like mail (1), 40 like 50 by 1 - 10/50; train stands alone: (1 + .8 + 0) / 3 = .6."""
    await world.book.publish(world.caller, CATALOG)

    async def past(name: str, day: float, **told: Any) -> None:
        await world.commands.record_decision(
            world.caller,
            RecordDecision.model_validate(
                {"twin": "lena", "decision": name, "valid_from": START + timedelta(days=day), **told}
            ),
        )

    mail = {"key": "m", "features": {"channel": "mail", "price": 40}}
    await past("first", 0, options=[mail], chosen="m", expected={"score": 0.5}, actual={"score": -0.25})
    await past("second", 1, options=[{"key": "x", "features": {"price": 10}}], chosen="x", actual={"score": 1})
    await past("third", 2, options=[mail], title="Undecided")
    await past("fourth", 3, options=[mail], chosen="m", expected={"score": 0.2})
    found = await whole(checks, world, {"channel": "mail", "price": 50, "by": "train"})
    told = points(found.options[0])
    assert {name for name, p in told.items() if p.kind == "past_decision"} == {"first", "fourth"}
    assert told["first"].weight == pytest.approx(0.6 * -0.25)
    assert (told["first"].expected, told["first"].actual) == (0.5, -0.25)
    assert told["first"].sentence == (
        "In “first” they chose m, 60% alike: expected +0.5, it came out -0.25, 0.75 worse than expected."
    )
    assert (told["fourth"].stance, told["fourth"].weight) == ("neutral", 0.0)
    assert [e.source for e in told["first"].evidence] == ["test"]
    assert (found.judged, found.mean_surprise) == (1, -0.75)


async def test_specific_beats_general(world: World, checks: DecisionChecks) -> None:
    await world.book.publish(world.caller, CATALOG)
    await states(world, "contact.never", 0.9, subject="call")
    await states(world, "contact.never", 0.1, subject="call", context="work")
    for context, allowed in (("any", False), ("home", False), ("work", True), ("work.urgent", True)):
        (found,) = await check(checks, world, {"channel": "call"}, context=context)
        assert (context, found.allowed) == (context, allowed)


async def test_what_inherits_answers_in_a_narrow_context_with_what_the_broader_one_says(
    world: World, checks: DecisionChecks
) -> None:
    """Never at all: .02 rises to .9 in any context. At work it inherits with an odds ratio of 9, so with P(w) = .02
    and the pair (both) = x of (x)(.96 + x) = 9 (.02 - x)^2, P(work) = .9 x / .02 + .1 (.02 - x) / .98."""
    inherits = {"kind": "constraint", "feature": "channel", "rule": "never", "inherits": 9}
    attributes = [a.model_dump(exclude_defaults=True) for a in CATALOG.attributes if a.key != "contact.never"]
    never = {"key": "contact.never", "domain": "preferences", "prior": 0.02, "statement": "They refuse {subject}"}
    catalog = {"catalog": "wanting", "version": "1.1.0", "attributes": [*attributes, {**never, "preference": inherits}]}
    await world.book.publish(world.caller, Catalog.model_validate(catalog))
    await states(world, "contact.never", 0.9, subject="call")
    both = (1.32 - math.sqrt(1.32**2 - 4 * 8 * 0.0036)) / 16  # 8 x^2 - 1.32 x + .0036 = 0
    at_work = 0.9 * both / 0.02 + 0.1 * (0.02 - both) / 0.98
    for context, refused in (("any", 0.9), ("work", at_work)):
        (found,) = await check(checks, world, {"channel": "call"}, context=context)
        assert points(found)["contact.never"].weight == pytest.approx(-refused)


async def test_hard_constraints_that_contradict_each_other_both_stand_and_are_shown(
    world: World, checks: DecisionChecks
) -> None:
    await world.book.publish(world.caller, CATALOG)
    await states(world, "place.only", 0.9, subject="Bonn")
    found = await whole(checks, world, {"place": "Bonn"})
    assert (found.conflicts, found.options[0].allowed) == ((), True)
    never = {
        "key": "place.never",
        "domain": "preferences",
        "prior": 0.02,
        "statement": "They refuse to meet in {subject}",
        "preference": {"kind": "constraint", "feature": "place", "rule": "never", "hard": True},
    }
    newer = Catalog.model_validate({"catalog": "refusing", "version": "1.0.0", "attributes": [never]})
    await world.book.publish(world.caller, newer)
    await states(world, "place.never", 0.8, subject="Bonn")
    found = await whole(checks, world, {"place": "Bonn"}, {"place": "Ulm"})
    assert [one.allowed for one in found.options] == [False, False]
    assert [[p.stance for p in one.points if p.stance == "forbids"] for one in found.options] == [["forbids"]] * 2
    (conflict,) = found.conflicts
    assert conflict.feature == "place"
    assert {state.belief.attribute for state in conflict.constraints} == {"place.only", "place.never"}


async def test_what_could_not_be_checked_is_listed(world: World, checks: DecisionChecks) -> None:
    await world.book.publish(world.caller, CATALOG)
    await states(world, "needs.budget", 0.8)
    (found,) = await check(checks, world, {"channel": "fax", "privacy": "high", "risk": 2})
    assert {(u.attribute, u.feature): u.reason for u in found.unknown} == {
        ("contact.channel", "channel"): "fax is none of the values of contact.channel",
        ("value.privacy", "privacy"): "it is not a number from -1 to 1",
        ("risk.tolerance", "risk"): "it is not a number from -1 to 1",
    }
    await states(world, "contact.channel", 0.7, value="mail")
    (silent,) = await check(checks, world, {})
    assert {(u.attribute, u.reason) for u in silent.unknown} == {
        ("contact.channel", "the option does not say"),
        ("value.privacy", "the option does not say"),
    }, "of their attitude to risk nothing is known, so it would say nothing"
    assert silent.points == ()
    assert silent.score == 0.0


async def test_it_is_read_as_of_any_moment_and_stores_nothing(world: World, checks: DecisionChecks) -> None:
    await world.book.publish(world.caller, CATALOG)
    await states(world, "value.privacy", 0.8)
    await world.intake.observe(world.caller, [event("1", "leaked", day=5, llr=-3)])
    before = await stored(world)
    then = AsOf(valid_time=START + timedelta(days=1))
    (found,) = await check(checks, world, {"privacy": 1}, as_of=then)
    assert found.score == pytest.approx(0.8)
    (now,) = await check(checks, world, {"privacy": 1})
    odds = 4 * math.exp(-3)
    assert now.score == pytest.approx(odds / (1 + odds))
    assert [e.summary for e in now.points[0].evidence] == [
        "asked who can read it",
        "says they are 80% sure: They value privacy",
    ]
    assert await stored(world) == before


async def test_the_order_of_the_options_does_not_matter(world: World, checks: DecisionChecks) -> None:
    await world.book.publish(world.caller, CATALOG)
    await states(world, "contact.never", 0.9, subject="call")
    await states(world, "value.privacy", 0.8)
    options = [
        Option(key="a", features={"channel": "call", "privacy": 1}),
        Option(key="b", features={"channel": "mail", "privacy": 0.5}),
        Option(key="c", features={"channel": "mail", "privacy": 0.5}),
    ]
    seen = [
        await checks.check(world.caller, CheckDecision(twin="lena", options=order)) for order in permutations(options)
    ]
    assert all(each == seen[0] for each in seen)
    assert [o.option.key for o in seen[0].options] == ["b", "c", "a"]


async def test_nobody_checks_what_is_not_theirs(world: World, checks: DecisionChecks) -> None:
    await states(world, "needs.budget", 0.8)
    for stranger in (world.caller.model_copy(update={"tenant": "elsewhere"}), world.person("mia")):
        question = CheckDecision(twin="lena", options=(Option(key="a"),))
        assert await refusal(checks.check(stranger, question)) == "not-found"


STANCE = st.sampled_from(["for", "against", "neutral", "forbids"])
FEATURES = st.dictionaries(
    st.sampled_from("abcdef"), st.one_of(st.floats(-1e6, 1e6), st.sampled_from(["x", "y"])), max_size=6
)


@st.composite
def weighed(draw: st.DrawFn) -> WeighedOption:
    """An option with any points, as a weigher could make them."""
    made = []
    for stance in draw(st.lists(STANCE, max_size=6)):
        size = draw(st.floats(0.005, 1))
        weight = {"for": size, "against": -size, "neutral": 0.0, "forbids": -size}[stance]
        said = {"kind": "value", "stance": stance, "weight": weight, "log_odds": 0, "confidence": None, "sentence": "."}
        made.append(GroundedPoint(Point.model_validate(said)))
    key = draw(st.text("abc", min_size=1, max_size=3))
    return WeighedOption(Option(key=key), tuple(made), (), draw(st.floats(0, 1)))


@given(st.lists(weighed(), max_size=8))
def test_what_is_forbidden_never_outranks_what_is_allowed(options: list[WeighedOption]) -> None:
    ranked = [each.allowed for each in sorted(options, key=rank)]
    assert ranked == sorted(ranked, reverse=True)
    assert all(-1.0 <= each.score <= 1.0 for each in options)


@given(FEATURES, FEATURES)
def test_likeness_is_bounded_and_mutual_and_full_with_itself(one: Features, other: Features) -> None:
    assert 0.0 <= similarity(one, other) <= 1.0
    assert similarity(one, other) == similarity(other, one)
    assert similarity(one, one) == (1.0 if one else 0.0)
