"""Goals through the services: stated, related, achieved, corrected, withdrawn, and read at any moment."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from tests.races import Interrupted
from tests.reading import id_of, refusal, rows, stored
from tests.world import START, World, event, key

from beliefgraph.errors import BeliefgraphError
from beliefgraph.model.caller import Caller
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.command import AssertBelief, MotivateGoal, RelateGoals, Retract, SetGoal, Withdraw
from beliefgraph.model.event import Event
from beliefgraph.model.goal import GOAL_GRID, GoalState, Pursuit
from beliefgraph.model.receipt import Receipt
from beliefgraph.model.time import NOW, AsOf
from beliefgraph.services.changes.changes import Changes
from beliefgraph.services.commits.recheck import recheck
from beliefgraph.services.questions.goals import Goals
from beliefgraph.services.twin.notifier import Notifier

PURSUED = "goal.pursued"
GOALS = Catalog.model_validate(
    {
        "catalog": "goals",
        "version": "1.0.0",
        "attributes": [
            {"key": PURSUED, "domain": "goals", "prior": 0.8, "statement": "really pursues {subject}"},
        ],
        "goals": {"pursued": PURSUED, "stated": 1.0, "urgency": "P10D"},
        "events": [
            {
                "type": "planned",
                "summary": "planned it",
                "goals": [
                    {
                        "key": "data.goal",
                        "title": "has(data.title) ? data.title : null",
                        "status": "has(data.status) ? data.status : null",
                        "priority": "has(data.priority) ? data.priority : null",
                        "progress": "has(data.progress) ? data.progress : null",
                        "deadline": "has(data.deadline) ? data.deadline : null",
                        "part_of": "has(data.part_of) ? data.part_of : null",
                        "depends_on": "has(data.depends_on) ? data.depends_on : null",
                        "motivated_by": [{"attribute": "needs.urgent", "weight": 0.5}],
                    }
                ],
            }
        ],
    }
)


@pytest.fixture
def goals(world: World) -> Goals:
    return Goals(world.graph, world.book)


async def put(world: World, goal: str, *, day: float = 0, caller: Caller | None = None, **stated: Any) -> Receipt:
    """State something of a goal of lena's."""
    at = START + timedelta(days=day)
    command = SetGoal.model_validate({"twin": "lena", "goal": goal, "valid_from": at, **stated})
    return await world.commands.set_goal(caller or world.caller, command)


async def relate(
    world: World, source: str, kind: str, target: str, *, caller: Caller | None = None, **more: object
) -> Receipt:
    command = RelateGoals.model_validate(
        {"twin": "lena", "source": source, "kind": kind, "target": target, "valid_from": START, **more}
    )
    return await world.commands.relate_goals(caller or world.caller, command)


def planned(id_: str, goal: str, *, day: float = 0, **data: Any) -> Event:
    return event(id_, "planned", day=day, goal=goal, **data)


async def standing(goals: Goals, world: World, as_of: AsOf = NOW, twin: str = "lena") -> Mapping[str, GoalState]:
    """How the goals of a twin stand, by their keys."""
    page = await goals.goals(world.caller, twin, first=200, as_of=as_of)
    return {row.state.goal.key: row.state for row in page.nodes}


def moved(receipt: Receipt) -> dict[str, Pursuit | None]:
    return {change.goal.key: change.after for change in receipt.goals}


