"""Which goals differ between two derivations, and why. Pure."""

from __future__ import annotations

from beliefgraph.model.goal import GoalDifference, GoalStanding
from beliefgraph.services.goals.derive import GoalDerivation
from beliefgraph.services.goals.why import why

NUMBERS = ("importance", "motivation", "progress")
"""The derived fields of a goal; all others are stated."""


def goal_differences(before: GoalDerivation, after: GoalDerivation, *, noticeable: float) -> tuple[GoalDifference, ...]:
    """The goals with a number that differs by at least `noticeable`, or a stated field that differs; largest first."""
    found = []
    for id_ in before.place.keys() | after.place.keys():
        was, then = _standing(before, id_), _standing(after, id_)
        if was is not None and then is not None and _alike(was, then, noticeable):
            continue
        side, place = (before, before.place[id_]) if then is None else (after, after.place[id_])
        reason = "There is no statement about it there." if then is None else why(before, after, place)
        found.append(GoalDifference(goal=side.goals[place], before=was, after=then, reason=reason))
    return tuple(sorted(found, key=_rank))


def _standing(derived: GoalDerivation, id_: str) -> GoalStanding | None:
    place = derived.place.get(id_)
    return None if place is None else derived.standing(place)


def _alike(one: GoalStanding, other: GoalStanding, noticeable: float) -> bool:
    derived = {"quality", *NUMBERS}
    if one.model_dump(exclude=derived) != other.model_dump(exclude=derived):
        return False
    return all(abs(getattr(one, name) - getattr(other, name)) < noticeable for name in NUMBERS)


def _rank(one: GoalDifference) -> tuple[float, float, str]:
    before, after = one.before, one.after
    motivation = (after.motivation if after else 0.0) - (before.motivation if before else 0.0)
    importance = (after.importance if after else 0.0) - (before.importance if before else 0.0)
    return -abs(motivation), -abs(importance), one.goal.key
