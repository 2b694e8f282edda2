"""The values of expressions: Python's own, with JSON's numbers, which may be mixed.

Whole numbers are int (64 bits), others float; text is str, a moment a datetime with a zone, a span a timedelta. If only
one of two numbers is whole, it is converted, in arithmetic and in comparisons: JSON has one type of number.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from math import fmod, inf, isfinite, nan
from typing import TypeAlias


class Uint(int):
    """A CEL unsigned integer; with another type of number it behaves like any."""

    __slots__ = ()


Number: TypeAlias = int | float

_SMALLEST_INT, _LARGEST_INT, _LARGEST_UINT = -(2**63), 2**63 - 1, 2**64 - 1
_DURATION = re.compile(r"([+-]?)((?:\d+(?:\.\d*)?|\.\d+)(?:h|ms|m|s|us|µs|ns))+", re.ASCII)
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(h|ms|m|s|us|µs|ns)", re.ASCII)
_UNITS = {"h": 3_600e6, "m": 60e6, "s": 1e6, "ms": 1e3, "us": 1.0, "µs": 1.0, "ns": 1e-3}
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)


class FailsError(Exception):
    """An expression has no value here; the message says why, without any part of the input."""


TOO_LARGE = "a number grows too large"
BY_ZERO = "it divides by zero"
WRONG_TYPE = "an operand has the wrong type (only int and double can be mixed)"
WRONG_FORM = "a function does not take what it is given"


def kind(value: object) -> str:
    """The CEL name of a value's type."""
    match value:
        case bool():
            return "bool"
        case Uint():
            return "uint"
        case int():
            return "int"
        case float():
            return "double"
        case str():
            return "string"
        case bytes():
            return "bytes"
        case list():
            return "list"
        case None:
            return "null_type"
        case datetime():
            return "google.protobuf.Timestamp"
        case timedelta():
            return "google.protobuf.Duration"
        case _:
            return "map"


def is_number(value: object) -> bool:
    """Whether a value is a number; true and false are not."""
    return isinstance(value, (int, float)) and value is not True and value is not False


def whole(value: int) -> int:
    """A whole number, refused beyond 64 bits."""
    if _SMALLEST_INT <= value <= _LARGEST_INT:
        return value
    raise FailsError(TOO_LARGE)


def add(a: object, b: object) -> object:
    """`a + b`: numbers, texts, bytes, lists, moments and spans."""
    if is_number(a) and is_number(b):
        return _number(a, b, a + b)  # type: ignore[operator]
    for type_ in (str, bytes, list):
        if isinstance(a, type_) and isinstance(b, type_):
            return a + b  # type: ignore[operator]
    if isinstance(a, timedelta) and isinstance(b, (datetime, timedelta)):
        return _moved(b, a)
    if isinstance(b, timedelta) and isinstance(a, datetime):
        return _moved(a, b)
    raise FailsError(WRONG_TYPE)


def subtract(a: object, b: object) -> object:
    """`a - b`: numbers, moments and spans."""
    if is_number(a) and is_number(b):
        return _number(a, b, a - b)  # type: ignore[operator]
    if isinstance(a, datetime) and isinstance(b, datetime):
        return a - b
    if isinstance(a, (datetime, timedelta)) and isinstance(b, timedelta):
        return _moved(a, -b)
    raise FailsError(WRONG_TYPE)


def multiply(a: object, b: object) -> object:
    """`a * b`."""
    if is_number(a) and is_number(b):
        return _number(a, b, a * b)  # type: ignore[operator]
    raise FailsError(WRONG_TYPE)


def divide(a: object, b: object) -> object:
    """`a / b`: two whole numbers give a whole one, rounded towards zero; else as in IEEE 754."""
    if not (is_number(a) and is_number(b)):
        raise FailsError(WRONG_TYPE)
    if isinstance(a, int) and isinstance(b, int):
        if b == 0:
            raise FailsError(BY_ZERO)
        return _number(a, b, abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1))
    x, y = float(a), float(b)  # type: ignore[arg-type]
    if y == 0.0:
        return nan if x == 0.0 or x != x else inf if (x > 0) == (str(y)[0] != "-") else -inf
    return x / y


def remainder(a: object, b: object) -> object:
    """`a % b`, with the sign of `a`."""
    if not (is_number(a) and is_number(b)):
        raise FailsError(WRONG_TYPE)
    if b == 0:
        raise FailsError(BY_ZERO)
    if isinstance(a, int) and isinstance(b, int):
        return _number(a, b, abs(a) % abs(b) * (-1 if a < 0 else 1))
    return fmod(a, b) if isfinite(a) else nan  # type: ignore[arg-type]


def negate(a: object) -> object:
    """`-a`: numbers and spans."""
    if isinstance(a, (timedelta, float)):
        return -a
    if is_number(a) and not isinstance(a, Uint):
        return whole(-a)  # type: ignore[operator]
    raise FailsError(WRONG_TYPE)


