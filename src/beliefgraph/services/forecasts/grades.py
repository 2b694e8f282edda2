"""Which grade of an outcome a twin had by a moment, and which followed; by index, with −1 for none. Pure."""

from __future__ import annotations

import numpy as np

from beliefgraph.model.belief import logit
from beliefgraph.model.grade import Grades
from beliefgraph.model.outcome import OutcomeDefinition
from beliefgraph.services.forecasts.history import History, Ints

NONE = -1


def graded_at(known: History, grades: Grades, moments: Ints) -> Ints:
    """The grade at each moment: that of the last event by then, or the one published of a metric or an attribute."""
    found = np.full(len(moments), NONE)
    if grades.metric is not None:
        series = known.metrics.get(grades.metric)
        if series is not None:
            found = np.array([grades.place(value) for value in series.at(moments).tolist()], dtype=np.int64)
    elif grades.attribute is not None:
        for place, (_, belief) in enumerate(grades.named_beliefs):
            held = known.beliefs.get(belief)
            if held is not None:  # at most one value has a probability above one half
                found[np.nan_to_num(held.at(moments), nan=-np.inf) >= logit(grades.at_least)] = place
    else:
        last = np.searchsorted(known.happened, moments, "right") - 1
        found[last >= 0] = known.grades[last[last >= 0]]
    return found


def graded_within(known: History, outcome: OutcomeDefinition, grades: Grades, starts: Ints, length: int) -> Ints:
    """The grade that followed each start: that of the first event within a length, else the one at its end."""
    if not outcome.events:
        return graded_at(known, grades, starts + length)
    found = np.full(len(starts), NONE)
    first = np.searchsorted(known.happened, starts, "right")
    inside = first < len(known.happened)
    inside[inside] = known.happened[first[inside]] <= starts[inside] + length
    found[inside] = known.grades[first[inside]]
    return found
