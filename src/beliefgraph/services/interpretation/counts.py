"""How an event counts in a metric: as one of its events with value and label, as a follow-up, or by its time zone."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import ValidationError

from beliefgraph.model.belief import ANYONE, ANYWHERE
from beliefgraph.model.metric import LARGEST_VALUE, FollowUp, MetricDefinition, MetricKey
from beliefgraph.model.zone import zone_names
from beliefgraph.services.interpretation.protocol import CountsIn
from beliefgraph.services.interpretation.reading import KEY, Reading


def counts(reading: Reading, metric: MetricDefinition) -> Iterator[tuple[str, CountsIn]]:
    """How the event counts in a metric, and from which source: as one of its events, as a follow-up, or as both."""
    kind = reading.event.type
    if kind in metric.events and reading.holds(metric, metric.when, "when"):
        yield reading.speaker(metric), _counts(reading, metric, metric)
    follow_up = metric.follow_up
    answers = follow_up is not None and kind in follow_up.events
    if follow_up is not None and answers and reading.holds(metric, follow_up.when, "follow_up.when"):
        yield reading.speaker(metric), _counts(reading, metric, follow_up)
    told = metric.zone_events
    if told is not None and kind in told.events and reading.holds(metric, told.when, "zone_events.when"):
        zone = _zone(reading, metric, told.zone, "zone_events.zone")
        if zone is not None:
            yield reading.speaker(metric), _says(reading, metric, 1.0, zone, answers=True)


def _counts(reading: Reading, metric: MetricDefinition, of: MetricDefinition | FollowUp) -> CountsIn:
    value = 1.0 if metric.value is None or of is not metric else _number(reading, metric, metric.value)
    if of.label is not None:
        label: str | None = _label(reading, metric, of.label)
    else:
        label = None if metric.zone_from is None else _zone(reading, metric, metric.zone_from, "zone_from")
    return _says(reading, metric, value, label, answers=of is not metric)


def _says(reading: Reading, metric: MetricDefinition, value: float, label: str | None, *, answers: bool) -> CountsIn:
    subject = reading.key(metric, metric.subject, "subject", ANYONE)
    context = reading.key(metric, metric.context, "context", ANYWHERE)
    for on in metric.bearings:
        reading.require_place(metric, reading.definitions.attribute(on.attribute), subject, context)
    return CountsIn(
        metric=MetricKey(metric=metric.key, subject=subject, context=context), value=value, label=label, answers=answers
    )


def _zone(reading: Reading, metric: MetricDefinition, expression: str, field: str) -> str | None:
    """The time zone that an event of a streak states; None if it states none."""
    value = reading.value(metric, expression, field)
    if value is not None and not (isinstance(value, str) and value in zone_names()):
        reading.refuse(metric, field, expression, "it is not a time zone such as Europe/Berlin")
    return value


def _number(reading: Reading, metric: MetricDefinition, expression: str) -> float:
    value = reading.value(metric, expression, "value")
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        reading.refuse(metric, "value", expression, "it is not a number")
    if not abs(value) <= LARGEST_VALUE:  # NaN too
        reading.refuse(metric, "value", expression, f"it is not a number within ±{LARGEST_VALUE:g}")
    return float(value)


def _label(reading: Reading, metric: MetricDefinition, expression: str) -> str:
    value = reading.value(metric, expression, "label")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    try:
        return KEY.validate_python(value, strict=True)
    except ValidationError:
        reading.refuse(metric, "label", expression, "it is neither a whole number nor a text of 1 to 200 characters")
