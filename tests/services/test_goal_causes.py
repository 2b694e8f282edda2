"""A goal that is pursued may be why somebody does something."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from tests.inference.oracle import Enumeration, pulled
from tests.reading import derived, id_of, position, stored
from tests.world import START, World, event, key

from beliefgraph.errors import BeliefgraphError
from beliefgraph.inference import Relation, Structure
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.command import Relate, SupposedGoal, WhatIf, Withdraw
from beliefgraph.model.definition import Definitions
from beliefgraph.model.event import EventName
from beliefgraph.model.identity import belief_id
from beliefgraph.model.reasons import Interpret
from beliefgraph.model.time import AsOf
from beliefgraph.services.commits.recheck import recheck
from beliefgraph.services.explanation.explain import Explanations
from beliefgraph.services.interpretation.rules import RuleInterpreter
from beliefgraph.services.questions.beliefs import Questions
from beliefgraph.services.questions.what_if import WhatIfs
from beliefgraph.services.reasons.questions import Reasons

CURIOUS, VISITS, BUYING = key("mind.curious"), key("acts.visits"), key("goal.pursued", subject="buy")
PRIORS = (0.3, 0.5, 0.6)
ALONE = Structure((0.3, 0.5), [Relation("causes", 0, 1, 0.4)], noisy_or=[1])
RIVALS = Structure(PRIORS, [Relation("causes", 0, 1, 0.4), Relation("causes", 2, 1, 0.5)], noisy_or=[1])
"""Curiosity brings visits about, and so does wanting to buy."""


def catalog(version: str = "1.0.0", does: float = 0.5, **relation: Any) -> Catalog:
    buying = {"source": "goal.pursued", "source_subject": "buy", "kind": "causes", "target": "acts.visits"}
    return Catalog.model_validate(
        {
            "catalog": "visits",
            "version": version,
            "attributes": [
                {"key": "mind.curious", "domain": "mind", "prior": 0.3, "statement": "They are curious."},
                {"key": "acts.visits", "domain": "acts", "prior": 0.5, "statement": "They keep visiting."},
                {"key": "goal.pursued", "domain": "goals", "prior": 0.6, "statement": "They pursue {subject}."},
            ],
            "relations": [
                {"source": "mind.curious", "kind": "causes", "target": "acts.visits", "probability": 0.4},
                {**buying, "probability": does, **relation},
            ],
            "goals": {"pursued": "goal.pursued"},
            "events": [
                {
                    "type": "visits.noticed",
                    "summary": "Came again.",
                    "bears_on": [{"attribute": "acts.visits", "log_likelihood_ratio": 2.0}],
                },
                {
                    "type": "visit.with_plan",
                    "summary": "Came again.",
                    "bears_on": [{"attribute": "acts.visits", "log_likelihood_ratio": 2.0}],
                },
                {
                    "type": "visit.with_plan",
                    "summary": "Said what for.",
                    "source": "'reception'",
                    "goals": [{"key": "'buy'"}],
                },
                {
                    "type": "plan",
                    "summary": "Told us a plan.",
                    "bears_on": [
                        {"attribute": "goal.pursued", "subject": "data.goal", "log_likelihood_ratio": 1.0},
                    ],
                    "goals": [{"key": "data.goal", "status": "data.status"}],
                },
            ],
        }
    )


def plan(id_: str, status: str = "active", goal: str = "buy", day: float = 1) -> Any:
    return event(id_, "plan", day=day, goal=goal, status=status)


class Shop:
    """The small world with the catalog in it, where somebody keeps visiting."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.ask = Questions(world.graph, world.keyring, world.book)
        self.explanations = Explanations(world.graph, world.keyring, world.book)
        self.reasons = Reasons(world.graph, world.book, RuleInterpreter(), self.explanations)

    async def sent(self, *events: Any) -> None:
        for each in events:
            await self.world.intake.observe(self.world.caller, [each])

    async def held(self, *beliefs: Any, as_of: AsOf | None = None) -> list[float]:
        """The log-odds of beliefs, derived again for a moment."""
        state = await stored(self.world)
        as_of = as_of or AsOf(rev=state.rev)
        rows = [await self.ask.belief(self.world.caller, "lena", belief, as_of=as_of) for belief in beliefs]
        return [row.state.log_odds or 0.0 for row in rows]


@pytest.fixture
async def shop(world: World) -> Shop:
    await world.book.publish(world.caller, catalog())
    made = Shop(world)
    await made.sent(event("1", "visits.noticed"))
    return made


