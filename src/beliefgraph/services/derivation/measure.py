"""What the metrics of a twin measure at a moment, as evidence on beliefs too. Pure: from its events' columns."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from beliefgraph.inference import windows
from beliefgraph.inference.kalman import Normal, likelihood, log_likelihood_ratio_above
from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.definition import Definitions
from beliefgraph.model.delta import Delta
from beliefgraph.model.evidence import Bearing
from beliefgraph.model.identity import METRIC, belief_id, evidence_id, source_id
from beliefgraph.model.metric import Band, BandBearing, Measurement, Metric, MetricDefinition
from beliefgraph.model.time import microseconds, moment_of
from beliefgraph.model.timeline import revision_id
from beliefgraph.services.definitions.describe import describe
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.derivation.zones import zone_of
from beliefgraph.services.twin.measurements import Events, Tally
from beliefgraph.services.twin.state import TwinState

PERIODS = {"day": windows.DAY, "week": windows.WEEK}


@dataclass(frozen=True)
class Measured:
    """A metric at a moment, once an event has counted in it; `value` is not rounded.

    `moment` is the latest time that it depends on: that of an event, or the end of a time to answer. `likelihood` is
    the likelihood of a level given its measurements.
    """

    metric: Metric
    definition: MetricDefinition
    value: float | None
    label: str | None
    events: Events
    moment: datetime
    likelihood: Normal | None = None

    @property
    def deviation(self) -> float | None:
        """The error of a level; None for any other kind, and where no event is in the window."""
        return None if self.likelihood is None else _prior(self.definition).times(self.likelihood).deviation

    @property
    def bears_on(self) -> tuple[BandBearing, ...]:
        """Its evidence on beliefs: that of its band, or of a level's measurements on each threshold."""
        if self.likelihood is None:
            return () if self.band is None else self.band.bears_on
        prior = _prior(self.definition)
        return tuple(
            BandBearing(
                attribute=above.attribute,
                value=above.value,
                log_likelihood_ratio=log_likelihood_ratio_above(prior, self.likelihood, above.threshold),
            )
            for above in self.definition.above
        )

    @property
    def band(self) -> Band | None:
        """The band that the value is in; None where no event is in the window, because then there is no evidence."""
        return self.definition.band(self.value, self.label) if self.events else None

    @property
    def shown(self) -> str:
        """The value as text, to hundredths."""
        return self.definition.show(None if self.value is None else round(self.value, 2), self.label, self.deviation)

    @property
    def says(self) -> str:
        """The metric, its value and its band, as people read it."""
        sentence = f"{self.definition.statement}: {self.shown}"
        return sentence if self.band is None else f"{sentence}, {self.band.says}"


def measure(state: TwinState, definitions: Definitions, at: datetime) -> tuple[Measured, ...]:
    """Every metric of the twin in which an event has counted by `at`, by id."""
    if not state.tallies:
        return ()
    moment = microseconds(at)
    found = []
    for id_ in sorted(state.tallies):
        metric = state.metrics[id_]
        one = _measured(metric, definitions.metrics[metric.name], state.tallies[id_], moment)
        if one is not None:
            found.append(one)
    return tuple(found)


def with_metric_evidence(state: TwinState, graph: DefinitionGraph, measured: Sequence[Measured]) -> TwinState:
    """The twin with the evidence of its metrics added: one source for each, which counts while the band holds."""
    stated = [(one, on, _about(one, on)) for one in measured for on in one.bears_on]
    if not stated:
        return state
    borne_on = {belief_id(state.id, key): key for _, _, key in stated}
    return state.after(
        Delta.of(
            made=(describe(state.id, id_, key, graph) for id_, key in borne_on.items() if id_ not in state.beliefs),
            opened=(_bearing(state, graph, one, on, belief_id(state.id, key)) for one, on, key in stated),
        )
    )


def _about(one: Measured, on: BandBearing) -> BeliefKey:
    metric = one.metric
    return BeliefKey.of(attribute=on.attribute, subject=metric.subject, context=metric.context, value=on.value)


