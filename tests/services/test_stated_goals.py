"""What stands of many statements, at any (valid time, rev): held against the plain list of what was said."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.effort import effort
from tests.world import START

from beliefgraph.model.delta import Delta, Records
from beliefgraph.model.goal import FIELDS, GoalRelation, GoalStatement
from beliefgraph.model.identity import relation_id
from beliefgraph.services.derivation.goal_statements import ResolvedGoals, StatedGoal, resolve
from beliefgraph.services.twin.state import TwinState, by_place, fresh

DAYS = 6
GOALS = "abc"


@dataclass(frozen=True)
class GoalSaying:
    """One thing that somebody says of a goal, over [day, until); by the person themselves, or by others."""

    goal: str
    day: int
    until: int | None
    person: bool
    fields: tuple[tuple[str, Any], ...]
    whole: str | None
    weight: float


def goal_statements() -> st.SearchStrategy[list[GoalSaying]]:
    fields = st.fixed_dictionaries(
        {},
        optional={
            "status": st.sampled_from(["active", "achieved", "abandoned"]),
            "priority": st.sampled_from([0.25, 0.5, 1.0]),
            "progress": st.sampled_from([0.0, 0.5]),
        },
    )
    spans = st.tuples(st.integers(0, DAYS), st.one_of(st.none(), st.integers(1, DAYS + 1)))
    one = st.builds(
        lambda goal, span, person, named, whole, weight: GoalSaying(
            goal, span[0], span[1], person, tuple(named.items()), whole, weight
        ),
        st.sampled_from(GOALS),
        spans.filter(lambda s: s[1] is None or s[0] < s[1]),
        st.booleans(),
        fields,
        st.one_of(st.none(), st.sampled_from(GOALS)),
        st.sampled_from([0.25, 0.5, 1.0]),
    )
    return st.lists(one, min_size=1, max_size=10)


def at(day: float) -> datetime:
    return START + timedelta(days=day)


def with_statement(state: TwinState, number: int, said: GoalSaying) -> TwinState:
    """The twin once one more thing was said, as rev `number`."""
    row: dict[str, Any] = {
        "twin": "t",
        "valid_from": at(said.day),
        "valid_to": None if said.until is None else at(said.until),
        "rev_from": number,
        "definition": "",
        "origin": "provided",
        "evidence": f"e{99 - number:02d}",
    }
    statement = GoalStatement(
        **row,
        revision_id=f"s{number}",
        key=f"e{number}|{said.goal}",
        goal=said.goal,
        source="x",
        stance="correction" if said.person else "assertion",
        **dict(said.fields),
    )
    rows: list[GoalStatement | GoalRelation] = [statement]
    if said.whole is not None and said.whole > said.goal:
        key = relation_id(said.goal, "part_of", said.whole)
        part = {"kind": "part_of", "source": said.goal, "target": said.whole, "weight": said.weight}
        speaker = state.own_source if said.person else "x"
        rows.append(GoalRelation(**row, revision_id=f"r{number}", key=key, speaker=speaker, **part))
    return state.after(Delta.of(opened=rows))


def valid(done: list[GoalSaying], day: float) -> list[GoalSaying]:
    """What is valid on a day, in the order of valid time, the person's own last."""
    ranked = [
        (said.person, said.day, number, said)
        for number, said in enumerate(done, start=1)
        if said.day <= day and (said.until is None or day < said.until)
    ]
    return [said for *_, said in sorted(ranked, key=lambda each: each[:3])]


def expected(done: list[GoalSaying], day: float) -> dict[str, dict[str, Any]]:
    """The reference: of every field the last of what is valid."""
    found: dict[str, dict[str, Any]] = {}
    for said in valid(done, day):
        found.setdefault(said.goal, {}).update(said.fields)
    return found


def parts(done: list[GoalSaying], day: float) -> dict[tuple[str, str], float]:
    """The reference: of every relation between goals that are spoken of, the last weight of what is valid."""
    said = valid(done, day)
    spoken = {each.goal for each in said}
    return {(each.goal, each.whole): each.weight for each in said if each.whole in spoken and each.whole > each.goal}


def plain(goal: StatedGoal) -> dict[str, Any]:
    return {name: value for name in FIELDS if (value := getattr(goal, name)) is not None}


def alike(one: ResolvedGoals, other: ResolvedGoals) -> bool:
    """Whether two say the same, and for as long."""
    return (one.stated, one.structure, one.until) == (other.stated, other.structure, other.until)


@given(goal_statements(), st.integers(0, DAYS + 1))
@effort(150)
def test_every_valid_time_and_rev_shows_what_the_plain_list_says(done: list[GoalSaying], day: int) -> None:
    state = fresh("t", "tenant", "t")
    for number, said in enumerate(done, start=1):
        state = with_statement(state, number, said)
        found = resolve(state, at(day))
        assert {goal: plain(stated) for goal, stated in found.stated.items()} == expected(done[:number], day)
        assert {(p.source, p.target): p.weight for p in found.structure.parts} == parts(done[:number], day)


@given(goal_statements(), st.lists(st.integers(0, DAYS + 1), min_size=10, max_size=10))
@effort(150)
def test_what_is_taken_over_from_an_earlier_rev_is_what_would_be_resolved_anew(
    done: list[GoalSaying], days: list[int]
) -> None:
    """Moments in any order, as when a question looks back; head times only grow."""
    state, before = fresh("t", "tenant", "t"), None
    for number, (said, day) in enumerate(zip(done, days, strict=False), start=1):
        state = with_statement(state, number, said)
        found = resolve(state, at(day), before)
        assert alike(found, resolve(state, at(day)))
        before = found


@given(goal_statements(), st.data())
@effort(60)
def test_what_was_withdrawn_is_not_taken_over(done: list[GoalSaying], data: st.DataObject) -> None:
    state = fresh("t", "tenant", "t")
    for number, said in enumerate(done, start=1):
        state = with_statement(state, number, said)
    before = resolve(state, at(DAYS))
    gone = data.draw(st.integers(0, len(done) - 1))
    left = state.after(Delta.of(closed=[state.statements[gone]]))
    assert alike(resolve(left, at(DAYS), before), resolve(left, at(DAYS)))


@given(goal_statements(), st.randoms(use_true_random=False))
@effort(60)
def test_the_order_in_which_rows_are_read_does_not_matter(done: list[GoalSaying], random: Any) -> None:
    state = fresh("t", "tenant", "t")
    for number, said in enumerate(done, start=1):
        state = with_statement(state, number, said)
    statements, relations = list(state.statements), list(state.goal_relations)
    random.shuffle(statements)
    random.shuffle(relations)
    other = replace(state, rows=by_place(Records([*statements, *relations])))
    assert alike(resolve(state, at(DAYS)), resolve(other, at(DAYS)))
