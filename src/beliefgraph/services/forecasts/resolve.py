"""The resolution of a forecast: the first moment within its horizon at which the outcome happened, or none. Pure.

For an outcome with grades, it is the first grade that an event gives, or the one at the end of the horizon.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from beliefgraph.model.belief import probability
from beliefgraph.model.forecast import Resolution
from beliefgraph.model.grade import Grades
from beliefgraph.model.identity import belief_id, resolution_id
from beliefgraph.model.outcome import OutcomeDefinition
from beliefgraph.model.time import microseconds, moment_of
from beliefgraph.services.explanation.standing import one_metric
from beliefgraph.services.forecasts.history import History, span
from beliefgraph.services.snapshots.as_of import Snapshot
from beliefgraph.services.snapshots.recompute import recompute
from beliefgraph.store.forecasts import Unresolved


@dataclass(frozen=True)
class ObservedOutcome:
    """When an outcome happened, in microseconds; its grade, and whether that counts as happened."""

    at: int
    grade: str | None = None
    happened: bool = True


def came(outcome: OutcomeDefinition, at: int, place: int) -> ObservedOutcome:
    """The result at a moment: the grade at a position, if the outcome has grades."""
    if outcome.grades is None:
        return ObservedOutcome(at)
    return ObservedOutcome(at, outcome.grades.names[place], place >= outcome.grades.target)


def by_events(known: History, outcome: OutcomeDefinition, one: Unresolved) -> ObservedOutcome | None:
    """The first result within the horizon of a forecast, by the events known now."""
    place = int(np.searchsorted(known.happened, one.made_at, "right"))
    inside = place < len(known.happened) and known.happened[place] <= one.due
    return came(outcome, int(known.happened[place]), int(known.grades[place])) if inside else None


def moments(outcome: OutcomeDefinition, one: Unresolved, now: datetime) -> Iterator[int]:
    """The past moments at which the metric or belief of a forecast is checked, in order.

    These are the ends of its periods; for grades, the end of its horizon.
    """
    length = one.due - one.made_at if outcome.grades is not None else span(outcome)
    yield from range(one.made_at + length, min(one.due, microseconds(now)) + 1, length)


def reached(outcome: OutcomeDefinition, moment: Snapshot, at: int) -> ObservedOutcome | None:
    """The result by the metric or belief of an outcome at a moment, as known now; None if there is none."""
    if outcome.grades is not None:
        place = _grade(outcome.grades, moment)
        return None if place < 0 else came(outcome, at, place)
    return ObservedOutcome(at) if _holds(outcome, moment) else None


def _holds(outcome: OutcomeDefinition, moment: Snapshot) -> bool:
    if outcome.metric is not None:
        return outcome.metric.holds(one_metric(moment, outcome.metric.metric).value)
    assert outcome.belief is not None
    key = outcome.belief.belief
    seen = recompute(moment, (key,))
    id_ = belief_id(moment.state.id, key)
    if outcome.belief.corrected is not None:
        corrections = [act for act in seen.acts_on(id_) if act.stance == "correction"]
        return any((act.log_likelihood_ratio > 0) == outcome.belief.corrected for act in corrections)
    log_odds = seen.state(seen.derived.layout.position[id_]).log_odds
    return log_odds is not None and probability(log_odds) >= (outcome.belief.at_least or 1.0)


def _grade(grades: Grades, moment: Snapshot) -> int:
    """The index of the grade that a metric or an attribute has; −1 for none."""
    if grades.metric is not None:
        return grades.place(one_metric(moment, grades.metric).value)
    keys = [belief for _, belief in grades.named_beliefs]
    seen = recompute(moment, keys)
    for place, key in enumerate(keys):
        log_odds = seen.state(seen.derived.layout.position[belief_id(moment.state.id, key)]).log_odds
        if log_odds is not None and probability(log_odds) >= grades.at_least:
            return place
    return -1


def resolution(one: Unresolved, found: ObservedOutcome | None, rev: int, now: datetime) -> Resolution | None:
    """The next resolution of a forecast; None if it is still open or already resolved this way."""
    if found is None:
        if microseconds(now) < one.due:
            return None
        found = ObservedOutcome(one.due, happened=False)
    if one.number and (one.happened, one.at, one.grade) == (found.happened, found.at, found.grade):
        return None
    number = one.number + 1
    return Resolution(
        id=resolution_id(one.id, number),
        forecast=one.id,
        twin=one.twin,
        number=number,
        happened=found.happened,
        at=moment_of(found.at),
        grade=found.grade,
        rev=rev,
        resolved_at=now,
    )