def _bearing(state: TwinState, graph: DefinitionGraph, one: Measured, on: BandBearing, belief: str) -> Bearing:
    evidence = reading_evidence(state, one.metric)
    return Bearing.trusted(
        revision_id=revision_id("Bearing", f"{evidence}|{belief}", state.rev, one.moment),
        twin=state.id,
        key=f"{evidence}|{belief}",
        valid_from=one.moment,
        valid_to=None,
        rev_from=state.rev,
        rev_to=None,
        definition=graph.definitions.metric_refs[one.metric.name],
        origin="inferred",
        evidence=evidence,
        belief=belief,
        source=source_id(state.tenant, METRIC + one.metric.name),
        stance="observation",
        log_likelihood_ratio=on.log_likelihood_ratio,
        half_life=None,
        shared_origin=None,
        source_kind=None,
        shared_across=None,
    )


def reading_evidence(state: TwinState, metric: Metric) -> str:
    """The id of the evidence from a metric's bands or thresholds."""
    return evidence_id(metric.id, source_id(state.tenant, METRIC + metric.name))


def measured_at(metric: Metric, definition: MetricDefinition, tally: Tally, at: datetime) -> Measured | None:
    """One metric at a moment; None if no event has counted in it by then."""
    return _measured(metric, definition, tally, microseconds(at))


def decisive(state: TwinState, one: Measured, among: Collection[str], at: datetime) -> set[str]:
    """The pieces of evidence, among these, without which a metric would be in another band, or a level would differ."""
    if one.definition.above:
        return {row.evidence for row in one.events.among(among)}
    if not any(band.bears_on for band in one.definition.bands):
        return set()
    tally, moment = state.tallies[one.metric.id], microseconds(at)
    rows: dict[str, list[Measurement]] = {}
    for row in (*one.events.among(among), *tally.answered.rows.among(among)):
        rows.setdefault(row.evidence, []).append(row)
    alike: dict[tuple[object, ...], list[str]] = {}
    edges = (one.events[0].valid_from, one.events[-1].valid_from) if len(one.events) else ()
    for evidence, its in rows.items():
        alike.setdefault(tuple(_part(one, row, edges) for row in its), []).append(evidence)
    found: set[str] = set()
    for each in alike.values():
        gone = state.measurements.of_revisions([row.revision_id for row in rows[each[0]]])
        without = _measured(one.metric, one.definition, tally.without(gone), moment)
        if (None if without is None else without.band) != one.band:
            found.update(each)
    return found


def _part(one: Measured, row: Measurement, edges: Sequence[datetime]) -> object:
    """The part that an event plays in the value: without one or another event of the same part, the value is the same.

    `edges` are the times of the first and the last event that the metric sees, if any.
    """
    match one.definition.kind:
        case "count":
            return None
        case "sum":
            return row.value
        case "mode":
            return row.label
        case "recency":
            return row.valid_from == edges[1]
        case "cadence":
            return tuple(row.valid_from == edge for edge in edges)
        case _:
            return row.revision_id


def since(one: Measured, tally: Tally, at: datetime) -> datetime | None:
    """When a metric came into the band it is in at `at`; None if it is in none."""
    if one.band is None:
        return None
    now = microseconds(at)
    start = now
    turns = _turns(one.definition, tally, [band.at_least for band in one.definition.bands])
    view = _seen(one.definition, tally.asked.times, turns[turns <= now])
    if (view.count == 0).any():
        after = int(np.flatnonzero(view.count == 0)[-1]) + 1
        view = replace(view, at=view.at[after:], first=view.first[after:], end=view.end[after:])
    found = list(_values(one.definition, tally.asked, tally.answered, view))
    for turn, value in zip(view.at[::-1].tolist(), reversed(found), strict=True):
        if one.definition.band(*value) != one.band:
            break
        start = turn
    return moment_of(start)


def due(one: Measured, tally: Tally, at: datetime) -> datetime | None:
    """The next moment at which time alone may change a metric; None if there is none.

    A level changes continuously: for it, this is when the next measurement leaves its window.
    """
    if not one.events:
        return None
    now = microseconds(at)
    known = tally.until(now)
    another_day = (now - int(known.asked.times[-1])) // windows.DAY + 1
    turns = _turns(one.definition, known, [another_day])
    later = turns[turns > now]
    return moment_of(int(later[0])) if len(later) else None


def _seen(definition: MetricDefinition, times: windows.Times, at: windows.Times) -> windows.WindowEvents:
    """The events that the metric sees at each of the moments."""
    return windows.seen(times, at, _microseconds(definition.window), keeps_last=definition.lasts)