async def test_achieving_a_goal_moves_its_neighbours_in_the_same_commit_each_with_the_reason(
    world: World, goals: Goals
) -> None:
    """Growth is made of hiring and onboarding; onboarding waits for hiring; the garden has nothing to do with it."""
    await put(world, "grow", title="Grow the team", priority=0.8)
    await put(world, "hire", title="Hire two people", part_of=["grow"])
    await put(world, "onboard", title="Onboard them", part_of=["grow"], depends_on=["hire"])
    await put(world, "garden", title="Plant a garden", priority=0.5)
    before = await standing(goals, world)
    assert (before["onboard"].status, before["onboard"].motivation) == ("blocked", 0.0)
    assert before["hire"].motivation == pytest.approx(1 - 0.2 * 0.2)  # for the team, and for what waits for it

    receipt = await put(world, "hire", status="achieved")

    after = moved(receipt)
    assert set(after) == {"grow", "hire", "onboard"}
    assert all(pursuit is not None and pursuit.rev_from == receipt.rev for pursuit in after.values())
    grow, hire, onboard = (after[name] for name in ("grow", "hire", "onboard"))
    assert grow is not None
    assert hire is not None
    assert onboard is not None
    assert (hire.status, hire.motivation, hire.reason) == (
        "achieved",
        0.0,
        "It is achieved now; “Onboard them” no longer waits for it.",
    )
    assert (grow.progress, grow.motivation, grow.reason) == (0.5, 0.4, "50% of it is done, after 0%.")
    assert (onboard.status, onboard.motivation) == ("active", 0.8)
    assert onboard.reason == "It no longer waits for “Hire two people”."
    history = await goals.history(world.caller, "lena", "onboard")
    assert [p.reason for p in history.nodes] == [onboard.reason, "It is pursued from now on."]


async def test_a_goal_read_as_of_a_moment_is_what_was_known_of_it_there(world: World, goals: Goals) -> None:
    await put(world, "run", title="Run a marathon", priority=0.6)  # rev 1
    await put(world, "run", day=10, progress=0.5)  # rev 2
    await put(world, "run", day=20, status="abandoned")  # rev 3
    await put(world, "run", day=5, priority=0.9)  # rev 4, late

    async def at(day: float, rev: int | None = None) -> tuple[object, ...]:
        found = (await standing(goals, world, AsOf(valid_time=START + timedelta(days=day), rev=rev)))["run"]
        return found.status, found.priority, round(found.motivation, 9)

    assert await at(1) == ("active", 0.6, 0.6)
    assert await at(7) == ("active", 0.9, 0.9)
    assert await at(7, rev=3) == ("active", 0.6, 0.6)
    assert await at(12) == ("active", 0.9, 0.45)
    assert await at(12, rev=1) == ("active", 0.6, 0.6)
    assert await at(21) == ("abandoned", 0.9, 0.0)
    assert await refusal(goals.goal(world.caller, "lena", "run", as_of=AsOf(valid_time=START - timedelta(1)))) == (
        "unknown-goal"
    )


async def test_statements_in_any_order_of_arrival_make_the_same_goal(world: World, goals: Goals) -> None:
    await world.book.publish(world.caller, GOALS)
    told = [
        planned("1", "ship", title="Ship it", priority=0.5),
        planned("2", "test", part_of="ship", day=1),
        planned("3", "test", progress=0.25, day=2),
        planned("4", "ship", priority=0.75, day=3),
        planned("6", "test", progress=0.5, depends_on=["review"], day=4),
        planned("7", "review", title="A review", day=5),
    ]
    seen = []
    for twin, order in (("x", told), ("y", told[::-1]), ("z", [*told[3:], *told[:3]])):
        for one in order:
            (receipt,) = await world.intake.observe(world.caller, [one.model_copy(update={"twin": twin})])
            assert receipt.status == "accepted"
        found = await standing(goals, world, twin=twin)
        seen.append({k: (s.title, s.status, s.priority, s.progress, s.motivation) for k, s in found.items()})
    assert seen[0] == seen[1] == seen[2]
    assert seen[0]["ship"][:4] == ("Ship it", "active", 0.75, 0.5)
    assert seen[0]["test"][:4] == ("test", "blocked", None, 0.5)


async def test_a_goal_without_a_title_goes_by_its_key_whatever_that_is(world: World, goals: Goals) -> None:
    keys = ("—", "k" * 200)
    for key_ in keys:
        await put(world, key_, priority=0.5)
    for as_of in (NOW, AsOf(valid_time=START)):
        assert {key_: (await standing(goals, world, as_of))[key_].title for key_ in keys} == {k: k for k in keys}