async def test_a_goal_without_statements_causes_nothing_also_where_it_is_asked_about(shop: Shop) -> None:
    expected = Enumeration.of(ALONE).log_odds([0, 2.0])
    assert await shop.held(BUYING, CURIOUS, VISITS) == pytest.approx([np.log(0.6 / 0.4), *expected], abs=1e-8)
    await shop.sent(plan("2", goal="sell"))
    assert await shop.held(CURIOUS, VISITS) == pytest.approx(expected, abs=1e-8)


async def test_a_goal_that_is_pursued_explains_what_is_done_until_it_ends(shop: Shop) -> None:
    await shop.sent(plan("2"), plan("3", "achieved", day=3))
    moment = AsOf(valid_time=START + timedelta(days=2))
    pursued = Enumeration.of(RIVALS).log_odds([0, 2.0, 1.0])
    assert await shop.held(CURIOUS, VISITS, BUYING, as_of=moment) == pytest.approx(pursued, abs=1e-8)
    assert await shop.held(CURIOUS, VISITS, BUYING, as_of=AsOf(rev=2)) == pytest.approx(pursued, abs=1e-8)
    over = Enumeration.of(ALONE).log_odds([0, 2.0])
    assert over[0] > pursued[0]
    assert await shop.held(CURIOUS, VISITS) == pytest.approx(over, abs=1e-8)
    assert await shop.held(CURIOUS, VISITS, as_of=AsOf(rev=1)) == pytest.approx(over, abs=1e-8)
    world = shop.world
    assert [one.differing async for one in recheck(world.graph, world.book, world.caller.tenant)] == [()]


async def test_it_is_one_of_the_rival_reasons(shop: Shop) -> None:
    await shop.sent(plan("2"))
    asked = Interpret(twin="lena", stored=EventName(id="1", source="test"))
    (visits,) = (await shop.reasons.interpret(shop.world.caller, asked, explained=True)).occurrences
    brought, _ = pulled(RIVALS, 1, np.array([0, 2.0, 1.0]))
    found = {h.state.belief.subject: h for h in visits.hypotheses}
    happened = visits.state.confidence or 0.0
    assert found["buy"].responsibility == pytest.approx(happened * brought[1], abs=1e-8)
    assert found["self"].responsibility == pytest.approx(happened * brought[0], abs=1e-8)
    assert found["buy"].state.belief.statement == "They pursue buy."
    assert found["buy"].explanation is not None
    assert {c.evidence.summary for c in found["buy"].explanation.contributions} == {"Came again.", "Told us a plan."}


async def test_before_an_event_that_spoke_of_the_goal_too_it_was_no_reason(shop: Shop) -> None:
    both = event("2", "visit.with_plan", day=1)
    for question in ({"event": both}, {"stored": EventName(id="2", source="test")}):
        asked = Interpret(twin="lena", **question)
        (visits,) = (await shop.reasons.interpret(shop.world.caller, asked)).occurrences
        found = {h.state.belief.subject: h for h in visits.hypotheses}
        before = Enumeration.of(ALONE).log_odds([0, 2.0])[0]
        after = Enumeration.of(RIVALS).log_odds([0, 4.0, 0.0])
        assert (found["self"].before, found["self"].state.log_odds) == pytest.approx((before, after[0]), abs=1e-8)
        assert found["buy"].state.log_odds == pytest.approx(after[2], abs=1e-8)
        await shop.sent(both)


async def test_without_what_spoke_of_the_goal_it_is_no_reason(shop: Shop) -> None:
    await shop.sent(plan("2"))
    why = await shop.explanations.explain(shop.world.caller, "lena", CURIOUS)
    (told,) = [c for c in why.contributions if c.evidence.summary == "Told us a plan."]
    alone = Enumeration.of(ALONE).log_odds([0, 2.0])[0]
    assert told.without == pytest.approx(1 / (1 + np.exp(-alone)), abs=1e-8)
    await shop.world.commands.withdraw(shop.world.caller, Withdraw(twin="lena", evidence=told.evidence.id))
    assert await shop.held(CURIOUS) == pytest.approx([alone], abs=1e-8)


