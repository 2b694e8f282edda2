"""CEL expressions, parsed once; refused before publication if they can never work or cost too much.

A published expression may use `all`, `exists` and `exists_one`, not nested, and each only on its own element; so its
time grows linearly with the size of the event. In addition, all expressions on one event share a budget of steps, which
also stops expressions published under earlier rules (`services/cel/evaluate.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from beliefgraph.services.cel import functions
from beliefgraph.services.cel.check import check as check_tree
from beliefgraph.services.cel.evaluate import STEPS, MissingError, Ready, TooCostlyError, Variables, ready
from beliefgraph.services.cel.functions import Kind
from beliefgraph.services.cel.parse import NotCelError, column, parse
from beliefgraph.services.cel.values import FailsError

FUNCTIONS = frozenset(functions.FUNCTIONS)
"""The functions that an expression may call."""

COMPILED_EXPRESSIONS = 10_000  # a tenant's rules, several times over


class ExpressionError(Exception):
    """An expression has no value on this input; the message says why, without any value of the input."""


def evaluate(expression: str, variables: Variables) -> object:
    """The value of a CEL expression over `variables`, or `ExpressionError`."""
    try:
        return _compiled(expression)(variables)
    except MissingError as missing:
        field = str(missing.field)
        named = f"there is no field {field}" if field and field in expression else str(missing)
        raise ExpressionError(f"{named}; guard it with has()") from None
    except TooCostlyError:
        raise ExpressionError(f"the expressions on this event take more than {STEPS:,} steps") from None
    except NotCelError as wrong:
        raise ExpressionError(f"it is not valid CEL: {wrong}") from None
    except FailsError as fails:
        raise ExpressionError(str(fails)) from None
    except Exception:
        raise ExpressionError("the evaluator broke") from None


def variables(values: Mapping[str, object]) -> Variables:
    """The variables for `evaluate`, with the budget of steps shared by all expressions on them."""
    return Variables(values)


def check(expression: str, *wanted: Kind) -> str | None:
    """What is wrong with an expression by itself, as text; None if nothing is.

    It must give one of the kinds `wanted`, as far as that can be determined without an event; with none given, any.
    """
    try:
        wrong = check_tree(parse(expression), *wanted)
    except NotCelError as not_cel:
        return f"it is not valid CEL: {not_cel}"
    return None if wrong is None else f"{wrong.why} (at {column(expression, wrong.at)})"


@lru_cache(maxsize=COMPILED_EXPRESSIONS)
def _compiled(expression: str) -> Ready:
    return ready(parse(expression))
