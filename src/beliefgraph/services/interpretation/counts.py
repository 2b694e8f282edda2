"""How an event counts in a metric: as one of its events with value and label, as a follow-up, or by its time zone."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import ValidationError

from beliefgraph.model.belief import ANYONE, ANYWHERE
from beliefgraph.model.metric import LARGEST_VALUE, FollowUp, MetricDefinition, MetricKey
from beliefgraph.model.zone import zone_names
from beliefgraph.services.interpretation.protocol import CountsIn
from beliefgraph.services.interpretation.rule_context import KEY, RuleContext


def counts(rule_context: RuleContext, metric: MetricDefinition) -> Iterator[tuple[str, CountsIn]]:
    """How the event counts in a metric, and from which source: as one of its events, as a follow-up, or as both."""
    kind = rule_context.event.type
    if kind in metric.events and rule_context.holds(metric, metric.when, "when"):
        yield rule_context.source(metric), _counts(rule_context, metric, metric)
    follow_up = metric.follow_up
    answers = follow_up is not None and kind in follow_up.events
    if follow_up is not None and answers and rule_context.holds(metric, follow_up.when, "follow_up.when"):
        yield rule_context.source(metric), _counts(rule_context, metric, follow_up)
    rule = metric.zone_events
    if rule is not None and kind in rule.events and rule_context.holds(metric, rule.when, "zone_events.when"):
        zone = _zone(rule_context, metric, rule.zone, "zone_events.zone")
        if zone is not None:
            yield rule_context.source(metric), _says(rule_context, metric, 1.0, zone, answers=True)


def _counts(rule_context: RuleContext, metric: MetricDefinition, of: MetricDefinition | FollowUp) -> CountsIn:
    value = 1.0 if metric.value is None or of is not metric else _number(rule_context, metric, metric.value)
    if of.label is not None:
        label: str | None = _label(rule_context, metric, of.label)
    else:
        label = None if metric.zone_from is None else _zone(rule_context, metric, metric.zone_from, "zone_from")
    return _says(rule_context, metric, value, label, answers=of is not metric)


def _says(
    rule_context: RuleContext, metric: MetricDefinition, value: float, label: str | None, *, answers: bool
) -> CountsIn:
    subject = rule_context.key(metric, metric.subject, "subject", ANYONE)
    context = rule_context.key(metric, metric.context, "context", ANYWHERE)
    for on in metric.bearings:
        rule_context.require_place(metric, rule_context.definitions.attribute(on.attribute), subject, context)
    return CountsIn(
        metric=MetricKey(metric=metric.key, subject=subject, context=context), value=value, label=label, answers=answers
    )


def _zone(rule_context: RuleContext, metric: MetricDefinition, expression: str, field: str) -> str | None:
    """The time zone that an event of a streak states; None if it states none."""
    value = rule_context.value(metric, expression, field)
    if value is not None and not (isinstance(value, str) and value in zone_names()):
        rule_context.refuse(metric, field, expression, "it is not a time zone such as Europe/Berlin")
    return value


def _number(rule_context: RuleContext, metric: MetricDefinition, expression: str) -> float:
    value = rule_context.value(metric, expression, "value")
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        rule_context.refuse(metric, "value", expression, "it is not a number")
    if not abs(value) <= LARGEST_VALUE:  # NaN too
        rule_context.refuse(metric, "value", expression, f"it is not a number within ±{LARGEST_VALUE:g}")
    return float(value)


def _label(rule_context: RuleContext, metric: MetricDefinition, expression: str) -> str:
    value = rule_context.value(metric, expression, "label")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    try:
        return KEY.validate_python(value, strict=True)
    except ValidationError:
        rule_context.refuse(
            metric, "label", expression, "it is neither a whole number nor a text of 1 to 200 characters"
        )
