"""Why a goal changed, in one sentence: the reason stored with its revision. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from beliefgraph.model.goal import ReasonKind
from beliefgraph.services.goals.derive import GoalDerivation, Reason

MOST_REASONS = 3
"""Number of reasons that a sentence names."""

SLIGHT = 5e-3
"""Changes of a strength, share or probability below this are not mentioned."""


def why(before: GoalDerivation | None, after: GoalDerivation, place: int) -> str:
    """Why a goal changed since it was derived before; without an earlier derivation, that it is pursued from now on."""
    was = None if before is None else before.place.get(after.goals[place].id)
    if before is None or was is None:
        return "It is pursued from now on."
    moves = _Moves(before, was, after, place)
    shown = [*moves.own_changes(), *moves.reasons(), *moves.other_changes()][:MOST_REASONS]
    return _sentence(shown or ["the values it is derived from changed slightly"])


class _Moves:
    """One goal at two moments."""

    def __init__(self, before: GoalDerivation, was: int, after: GoalDerivation, place: int) -> None:
        self._before, self._was = before, was
        self._after, self._place = after, place

    def own_changes(self) -> Iterator[str]:
        """Changes of the goal's own statements, of what it waits for, and of its progress."""
        before, was, after, place = self._before, self._was, self._after, self._place
        old, new = before.stated[was], after.stated[place]
        if (old.status or "active") != (new.status or "active"):
            yield f"it is {new.status or 'active'} now"
        waits = {after.goals[i].id: after.title(i) for i in after.blocked_by(place)}
        waited = {before.goals[i].id: before.title(i) for i in before.blocked_by(was)}
        if begun := [title for id_, title in waits.items() if id_ not in waited]:
            yield f"it waits for {_quoted(begun)}"
        if over := [title for id_, title in waited.items() if id_ not in waits]:
            yield f"it no longer waits for {_quoted(over)}"
        if before.progress[was] != after.progress[place] and new.status != "achieved":
            yield f"{after.progress[place]:.0%} of it is done, after {before.progress[was]:.0%}"
        if old.priority != new.priority:
            yield "its priority was removed" if new.priority is None else f"its priority is {new.priority:g} now"
        if old.deadline != new.deadline:
            yield "it has no deadline now" if new.deadline is None else f"its deadline is {new.deadline:%Y-%m-%d} now"
        if before.title(was) != after.title(place):
            yield f"it was called “{before.title(was)}”"

    def reasons(self) -> Iterator[str]:
        """Changes among the goals and beliefs for which it matters, largest first."""
        old, new = _found(self._before, self._was), _found(self._after, self._place)
        moves = {key: _strength(new.get(key)) - _strength(old.get(key)) for key in {*old, *new}}
        for key in sorted(moves, key=lambda key: (-abs(moves[key]), key)):
            if abs(moves[key]) > SLIGHT:
                yield _reason_change(key, old.get(key), new.get(key), self._after)

    def other_changes(self) -> Iterator[str]:
        """Changes of its pursuit, of its competitors and of its urgency."""
        before, was, after, place = self._before, self._was, self._after, self._place
        surer = after.pursued[place].confidence - before.pursued[was].confidence
        if abs(surer) > SLIGHT:
            yield f"it is {_than(surer > 0)} certain that it is pursued"
        share = float(after.motivations.share[place] - before.motivations.share[was])
        if abs(share) > SLIGHT:
            yield f"goals that compete with it matter {_than(share < 0)}"
        nearer = float(after.urgency[place] - before.urgency[was])
        if abs(nearer) > SLIGHT:
            yield f"its deadline is {'nearer' if nearer > 0 else 'later'}"


def _found(derived: GoalDerivation, place: int) -> dict[tuple[ReasonKind, str], Reason]:
    """Every reason but the goal's own priority, by kind and by the name of the other end."""
    return {
        (reason.kind, reason.belief.statement if reason.belief is not None else derived.title(reason.goal or 0)): reason
        for reason in derived.reasons(place)
        if reason.kind != "own"
    }


def _strength(reason: Reason | None) -> float:
    return 0.0 if reason is None else reason.strength


def _reason_change(key: tuple[ReasonKind, str], old: Reason | None, new: Reason | None, after: GoalDerivation) -> str:
    """One reason that appeared, disappeared or changed."""
    (kind, name), more = key, _strength(new) > _strength(old)
    if kind == "belief":
        if old is None or new is None:
            return f"“{name}” {'motivates it' if old is None else 'no longer motivates it'}"
        return f"“{name}” is {_than(more)} certain"
    if kind == "waiting":
        if not _strength(new):
            return f"“{name}” no longer waits for it"
        return (
            f"“{name}” waits for it" if not _strength(old) else f"“{name}”, which waits for it, matters {_than(more)}"
        )
    if old is None or new is None:
        return f"it is {'no longer ' if new is None else ''}part of “{name}”"
    if not new.flows and new.goal is not None:
        return f"its parent goal “{name}” is {after.status(new.goal)}"
    return f"its parent goal “{name}” {'is active again' if not old.flows else f'matters {_than(more)}'}"


def _than(more: bool) -> str:
    return "more" if more else "less"


def _quoted(titles: Sequence[str]) -> str:
    more = len(titles) - 2
    return " and ".join(f"“{title}”" for title in titles[:2]) + (f" and {more} more" if more > 0 else "")


def _sentence(parts: Sequence[str]) -> str:
    whole = "; ".join(parts)
    return f"{whole[0].upper()}{whole[1:]}."