async def test_it_is_drawn_between_the_beliefs_while_it_holds(shop: Shop) -> None:
    await shop.sent(plan("2"))
    ends = belief_id(id_of(shop.world), BUYING), belief_id(id_of(shop.world), VISITS)
    drawn = [r for r in (await stored(shop.world)).relations if (r.source, r.target) == ends]
    assert [(r.origin, r.definition, r.strength.probability) for r in drawn] == [("inferred", "visits@1.0.0", 0.5)]
    await shop.sent(plan("3", "abandoned", day=2))
    assert [r for r in (await stored(shop.world)).relations if (r.source, r.target) == ends] == []


async def test_what_if_the_goal_were_pursued_or_abandoned(shop: Shop) -> None:
    ask = WhatIfs(shop.world.graph, shop.world.book, RuleInterpreter())
    pursued = WhatIf(twin="lena", goals=(SupposedGoal(goal="buy", status="active"),))
    stated = 1.5  # what a command that states a goal says of its being pursued
    found = {
        d.belief.subject + d.belief.attribute: d for d in (await ask.what_if(shop.world.caller, pursued)).value.beliefs
    }
    expected = Enumeration.of(RIVALS).log_odds([0, 2.0, stated])
    assert found["selfmind.curious"].after == pytest.approx(expected[0], abs=1e-8)
    assert found["buygoal.pursued"].after == pytest.approx(expected[2], abs=1e-8)
    assert found["selfmind.curious"].before == pytest.approx(Enumeration.of(ALONE).log_odds([0, 2.0])[0], abs=1e-8)
    await shop.sent(event("9", "plan", twin="omar", goal="sell", status="active"))
    fresh = pursued.model_copy(update={"twin": "omar"})  # of whose visits nothing is known
    assert {d.belief.subject for d in (await ask.what_if(shop.world.caller, fresh)).value.beliefs} == {"buy", "self"}


async def test_the_order_of_statements_about_goals_and_deeds_does_not_matter(world: World) -> None:
    await world.book.publish(world.caller, catalog())
    told = [event("1", "visits.noticed"), plan("2"), plan("3", "achieved", day=4), event("4", "visits.noticed", day=2)]
    came = set()
    for number, order in enumerate(permutations(told)):
        twin = f"twin-{number}"
        for one in order:
            await world.intake.observe(world.caller, [one.model_copy(update={"twin": twin})])
        state = await stored(world, twin)
        for day in (3, 5):
            found = await derived(world, state, START + timedelta(days=day))
            came.add((day, *(found.log_odds[position(found, state, of)].tobytes() for of in (CURIOUS, VISITS, BUYING))))
    assert len(came) == 2


async def test_a_relation_of_its_own_must_hold_together_with_goals_that_may_come(shop: Shop) -> None:
    own = Relate(twin="lena", source=key("world.alone"), target=VISITS, kind="causes", probability=0.6)
    # .5·.6 and .3·.4 alone are within the prior of .5, and are not beside .6·.5 of whoever means to buy
    with pytest.raises(BeliefgraphError) as refused:
        await shop.world.commands.relate(shop.world.caller, own)
    assert refused.value.code == "infeasible-statements"


async def test_what_this_twin_says_of_the_two_stands_before_it(shop: Shop) -> None:
    await shop.sent(plan("2"))
    own = Relate(twin="lena", source=BUYING, target=VISITS, kind="causes", probability=0.1)
    await shop.world.commands.relate(shop.world.caller, own)
    less = Structure(PRIORS, [*RIVALS.relations[:1], Relation("causes", 2, 1, 0.1)], noisy_or=[1])
    expected = Enumeration.of(less).log_odds([0, 2.0, 1.0])
    assert await shop.held(CURIOUS, VISITS, BUYING) == pytest.approx(expected, abs=1e-8)


async def test_causes_that_would_do_more_than_is_stated_are_refused_with_the_goals_among_them(world: World) -> None:
    with pytest.raises(BeliefgraphError) as refused:
        await world.book.publish(world.caller, catalog(does=0.9))
    assert refused.value.code == "infeasible-statements"


@pytest.mark.parametrize(
    "relation",
    [
        {"kind": "supports", "probability": None, "odds_ratio": 2.0},
        {"source": "mind.curious", "probability": 0.1},
    ],
)
def test_only_the_pursuit_of_a_goal_reaches_from_one_subject_to_another(relation: dict[str, Any]) -> None:
    with pytest.raises(BeliefgraphError) as refused:
        Definitions(tenant="shop", number=1, catalogs=(catalog(**relation),))
    assert refused.value.code == "invalid-definition"
