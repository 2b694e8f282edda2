"""A forecast of grades: the log-odds of each grade or a higher one, all determined by one number. Pure.

What moves the log-odds of a grade that counts as having happened moves those of every other grade equally (proportional
odds). So the distribution follows from the former and from the distances between the grades, learned or else stated.
"""

from __future__ import annotations

import numpy as np

from beliefgraph.inference.foresight.hazards import columns
from beliefgraph.inference.foresight.ordinal import shares
from beliefgraph.model.definition import Definitions
from beliefgraph.model.forecast import ForecastInput, GradeForecast
from beliefgraph.model.grade import Grades, LearnedGrades
from beliefgraph.model.outcome import OutcomeDefinition
from beliefgraph.services.forecasts.features import by_input, states
from beliefgraph.services.forecasts.history import Floats, History, Ints


def apart(grades: Grades, learned: LearnedGrades | None) -> Floats:
    """The difference between the log-odds of each grade or a higher one and those of the grade that counts."""
    each = np.array(grades.log_odds if learned is None else learned.intercepts)
    return np.asarray(each - each[grades.target - 1])


def distribution(grades: Grades, learned: LearnedGrades | None, log_odds: float) -> tuple[GradeForecast, ...]:
    """The probability of each grade, given the log-odds of the one that counts."""
    found = shares(apart(grades, learned) + log_odds)
    at_least = np.minimum(found[::-1].cumsum()[::-1], 1.0)
    return tuple(
        GradeForecast(grade=name, probability=share, at_least=higher)
        for name, share, higher in zip(grades.names, found.tolist(), at_least.tolist(), strict=True)
    )


def from_columns(
    known: History, definitions: Definitions, outcome: OutcomeDefinition, learned: LearnedGrades, moments: Ints
) -> tuple[float, list[ForecastInput]]:
    """The log-odds of the grade that counts at the means of all columns, and each input's contribution, at a moment."""
    assert outcome.grades is not None
    state = states(known, outcome, definitions, learned.columns, moments)
    slopes, centers = np.array(learned.slopes), np.array(learned.centers)
    names, added = by_input(learned.columns, (columns(state) - centers) * slopes)
    values = dict(zip(learned.columns, state.further[0].tolist(), strict=True))
    inputs = [
        ForecastInput(input=name, value=values.get(name), contribution=contribution)
        for name, contribution in zip(names, added[0].tolist(), strict=True)
        if contribution
    ]
    return learned.intercepts[outcome.grades.target - 1] + float(centers @ slopes), inputs