async def test_of_statements_without_a_time_the_last_counts(world: World, goals: Goals) -> None:
    """All of it is valid from the twin's head time, which no command moves."""
    for progress in (0.2, 0.5, 0.1, 0.9, 0.4, 0.3):
        await world.commands.set_goal(world.caller, SetGoal(twin="lena", goal="ship", progress=progress))
        assert (await standing(goals, world))["ship"].progress == progress
    await world.commands.set_goal(world.caller, SetGoal(twin="lena", goal="test", priority=0.5))
    for weight in (0.2, 0.9, 0.4, 0.7, 0.1):
        related = RelateGoals(twin="lena", source="ship", kind="part_of", target="test", weight=weight)
        await world.commands.relate_goals(world.caller, related)
        assert (await standing(goals, world))["ship"].importance == pytest.approx(0.5 * weight, abs=GOAL_GRID / 2)


@pytest.mark.parametrize(
    ("stated", "code"),
    [
        ({"part_of": ["a", "a"]}, "invalid-input"),
        ({"part_of": ["new"]}, "cyclic-goals"),
        ({"part_of": ["nowhere"]}, "unknown-goal"),
        ({"depends_on": ["nowhere"]}, "unknown-goal"),
    ],
)
async def test_bad_input_is_refused_and_nothing_is_written(world: World, stated: dict[str, Any], code: str) -> None:
    await put(world, "a", priority=0.5)
    before = rows(await stored(world))
    with pytest.raises(BeliefgraphError) as refused:
        await put(world, "new", **stated)
    assert refused.value.code == code
    assert rows(await stored(world)) == before
    assert len((await stored(world)).goals) == 1


async def test_a_cycle_of_parts_and_dependencies_is_refused_and_named(world: World) -> None:
    await put(world, "whole")
    await put(world, "part", part_of=["whole"])
    await put(world, "step", part_of=["part"])
    before = rows(await stored(world))
    for kind, source, target in (("part_of", "whole", "step"), ("depends_on", "step", "whole")):
        with pytest.raises(BeliefgraphError) as refused:
            await relate(world, source, kind, target)
        assert refused.value.code == "cyclic-goals"
        named = refused.value.ids["goals"]
        assert isinstance(named, list)
        assert (set(named), named[0]) == ({"whole", "part", "step"}, named[-1])
    assert rows(await stored(world)) == before
    await relate(world, "whole", "depends_on", "step")  # a whole may wait for one of its parts


async def test_what_would_be_a_cycle_at_no_moment_is_none(world: World) -> None:
    await put(world, "a")
    await put(world, "b")
    await relate(world, "a", "part_of", "b", valid_to=START + timedelta(days=5))
    await relate(world, "b", "part_of", "a", valid_from=START + timedelta(days=5))
    assert await refusal(relate(world, "b", "part_of", "a", valid_from=START + timedelta(days=4))) == "cyclic-goals"


async def test_a_cycle_in_an_event_sets_that_event_aside_and_no_other(world: World, goals: Goals) -> None:
    await world.book.publish(world.caller, GOALS)
    receipts = await world.intake.observe(
        world.caller,
        [
            planned("1", "a", part_of="b"),
            planned("2", "b", part_of=["c", "a"]),
            planned("3", "c", progress=0.5),
            planned("4", "c", progress=1.5),
        ],
    )
    assert [(r.status, r.code) for r in receipts] == [
        ("accepted", None),
        ("quarantined", "cyclic-goals"),
        ("accepted", None),
        ("quarantined", "interpretation-failed"),
    ]
    assert set(await standing(goals, world)) == {"a", "c"}


