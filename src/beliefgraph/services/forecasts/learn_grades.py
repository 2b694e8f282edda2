"""Learning which grade comes within a horizon: one row for each twin and period followed by a grade. Pure.

What was learned is adopted only where it predicts the grades of held-out twins better than what is in force, by more
than the standard error of the difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from beliefgraph.errors import Incorrect
from beliefgraph.inference.foresight.hazards import columns
from beliefgraph.inference.foresight.ordinal import fit, log_shares
from beliefgraph.model.definition import Definitions
from beliefgraph.model.grade import Grades, LearnedGrades
from beliefgraph.model.outcome import BELIEF, Horizon, OutcomeDefinition
from beliefgraph.model.time import microseconds
from beliefgraph.services.forecasts.features import applies, frequent_types, further_columns, stacked, states
from beliefgraph.services.forecasts.forecast import rates_at
from beliefgraph.services.forecasts.graded import apart
from beliefgraph.services.forecasts.grades import graded_within
from beliefgraph.services.forecasts.history import Floats, History, Ints, current, span, starts
from beliefgraph.services.forecasts.learned_outcomes import (
    LEAST_HAPPENED,
    LEAST_TWINS,
    MOST_ROWS,
    NOT_BETTER,
    RIDGE,
    LearnedOutcome,
    compared,
    folds,
)
from beliefgraph.services.learning.fitted import FOLDS

TOO_FEW = f"fewer than {LEAST_TWINS} twins, or than {LEAST_HAPPENED} periods with another grade than the commonest"


@dataclass(frozen=True, eq=False)
class _Taken:
    """The rows of one twin: the starts, and the grade that followed."""

    known: History
    start: Ints
    grade: Ints


def learn_grades(
    known: Sequence[History], definitions: Definitions, outcome: OutcomeDefinition, horizon: Horizon, until: datetime
) -> LearnedOutcome:
    """What is learned of the grades of an outcome within a horizon, from histories up to a moment."""
    assert outcome.grades is not None
    found = [_taken(one, definitions, outcome, outcome.grades, horizon, until) for one in known]
    taken = [each for each in found if len(each.start)]
    grade = np.concatenate([np.empty(0, dtype=np.int64), *(each.grade for each in taken)])
    if len(grade) > MOST_ROWS:
        raise Incorrect("too-large", f"{outcome.key} has more than {MOST_ROWS:,} rows to learn from.", rows=len(grade))
    reached = int((grade >= outcome.grades.target).sum())
    others = len(grade) - int(np.bincount(grade, minlength=1).max())
    if len(taken) < LEAST_TWINS or others < LEAST_HAPPENED:
        return LearnedOutcome(outcome.key, len(taken), len(grade), reached, horizon.within, reason=TOO_FEW)
    names = further_columns(outcome, frequent_types(known, microseconds(until)))
    x = _columns(taken, definitions, outcome, names)
    twin = np.repeat(np.arange(len(taken)), [len(each.start) for each in taken])
    fold = folds(each.known.twin for each in taken)[twin]
    in_force, since = _in_force(taken, definitions, outcome, outcome.grades, horizon)
    counted = np.concatenate([each.start for each in taken]) >= since
    rows, size = np.arange(len(grade)), len(outcome.grades.of)
    gains = np.zeros(len(grade))
    for number in range(FOLDS):
        out = fold == number
        if (out & counted).any() and not out.all():
            log_odds = fit(x[~out], grade[~out], size, RIDGE).log_odds(x[out])
            gains[out] = log_shares(log_odds)[rows[: len(log_odds)], grade[out]] - in_force[out]
    gain, error = compared(gains[counted], twin[counted])
    model = fit(x, grade, size, RIDGE)
    learned = LearnedGrades(
        outcome=outcome.key,
        horizon=horizon.within,
        learned_on=outcome.learned_on,
        on_beliefs=outcome.grades.attribute is not None or any(name.startswith(BELIEF) for name in names),
        columns=tuple(names),
        intercepts=tuple(model.intercept.tolist()),
        slopes=tuple(model.slope.tolist()),
        centers=tuple(model.center.tolist()),
        until=until,
        twins=len(taken),
        rows=len(grade),
        gain=gain,
        error=error,
    )
    judged = int(counted.sum())
    reason = None if judged and gain > error else NOT_BETTER
    return LearnedOutcome(
        outcome.key, len(taken), len(grade), reached, horizon.within, None, learned, reason, gain, error, judged
    )


def _taken(
    known: History,
    definitions: Definitions,
    outcome: OutcomeDefinition,
    grades: Grades,
    horizon: Horizon,
    until: datetime,
) -> _Taken:
    """The periods of a twin with a completed horizon, in which the outcome applied and which a grade followed."""
    length = outcome.periods(horizon.within) * span(outcome)
    begun = starts(known, outcome, until)
    begun = begun[begun + length <= microseconds(until)]
    begun = begun[applies(known, definitions, outcome, begun)]
    if outcome.on_published or not outcome.events:
        begun = begun[current(known, begun)]
    grade = graded_within(known, outcome, grades, begun, length)
    return _Taken(known, begun[grade >= 0], grade[grade >= 0])


def _columns(
    taken: Sequence[_Taken], definitions: Definitions, outcome: OutcomeDefinition, names: Sequence[str]
) -> Floats:
    return columns(stacked([states(each.known, outcome, definitions, names, each.start) for each in taken]))


def _in_force(
    taken: Sequence[_Taken], definitions: Definitions, outcome: OutcomeDefinition, grades: Grades, horizon: Horizon
) -> tuple[Floats, int]:
    """The log-probability of the actual grade by what is in force, and the time from which rows are compared."""
    grade = np.concatenate([each.grade for each in taken])
    learned = definitions.grades_of(outcome, horizon.within)
    if learned is None:
        base = np.concatenate([rates_at(each.known, definitions, outcome, horizon, each.start) for each in taken])
        log_odds, since = base[:, None] + apart(grades, None), 0
    else:
        along = _columns(taken, definitions, outcome, learned.columns) @ np.array(learned.slopes)
        log_odds, since = along[:, None] + np.array(learned.intercepts), microseconds(learned.until)
    return log_shares(log_odds)[np.arange(len(grade)), grade], since
