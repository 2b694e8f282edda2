"""Commands of somebody who may see a part of a twin: dates and refusals tell nothing of the rest."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from tests.ownership.policies import POLICY, Enforcing, policy
from tests.world import START, World, event, key

from beliefgraph.errors import BeliefgraphError, Incorrect, NotFound
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.command import Correct, RecordDecision, Relate, RelateGoals, Retract, SetGoal, Withdraw
from beliefgraph.model.decision import Option
from beliefgraph.model.event import EventName
from beliefgraph.model.identity import belief_id, relation_id, twin_id

PLANS = Catalog.model_validate(
    {
        "catalog": "plans",
        "version": "1.0.0",
        "events": [
            {"type": "planned", "summary": "planned it", "goals": [{"key": "data.goal", "part_of": "data.part_of"}]},
            {
                "type": "plotted",
                "summary": "plotted it",
                "bears_on": [{"attribute": "world.alone", "log_likelihood_ratio": 1.0}],
                "goals": [{"key": "data.goal"}],
            },
        ],
    }
)
SECRETS = {"key": "secrets", "goals": ["secret*"], "decisions": ["secret*"]}


@pytest_asyncio.fixture
async def enforcing(world: World) -> Enforcing:
    """Lena, who permits advice but for her secrets and her money: a goal that is part of a secret one, and a choice."""
    made = Enforcing(world)
    await world.book.publish(world.caller, PLANS)
    await made.policies.publish(world.caller, policy(categories=[*POLICY["categories"], SECRETS]))
    person = world.person("lena")
    for goal, whole in (("secret plan", ()), ("ship", ("secret plan",))):
        await made.commands.set_goal(person, SetGoal(twin="lena", goal=goal, part_of=whole, valid_from=START))
    options = (Option(key="stay", title="Stay"), Option(key="flee", title="Flee"))
    await made.commands.record_decision(
        person, RecordDecision(twin="lena", decision="secret", options=options, valid_from=START)
    )
    await made.permit()
    for category in ("secrets", "money"):
        await made.permit(category=category, allowed=False)
    return made


async def test_a_refusal_names_no_goals_or_options_to_whoever_may_not_see_them(
    enforcing: Enforcing, world: World
) -> None:
    circle = RelateGoals(twin="lena", source="secret plan", kind="part_of", target="ship")
    choice = RecordDecision(twin="lena", decision="secret", chosen="dance")
    for caller, named in ((enforcing.caller("audit"), True), (enforcing.caller(), False)):
        with pytest.raises(Incorrect) as cyclic:
            await enforcing.commands.relate_goals(caller, circle)
        assert cyclic.value.code == "cyclic-goals"
        assert ("secret plan" in _told(cyclic.value)) is named
        with pytest.raises(NotFound) as unknown:
            await enforcing.commands.record_decision(caller, choice)
        assert unknown.value.code == "unknown-option"
        assert ("flee" in _told(unknown.value)) is named


async def test_the_receipt_of_an_event_names_no_goals_to_whoever_may_not_see_them(enforcing: Enforcing) -> None:
    sent = event("1", "planned", goal="secret plan", part_of=["ship"])
    (told,) = await enforcing.intake.observe(enforcing.caller("audit"), [sent])
    (plain,) = await enforcing.intake.observe(enforcing.caller(), [sent])
    assert (told.code, plain.code) == ("cyclic-goals", "cyclic-goals")
    assert told.reason is not None
    assert "secret plan" in told.reason
    assert plain.reason == "A goal would be part of itself or wait for itself."


async def test_an_interval_that_ended_is_refused_by_the_clock_and_not_by_what_was_heard(
    enforcing: Enforcing, world: World
) -> None:
    command = Correct(
        twin="lena", belief=key("world.alone"), holds=True, valid_to=world.clock.now() - timedelta(days=1)
    )
    refusals = []
    for day in (1, 100):
        await world.intake.observe(world.caller, [event(f"day {day}", "priced", day=day)])
        with pytest.raises(Incorrect) as refused:
            await enforcing.commands.correct(enforcing.caller(), command)
        refusals.append(refused.value.message)
    assert refusals[0] == refusals[1]


async def test_a_relation_that_the_person_ended_counts_no_more_in_a_part_of_the_twin(
    enforcing: Enforcing, world: World
) -> None:
    await world.intake.observe(world.caller, [event("1", "said", llr=2.0, by="ada", text="…"), event("2", "priced")])
    person, alone = world.person("lena"), key("world.alone")
    before = await enforcing.questions.belief(enforcing.caller(), "lena", alone)
    relate = Relate(
        twin="lena", source=key("world.buys"), target=alone, kind="supports", odds_ratio=9, valid_from=START
    )
    await enforcing.commands.relate(person, relate)
    related = await enforcing.questions.belief(enforcing.caller(), "lena", alone)
    assert before.state.log_odds is not None
    assert related.state.log_odds is not None
    assert related.state.log_odds > before.state.log_odds
    source, target = (belief_id(twin_id(world.caller.tenant, "lena"), end) for end in (relate.source, relate.target))
    await enforcing.commands.retract(person, Retract(twin="lena", relation=relation_id(source, "supports", target)))
    ended = await enforcing.questions.belief(enforcing.caller(), "lena", alone)
    assert ended.state.log_odds == before.state.log_odds


@pytest.mark.parametrize("data", [{"type_": "said"}, {"type_": "planned", "goal": "ship", "part_of": []}])
async def test_the_time_of_a_part_does_not_run_backwards_where_its_latest_evidence_is_withdrawn(
    enforcing: Enforcing, world: World, data: dict[str, Any]
) -> None:
    """As that of a twin that was told nothing else does not; what is refused counts neither before nor after."""
    last = event("last", day=80, llr=1.0, by="ada", text="…", **data)
    await world.intake.observe(world.caller, [event("first", "said", day=70, llr=1.0, by="ada", text="…"), last])
    for n in range(2):
        await world.intake.observe(world.caller, [event(f"price {n}", "priced", day=90 + n)])
    for name in ("last", "price 1"):
        await world.commands.withdraw(world.caller, Withdraw(twin="lena", event=EventName(id=name, source="test")))
    enforcing = Enforcing(world)  # another process, which reads the twin from the store
    answered = await enforcing.questions.beliefs(enforcing.caller(), "lena", first=10)
    assert answered.valid_time == last.time


async def test_the_history_of_a_part_has_no_time_of_refused_evidence_that_was_withdrawn(
    enforcing: Enforcing, world: World
) -> None:
    """It stated something permitted too: as it was refused when it counted, its time is refused when it does not."""
    plotted = event("plot", "plotted", day=80, goal="secret plot")
    await world.intake.observe(world.caller, [event("first", "said", day=70, llr=1.0, by="ada", text="…"), plotted])
    await world.commands.withdraw(world.caller, Withdraw(twin="lena", event=EventName(id="plot", source="test")))
    await world.intake.observe(world.caller, [event("later", "said", day=75, llr=1.0, by="ada", text="…")])
    commits = [each.commit for each in await enforcing.changes.since(enforcing.caller(), "lena", 0)]
    assert max(commit.head_time for commit in commits) == START + timedelta(days=75)


async def test_the_time_of_a_part_is_not_that_at_which_an_earlier_relation_is_resumed(
    enforcing: Enforcing, world: World
) -> None:
    last = event("last", "said", day=70, llr=1.0, by="ada", text="…")
    await world.intake.observe(world.caller, [last, event("price", "priced", day=90)])
    always = Relate(
        twin="lena",
        source=key("world.buys"),
        target=key("world.alone"),
        kind="supports",
        odds_ratio=9,
        valid_from=START,
    )
    for_a_time = {"odds_ratio": 2, "valid_from": START + timedelta(days=10), "valid_to": START + timedelta(days=400)}
    for command in (always, always.model_copy(update=for_a_time)):
        await enforcing.commands.relate(world.person("lena"), command)
    answered = await enforcing.questions.beliefs(enforcing.caller(), "lena", first=10)
    assert answered.valid_time == last.time


def _told(refused: BeliefgraphError) -> str:
    return f"{refused.message} {dict(refused.ids)}"