def less(a: object, b: object) -> bool:
    """`a < b` of two numbers, or of two values of one type that has an order."""
    if is_number(a) and is_number(b):
        return a < b  # type: ignore[operator, no-any-return]
    for type_ in (str, bool, bytes, datetime, timedelta):
        if isinstance(a, type_) and isinstance(b, type_):
            return a < b  # type: ignore[operator]
    raise FailsError(WRONG_TYPE)


def to_int(value: object) -> object:
    """`int(value)`: for a number its whole part, for a text its number, for a moment the seconds since 1970."""
    if isinstance(value, datetime):
        return (value - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    return _whole_part(value, _SMALLEST_INT, _LARGEST_INT)


def to_uint(value: object) -> object:
    """`uint(value)`: as `int`, and at least 0."""
    return Uint(_whole_part(value, 0, _LARGEST_UINT))


def to_double(value: object) -> object:
    """`double(value)`: for a number, or for a text that contains one."""
    if is_number(value):
        return float(value)  # type: ignore[arg-type]
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            raise FailsError(WRONG_FORM) from None
    raise FailsError(WRONG_FORM)


def to_string(value: object) -> str:
    """`string(value)`: a number without an exponent, a moment in ISO 8601, a span as `1h30m0s`."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(int(value))
        case float():
            return _spelled(value)
        case bytes():
            try:
                return value.decode()
            except UnicodeDecodeError:
                raise FailsError(WRONG_FORM) from None
        case datetime():
            return value.isoformat()
        case timedelta():
            return _span_spelled(value)
        case _:
            raise FailsError(WRONG_FORM)


def to_bytes(value: object) -> bytes:
    """`bytes(value)` of a text."""
    if isinstance(value, (str, bytes)):
        return value.encode() if isinstance(value, str) else value
    raise FailsError(WRONG_FORM)


def to_timestamp(value: object) -> datetime:
    """`timestamp(value)`: for a text as in RFC 3339, or for seconds since 1970."""
    if isinstance(value, datetime):
        return value
    try:
        if isinstance(value, int) and value is not True and value is not False:
            return datetime.fromtimestamp(value, UTC)
        if isinstance(value, str) and _TIMESTAMP.fullmatch(value):
            return datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        pass
    raise FailsError(WRONG_FORM)


def to_duration(value: object) -> timedelta:
    """`duration(value)` of a text such as `1h30m` or `2.5s`."""
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str) or len(value) > 100 or not (found := _DURATION.fullmatch(value)):
        raise FailsError(WRONG_FORM)
    span = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(value))
    try:
        return timedelta(microseconds=-span if found[1] == "-" else span)
    except OverflowError:
        raise FailsError(TOO_LARGE) from None


def _number(a: object, b: object, value: Number) -> Number:
    """The result of an arithmetic operation on two numbers, refused beyond 64 bits where both are whole."""
    if isinstance(value, float):
        return value
    if isinstance(a, Uint) and isinstance(b, Uint):
        if 0 <= value <= _LARGEST_UINT:
            return Uint(value)
        raise FailsError(TOO_LARGE)
    return whole(value)


def _moved(value: datetime | timedelta, by: timedelta) -> datetime | timedelta:
    try:
        return value + by
    except OverflowError:
        raise FailsError(TOO_LARGE) from None


def _whole_part(value: object, least: int, most: int) -> int:
    try:
        if not (is_number(value) or isinstance(value, str)) or (isinstance(value, str) and len(value) > 40):
            raise FailsError(WRONG_FORM)
        part = int(value)  # type: ignore[call-overload]
    except OverflowError:
        raise FailsError(TOO_LARGE) from None
    except ValueError:  # not a number, or not the text of one
        raise FailsError(WRONG_FORM) from None
    if least <= part <= most:
        return int(part)
    raise FailsError(TOO_LARGE)


def _spelled(value: float) -> str:
    if not isfinite(value):
        return "NaN" if value != value else "inf" if value > 0 else "-inf"
    if value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    text = repr(value)
    return text if "e" not in text else f"{value:.{_decimals(text)}f}" if abs(value) < 1 else text


def _decimals(text: str) -> int:
    """The number of decimals of a number with a negative exponent when written out."""
    digits, _, exponent = text.partition("e")
    return len(digits.partition(".")[2]) - int(exponent)


def _span_spelled(span: timedelta) -> str:
    sign, micros = ("-" if span < timedelta(0) else ""), abs(span) // timedelta(microseconds=1)
    minutes, rest = divmod(micros, 60_000_000)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{rest / 1e6:.6f}".rstrip("0").rstrip(".")
    return sign + (f"{hours}h" if hours else "") + (f"{minutes}m" if hours or minutes else "") + f"{seconds}s"
