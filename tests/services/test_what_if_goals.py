"""What would follow for the goals, and from what might be stated of them."""

from __future__ import annotations

import pytest
import pytest_asyncio
from tests.reading import refusal
from tests.services.test_goals import GOALS, planned, put, relate
from tests.world import World, event, key

from beliefgraph.model.command import Assumption, MotivateGoal, SupposedGoal, WhatIf, Withdraw
from beliefgraph.model.commit import Comparison
from beliefgraph.model.goal import GoalDifference
from beliefgraph.model.time import AsOf
from beliefgraph.services.interpretation.rules import RuleInterpreter
from beliefgraph.services.questions.beliefs import Questions
from beliefgraph.services.questions.goals import Goals
from beliefgraph.services.questions.what_if import WhatIfs


@pytest_asyncio.fixture
async def team(world: World) -> World:
    """The worked example of the page about goals: a team is to grow, and who is not hired cannot be onboarded."""
    await put(world, "grow", priority=0.8)
    await put(world, "hire", title="Hire", part_of=["grow"])
    await put(world, "onboard", part_of=["grow"])
    await relate(world, "onboard", "depends_on", "hire")
    return world


async def what_if(world: World, as_of: AsOf | None = None, **more: object) -> Comparison:
    question = WhatIf.model_validate({"twin": "lena", **more})
    answer = await WhatIfs(world.graph, world.book, RuleInterpreter()).what_if(
        world.caller, question, as_of=as_of or AsOf()
    )
    return answer.value


def numbers(found: tuple[GoalDifference, ...]) -> dict[str, tuple[object, ...]]:
    """Status, importance, motivation and progress of each goal afterwards, by its key."""
    return {
        d.goal.key: (d.after.status, *(round(x, 9) for x in (d.after.importance, d.after.motivation, d.after.progress)))
        for d in found
        if d.after is not None
    }


async def test_what_if_a_goal_were_achieved_tells_what_then_calls_for_work_and_why(team: World) -> None:
    found = (await what_if(team, goals=[{"goal": "hire", "status": "achieved"}])).goals
    assert numbers(found) == {
        "hire": ("achieved", 0.0, 0.0, 1.0),
        "onboard": ("active", 0.8, 0.8, 0.0),
        "grow": ("active", 0.8, 0.4, 0.5),
    }
    before = {d.goal.key: d.before for d in found}
    assert {k: (b.status, round(b.motivation, 9)) for k, b in before.items() if b is not None} == {
        "hire": ("active", 0.96), "onboard": ("blocked", 0.0), "grow": ("active", 0.8)
    }  # fmt: skip
    assert {d.goal.key: d.reason for d in found} == {
        "hire": "It is achieved now; “onboard” no longer waits for it.",
        "onboard": "It no longer waits for “Hire”.",
        "grow": "50% of it is done, after 0%.",
    }


async def test_what_would_follow_is_what_follows_and_nothing_of_it_is_stored(team: World) -> None:
    goals = Goals(team.graph, team.book)
    supposed = await what_if(team, goals=[{"goal": "hire", "status": "achieved"}])
    assert (await goals.goal(team.caller, "lena", "hire")).state.status == "active"
    await put(team, "hire", status="achieved")
    as_of = AsOf(rev=5)
    really = await Questions(team.graph, team.keyring, team.book).compare(team.caller, "lena", AsOf(rev=4), as_of)
    assert numbers(really.value.goals) == numbers(supposed.goals)
    assert [d.goal.key for d in really.value.goals] == [d.goal.key for d in supposed.goals]


async def test_a_belief_that_is_assumed_moves_the_goals_that_it_motivates(team: World) -> None:
    await team.intake.observe(team.caller, [event("1", "priced")])
    await team.commands.motivate_goal(team.caller, MotivateGoal(twin="lena", goal="hire", belief=key("world.buys")))
    found = await what_if(team, assumptions=[Assumption(belief=key("world.buys"), holds=True)])
    (moved,) = found.goals
    assert moved.goal.key == "hire"
    assert moved.after is not None
    assert moved.after.importance == pytest.approx(1.0)
    assert moved.reason == "“will buy” is more certain."
    assert not (await what_if(team, evidence=[{"belief": key("world.alone"), "log_likelihood_ratio": 3.0}])).goals


async def test_what_is_supposed_of_a_goal_takes_precedence_over_the_persons_statement(team: World) -> None:
    await put(team, "hire", status="abandoned", caller=team.person("lena"))
    found = (await what_if(team, goals=[{"goal": "hire", "status": "active"}])).goals
    assert numbers(found)["hire"][0] == "active"


async def test_a_goal_without_statements_can_be_supposed(team: World) -> None:
    found = (await what_if(team, goals=[{"goal": "travel", "title": "See the world", "priority": 0.3}])).goals
    assert numbers(found) == {"travel": ("active", 0.3, 0.3, 0.0)}
    assert (found[0].before, found[0].reason) == (None, "It is pursued from now on.")


async def test_an_event_might_state_a_goal_and_its_statement_is_evidence_that_it_is_pursued(team: World) -> None:
    await team.book.publish(team.caller, GOALS)
    found = await what_if(team, events=[planned("1", "travel", priority=0.5, part_of="grow")])
    assert [d.goal.key for d in found.goals if d.before is None] == ["travel"]
    assert await refusal(what_if(team, events=[planned("2", "grow", part_of="hire")])) == "cyclic-goals"
    stated = await what_if(team, goals=[SupposedGoal(goal="grow", status="abandoned")])
    (pursued,) = [d for d in stated.beliefs if d.belief.attribute == "goal.pursued"]
    assert pursued.belief.subject == "grow"
    assert pursued.after == pytest.approx((pursued.before or 0.0) - 1.0)


async def test_comparing_two_moments_tells_of_goals_that_were_taken_back(team: World) -> None:
    rival = team.caller.model_copy(update={"actor": "somebody"})
    await put(team, "travel", priority=0.3, caller=rival)
    await team.commands.withdraw(team.caller, Withdraw(twin="lena", source="somebody"))
    questions = Questions(team.graph, team.keyring, team.book)
    (gone,) = (await questions.compare(team.caller, "lena", AsOf(rev=5))).value.goals
    assert (gone.goal.key, gone.after, gone.reason) == ("travel", None, "There is no statement about it there.")
    (new,) = (await questions.compare(team.caller, "lena", AsOf(), AsOf(rev=5))).value.goals
    assert (new.before, new.after and new.after.priority) == (None, 0.3)
    assert not (await questions.compare(team.caller, "lena", AsOf(rev=5), AsOf(rev=5))).value.goals
