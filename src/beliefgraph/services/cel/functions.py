"""The functions that an expression may call, each with the kinds of its arguments and result.

A function may also be called as a method on its first argument. If its time grows with its arguments, it has a number
of steps for that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

import re2

from beliefgraph.model.zone import zone_names
from beliefgraph.services.cel import values
from beliefgraph.services.cel.values import WRONG_FORM, WRONG_TYPE, FailsError

Kind: TypeAlias = Literal["any", "bool", "number", "string", "bytes", "list", "map", "null", "timestamp", "duration"]
"""The kinds of values, known before there is an event; `any` is anything."""

MOST_INSTRUCTIONS = 2_000
"""Largest size of a regular expression, in instructions of its automaton."""

INSTRUCTIONS_IN_A_STEP = 16
"""Instructions per character that one step covers: about 130 ns where the automaton must be simulated."""

CHARACTERS_IN_A_STEP = 256


@dataclass(frozen=True)
class Function:
    """A function: its signatures, kinds of arguments and of the result, and its cost in steps besides 1."""

    call: Callable[..., object]
    signatures: tuple[tuple[tuple[Kind, ...], Kind], ...]
    cost: Callable[..., int] | None = None


class BadPatternError(FailsError):
    """A text is not a regular expression."""


@lru_cache(maxsize=1_000)
def pattern(text: str) -> re2._Regexp:
    """An RE2 regular expression, which takes time linear in the text; `BadPatternError` if it is not one."""
    options = re2.Options()
    options.log_errors = False
    try:
        found = re2.compile(text, options)
    except re2.error:
        raise BadPatternError("that is not a regular expression of RE2") from None
    if found.programsize > MOST_INSTRUCTIONS:
        raise BadPatternError(f"the regular expression has more than {MOST_INSTRUCTIONS:,} instructions")
    return found


@lru_cache(maxsize=1_000)
def time_zone(name: str) -> tzinfo:
    """A time zone by its IANA name, or an offset such as `+02:00`."""
    offset = re.fullmatch(r"([+-]?)(\d\d):(\d\d)", name, re.ASCII)
    try:
        if offset is not None:
            span = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
            return timezone(-span if offset[1] == "-" else span)
        if name in zone_names():
            return ZoneInfo(name)
    except ValueError:  # an offset of a day or more
        pass
    raise FailsError("there is no such time zone")


def _size(value: object) -> int:
    if isinstance(value, (str, bytes, list, dict)):
        return len(value)
    raise FailsError(WRONG_FORM)


def _of_texts(call: Callable[[str, str], bool]) -> Callable[..., object]:
    def checked(text: object, other: object) -> bool:
        if isinstance(text, str) and isinstance(other, str):
            return call(text, other)
        raise FailsError(WRONG_FORM)

    return checked


def _matches(text: object, expression: object) -> bool:
    if isinstance(text, str) and isinstance(expression, str):
        return pattern(expression).search(text) is not None
    raise FailsError(WRONG_FORM)


def _cost_of_matching(text: object, expression: object) -> int:
    if not (isinstance(text, str) and isinstance(expression, str)):
        return 0
    return len(text) * int(pattern(expression).programsize) // INSTRUCTIONS_IN_A_STEP


def _cost_of_text(*arguments: object) -> int:
    return sum(len(each) for each in arguments if isinstance(each, (str, bytes))) // CHARACTERS_IN_A_STEP


def _of_time(read: Callable[[datetime], int], of_span: int | None = None) -> Callable[..., object]:
    """A getter of a moment, in a zone or in UTC; `of_span` is its unit in microseconds for spans, if it has one."""

    def get(value: object, where: object = None) -> int:
        if isinstance(value, datetime) and (where is None or isinstance(where, str)):
            try:
                return read(value if where is None else value.astimezone(time_zone(where)))
            except OverflowError:
                raise FailsError(values.TOO_LARGE) from None
        if isinstance(value, timedelta) and of_span is not None and where is None:
            micros = value // timedelta(microseconds=1)
            return abs(micros) // of_span * (-1 if micros < 0 else 1)
        raise FailsError(WRONG_TYPE)

    return get


def _getter(read: Callable[[datetime], int], of_span: int | None = None) -> Function:
    spans: tuple[tuple[tuple[Kind, ...], Kind], ...] = ((("duration",), "number"),) if of_span else ()
    signatures = ((("timestamp",), "number"), (("timestamp", "string"), "number"), *spans)
    return Function(_of_time(read, of_span), signatures)  # type: ignore[arg-type]


def _conversion(call: Callable[[object], object], to: Kind, *of: Kind) -> Function:
    return Function(call, tuple(((each,), to) for each in of), _cost_of_text)


_TEXTS: tuple[tuple[tuple[Kind, ...], Kind], ...] = ((("string", "string"), "bool"),)

FUNCTIONS: Mapping[str, Function] = {
    "size": Function(_size, tuple(((each,), "number") for each in ("string", "bytes", "list", "map"))),
    "contains": Function(_of_texts(lambda text, part: part in text), _TEXTS, _cost_of_text),
    "startsWith": Function(_of_texts(str.startswith), _TEXTS, _cost_of_text),
    "endsWith": Function(_of_texts(str.endswith), _TEXTS, _cost_of_text),
    "matches": Function(_matches, _TEXTS, _cost_of_matching),
    "type": Function(values.kind, ((("any",), "string"),)),
    "dyn": Function(lambda value: value, ((("any",), "any"),)),
    "int": _conversion(values.to_int, "number", "number", "string", "timestamp"),
    "uint": _conversion(values.to_uint, "number", "number", "string"),
    "double": _conversion(values.to_double, "number", "number", "string"),
    "string": _conversion(values.to_string, "string", "string", "bool", "number", "bytes", "timestamp", "duration"),
    "bytes": _conversion(values.to_bytes, "bytes", "string", "bytes"),
    "timestamp": _conversion(values.to_timestamp, "timestamp", "string", "number", "timestamp"),
    "duration": _conversion(values.to_duration, "duration", "string", "duration"),
    "getFullYear": _getter(lambda time: time.year),
    "getMonth": _getter(lambda time: time.month - 1),
    "getDate": _getter(lambda time: time.day),
    "getDayOfMonth": _getter(lambda time: time.day - 1),
    "getDayOfWeek": _getter(lambda time: time.isoweekday() % 7),
    "getDayOfYear": _getter(lambda time: time.timetuple().tm_yday - 1),
    "getHours": _getter(lambda time: time.hour, 3_600_000_000),
    "getMinutes": _getter(lambda time: time.minute, 60_000_000),
    "getSeconds": _getter(lambda time: time.second, 1_000_000),
    "getMilliseconds": _getter(lambda time: time.microsecond // 1_000, 1_000),
}
"""Every function, by name."""


def _arithmetic(*more: tuple[tuple[Kind, ...], Kind]) -> tuple[tuple[tuple[Kind, ...], Kind], ...]:
    return ((("number", "number"), "number"), *more)


def _cost_of_adding(a: object, b: object) -> int:
    if isinstance(a, (str, bytes, list)) and isinstance(b, (str, bytes, list)):
        return (len(a) + len(b)) // (16 if isinstance(a, list) else 256)
    return 0


_ORDERED: tuple[tuple[tuple[Kind, ...], Kind], ...] = tuple(
    ((each, each), "bool") for each in ("number", "string", "bool", "bytes", "timestamp", "duration")
)

OPERATORS: Mapping[str, Function] = {
    "+": Function(
        values.add,
        _arithmetic(
            (("string", "string"), "string"),
            (("bytes", "bytes"), "bytes"),
            (("list", "list"), "list"),
            (("timestamp", "duration"), "timestamp"),
            (("duration", "timestamp"), "timestamp"),
            (("duration", "duration"), "duration"),
        ),
        _cost_of_adding,
    ),
    "-": Function(
        values.subtract,
        _arithmetic(
            (("timestamp", "timestamp"), "duration"),
            (("timestamp", "duration"), "timestamp"),
            (("duration", "duration"), "duration"),
        ),
    ),
    "*": Function(values.multiply, _arithmetic()),
    "/": Function(values.divide, _arithmetic()),
    "%": Function(values.remainder, _arithmetic()),
    "neg": Function(values.negate, ((("number",), "number"), (("duration",), "duration"))),
    "<": Function(values.less, _ORDERED),
    ">": Function(lambda a, b: values.less(b, a), _ORDERED),
    "<=": Function(lambda a, b: values.less(a, b) or _same(a, b), _ORDERED),
    ">=": Function(lambda a, b: values.less(b, a) or _same(a, b), _ORDERED),
}
"""Every operator that always evaluates its operands; the others are in `evaluate`."""


def _same(a: object, b: object) -> bool:
    """Whether two ordered values are equal."""
    return a == b
