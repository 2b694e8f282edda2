"""What came of a forecast: the first moment within its horizon at which the outcome happened, or none. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import numpy as np

from beliefgraph.model.belief import probability
from beliefgraph.model.forecast import Resolution
from beliefgraph.model.identity import belief_id, resolution_id
from beliefgraph.model.outcome import OutcomeDefinition
from beliefgraph.model.time import microseconds, moment_of
from beliefgraph.services.explanation.standing import one_metric
from beliefgraph.services.forecasts.history import History, span
from beliefgraph.services.snapshots.as_of import Snapshot
from beliefgraph.services.snapshots.recompute import recompute
from beliefgraph.store.forecasts import Unresolved


def by_events(known: History, one: Unresolved) -> int | None:
    """When the outcome first happened within the horizon of a forecast, by the events known now."""
    place = int(np.searchsorted(known.happened, one.made_at, "right"))
    inside = place < len(known.happened) and known.happened[place] <= one.due
    return int(known.happened[place]) if inside else None


def period_ends(outcome: OutcomeDefinition, one: Unresolved, now: datetime) -> Iterator[int]:
    """The ends of the periods of a forecast that are over, in order."""
    length = span(outcome)
    yield from range(one.made_at + length, min(one.due, microseconds(now)) + 1, length)


def holds(outcome: OutcomeDefinition, moment: Snapshot) -> bool:
    """Whether the metric or belief of an outcome is within its bounds at a moment, as it is known now."""
    if outcome.metric is not None:
        return outcome.metric.holds(one_metric(moment, outcome.metric.metric).value)
    assert outcome.belief is not None
    key = outcome.belief.belief
    seen = recompute(moment, (key,))
    id_ = belief_id(moment.state.id, key)
    if outcome.belief.corrected is not None:
        said = [act for act in seen.acts_on(id_) if act.stance == "correction"]
        return any((act.log_likelihood_ratio > 0) == outcome.belief.corrected for act in said)
    log_odds = seen.state(seen.derived.layout.position[id_]).log_odds
    return log_odds is not None and probability(log_odds) >= (outcome.belief.at_least or 1.0)


def resolution(one: Unresolved, happened: int | None, rev: int, now: datetime) -> Resolution | None:
    """The next resolution of a forecast, None where it is still open or is resolved so already."""
    over = microseconds(now) >= one.due
    if happened is None and not over:
        return None
    came, at = happened is not None, one.due if happened is None else happened
    if one.number and (one.happened, one.at) == (came, at):
        return None
    number = one.number + 1
    return Resolution(
        id=resolution_id(one.id, number),
        forecast=one.id,
        twin=one.twin,
        number=number,
        happened=came,
        at=moment_of(at),
        rev=rev,
        resolved_at=now,
    )