def _measured(metric: Metric, definition: MetricDefinition, tally: Tally, at: int) -> Measured | None:
    """The metric at a moment, in microseconds; None if no event has counted in it by then."""
    asked, window = tally.asked, _microseconds(definition.window)
    view = _seen(definition, asked.times, np.array([at], dtype=np.int64))
    first, end = int(view.first[0]), int(view.end[0])
    if end == 0:
        return None
    if first == end:
        left = moment_of(int(asked.times[end - 1]) + window)
        return Measured(metric, definition, definition.nothing, None, asked.part(0, 0).rows, left)
    asked = asked.part(first, end)
    times, events = asked.times, asked.rows
    last = int(times[-1])
    if definition.kind == "level":
        measured = _likelihood(definition, times, events.values, at)
        return Measured(
            metric, definition, _prior(definition).times(measured).mean, None, events, moment_of(last), measured
        )
    answered = tally.answered
    if definition.zone_events is None:
        answered = answered.part(int(np.searchsorted(answered.times, times[0])), len(answered.times))
    ((value, label),) = _values(definition, asked, answered, _seen(definition, times, view.at))
    if definition.within is not None:
        over = times + _microseconds(definition.within)
        last = max(last, *over[over <= at].tolist()) if (over <= at).any() else last
    return Measured(metric, definition, value, label, events, moment_of(last))


def _values(
    definition: MetricDefinition, asked: Tally, answered: Tally, view: windows.WindowEvents
) -> Iterable[tuple[float | None, str | None]]:
    """The value and the label of a metric at each of the moments; at each, an event is in the window."""
    if definition.kind == "mode":
        return ((share, label) for label, share in windows.mode(view, asked.rows.labels))
    return (
        (None if math.isnan(value) else value, None) for value in _numbers(definition, asked, answered, view).tolist()
    )


def _numbers(definition: MetricDefinition, asked: Tally, answered: Tally, view: windows.WindowEvents) -> windows.Floats:
    match definition.kind:
        case "count":
            return view.count.astype(np.float64)
        case "sum":
            return windows.total(view, asked.quanta)
        case "recency":
            return windows.recency(view)
        case "streak":
            zone = zone_of(definition, asked.times, asked.rows.labels, _zone_statements(definition, answered))
            return windows.streak(view, PERIODS[definition.every or "day"], zone)
        case "absence":
            within = _microseconds(definition.within or definition.window)
            if definition.follow_up is None:
                return windows.silent(view, within)
            return windows.unanswered(view, asked.rows.labels, answered.times, answered.rows.labels, within)
        case _:
            return windows.cadence(view)


def _prior(definition: MetricDefinition) -> Normal:
    """The distribution of a level without measurements."""
    assert definition.mean is not None
    assert definition.deviation is not None
    return Normal(definition.mean, definition.deviation)


def _likelihood(definition: MetricDefinition, times: windows.Times, values: windows.Floats, at: int) -> Normal:
    """The likelihood of a level at a moment given its measurements; times in days relative to the moment."""
    assert definition.drift is not None
    noise = np.full(len(values), definition.noise)
    found = likelihood((times - at) / windows.DAY, values, noise, at=0.0, drift=definition.drift)
    assert found is not None
    return found


def _turns(definition: MetricDefinition, tally: Tally, days: Sequence[float]) -> windows.Times:
    """Every moment at which the value may change, in order; for a recency, when it reaches the given `days`."""
    times = tally.asked.times
    turns = [tally.times, times + _microseconds(definition.window)]
    if definition.within is not None:
        turns.append(times + _microseconds(definition.within))
    if definition.every is not None:
        zone = zone_of(definition, times, tally.asked.rows.labels, _zone_statements(definition, tally.answered))
        turns.append(windows.breaks(times, PERIODS[definition.every], zone))
    if definition.kind == "recency":
        turns += [times + math.ceil(each) * windows.DAY for each in days if each > 0]
    return np.unique(np.concatenate(turns))


def _zone_statements(definition: MetricDefinition, answered: Tally) -> Iterable[tuple[int, str | None]]:
    """The time zones stated by events that only state a zone, each with its time."""
    if definition.zone_events is None:
        return ()
    return zip(answered.times.tolist(), answered.rows.labels, strict=True)


def _microseconds(span: timedelta) -> int:
    return span // timedelta(microseconds=1)
