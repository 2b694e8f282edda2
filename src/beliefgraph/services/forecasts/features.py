"""The columns of a hazard: what was known of a twin at the start of a period, as numbers. Pure.

Activity (how many events, how long ago the last and the first) is `inference/foresight/hazards`. Where all events are
those by which the outcome happens, the path on which it does not happen is the one on which nothing happens: activity
ages, exactly. Elsewhere other events may come meanwhile. There a row is a period so far ahead of what is known: `AHEAD`
is one of its columns, and the others stay what they were.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from beliefgraph.inference.foresight.hazards import States
from beliefgraph.model.belief import ANYONE, ANYWHERE, BeliefKey, logit
from beliefgraph.model.definition import Definitions
from beliefgraph.model.metric import MetricKey
from beliefgraph.model.outcome import BELIEF, OutcomeDefinition
from beliefgraph.services.forecasts.history import Bools, Floats, History, Ints, means, span

MOST_TYPES = 50
"""Types of events that are counted apart, the most frequent."""

AHEAD = "time ahead"
EVENTS, HAPPENED, SINCE = "events ", "times it happened", "time since it happened"
GOALS = ("goals pursued", "goals' progress", "goals' motivation")
DECISIONS = ("decisions open", "decisions made")


def belief_name(belief: BeliefKey) -> str:
    """What an input that is a belief is called."""
    return BELIEF + _named(belief.attribute, belief.value, belief.subject, belief.context)


def metric_name(metric: MetricKey) -> str:
    """What an input that is a metric is called."""
    return "metric " + _named(metric.metric, None, metric.subject, metric.context)


def further_columns(outcome: OutcomeDefinition, types: Sequence[str]) -> list[str]:
    """The further columns of an outcome, where events of these types occur, the most frequent first."""
    counted = list(types[:MOST_TYPES])
    alone = set(types) <= {event.type for event in outcome.events}
    repeats = outcome.events and not outcome.once and not alone
    return [
        *(() if alone else (AHEAD,)),
        *([EVENTS + type_ for type_ in counted] if len(counted) > 1 else []),
        *((HAPPENED, SINCE) if repeats else ()),
        *map(belief_name, outcome.beliefs),
        *map(metric_name, outcome.metrics),
        *(GOALS if outcome.goals else ()),
        *(DECISIONS if outcome.decisions else ()),
    ]


def states(
    known: History,
    outcome: OutcomeDefinition,
    definitions: Definitions,
    columns: Sequence[str],
    moments: Ints,
    ahead: Ints | None = None,
) -> States:
    """What was known of a twin at each moment, none of them before its first event, with these further columns.

    `ahead` is how many periods after each moment the period begins that it is about; left out: none.
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
    """The log-odds that had been published of a belief by each moment; its prior where nothing had."""
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
        self._beliefs = {belief_name(belief): belief for belief in outcome.beliefs}
        self._metrics = {metric_name(metric): metric for metric in outcome.metrics}

    def column(self, name: str) -> Floats:
        """One column; zeros where the history has nothing of it."""
        known, moments = self._known, self._moments
        if name == AHEAD:
            return self._ahead
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
    told = name if value is None else f"{name}={value}"
    told += "" if subject == ANYONE else f" of {subject}"
    return told if context == ANYWHERE else f"{told} in {context}"