@pytest.mark.parametrize(
    ("stated", "why"),
    [
        ({"deadline": 1_800_000_000}, "it is not a moment with a zone"),
        ({"deadline": "2027-01-01T00:00:00"}, "it is not a moment with a zone"),
        ({"title": "  "}, "it is not a text of one line"),
        ({"part_of": [f"whole {n}" for n in range(101)]}, "it names more than 100 goals"),
        ({"part_of": ["whole", "whole"]}, "it names a goal twice"),
        ({"part_of": "a"}, "a goal is related to itself"),
    ],
)
async def test_an_event_that_states_a_goal_wrongly_is_set_aside_with_what_is_wrong(
    world: World, stated: dict[str, Any], why: str
) -> None:
    await world.book.publish(world.caller, GOALS)
    (receipt,) = await world.intake.observe(world.caller, [planned("1", "a", **stated)])
    assert (receipt.status, receipt.code) == ("quarantined", "interpretation-failed")
    assert why in (receipt.reason or "")
    assert (await stored(world)).rev == 0


async def test_what_the_person_states_stands_against_others(world: World, goals: Goals) -> None:
    await world.book.publish(world.caller, GOALS)
    await put(world, "learn", priority=0.5, status="active")
    person = world.person("lena")
    await put(world, "learn", day=1, status="abandoned", caller=person)
    assert await refusal(put(world, "learn", day=2, status="active")) == "correction-stands"
    (receipt,) = await world.intake.observe(
        world.caller, [planned("1", "learn", status="active", priority=0.75, day=3)]
    )
    assert receipt.status == "accepted"
    found = (await standing(goals, world))["learn"]
    assert (found.status, found.priority) == ("abandoned", 0.75)
    await put(world, "learn", day=4, status="active", caller=person)
    assert (await standing(goals, world))["learn"].status == "active"


async def test_how_the_person_relates_their_goals_stands_against_others(world: World, goals: Goals) -> None:
    person = world.person("lena")
    await put(world, "all", priority=0.5)
    await put(world, "part")
    await relate(world, "part", "part_of", "all", weight=0.4, caller=person)
    row = await goals.goal(world.caller, "lena", "part", related=True)
    assert row.related is not None
    (link,) = row.related

    end = Retract(twin="lena", relation=link.id, valid_time=START + timedelta(days=2))
    assert await refusal(world.commands.retract(world.caller, end)) == "correction-stands"
    assert await refusal(relate(world, "part", "part_of", "all", weight=0.9)) == "correction-stands"
    assert await refusal(put(world, "part", day=1, part_of=["all"])) == "correction-stands"
    assert (await standing(goals, world))["part"].importance == 0.2

    await world.commands.retract(person, end)
    assert (await standing(goals, world))["part"].importance == 0.0
    await relate(world, "part", "part_of", "all", weight=0.8, valid_from=end.valid_time)
    assert (await standing(goals, world))["part"].importance == 0.4
    early = AsOf(valid_time=START + timedelta(days=1))
    assert (await standing(goals, world, early))["part"].importance == pytest.approx(0.2)


async def test_an_event_that_names_the_person_as_its_source_is_not_their_statement(world: World, goals: Goals) -> None:
    await world.book.publish(world.caller, GOALS)
    await put(world, "all", priority=0.5)
    own = planned("1", "part", part_of="all").model_copy(update={"source": "person:lena"})
    assert [r.status for r in await world.intake.observe(world.person("lena"), [own])] == ["accepted"]
    await relate(world, "part", "part_of", "all", weight=0.4)
    row = await goals.goal(world.caller, "lena", "part", related=True)
    assert [link.weight for link in row.related or ()] == [0.4]


async def test_an_event_does_not_change_a_relation_that_the_person_stated(world: World, goals: Goals) -> None:
    await world.book.publish(world.caller, GOALS)
    await put(world, "all", priority=0.5)
    await put(world, "part")
    await relate(world, "part", "part_of", "all", weight=0.4, caller=world.person("lena"))
    (receipt,) = await world.intake.observe(world.caller, [planned("1", "part", part_of="all", day=2)])
    assert receipt.status == "accepted"
    row = await goals.goal(world.caller, "lena", "part", related=True)
    assert [link.weight for link in row.related or ()] == [0.4]


