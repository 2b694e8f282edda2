"""Expressions: CEL, read once, refused before they are in force if they could fail or cost too much.

CEL has no unbounded loops, but the library copies a variable wherever it is named, so two nested macros, a macro whose
body looks back at the event, and the list-building macros take quadratic time or worse: 300 elements through two
levels took 1.4 s, `map` over 30,000 took 20 s. So an expression may use `all`, `exists` and `exists_one`, one inside no
other, and each only on its own element; then its time grows with the size of the event and no faster.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TypeAlias

import cel

from beliefgraph.errors import Incorrect

VARIABLES = frozenset({"event", "data"})

_FUNCTIONS_OF_VALUES = "size contains startsWith endsWith matches type dyn"
_FUNCTIONS_OF_TYPES = "bytes double duration int string timestamp uint"
_FUNCTIONS_OF_TIMES = """
    getFullYear getMonth getDate getDayOfMonth getDayOfWeek getDayOfYear getHours getMinutes getSeconds getMilliseconds
"""
FUNCTIONS = frozenset(f"{_FUNCTIONS_OF_VALUES} {_FUNCTIONS_OF_TYPES} {_FUNCTIONS_OF_TIMES}".split())
"""What an expression may call; anything else would fail on every event."""

Variables: TypeAlias = cel.Context
"""The variables of an evaluation, as CEL's own values."""

COMPILED_EXPRESSIONS = 10_000  # a tenant's rules, several times over

_OPERATOR = re.compile(r"^(?:@?_?[^a-zA-Z]+_?.*|@in|@not_strictly_false)$")
_TEXT = re.compile(
    r"""//[^\n]*
      | [bB]?[rR][bB]?(?:\"\"\".*?\"\"\"|'''.*?'''|"[^"\n]*"|'[^'\n]*')
      | [bB]?(?:\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')""",
    re.VERBOSE | re.DOTALL,
)
_LOOP = re.compile(r"\.\s*(all|exists|exists_one|existsOne)\s*\(\s*([A-Za-z_]\w*)\s*,")
_BUILDER = re.compile(r"\.\s*(map|filter|transformList|transformMap|transformMapEntry)\s*\(")
_OUTER_NAME = re.compile(r"(?<![\w.])(event|data)\b(?!\s*:)")

_REFUSALS: tuple[tuple[type[BaseException], str], ...] = (
    (ZeroDivisionError, "it divides by zero"),
    (OverflowError, "a number grows too large"),
    (IndexError, "a list is shorter than that"),
    (TypeError, "an operation meets a value of the wrong type (CEL never converts by itself)"),
    (ValueError, "a value is not of the form a function needs"),
)


class ExpressionError(Exception):
    """An expression has no value on this input; the message says why, and never shows a value of the input."""


def evaluate(expression: str, variables: Variables) -> object:
    """The value of a CEL expression over `variables`, or `ExpressionError`."""
    try:
        return _compiled(expression).execute(variables)
    except BaseException as error:  # a panic of the Rust library is no Exception
        if isinstance(error, (KeyboardInterrupt, SystemExit, MemoryError)):
            raise
        raise ExpressionError(_reason(expression, error)) from None


def variables(values: Mapping[str, object]) -> Variables:
    """The variables for `evaluate`, turned into CEL's values once for all expressions."""
    return cel.Context(dict(values))


def check(expression: str) -> str | None:
    """What is wrong with an expression in itself, in words; None if nothing is."""
    try:
        program = _compiled(expression)
    except BaseException as error:
        if isinstance(error, (KeyboardInterrupt, SystemExit, MemoryError)):
            raise
        return f"it is not CEL: {str(error).splitlines()[0].rpartition('ERROR: ')[2]}"
    code = _TEXT.sub(lambda text: " " * len(text[0]), expression)
    if builder := _BUILDER.search(code):
        return f"it uses {builder[1]}, which takes quadratic time; use all, exists or exists_one"
    loops = {match[2] for match in _LOOP.finditer(code)}
    if unknown := set(program.variables()) - VARIABLES - loops:
        return f"it names {', '.join(sorted(unknown))}; it can see event and data"
    if unknown := {f for f in program.functions() if not _OPERATOR.match(f)} - FUNCTIONS:
        return f"it calls {', '.join(sorted(unknown))}, which is no function here"
    return _costly(code)


def require(expression: str, place: str) -> None:
    """Refuse (`invalid-definition`, naming the place) an expression that is wrong in itself."""
    if wrong := check(expression):
        raise Incorrect("invalid-definition", f"{place}: {expression!r}: {wrong}.", place=place)


def _costly(code: str) -> str | None:
    for loop in _LOOP.finditer(code):
        if loop[2] in VARIABLES:
            return f"it calls an element {loop[2]}, which already means something"
        body = code[loop.end() : _closing(code, loop.end())]
        if _LOOP.search(body):
            return f"it has a macro inside {loop[1]}, which takes quadratic time"
        if outer := _OUTER_NAME.search(body):
            return f"it names {outer[1]} inside {loop[1]}, which takes quadratic time; look at {loop[2]} only"
    return None


def _closing(code: str, start: int) -> int:
    """Where the parenthesis that is open at `start` closes."""
    depth = 1
    for position in range(start, len(code)):
        depth += {"(": 1, ")": -1}.get(code[position], 0)
        if depth == 0:
            return position
    return len(code)


def _reason(expression: str, error: BaseException) -> str:
    """Why it failed, in words that cannot hold anything of the event: the library's messages quote values."""
    if isinstance(error, KeyError):
        field = str(error.args[0]).strip("'") if error.args else ""
        named = f"there is no field {field}" if field and field in expression else "a field it looks up is missing"
        return f"{named}; guard it with has()"
    for kind, reason in _REFUSALS:
        if isinstance(error, kind):
            return reason
    return "a function does not take what it is given" if isinstance(error, RuntimeError) else "the evaluator broke"


@lru_cache(maxsize=COMPILED_EXPRESSIONS)
def _compiled(expression: str) -> cel.Program:
    return cel.compile(expression)
