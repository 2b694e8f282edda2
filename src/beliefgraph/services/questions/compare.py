"""The differences between two moments of a twin, or between a twin and a hypothetical one. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from beliefgraph.model.belief import BeliefKey, BeliefState, worst
from beliefgraph.model.commit import BeliefDifference, Comparison
from beliefgraph.services.goals.derive import GoalDerivation, derive_goals
from beliefgraph.services.questions.goal_differences import goal_differences
from beliefgraph.services.snapshots.as_of import Snapshot
from beliefgraph.services.snapshots.recompute import Recomputed, recompute

SAME = 1e-9
"""Numbers closer than this are equal up to rounding in inference."""


def differences(a: Snapshot, b: Snapshot) -> Comparison:
    """The beliefs listed at either moment whose log-odds or status differ, and the goals that differ.

    Sorted by size of the move, largest first; ties by id. A belief that was not listed at one moment has its derived
    state there, without a status.
    """
    before = recompute(a)
    after = recompute(b, also=_keys(before))
    before = recompute(a, also=_keys(after))
    return Comparison(
        beliefs=biggest_first(_listed(before), _listed(after), unlisted=(before, after)),
        goals=goal_differences(_goals(before), _goals(after), noticeable=SAME),
    )


def _goals(seen: Recomputed) -> GoalDerivation:
    moment = seen.moment
    return derive_goals(moment.state, moment.graph, seen.derived, moment.at)


def biggest_first(
    before: Mapping[str, BeliefState],
    after: Mapping[str, BeliefState],
    *,
    unlisted: tuple[Recomputed, Recomputed],
) -> tuple[BeliefDifference, ...]:
    """The differences between beliefs by id; `unlisted` gives the state of those that one side does not list."""
    found = []
    for id_ in before.keys() | after.keys():
        one, other = before.get(id_), after.get(id_)
        was, then = _value(one, unlisted[0], id_), _value(other, unlisted[1], id_)
        statuses = (one.status if one else None, other.status if other else None)
        if _same(was, then) and statuses[0] == statuses[1]:
            continue
        some = other or one
        assert some is not None
        found.append(
            BeliefDifference(
                belief=some.belief,
                before=was,
                after=then,
                before_status=statuses[0],
                after_status=statuses[1],
                quality=worst(state.quality for state in (one, other) if state is not None),
            )
        )
    return tuple(sorted(found, key=_rank))


def _rank(difference: BeliefDifference) -> tuple[float, str]:
    if difference.before is None or difference.after is None:
        return 1.0, difference.belief.id
    return -abs(difference.after - difference.before), difference.belief.id


def _same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= SAME


def _keys(seen: Recomputed) -> Iterable[BeliefKey]:
    return [seen.derived.layout.keys[position] for position in seen.listed]


def _listed(seen: Recomputed) -> dict[str, BeliefState]:
    return {state.belief.id: state for state in map(seen.state, seen.listed)}


def _value(state: BeliefState | None, seen: Recomputed, id_: str) -> float | None:
    if state is not None:
        return state.log_odds
    position = seen.derived.layout.position.get(id_)
    return None if position is None else seen.derived.value(position)