async def test_whether_a_goal_is_really_pursued_is_a_belief_and_moves_its_motivation(
    world: World, goals: Goals
) -> None:
    await world.book.publish(world.caller, GOALS)
    await put(world, "learn", priority=0.5)
    assert (await standing(goals, world))["learn"].motivation == pytest.approx(0.4)  # its prior is 0.8
    receipt = await world.commands.assert_belief(
        world.caller, AssertBelief(twin="lena", belief=key(PURSUED, subject="learn"), confidence=0.4)
    )
    after = moved(receipt)["learn"]
    assert after is not None
    assert (after.motivation, after.reason) == (0.2, "It is less certain that it is pursued.")
    told = await goals.explain(world.caller, "lena", "learn")
    assert told.pursued == pytest.approx(0.4)
    assert told.pursued_belief == key(PURSUED, subject="learn")


async def test_stating_that_a_goal_is_active_is_evidence_that_it_is_pursued(world: World, goals: Goals) -> None:
    await world.book.publish(world.caller, GOALS)
    await put(world, "learn", priority=0.5, status="active", verbatim="I will learn it this time")
    odds = 4 * 2.718281828459045  # the prior's odds, times e for a log-likelihood ratio of 1
    assert (await goals.explain(world.caller, "lena", "learn")).pursued == pytest.approx(odds / (1 + odds))


async def test_a_belief_motivates_a_goal_and_the_contributions_sum_to_its_motivation(
    world: World, goals: Goals
) -> None:
    await put(world, "buy", priority=0.2)
    await put(world, "save", part_of=["buy"])
    await world.commands.motivate_goal(
        world.caller, MotivateGoal(twin="lena", goal="save", belief=key("needs.budget"), weight=0.5)
    )
    told = await goals.explain(world.caller, "lena", "save")
    assert {(r.kind, round(r.strength, 9)) for r in told.reasons} == {("whole", 0.2), ("belief", 0.2)}
    assert told.state.motivation == pytest.approx(1 - 0.8 * 0.8)
    assert sum(r.contribution for r in told.reasons) == pytest.approx(told.state.motivation)
    receipt = await world.intake.observe(world.caller, [event("1", "priced", day=1)])
    (change,) = [c for c in receipt[0].goals if c.goal.key == "save"]
    assert change.after is not None
    assert change.after.reason == "“has a budget” is more certain."


async def test_goals_read_beliefs_and_do_not_feed_back(world: World) -> None:
    await world.intake.observe(world.caller, [event("1"), event("2", "audited")])
    before = {k: (h.log_odds, h.status) for k, h in (await stored(world)).holdings.items()}
    await put(world, "buy", priority=0.9)
    motive = MotivateGoal(twin="lena", goal="buy", belief=key("needs.budget"), valid_from=START)
    await world.commands.motivate_goal(world.caller, motive)
    await put(world, "buy", status="achieved")
    assert {k: (h.log_odds, h.status) for k, h in (await stored(world)).holdings.items()} == before


async def test_a_relation_that_ends_no_longer_counts_and_its_history_stays(world: World, goals: Goals) -> None:
    await put(world, "a", priority=0.5)
    await put(world, "b", part_of=["a"])
    row = await goals.goal(world.caller, "lena", "b", related=True)
    assert row.related is not None
    (link,) = row.related
    end = START + timedelta(days=3)
    await world.commands.retract(world.caller, Retract(twin="lena", relation=link.id, valid_time=end))
    assert (await standing(goals, world))["b"].motivation == 0.0
    before = AsOf(valid_time=START + timedelta(days=1))
    assert (await standing(goals, world, before))["b"].motivation == pytest.approx(0.5)


async def test_withdrawn_evidence_on_goals_has_no_effect_left(world: World, goals: Goals) -> None:
    await put(world, "a", priority=0.5)
    before = await standing(goals, world)
    rival = world.caller.model_copy(update={"actor": "somebody"})
    await put(world, "b", part_of=["a"], caller=rival)
    await put(world, "a", priority=0.9, day=1, caller=rival)
    await world.commands.withdraw(world.caller, Withdraw(twin="lena", source="somebody"))
    after = await standing(goals, world)
    assert {k: (s.priority, s.motivation) for k, s in after.items()} == {
        k: (s.priority, s.motivation) for k, s in before.items()
    }
    assert set(after) == {"a"}


