"""Progress and motivation of a graph of goals: small ones worked out by hand, and what holds of every graph."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.effort import effort

from beliefgraph.inference.goals import Bools, Floats, GoalGraph, Motivations, blocked, force, motivate, progress

Edges = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Case:
    """A graph of goals with all that is stated of them; parts as (part, whole), needs as (waiting, needed)."""

    goals: int
    parts: Edges = ()
    needs: Edges = ()
    rivals: Edges = ()
    priority: tuple[float, ...] = ()
    own: tuple[float, ...] = ()
    achieved: tuple[int, ...] = ()
    abandoned: tuple[int, ...] = ()
    pursued: tuple[float, ...] = ()
    urgency: tuple[float, ...] = ()

    @property
    def graph(self) -> GoalGraph:
        parts, needs, rivals = (
            np.array(e, dtype=np.int64).reshape(-1, 2) for e in (self.parts, self.needs, self.rivals)
        )
        return GoalGraph(
            self.goals,
            whole=parts[:, 1],
            part=parts[:, 0],
            part_weight=np.ones(len(parts)),
            waiting=needs[:, 0],
            needed=needs[:, 1],
            need_weight=np.ones(len(needs)),
            rival=rivals[:, 0],
            other=rivals[:, 1],
            rival_weight=np.ones(len(rivals)),
        )

    def marked(self, which: tuple[int, ...]) -> Bools:
        found = np.zeros(self.goals, dtype=np.bool_)
        found[list(which)] = True
        return found

    def column(self, values: tuple[float, ...], otherwise: float) -> Floats:
        return np.array(values, dtype=np.float64) if values else np.full(self.goals, otherwise)

    def come(self) -> Floats:
        return progress(self.graph, self.column(self.own, 0.0), self.marked(self.achieved), self.marked(self.abandoned))

    def waits(self) -> Bools:
        live = ~(self.marked(self.achieved) | self.marked(self.abandoned))
        return blocked(self.graph, live, np.zeros(self.goals, dtype=np.bool_), self.marked(self.achieved))

    def found(self) -> Motivations:
        live = ~(self.marked(self.achieved) | self.marked(self.abandoned))
        return motivate(
            self.graph,
            own=force(self.column(self.priority, 0.0)),
            is_open=live,
            blocked=self.waits(),
            pursued=self.column(self.pursued, 1.0),
            urgency=self.column(self.urgency, 0.0),
            remaining=1.0 - self.come(),
        )


def subsets(goals: int) -> st.SearchStrategy[tuple[int, ...]]:
    return st.sets(st.integers(0, goals - 1), max_size=goals // 2).map(lambda s: tuple(sorted(s)))


@st.composite
def cases(draw: st.DrawFn, most: int = 9) -> Case:
    """Any acyclic graph: every edge leads from a goal to one of a larger number, in one hidden order."""
    goals = draw(st.integers(1, most))
    pairs = [(i, j) for i in range(goals) for j in range(i + 1, goals)]
    order = draw(st.permutations(range(goals)))
    some = st.lists(st.sampled_from(pairs), unique=True, max_size=2 * goals) if pairs else st.just([])
    unit = st.floats(0, 1).map(lambda x: round(x, 3))
    achieved = draw(subsets(goals))
    return Case(
        goals,
        parts=tuple((order[j], order[i]) for i, j in draw(some)),
        needs=tuple((order[i], order[j]) for i, j in draw(some)),
        rivals=tuple((order[i], order[j]) for i, j in draw(some)),
        priority=tuple(draw(st.lists(unit, min_size=goals, max_size=goals))),
        own=tuple(draw(st.lists(unit, min_size=goals, max_size=goals))),
        achieved=achieved,
        abandoned=tuple(i for i in draw(subsets(goals)) if i not in achieved),
        pursued=tuple(draw(st.lists(unit, min_size=goals, max_size=goals))),
        urgency=tuple(draw(st.lists(unit, min_size=goals, max_size=goals))),
    )


def brute_progress(case: Case, goal: int) -> float:
    """By every way down: a leaf counts once, as it stands if some way to it meets nothing achieved."""
    if goal in case.achieved:
        return 1.0
    own = case.column(case.own, 0.0)

    def ways(here: int, moot: bool) -> list[tuple[int, bool]]:
        parts = [p for p, whole in case.parts if whole == here and p not in case.abandoned]
        if not parts:
            return [(here, moot)]
        return [way for p in set(parts) for way in ways(p, moot or (p in case.achieved and _has_parts(case, p)))]

    seen = ways(goal, False)
    leaves = {leaf for leaf, _ in seen}
    counts = {leaf for leaf, moot in seen if not moot}
    return float(
        sum((1.0 if leaf in case.achieved else own[leaf]) if leaf in counts else 1.0 for leaf in leaves) / len(leaves)
    )


def _has_parts(case: Case, goal: int) -> bool:
    return any(whole == goal and part not in case.abandoned for part, whole in case.parts)


# Progress.


def test_a_leaf_has_the_progress_that_was_stated_and_a_whole_the_mean_over_its_leaves() -> None:
    case = Case(4, parts=((1, 0), (2, 0), (3, 0)), own=(0.9, 1.0, 0.5, 0.0))
    assert case.come().tolist() == [0.5, 1.0, 0.5, 0.0]


def test_a_part_of_two_wholes_counts_once_for_what_both_are_part_of() -> None:
    """0 is made of 1 and 2; 3 is part of both, 4 of 1 alone: two leaves, one of them done."""
    case = Case(5, parts=((1, 0), (2, 0), (3, 1), (3, 2), (4, 1)), achieved=(3,))
    assert case.come().tolist() == [0.5, 0.5, 1.0, 1.0, 0.0]


def test_an_abandoned_part_does_not_count_and_an_achieved_one_is_done_whatever_its_leaves_say() -> None:
    case = Case(6, parts=((1, 0), (2, 0), (3, 0), (4, 3), (5, 3)), abandoned=(1,), achieved=(3,))
    assert case.come()[0] == pytest.approx(2 / 3)  # of the leaves 2, 4 and 5, the last two are done with


def test_a_leaf_below_an_achieved_part_still_has_to_be_done_for_another_whole() -> None:
    """3 is below 1, which is achieved, and below 2, which is not; both are part of 0."""
    case = Case(4, parts=((1, 0), (2, 0), (3, 1), (3, 2)), achieved=(1,))
    assert case.come().tolist() == [0.0, 1.0, 0.0, 0.0]


@given(cases())
@effort(150)
def test_progress_is_what_every_way_down_says(case: Case) -> None:
    assert case.come().tolist() == pytest.approx([brute_progress(case, goal) for goal in range(case.goals)])


# Motivation.


def test_importance_flows_from_a_whole_to_its_parts_and_two_wholes_count_for_more_than_one() -> None:
    case = Case(4, parts=((2, 0), (2, 1), (3, 0)), priority=(0.5, 0.4, 0.0, 0.2))
    found = case.found().motivation
    assert found[2] == pytest.approx(1 - 0.5 * 0.6)
    assert found[3] == pytest.approx(1 - 0.5 * 0.8)


def test_a_blocked_goal_hands_its_importance_to_what_unblocks_it_and_its_parts_wait_with_it() -> None:
    """0 waits for 1; 2 is part of 0."""
    waiting = Case(3, parts=((2, 0),), needs=((0, 1),), priority=(0.8, 0.1, 0.0))
    found = waiting.found()
    assert found.importance[0] == pytest.approx(0.8)
    assert found.motivation.tolist() == pytest.approx([0.0, 1 - 0.2 * 0.9, 0.0])
    unblocked = replace(waiting, achieved=(1,)).found()
    assert unblocked.motivation.tolist() == pytest.approx([0.8, 0.0, 0.8])


def test_goals_that_compete_share_by_their_importance() -> None:
    case = Case(3, rivals=((0, 1),), priority=(0.6, 0.2, 0.2))
    assert case.found().motivation.tolist() == pytest.approx([0.6 * 0.75, 0.2 * 0.25, 0.2])


def test_a_deadline_that_is_there_makes_every_reason_count_twice() -> None:
    case = Case(2, priority=(0.5, 0.5), urgency=(1.0, 0.0))
    assert case.found().motivation.tolist() == pytest.approx([1 - 0.5 * 0.5, 0.5])


def test_motivation_is_expected_and_of_what_is_left_to_do() -> None:
    case = Case(1, priority=(0.8,), pursued=(0.5,), own=(0.25,))
    assert case.found().motivation.tolist() == pytest.approx([0.8 * 0.5 * 0.75])


def test_a_cycle_is_noticed() -> None:
    case = Case(3, parts=((1, 0), (2, 1)), needs=((2, 0),))
    assert not case.graph.acyclic
    with pytest.raises(ValueError, match="waits for itself"):
        case.found()


@given(cases())
@effort(150)
def test_every_number_lies_in_0_to_1_and_what_is_ended_or_blocked_calls_for_nothing(case: Case) -> None:
    found = case.found()
    for values in (found.importance, found.motivation, found.share, case.come()):
        assert (values >= 0).all()
        assert (values <= 1).all()
    assert (found.motivation <= found.importance + 1e-12).all()
    assert not found.motivation[[*case.achieved, *case.abandoned]].any()
    assert not found.motivation[case.waits()].any()


@given(cases(), st.data())
@effort(100)
def test_a_higher_priority_lowers_nothing_but_what_competes(case: Case, data: st.DataObject) -> None:
    case = replace(case, rivals=())
    goal = data.draw(st.integers(0, case.goals - 1))
    more = tuple(min(1.0, p + 0.3) if i == goal else p for i, p in enumerate(case.priority))
    before, after = case.found(), replace(case, priority=more).found()
    assert (after.importance >= before.importance - 1e-12).all()
    assert (after.motivation >= before.motivation - 1e-12).all()


@given(cases(), st.data())
@effort(150)
def test_achieving_a_goal_moves_nothing_that_does_not_hang_together_with_it(case: Case, data: st.DataObject) -> None:
    """What may move: what is above it by parts (progress), what waits for it, and all that these pass importance to."""
    goal = data.draw(st.integers(0, case.goals - 1))
    achieved = tuple(sorted({*case.achieved, goal}))
    done = replace(case, achieved=achieved, abandoned=tuple(a for a in case.abandoned if a != goal))
    wholes = closure({goal}, [(part, whole) for part, whole in case.parts])
    waits = {waiting for waiting, needed in case.needs if needed == goal}
    flowing = closure({goal, *waits}, [*((w, p) for p, w in case.parts), *case.needs])
    rivals = {x for a, b in case.rivals for x, y in ((a, b), (b, a)) if y in flowing}
    below = closure(flowing | rivals, [*((w, p) for p, w in case.parts), *case.needs])
    may_move = wholes | below
    before, after = case.found().motivation, done.found().motivation
    moved = {i for i in range(case.goals) if abs(before[i] - after[i]) > 1e-12}
    assert moved <= may_move


@given(cases(), st.data())
@effort(100)
def test_how_goals_are_numbered_does_not_matter(case: Case, data: st.DataObject) -> None:
    to = data.draw(st.permutations(range(case.goals)))

    def moved(edges: Edges) -> Edges:
        return tuple((to[a], to[b]) for a, b in reversed(edges))

    def placed(values: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(values[to.index(i)] for i in range(case.goals))

    other = Case(
        case.goals,
        moved(case.parts),
        moved(case.needs),
        moved(case.rivals),
        placed(case.priority),
        placed(case.own),
        tuple(to[i] for i in case.achieved),
        tuple(to[i] for i in case.abandoned),
        placed(case.pursued),
        placed(case.urgency),
    )
    assert other.found().motivation[list(to)] == pytest.approx(case.found().motivation, abs=1e-12)
    assert other.come()[list(to)] == pytest.approx(case.come(), abs=1e-12)


def closure(start: set[int], edges: list[tuple[int, int]]) -> set[int]:
    """All that is reached along the edges."""
    found, frontier = set(start), set(start)
    while frontier:
        frontier = {b for a, b in edges if a in frontier} - found
        found |= frontier
    return found
