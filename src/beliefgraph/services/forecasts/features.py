"""The columns of a hazard: what was known about a twin at the start of a period, as numbers. Pure.

Activity (the number of events, the time since the last and the first) is `inference/foresight/hazards`. If every event
is an occurrence of the outcome, then without the outcome nothing happens: activity ages, exactly. Otherwise other
events may come in between; there a row is about a period some way ahead of what is known: `AHEAD` is one of its
columns, and the others keep their values. Grades are learned for each horizon separately, without that column.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from beliefgraph.inference.foresight.hazards import States
from beliefgraph.model.belief import ANYONE, ANYWHERE, BeliefKey, logit
from beliefgraph.model.definition import Definitions
from beliefgraph.model.metric import MetricKey
from beliefgraph.model.outcome import BELIEF, OutcomeDefinition
from beliefgraph.services.forecasts.grades import graded_at
from beliefgraph.services.forecasts.history import Bools, Floats, History, Ints, means, span

MOST_TYPES = 50
"""Most types of events that have columns of their own, the most frequent first."""

AHEAD = "time ahead"
EVENTS, HAPPENED, SINCE = "events ", "times it happened", "time since it happened"
GOALS = ("goals pursued", "goals' progress", "goals' motivation")
DECISIONS = ("decisions open", "decisions made")
GRADED, GRADE = "graded before", "grade before"

ACTIVITY = "activity"
"""The input for the number of events and the time since the first and the last one."""

OWN_COLUMNS = 5
"""Columns of activity, before the further columns and their products with recency."""


def by_input(further: Sequence[str], added: Floats) -> tuple[list[str], Floats]:
    """The inputs of a hazard with these further columns, and the sum of what the columns of each add: [rows, inputs].

    `added` is what each column adds, in the order of `hazards.columns`.
    """
    products = [ACTIVITY if name == AHEAD else name for name in further]
    owners = [*[ACTIVITY] * OWN_COLUMNS, *further, *products]
    names = list(dict.fromkeys(owners))
    place = {name: i for i, name in enumerate(names)}
    found = np.zeros((len(added), len(names)))
    for column, owner in enumerate(owners):
        found[:, place[owner]] += added[:, column]
    return names, found


def belief_name(belief: BeliefKey) -> str:
    """The name of an input that is a belief."""
    return BELIEF + _named(belief.attribute, belief.value, belief.subject, belief.context)


def metric_name(metric: MetricKey) -> str:
    """The name of an input that is a metric."""
    return "metric " + _named(metric.metric, None, metric.subject, metric.context)


def further_columns(outcome: OutcomeDefinition, types: Sequence[str]) -> list[str]:
    """The further columns of an outcome, where events of these types occur, the most frequent first."""
    counted = list(types[:MOST_TYPES])
    alone = set(types) <= {event.type for event in outcome.events}
    repeats = outcome.events and not outcome.once and not alone
    return [
        *(() if alone or outcome.grades is not None else (AHEAD,)),
        *(() if outcome.grades is None else (GRADED, GRADE)),
        *([EVENTS + type_ for type_ in counted] if len(counted) > 1 else []),
        *((HAPPENED, SINCE) if repeats else ()),
        *map(belief_name, outcome.beliefs),
        *map(metric_name, outcome.metrics),
        *(GOALS if outcome.goals else ()),
        *(DECISIONS if outcome.decisions else ()),
    ]


def frequent_types(known: Sequence[History], until: int) -> list[str]:
    """The types of all events up to a moment, the most frequent first."""
    types = Counter(type_ for one in known for type_ in one.types[one.time <= until].tolist())
    return [type_ for type_, _ in sorted(types.items(), key=lambda each: (-each[1], each[0]))]


def stacked(parts: Sequence[States]) -> States:
    """The states of several twins, one after the other."""
    return States(
        np.concatenate([part.count for part in parts]),
        np.concatenate([part.recency for part in parts]),
        np.concatenate([part.age for part in parts]),
        np.concatenate([part.further for part in parts]),
    )


def states(
    known: History,
    outcome: OutcomeDefinition,
    definitions: Definitions,
    columns: Sequence[str],
    moments: Ints,
    ahead: Ints | None = None,
) -> States:
    """What was known about a twin at each moment, none before its first event, with these further columns.

    `ahead` is the number of periods from each moment to the start of the period in question; by default 0.
    """
    length = span(outcome)
    count = np.searchsorted(known.time, moments, "right")
    last = known.time[count - 1]
    recency, age = (moments - last) / length, (moments - known.time[0]) / length
    later = np.zeros(len(moments)) if ahead is None else np.log1p(ahead)
    made = _Columns(known, outcome, definitions, moments, age, later)
    further = np.array([made.column(name) for name in columns]).reshape(len(columns), len(moments)).T
    return States(count.astype(np.float64), recency, age, further)


def believed(known: History, definitions: Definitions, belief: BeliefKey, moments: Ints) -> Floats:
    """The log-odds published for a belief by each moment; its prior where nothing was published."""
    series, at_prior = known.beliefs.get(belief), prior_of(definitions, belief)
    return np.full(len(moments), at_prior) if series is None else np.nan_to_num(series.at(moments), nan=at_prior)


def applies(known: History, definitions: Definitions, outcome: OutcomeDefinition, moments: Ints) -> Bools:
    """Whether the outcome is forecast for the twin at each moment, by the belief that it applies to."""
    if outcome.applies_to is None:
        return np.ones(len(moments), dtype=bool)
    found = believed(known, definitions, outcome.applies_to.belief, moments)
    return np.asarray(found >= logit(outcome.applies_to.at_least))


def prior_of(definitions: Definitions, belief: BeliefKey) -> float:
    """The log-odds of a belief before any evidence."""
    prior = definitions.attribute(belief.attribute).prior_of(belief.value)
    return 0.0 if prior is None else logit(prior)


class _Columns:
    def __init__(
        self,
        known: History,
        outcome: OutcomeDefinition,
        definitions: Definitions,
        moments: Ints,
        age: Floats,
        ahead: Floats,
    ) -> None:
        self._known = known
        self._moments = moments
        self._age = age
        self._ahead = ahead
        self._length = span(outcome)
        self._definitions = definitions
        self._grades = outcome.grades
        self._beliefs = {belief_name(belief): belief for belief in outcome.beliefs}
        self._metrics = {metric_name(metric): metric for metric in outcome.metrics}

    def column(self, name: str) -> Floats:
        """One column; zeros where the history has no values."""
        known, moments = self._known, self._moments
        if name == AHEAD:
            return self._ahead
        if self._grades is not None and name in (GRADED, GRADE):
            places = graded_at(known, self._grades, moments)
            middle = (len(self._grades.of) - 1) / 2  # without a grade: the middle
            return np.where(places >= 0, 1.0 if name == GRADED else places - middle, 0.0)
        if name in self._beliefs:
            return believed(known, self._definitions, self._beliefs[name], moments)
        if name in self._metrics:
            series = known.metrics.get(self._metrics[name])
            values = np.zeros(len(moments)) if series is None else np.nan_to_num(series.at(moments))
            return np.asarray(np.arcsinh(values))
        if name.startswith(EVENTS):
            times = known.time[known.types == name.removeprefix(EVENTS)]
            return np.asarray(np.log1p(np.searchsorted(times, moments, "right")))
        if name in GOALS:
            count, progress, _ = means(known.progress, moments)
            return (count, progress, means(known.motivation, moments)[2])[GOALS.index(name)]
        if name in DECISIONS:
            count, made, _ = means(known.decisions, moments)
            return np.asarray(count * (1.0 - made) if name == DECISIONS[0] else count * made)
        times = np.searchsorted(known.happened, moments, "right")
        if name == HAPPENED:
            return np.asarray(np.log1p(times))
        since = self._age.copy()
        happened = times > 0
        since[happened] = (moments[happened] - known.happened[times[happened] - 1]) / self._length
        return np.asarray(np.log1p(since))


def _named(name: str, value: str | None, subject: str, context: str) -> str:
    text = name if value is None else f"{name}={value}"
    text += "" if subject == ANYONE else f" of {subject}"
    return text if context == ANYWHERE else f"{text} in {context}"
