"""Preparing an expression for evaluation: every node becomes a function of the variables.

Work is counted in steps: one for every node, in a loop once for every element, and more where a function's time grows
with its input. The steps are a function of the expression and the event alone, so whether an expression is stopped does
not depend on the machine. A step takes about 50 to 150 nanoseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from beliefgraph.services.cel.functions import FUNCTIONS, OPERATORS, Function
from beliefgraph.services.cel.tree import Call, Constant, Field, ListOf, Loop, MapOf, Name, Node, size
from beliefgraph.services.cel.values import WRONG_TYPE, FailsError, is_number

STEPS = 250_000
"""The budget of all expressions on one event together: about 20 ms, and more than one step per part of an event."""

STEPS_OF_A_COMPARISON = 4
"""Steps to compare two elements of a list or a map."""

UNKNOWN_FUNCTION = "it calls a function that there is not"


class MissingError(FailsError):
    """A map has no such field."""

    def __init__(self, field: object) -> None:
        super().__init__("a field it looks up is missing")
        self.field = field


class TooCostlyError(Exception):
    """The steps are used up."""


class Variables(dict[str, object]):
    """The variables of an evaluation, with the remaining steps of all expressions on them."""

    def __init__(self, values: Mapping[str, object], steps: int = STEPS) -> None:
        super().__init__(values)
        self.left = steps

    def spend(self, steps: int) -> None:
        """Use up steps; `TooCostlyError` if too few remain."""
        self.left -= steps
        if self.left < 0:
            raise TooCostlyError


Ready: TypeAlias = Callable[[Variables], object]


def ready(tree: Node) -> Ready:
    """The function that evaluates a tree, or raises `FailsError` or `TooCostlyError`."""
    evaluate, steps = _ready(tree), size(tree)

    def run(variables: Variables) -> object:
        variables.spend(steps)
        return evaluate(variables)

    return run


def equal(a: object, b: object, variables: Variables) -> bool:
    """Whether two values are equal: numbers by value, whatever their type; true is not a number."""
    if isinstance(a, list):
        if not isinstance(b, list) or len(a) != len(b):
            return False
        variables.spend(STEPS_OF_A_COMPARISON * len(a))
        return all(equal(x, y, variables) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict):
        if not isinstance(b, dict) or len(a) != len(b):
            return False
        variables.spend(STEPS_OF_A_COMPARISON * len(a))
        return all(key in b and equal(value, b[key], variables) for key, value in a.items())
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    return a == b


def _ready(node: Node) -> Ready:
    match node:
        case Constant(value=value):
            return lambda _variables: value
        case Name(name=name):
            return lambda variables: variables[name]
        case Field():
            return _field(node)
        case ListOf(items=items):
            each = [_ready(item) for item in items]
            return lambda variables: [item(variables) for item in each]
        case MapOf(entries=entries):
            pairs = [(_ready(key), _ready(value)) for key, value in entries]
            return lambda variables: {_key(key(variables)): value(variables) for key, value in pairs}
        case Loop():
            return _loop(node)
        case Call():
            return _call(node)


def _field(node: Field) -> Ready:
    field = node.field
    if isinstance(node.of, Name) and not node.test:
        name = node.of.name

        def of_name(variables: Variables) -> object:
            try:
                return variables[name][field]  # type: ignore[index]
            except (KeyError, TypeError, IndexError):
                raise _no_field(variables[name], field) from None

        return of_name
    of = _ready(node.of)
    if node.test:

        def has(variables: Variables) -> object:
            found = of(variables)
            if isinstance(found, dict):
                return field in found
            raise FailsError(WRONG_TYPE)

        return has

    def select(variables: Variables) -> object:
        found = of(variables)
        try:
            return found[field]  # type: ignore[index]
        except (KeyError, TypeError, IndexError):
            raise _no_field(found, field) from None

    return select


def _no_field(of: object, field: object) -> FailsError:
    return MissingError(field) if isinstance(of, dict) else FailsError(WRONG_TYPE)


def _call(node: Call) -> Ready:
    arguments = [_ready(each) for each in node.arguments]
    match node.function:
        case "&&":
            return _either(*arguments, decisive=False)
        case "||":
            return _either(*arguments, decisive=True)
        case "!":
            return lambda variables: not _boolean(arguments[0](variables))
        case "?:":
            condition, then, otherwise = arguments
            return lambda variables: then(variables) if _boolean(condition(variables)) else otherwise(variables)
        case "==":
            left, right = arguments
            return lambda variables: equal(left(variables), right(variables), variables)
        case "!=":
            left, right = arguments
            return lambda variables: not equal(left(variables), right(variables), variables)
        case "in":
            left, right = arguments
            return lambda variables: _contained(left(variables), right(variables), variables)
        case "[]":
            left, right = arguments
            return lambda variables: _item(left(variables), right(variables))
    function = OPERATORS.get(node.function) or FUNCTIONS.get(node.function)
    if function is None or len(arguments) not in {len(taken) for taken, _ in function.signatures}:
        return _unknown
    return _function(function, arguments)


def _unknown(_variables: Variables) -> object:
    raise FailsError(UNKNOWN_FUNCTION)


def _function(function: Function, arguments: list[Ready]) -> Ready:
    call, cost = function.call, function.cost
    if cost is not None:

        def counted(variables: Variables) -> object:
            values = [each(variables) for each in arguments]
            variables.spend(cost(*values))
            return call(*values)

        return counted
    if len(arguments) == 1:
        (only,) = arguments
        return lambda variables: call(only(variables))
    left, right = arguments
    return lambda variables: call(left(variables), right(variables))


def _either(left: Ready, right: Ready, *, decisive: bool) -> Ready:
    """`||` where true decides, `&&` where false does: a side that decides overrides a failure of the other."""

    def evaluate(variables: Variables) -> bool:
        try:
            if _boolean(left(variables)) is decisive:
                return decisive
        except FailsError:
            if _boolean(right(variables)) is decisive:
                return decisive
            raise
        return _boolean(right(variables))

    return evaluate


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise FailsError(WRONG_TYPE)


def _key(value: object) -> object:
    if isinstance(value, (str, bool, int)):
        return value
    raise FailsError(WRONG_TYPE)


def _contained(value: object, of: object, variables: Variables) -> bool:
    if isinstance(of, dict):
        return _entry(of, value) is not None
    if isinstance(of, list):
        variables.spend(STEPS_OF_A_COMPARISON * len(of))
        return any(equal(value, each, variables) for each in of)
    raise FailsError(WRONG_TYPE)


def _item(of: object, at: object) -> object:
    if isinstance(of, list):
        if not is_number(at) or (isinstance(at, float) and not at.is_integer()):
            raise FailsError(WRONG_TYPE)
        if not 0 <= at < len(of):  # type: ignore[operator]
            raise FailsError("a list is shorter than that")
        return of[int(at)]  # type: ignore[call-overload]
    if isinstance(of, dict):
        if (entry := _entry(of, at)) is None:
            raise MissingError(at)
        return entry[0]
    raise FailsError(WRONG_TYPE)


def _entry(of: Mapping[object, object], key: object) -> tuple[object] | None:
    """The value of a map key, as a tuple; a boolean is not a number, although it is one in Python."""
    if isinstance(key, (list, dict)) or key not in of:
        return None
    if isinstance(key, (bool, int, float)) and not any(
        isinstance(each, bool) is isinstance(key, bool) and each == key for each in of
    ):
        return None
    return (of[key],)


def _loop(node: Loop) -> Ready:
    over, body = _ready(node.over), _ready(node.body)
    condition = None if node.condition is None else _ready(node.condition)
    name, kind = node.variable, node.kind
    steps = 1 + size(node.body) + (0 if node.condition is None else size(node.condition))

    def loop(variables: Variables) -> object:
        elements = over(variables)
        if not isinstance(elements, (list, dict)):
            raise FailsError(WRONG_TYPE)
        outer = variables.get(name, _NOTHING)
        try:
            return _run(kind, elements, variables, name, body, condition, steps)
        finally:
            if outer is _NOTHING:
                variables.pop(name, None)
            else:
                variables[name] = outer

    return loop


_NOTHING = object()


def _run(
    kind: str,
    elements: Iterable[object],
    variables: Variables,
    name: str,
    body: Ready,
    condition: Ready | None,
    steps: int,
) -> object:
    """The result of a macro over the elements, each bound in turn to the variable `name`."""
    found: list[object] = []
    failure: FailsError | None = None
    for element in elements:
        variables.spend(steps)
        variables[name] = element
        if kind == "map":
            if condition is None or _boolean(condition(variables)):
                found.append(body(variables))
            continue
        try:
            holds = _boolean(body(variables))
        except FailsError as fails:
            if kind in ("filter", "exists_one"):
                raise
            failure = failure or fails
            continue
        if kind == "all" and not holds:
            return False
        if kind == "exists" and holds:
            return True
        if holds:
            found.append(element)
    if failure is not None:
        raise failure
    match kind:
        case "all":
            return True
        case "exists":
            return False
        case "exists_one":
            return len(found) == 1
    return found
