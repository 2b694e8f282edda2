"""What was known about a twin at any moment, as columns: its events, and what it had published. Pure.

What is known at a moment is what had been published by then: later evidence changes what is derived for that moment,
but not this. So a hazard is learned from what was there when a forecast would have been made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from beliefgraph.errors import BeliefgraphError
from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.definition import Definitions
from beliefgraph.model.event import Event
from beliefgraph.model.goal import ENDED
from beliefgraph.model.metric import MetricKey
from beliefgraph.model.outcome import OutcomeDefinition
from beliefgraph.model.time import microseconds
from beliefgraph.services.interpretation import expressions
from beliefgraph.services.interpretation.expressions import ExpressionError
from beliefgraph.services.interpretation.rule_context import attributes_of
from beliefgraph.store.events import event_of
from beliefgraph.store.forecasts import HistoryParts, HistoryRows
from beliefgraph.store.keys import Keyring

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

OPEN = np.iinfo(np.int64).max


@dataclass(frozen=True, eq=False)
class Series:
    """The published values of one record: each from `since` until the next, or until `until`; in microseconds."""

    since: Ints
    until: Ints
    value: Floats

    def at(self, moments: Ints) -> Floats:
        """The value at each moment; NaN where nothing was published."""
        place = np.searchsorted(self.since, moments, "right") - 1
        known = place >= 0
        found = np.full(len(moments), np.nan)
        at = place[known]
        found[known] = np.where(moments[known] < self.until[at], self.value[at], np.nan)
        return found


@dataclass(frozen=True, eq=False)
class History:
    """The events of a twin by time, those that are occurrences of the outcome, and what was published of its inputs.

    `grades` are the indexes of the grades of these occurrences, 0 where the outcome has no grades. `known` is the head
    time of the twin after it processed an event, where that was requested; else the event's time. `corrections` are the
    periods in which the outcome's belief was corrected in the way that counts. Each goal has its progress, and its
    motivation while it is active; each decision whether it is open (0) or decided (1).
    """

    twin: str
    name: str
    rev: int
    definitions: int
    time: Ints
    known: Ints
    types: npt.NDArray[np.str_]
    happened: Ints
    grades: Ints
    beliefs: dict[BeliefKey, Series]
    metrics: dict[MetricKey, Series]
    progress: list[Series]
    motivation: list[Series]
    decisions: list[Series]
    forecasts: frozenset[str]
    corrections: list[tuple[int, int]]

    @property
    def first(self) -> int | None:
        """The time of the first event; None if there is none."""
        return int(self.time[0]) if len(self.time) else None


def wanted(outcome: OutcomeDefinition, definitions: Definitions | None = None) -> HistoryParts:
    """What the forecasts of an outcome need from a twin's history; without definitions, what resolving them needs."""
    corrected = _corrected(outcome)
    segments = () if definitions is None else definitions.segments.values()
    named = {belief.attribute for segment in segments for _, belief in segment.named_beliefs}
    return HistoryParts(
        attributes=sorted(named | {belief.attribute for _, belief in outcome.named_beliefs}),
        metrics=sorted({metric.metric for _, metric in outcome.named_metrics}),
        goals=outcome.goals,
        decisions=outcome.decisions,
        sealed=sorted({event.type for event in outcome.events if event.when is not None or outcome.grades}),
        corrected=[] if corrected is None else [corrected[0].attribute],
    )


def history(rows: HistoryRows, outcome: OutcomeDefinition, keyring: Keyring) -> History:
    """The history of a twin for an outcome, from its rows."""
    letters = {id_: event_of(keyring, rows.twin, id_, sealed) for id_, sealed in rows.sealed}
    time = np.array([at for _, at, _, _ in rows.events], dtype=np.int64)
    places = np.array([_place(outcome, type_, letters.get(id_)) for type_, _, id_, _ in rows.events], dtype=np.int64)
    beliefs: dict[BeliefKey, list[tuple[int, int | None, float]]] = defaultdict(list)
    for attribute, value, subject, context, since, until, log_odds in rows.holdings:
        key = BeliefKey.of(attribute, subject, context, value)
        beliefs[key].append((since, until, np.nan if log_odds is None else log_odds))
    metrics: dict[MetricKey, list[tuple[int, int | None, float]]] = defaultdict(list)
    for name, subject, context, since, value in rows.readings:
        metric = MetricKey.trusted(metric=name, subject=subject, context=context)
        metrics[metric].append((since, None, np.nan if value is None else value))
    progress: dict[str, list[tuple[int, int | None, float]]] = defaultdict(list)
    motivation: dict[str, list[tuple[int, int | None, float]]] = defaultdict(list)
    for goal, since, status, done, motivated in rows.pursuits:
        active = status not in ENDED
        progress[goal].append((since, None, done if active and done is not None else np.nan))
        motivation[goal].append((since, None, motivated if active and motivated is not None else np.nan))
    decisions: dict[str, list[tuple[int, int | None, float]]] = defaultdict(list)
    for decision, since, status in rows.deliberations:
        decisions[decision].append((since, None, float(status != "open")))
    return History(
        twin=rows.twin,
        name=rows.name,
        rev=rows.rev,
        definitions=rows.definitions,
        time=time,
        known=np.array([at if head is None else head for _, at, _, head in rows.events], dtype=np.int64),
        types=np.array([type_ for type_, _, _, _ in rows.events], dtype=np.str_),
        happened=time[places >= 0],
        grades=places[places >= 0],
        beliefs={key: _series(each) for key, each in beliefs.items()},
        metrics={key: _series(each) for key, each in metrics.items()},
        progress=[_series(each) for each in progress.values()],
        motivation=[_series(each) for each in motivation.values()],
        decisions=[_series(each) for each in decisions.values()],
        forecasts=frozenset(rows.forecasts),
        corrections=[
            (since, until)
            for attribute, value, subject, context, since, until, holds in rows.corrections
            if (BeliefKey.of(attribute, subject, context, value), holds) == _corrected(outcome)
        ],
    )


