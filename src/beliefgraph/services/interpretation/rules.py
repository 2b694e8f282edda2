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
from beliefgraph.services.interpretation.rule_context import RuleContext

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
                f"No catalog in force has a rule for events of type {event.type}.",
                type=event.type,
                event=event.id,
            )
        rule_context = RuleContext(event, definitions)
        by_source: dict[str, list[SourceStatement]] = {}
        for rule in rules:
            for stated in _statements_of(rule_context, rule):
                self._matched(rule)
                by_source.setdefault(stated.source, []).append(stated)
        counted: dict[str, list[tuple[MetricDefinition, CountsIn]]] = {}
        for metric in metrics:
            for source, count in counts(rule_context, metric):
                self._matched(metric)
                counted.setdefault(source, []).append((metric, count))
        merged = {source: _merge(rule_context, each) for source, each in by_source.items()}
        for source, counting in counted.items():
            measures = "; ".join(dict.fromkeys(metric.statement for metric, _ in counting))
            stated = merged.get(source) or SourceStatement(source=source, summary=measures)
            merged[source] = stated.model_copy(update={"counts": tuple(count for _, count in counting)})
        return Interpretation(statements=tuple(merged.values()))


def _statements_of(rule_context: RuleContext, rule: EventRule) -> Iterator[SourceStatement]:
    """What this rule states, if the rule and any part of it apply."""
    if not rule_context.holds(rule, rule.when, "when"):
        return
    bears_on = [
        bears
        for bearing in rule.bears_on
        if rule_context.holds(rule, bearing.when, f"{bearing.attribute}: when")
        for bears in bearings(rule_context, rule, bearing)
    ]
    goals = [
        goal(rule_context, rule, stated)
        for stated in rule.goals
        if rule_context.holds(rule, stated.when, f"goal {stated.key}: when")
    ]
    decisions = [
        decision(rule_context, rule, decision_rule)
        for decision_rule in rule.decisions
        if rule_context.holds(rule, decision_rule.when, f"decision {decision_rule.key}: when")
    ]
    permissions = [
        permission(rule_context, rule, stated)
        for stated in rule.permissions
        if rule_context.holds(rule, stated.when, f"permission {stated.purpose}: when")
    ]
    if bears_on or goals or decisions or permissions:
        yield SourceStatement(
            source=rule_context.source(rule),
            summary=rule.summary,
            verbatim=_verbatim(rule_context, rule),
            source_kind=rule_context.optional_key(rule, rule.source_kind, "source_kind"),
            bearings=tuple(bears_on),
            goals=tuple(goals),
            decisions=tuple(decisions),
            permissions=tuple(permissions),
        )


def _merge(rule_context: RuleContext, statements: list[SourceStatement]) -> SourceStatement:
    """One piece of evidence combining all that one source says."""
    if len(statements) == 1 and not _repeats(statements[0]):
        return statements[0]
    bears_on: dict[BeliefKey, BearsOn] = {}
    for bearing in (b for each in statements for b in each.bearings):
        met = bears_on.get(bearing.belief)
        bears_on[bearing.belief] = bearing if met is None else added(met, bearing)
    goals: dict[str, InterpretedGoal] = {}
    for stated in (g for each in statements for g in each.goals):
        known = goals.get(stated.key)
        goals[stated.key] = stated if known is None else one_goal(rule_context, known, stated)
    decisions: dict[str, InterpretedDecision] = {}
    for one in (d for each in statements for d in each.decisions):
        met_before = decisions.get(one.key)
        decisions[one.key] = one if met_before is None else one_decision(rule_context, met_before, one)
    verbatim = "\n".join(dict.fromkeys(each.verbatim for each in statements if each.verbatim)) or None
    try:
        return SourceStatement(
            source=statements[0].source,
            summary="; ".join(dict.fromkeys(each.summary for each in statements)),
            verbatim=verbatim,
            source_kind=next((each.source_kind for each in statements if each.source_kind), None),
            bearings=tuple(bears_on.values()),
            goals=tuple(goals.values()),
            decisions=tuple(decisions.values()),
            permissions=tuple(dict.fromkeys(p for each in statements for p in each.permissions)),
        )
    except ValidationError:
        rule_context.refuse_together("what the person said is longer than 10,000 characters")


def _repeats(statement: SourceStatement) -> bool:
    """Whether two of its parts are about the same thing and must be combined."""
    about = (
        [b.belief for b in statement.bearings],
        [g.key for g in statement.goals],
        [d.key for d in statement.decisions],
    )
    return any(len(keys) > len(set(keys)) for keys in (*about, statement.permissions))


def _verbatim(rule_context: RuleContext, rule: EventRule) -> str | None:
    if rule.verbatim is None:
        return None
    value = rule_context.value(rule, rule.verbatim, "verbatim")
    if value is None or value == "":
        return None
    try:
        return _TEXT.validate_python(value, strict=True)
    except ValidationError:
        rule_context.refuse(rule, "verbatim", rule.verbatim, "it is not a text of at most 10,000 characters")