async def test_of_two_who_close_a_cycle_together_one_is_refused(world: World) -> None:
    """Each relation alone is fine; they are decided from the same rev in two processes."""
    await put(world, "a")
    await put(world, "b")

    async def the_other_way() -> None:
        await relate(world, "b", "part_of", "a")

    slow = World(Interrupted(world.graph, "event/arrive", the_other_way), world.keyring, world.clock, world.caller)
    assert await refusal(relate(slow, "a", "part_of", "b")) == "cyclic-goals"


async def test_many_writers_at_once_lose_nothing(world: World, goals: Goals) -> None:
    await put(world, "all", priority=0.5)
    worlds = [world.another() for _ in range(4)]
    await asyncio.gather(*(put(worlds[n % 4], f"part {n}", part_of=["all"]) for n in range(12)))
    await asyncio.gather(*(put(worlds[n % 4], f"part {n}", day=1, status="achieved") for n in range(6)))
    found = await standing(goals, world)
    assert (len(found), found["all"].progress) == (13, 0.5)


async def test_changes_tell_of_goals_and_a_change_of_which_all_was_withdrawn_has_no_after(world: World) -> None:
    await put(world, "a", priority=0.5)
    await put(world, "a", day=1, status="achieved")
    await world.commands.withdraw(world.caller, Withdraw(twin="lena", source="test"))
    changes = await Changes(world.graph, Notifier()).since(world.caller, "lena", 0)
    told = [
        [(g.goal.key, g.before and g.before.status, g.after and g.after.status) for g in change.goals]
        for change in changes
    ]
    assert told == [[("a", None, "active")], [("a", "active", "achieved")], [("a", "achieved", None)]]


async def test_a_deadline_presses_as_time_passes(world: World, goals: Goals) -> None:
    await world.book.publish(world.caller, GOALS)
    await put(world, "file", priority=0.5, deadline=START + timedelta(days=20))
    far = (await standing(goals, world))["file"].motivation
    due = (await standing(goals, world, AsOf(valid_time=START + timedelta(days=20))))["file"].motivation
    assert far == pytest.approx(0.8 * (1 - 0.5 ** (1 + 0.25)), abs=0.005)
    assert due == pytest.approx(0.8 * (1 - 0.5**2))


async def test_a_second_sending_changes_nothing(world: World) -> None:
    first = await put(world, "a", id="once", priority=0.5)
    again = await put(world, "a", id="once", priority=0.5)
    assert (first.status, again.status, again.rev) == ("accepted", "duplicate", first.rev)
    assert await refusal(put(world, "a", id="once", priority=0.6)) == "event-conflict"
    assert await refusal(put(world, "a", expected_rev=7)) == "rev-conflict"


async def test_what_was_published_of_goals_is_what_the_rows_give_and_a_changed_number_is_found(world: World) -> None:
    await put(world, "a", priority=0.5)
    await put(world, "b", part_of=["a"], progress=0.3)
    (found,) = [one async for one in recheck(world.graph, world.book, world.caller.tenant)]
    assert (found.published["goals"], found.differ) == (2, 0)
    async with world.graph._driver.session(database="neo4j") as session:
        await session.run("MATCH (:Twin {id: $id})-[r:PURSUES]->({key: 'b'}) SET r.motivation = 1.0", id=id_of(world))
    (found,) = [one async for one in recheck(world.graph, world.book, world.caller.tenant)]
    assert [p.motivation for p in found.differing if isinstance(p, Pursuit)] == [0.35]


async def test_an_erased_twin_leaves_no_goal(world: World, goals: Goals) -> None:
    await put(world, "a", priority=0.5)
    await world.eraser.erase_twin(world.caller, "lena")
    async with world.graph._driver.session() as session:
        record = await (await session.run("MATCH (g:Goal {twin: $id}) RETURN count(g)", id=id_of(world))).single()
    assert record is not None
    assert record[0] == 0