def happened_in(known: History, outcome: OutcomeDefinition, starts: Ints) -> Bools:
    """Whether the outcome happened in each of the periods (start, start + every], by events or published values.

    A correction counts while it is valid at the end of a period, as it is known now.
    """
    ends = starts + span(outcome)
    if outcome.metric is not None:
        series = known.metrics.get(outcome.metric.metric)
        values = np.full(len(ends), np.nan) if series is None else series.at(ends)
        reached = outcome.metric
        return np.array([reached.holds(None if np.isnan(value) else float(value)) for value in values], dtype=bool)
    if outcome.belief is not None:
        if outcome.belief.at_least is None:
            since, until = np.array(known.corrections, dtype=np.int64).reshape(-1, 2).T
            return np.asarray(((since <= ends[:, None]) & (ends[:, None] < until)).any(axis=1))
        found = known.beliefs.get(outcome.belief.belief)
        least = np.log(outcome.belief.at_least / (1.0 - outcome.belief.at_least))
        return np.zeros(len(ends), dtype=bool) if found is None else np.nan_to_num(found.at(ends), nan=-np.inf) >= least
    before, after = (np.searchsorted(known.happened, edge, "right") for edge in (starts, ends))
    return np.asarray(after > before)


def _corrected(outcome: OutcomeDefinition) -> tuple[BeliefKey, bool] | None:
    """The belief whose correction is the outcome, and the side it must take; None for an outcome of another kind."""
    reached = outcome.belief
    return None if reached is None or reached.corrected is None else (reached.belief, reached.corrected)


def current(known: History, moments: Ints) -> Bools:
    """Whether what had been published by each moment included all events up to then.

    It did not between an event and the head time of the commit that brought it, if the event came late or in one call
    with later ones. There, what was published depends on the call rather than on the twin.
    """
    late = known.known > known.time
    begun = np.searchsorted(known.time[late], moments, "right")
    return np.asarray(begun == np.searchsorted(np.sort(known.known[late]), moments, "right"))


def span(outcome: OutcomeDefinition) -> int:
    """The length of a period in microseconds."""
    return round(outcome.every.total_seconds() * 1e6)


def starts(known: History, outcome: OutcomeDefinition, until: datetime) -> Ints:
    """The starts of all periods that end by a moment, counted from the first event."""
    if known.first is None:
        return np.empty(0, dtype=np.int64)
    length = span(outcome)
    return np.arange(known.first, microseconds(until) - length + 1, length, dtype=np.int64)


def _series(rows: Sequence[tuple[int, int | None, float]]) -> Series:
    since, until, value = zip(*rows, strict=True)
    ends = np.array([OPEN if end is None else end for end in until], dtype=np.int64)
    return Series(np.array(since, dtype=np.int64), ends, np.array(value, dtype=np.float64))


def _place(outcome: OutcomeDefinition, type_: str, event: Event | None) -> int:
    """The index of an event's grade, 0 where the outcome has none; −1 for an event that does not count.

    An event does not count if a condition or the value of the grade fails on it.
    """
    if not any(
        rule.type == type_ and (rule.when is None or _value(rule.when, event) is True) for rule in outcome.events
    ):
        return -1
    if outcome.grades is None:
        return 0
    return outcome.grades.place(None if outcome.grades.value is None else _value(outcome.grades.value, event))


def _value(expression: str, event: Event | None) -> object:
    """The value of an expression on an event; None where it fails."""
    if event is None:
        return None
    try:
        return expressions.evaluate(
            expression, expressions.variables({"event": attributes_of(event), "data": event.data})
        )
    except (ExpressionError, BeliefgraphError):
        return None


def means(series: Iterable[Series], moments: Ints) -> tuple[Floats, Floats, Floats]:
    """For some series at each moment: the number with a value, their mean, and their maximum; 0 where none has one."""
    values = np.array([each.at(moments) for each in series]).reshape(-1, len(moments))
    known = ~np.isnan(values)
    count = known.sum(axis=0).astype(np.float64)
    filled = np.where(known, values, 0.0)
    most = np.where(known, values, -np.inf).max(axis=0, initial=-np.inf)
    return count, filled.sum(axis=0) / np.maximum(count, 1.0), np.where(count > 0, most, 0.0)
