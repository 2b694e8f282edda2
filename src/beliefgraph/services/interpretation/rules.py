"""Interpretation by the definitions' event rules and metrics: all that each source says, combined."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pydantic import TypeAdapter, ValidationError

from beliefgraph.errors import Unsupported
from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.catalog import EventRule
from beliefgraph.model.definition import Definitions
from beliefgraph.model.event import Event
from beliefgraph.model.metric import MetricDefinition
from beliefgraph.model.record import Text
from beliefgraph.services.interpretation.bearings import added, bearings
from beliefgraph.services.interpretation.counts import counts
from beliefgraph.services.interpretation.decisions import decision, one_decision
from beliefgraph.services.interpretation.goals import goal, one_goal
from beliefgraph.services.interpretation.permissions import permission
from beliefgraph.services.interpretation.protocol import (
    BearsOn,
    CountsIn,
    Interpretation,
    InterpretedDecision,
    InterpretedGoal,
    SourceStatement,
)
from beliefgraph.services.interpretation.reading import Reading

_TEXT: TypeAdapter[str] = TypeAdapter(Text)


class RuleInterpreter:
    """Interprets events by the definitions' event rules. It has no state but compiled expressions, so it can be shared.

    `matched` is called with every rule and metric that applies to an event.
    """

    def __init__(self, matched: Callable[[EventRule | MetricDefinition], None] = lambda _: None) -> None:
        self._matched = matched

    def interpret(self, event: Event, definitions: Definitions) -> Interpretation:
        """What the event says by all rules for its type whose `when` holds, and the metrics that it counts in.

        Rules with the same source make one piece of evidence. Where two of its bearings are on one belief, their LLRs
        are added, within the bound, and the half-life and the shared origin of the stronger apply. A rule without an
        applicable bearing says nothing.
        """
        rules, metrics = definitions.rules.get(event.type, ()), definitions.counting.get(event.type, ())
        if not rules and not metrics and event.type not in definitions.outcome_events:
            raise Unsupported(
                "no-interpretation",
                f"No definition in force says what an event of type {event.type} means.",
                type=event.type,
                event=event.id,
            )
        reading = Reading(event, definitions)
        heard: dict[str, list[SourceStatement]] = {}
        for rule in rules:
            for spoken in _hear(reading, rule):
                self._matched(rule)
                heard.setdefault(spoken.source, []).append(spoken)
        counted: dict[str, list[tuple[MetricDefinition, CountsIn]]] = {}
        for metric in metrics:
            for source, count in counts(reading, metric):
                self._matched(metric)
                counted.setdefault(source, []).append((metric, count))
        voices = {source: _merge(reading, each) for source, each in heard.items()}
        for source, counting in counted.items():
            measures = "; ".join(dict.fromkeys(metric.statement for metric, _ in counting))
            said = voices.get(source) or SourceStatement(source=source, summary=measures)
            voices[source] = said.model_copy(update={"counts": tuple(count for _, count in counting)})
        return Interpretation(spoken=tuple(voices.values()))


def _hear(reading: Reading, rule: EventRule) -> Iterator[SourceStatement]:
    """What this rule states, if the rule and any part of it apply."""
    if not reading.holds(rule, rule.when, "when"):
        return
    bears_on = [
        bears
        for bearing in rule.bears_on
        if reading.holds(rule, bearing.when, f"{bearing.attribute}: when")
        for bears in bearings(reading, rule, bearing)
    ]
    goals = [
        goal(reading, rule, stated)
        for stated in rule.goals
        if reading.holds(rule, stated.when, f"goal {stated.key}: when")
    ]
    decisions = [
        decision(reading, rule, telling)
        for telling in rule.decisions
        if reading.holds(rule, telling.when, f"decision {telling.key}: when")
    ]
    permissions = [
        permission(reading, rule, stated)
        for stated in rule.permissions
        if reading.holds(rule, stated.when, f"permission {stated.purpose}: when")
    ]
    if bears_on or goals or decisions or permissions:
        yield SourceStatement(
            source=reading.speaker(rule),
            summary=rule.summary,
            verbatim=_verbatim(reading, rule),
            source_kind=reading.optional_key(rule, rule.source_kind, "source_kind"),
            bearings=tuple(bears_on),
            goals=tuple(goals),
            decisions=tuple(decisions),
            permissions=tuple(permissions),
        )


def _merge(reading: Reading, said: list[SourceStatement]) -> SourceStatement:
    """One piece of evidence combining all that one source says."""
    if len(said) == 1 and not _repeats(said[0]):
        return said[0]
    bears_on: dict[BeliefKey, BearsOn] = {}
    for bearing in (b for each in said for b in each.bearings):
        met = bears_on.get(bearing.belief)
        bears_on[bearing.belief] = bearing if met is None else added(met, bearing)
    goals: dict[str, InterpretedGoal] = {}
    for stated in (g for each in said for g in each.goals):
        known = goals.get(stated.key)
        goals[stated.key] = stated if known is None else one_goal(reading, known, stated)
    decisions: dict[str, InterpretedDecision] = {}
    for told in (d for each in said for d in each.decisions):
        met_before = decisions.get(told.key)
        decisions[told.key] = told if met_before is None else one_decision(reading, met_before, told)
    verbatim = "\n".join(dict.fromkeys(each.verbatim for each in said if each.verbatim)) or None
    try:
        return SourceStatement(
            source=said[0].source,
            summary="; ".join(dict.fromkeys(each.summary for each in said)),
            verbatim=verbatim,
            source_kind=next((each.source_kind for each in said if each.source_kind), None),
            bearings=tuple(bears_on.values()),
            goals=tuple(goals.values()),
            decisions=tuple(decisions.values()),
            permissions=tuple(dict.fromkeys(p for each in said for p in each.permissions)),
        )
    except ValidationError:
        reading.refuse_together("what the person said is longer than 10,000 characters")


def _repeats(said: SourceStatement) -> bool:
    """Whether two of its parts are about the same thing and must be combined."""
    about = ([b.belief for b in said.bearings], [g.key for g in said.goals], [d.key for d in said.decisions])
    return any(len(keys) > len(set(keys)) for keys in (*about, said.permissions))


def _verbatim(reading: Reading, rule: EventRule) -> str | None:
    if rule.verbatim is None:
        return None
    value = reading.value(rule, rule.verbatim, "verbatim")
    if value is None or value == "":
        return None
    try:
        return _TEXT.validate_python(value, strict=True)
    except ValidationError:
        reading.refuse(rule, "verbatim", rule.verbatim, "it is not a text of at most 10,000 characters")
