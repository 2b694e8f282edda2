"""One event being interpreted: the values of a rule's expressions on it, and the refusal of invalid ones."""

from __future__ import annotations

from typing import NoReturn, TypeAlias

from pydantic import TypeAdapter, ValidationError

from beliefgraph.errors import Incorrect
from beliefgraph.model.attribute import Attribute
from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.catalog import EventRule
from beliefgraph.model.definition import Definitions
from beliefgraph.model.event import Event
from beliefgraph.model.identity import METRIC, reads_as
from beliefgraph.model.metric import MetricDefinition
from beliefgraph.model.record import Key
from beliefgraph.services.cel.evaluate import Variables
from beliefgraph.services.interpretation import expressions
from beliefgraph.services.interpretation.expressions import ExpressionError

KEY: TypeAdapter[str] = TypeAdapter(Key)

Rule: TypeAlias = EventRule | MetricDefinition
"""The parts of the definitions that read an event by expressions."""


class RuleContext:
    """An event with the definitions it is interpreted by. Its variables are converted to CEL values at most once.

    `where` is the place of an expression in a rule, as a refusal names it. Every refusal here is an
    `interpretation-failed`.
    """

    def __init__(self, event: Event, definitions: Definitions) -> None:
        self.event = event
        self.definitions = definitions
        self._variables: Variables | None = None

    def value(self, rule: Rule, expression: str, where: str) -> object:
        """The value of an expression on the event."""
        try:
            if self._variables is None:
                self._variables = expressions.variables({"event": attributes_of(self.event), "data": self.event.data})
            return expressions.evaluate(expression, self._variables)
        except ExpressionError as failure:
            self.refuse(rule, where, expression, str(failure))

    def holds(self, rule: Rule, expression: str | None, where: str) -> bool:
        """Whether a condition holds; without a condition, true."""
        if expression is None:
            return True
        value = self.value(rule, expression, where)
        if not isinstance(value, bool):
            self.refuse(rule, where, expression, "it is neither true nor false")
        return value

    def key(self, rule: Rule, expression: str | None, where: str, otherwise: str) -> str:
        """The key that an expression gives; `otherwise` if there is no expression."""
        if expression is None:
            return otherwise
        try:
            return KEY.validate_python(self.value(rule, expression, where), strict=True)
        except ValidationError:
            self.refuse(rule, where, expression, "it is not a text of one line with 1 to 200 characters")

    def optional_key(self, rule: Rule, expression: str | None, where: str) -> str | None:
        """The key that an expression gives, if there is one."""
        return None if expression is None else self.key(rule, expression, where, "")

    def source(self, rule: Rule) -> str:
        """The source of what the rule states: that of the event unless the rule names another."""
        source = self.key(rule, rule.source, "source", self.event.source)
        if reads_as(source, METRIC):
            self.refuse(rule, "source", rule.source, f"no speaker may be called {METRIC}…")
        return source

    def require_place(self, rule: Rule, attribute: Attribute, subject: str, context: str) -> None:
        """Refuse a subject or a context that no belief about the attribute can have."""
        try:
            attribute.require_place(BeliefKey.of(attribute=attribute.key, subject=subject, context=context))
        except Incorrect:
            self.refuse(rule, attribute.key, None, "no such belief can have its subject or its context")

    def refuse(self, rule: Rule, where: str, expression: object, cause: str) -> NoReturn:
        """Refuse the `expression` at a place of a rule, with the cause."""
        if isinstance(rule, MetricDefinition):
            raise self._failed(f"{where} of the metric {rule.key}", expression, cause, metric=rule.key)
        raise self._failed(f"{where} of the rule {rule.summary!r}", expression, cause, rule=rule.summary)

    def refuse_together(self, cause: str) -> NoReturn:
        """Refuse the combination of several rules."""
        raise self._failed("The rules", None, cause) from None

    def _failed(self, what: str, expression: object, cause: str, **ids: object) -> Incorrect:
        quoted = "" if expression is None else f", {expression!r}"
        return Incorrect(
            "interpretation-failed",
            f"{what}, for events of type {self.event.type}{quoted}: {cause}.",
            type=self.event.type,
            event=self.event.id,
            **ids,
        )


def attributes_of(event: Event) -> dict[str, object]:
    """The event as expressions see it: its data and its CloudEvents attributes, without absent ones."""
    seen: dict[str, object] = {"id": event.id, "source": event.source, "type": event.type, "time": event.time}
    optional = {"twin": event.twin, "session": event.session, "channel": event.channel}
    seen.update({name: value for name, value in optional.items() if value is not None})
    seen["identifiers"] = [{"scheme": each.scheme, "value": each.value} for each in event.identifiers]
    seen["data"] = event.data
    return seen
