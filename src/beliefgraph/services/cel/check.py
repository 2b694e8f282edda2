"""Errors in an expression that are independent of events: what would fail on every one, or cost too much."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from beliefgraph.errors import did_you_mean
from beliefgraph.services.cel.evaluate import TooCostlyError, Variables, ready
from beliefgraph.services.cel.functions import FUNCTIONS, OPERATORS, BadPatternError, Kind, pattern, time_zone
from beliefgraph.services.cel.tree import Call, Constant, Field, ListOf, Loop, MapOf, Name, Node, children, walk
from beliefgraph.services.cel.values import FailsError, kind

EVENT: Mapping[str, Kind] = {
    **{"id": "string", "source": "string", "type": "string", "time": "timestamp", "twin": "string"},
    **{"session": "string", "channel": "string", "identifiers": "list", "data": "map"},
}
"""The fields of `event`."""

VARIABLES: Mapping[str, Kind] = {"event": "map", "data": "map"}
"""The variables that an expression can use."""

_KIND_NAMES: Mapping[Kind, str] = {
    **{"bool": "true or false", "number": "a number", "string": "a text", "bytes": "bytes", "list": "a list"},
    **{"map": "a map", "null": "null", "timestamp": "a moment", "duration": "a span of time", "any": "anything"},
}
_KINDS: Mapping[str, Kind] = {
    **{"bool": "bool", "int": "number", "uint": "number", "double": "number", "string": "string", "bytes": "bytes"},
    **{"list": "list", "map": "map", "null_type": "null"},
    **{"google.protobuf.Timestamp": "timestamp", "google.protobuf.Duration": "duration"},
}


class Wrong(NamedTuple):
    """An error as text, and its position in the expression."""

    why: str
    at: int


class _RefusedError(Exception):
    def __init__(self, why: str, at: int) -> None:
        super().__init__(why)
        self.wrong = Wrong(why, at)


def check(tree: Node, *wanted: Kind) -> Wrong | None:
    """The error in an expression that must give one of the kinds `wanted`; None if there is none."""
    try:
        _check_cost(tree)
        found = _Kinds().of(tree, {})
        _check_constants(tree)
    except _RefusedError as refused:
        return refused.wrong
    if wanted and found != "any" and found not in wanted:
        return Wrong(
            f"it gives {_KIND_NAMES[found]}, where {' or '.join(_KIND_NAMES[each] for each in wanted)} is needed", 0
        )
    return None


def _check_cost(tree: Node) -> None:
    """Refuse what takes quadratic time: a loop in a loop, one that refers to the event, lists built from lists."""
    for loop in (node for node in walk(tree) if isinstance(node, Loop)):
        if loop.kind in ("map", "filter"):
            why = "it uses {}, and lists that are built from lists take quadratic time; use all, exists or exists_one"
            raise _RefusedError(why.format(loop.kind), loop.at)
        if loop.variable in VARIABLES:
            raise _RefusedError(f"it calls an element {loop.variable}, which already means something", loop.at)
        for inner in walk(loop.body):
            if isinstance(inner, Loop):
                raise _RefusedError(f"it has a macro inside {loop.kind}, which takes quadratic time", inner.at)
            if isinstance(inner, Name) and inner.name in VARIABLES:
                why = f"it names {inner.name} inside {loop.kind}, which takes quadratic time; look at {loop.variable}"
                raise _RefusedError(f"{why} only", inner.at)


def _check_constants(tree: Node) -> None:
    """Refuse what fails for every event: each part without variables is evaluated."""

    def constant(node: Node) -> bool:
        under = [constant(each) for each in children(node)]
        fixed = all(under) and not isinstance(node, (Name, Loop))
        if fixed and not isinstance(node, (Constant, ListOf)):
            try:
                ready(node)(Variables({}))
            except (FailsError, TooCostlyError) as fails:
                raise _RefusedError(str(fails) or "it costs too much", node.at) from None
        return fixed

    constant(tree)


class _Kinds:
    """The kind of value that every node gives, as far as it is known without an event."""

    def of(self, node: Node, elements: Mapping[str, Kind]) -> Kind:
        """The kind of a node; `elements` are the names of the loops around it."""
        match node:
            case Constant(value=value):
                return _KINDS[kind(value)]
            case Name(name=name):
                if name in elements or name in VARIABLES:
                    return elements.get(name) or VARIABLES[name]
                known = ", ".join((*VARIABLES, *elements))
                raise _RefusedError(f"it names {name}; it can see {' and '.join(known.rsplit(', ', 1))}", node.at)
            case Field():
                return self._field(node, elements)
            case ListOf(items=items):
                for item in items:
                    self.of(item, elements)
                return "list"
            case MapOf(entries=entries):
                for key, value in entries:
                    self._require(self.of(key, elements), ("string", "number", "bool"), key, "a key of a map is a text")
                    self.of(value, elements)
                return "map"
            case Loop():
                self._require(self.of(node.over, elements), ("list", "map"), node, f"{node.kind} goes over a list")
                inside = {**elements, node.variable: "any"}
                self._require(self.of(node.body, inside), ("bool",), node, f"{node.kind} asks what is true or false")
                return "bool"
            case Call():
                return self._call(node, [self.of(each, elements) for each in node.arguments])

    def _field(self, node: Field, elements: Mapping[str, Kind]) -> Kind:
        self._require(self.of(node.of, elements), ("map",), node, f"only a map has a field {node.field}")
        if isinstance(node.of, Name) and node.of.name == "event":
            if node.field not in EVENT:
                raise _RefusedError(f"event has no {node.field}{did_you_mean(node.field, EVENT)}", node.at)
            return "bool" if node.test else EVENT[node.field]
        return "bool" if node.test else "any"

    def _call(self, node: Call, given: list[Kind]) -> Kind:
        match node.function:
            case "&&" | "||" | "!":
                for each in given:
                    self._require(each, ("bool",), node, f"{node.function} takes what is true or false")
                return "bool"
            case "?:":
                self._require(given[0], ("bool",), node, "? asks what is true or false")
                return given[1] if given[1] == given[2] else "any"
            case "==" | "!=":
                return "bool"
            case "in":
                self._require(given[1], ("list", "map"), node, "in looks into a list or a map")
                return "bool"
            case "[]":
                self._require(given[0], ("list", "map"), node, "only a list or a map has items")
                return "any"
        return self._function(node, given)

    def _function(self, node: Call, given: list[Kind]) -> Kind:
        function = OPERATORS.get(node.function) or FUNCTIONS.get(node.function)
        if function is None:
            why = f"it calls {node.function}, which is no function here{did_you_mean(node.function, FUNCTIONS)}"
            raise _RefusedError(why, node.at)
        fit = [
            gives
            for takes, gives in function.signatures
            if len(takes) == len(given) and all(_fits(*each) for each in zip(takes, given, strict=True))
        ]
        if not fit:
            given_kinds = " and ".join(_KIND_NAMES[each] for each in given) or "nothing"
            named = node.function if node.function in FUNCTIONS else {"neg": "-"}.get(node.function, node.function)
            raise _RefusedError(f"{named} does not take {given_kinds}", node.at)
        expression = node.arguments[1] if node.function == "matches" else None
        if isinstance(expression, Constant):
            try:
                pattern(str(expression.value))
            except BadPatternError as bad:
                raise _RefusedError(str(bad), expression.at) from None
        zone = node.arguments[1] if node.function.startswith("get") and len(given) == 2 else None
        if isinstance(zone, Constant):
            _require_zone(zone)
        return fit[0] if len(set(fit)) == 1 else "any"

    def _require(self, found: Kind, wanted: tuple[Kind, ...], node: Node, why: str) -> None:
        if found != "any" and found not in wanted:
            raise _RefusedError(f"{why}, and this is {_KIND_NAMES[found]}", node.at)


def _require_zone(zone: Constant) -> None:
    try:
        time_zone(str(zone.value))
    except FailsError as fails:
        raise _RefusedError(f"{fails}: {zone.value}", zone.at) from None


def _fits(takes: Kind, given: Kind) -> bool:
    return "any" in (takes, given) or takes == given
