"""Expressions: what they give, what is refused before they are in force, and what stops those that take too long."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from beliefgraph.services.cel.functions import Kind
from beliefgraph.services.interpretation import expressions
from beliefgraph.services.interpretation.expressions import ExpressionError

WINTER, SUMMER = datetime(2026, 1, 5, 23, 30, tzinfo=UTC), datetime(2026, 7, 5, 22, 30, tzinfo=UTC)


def value(expression: str, at: datetime = WINTER, **data: Any) -> object:
    event = {"id": "1", "source": "/crm", "type": "note", "time": at, "data": data}
    return expressions.evaluate(expression, expressions.variables({"event": event, "data": data}))


@pytest.mark.parametrize(
    ("expression", "data", "expected"),
    [
        ("data.slider / 50.0 - 1.0", {"slider": 75}, 0.5),
        ("data.stars * 0.5", {"stars": 4}, 2.0),
        ("data.stars - 3", {"stars": 4.5}, 1.5),
        ("data.a + data.b", {"a": 1, "b": 2.5}, 3.5),
        ("data.a % 2 == 0", {"a": 4.0}, True),
        ("data.a >= 3.5 && data.a < 5", {"a": 4}, True),
        ("data.a in [4.0]", {"a": 4}, True),
        ("data.big ? 1.5 : 0", {"big": True}, 1.5),
        ("data.list[data.i]", {"list": [7, 8], "i": 1.0}, 8),
        ("data.a == true", {"a": 1}, False),
        ("1 in [true]", {}, False),
        ("-7 / 2", {}, -3),
        ("-7 % 2", {}, -1),
        ("2 + 3 * 4 - 1", {}, 13),
        ("data.missing == 1 || true", {}, True),
        ("has(data.a) && !has(data.b)", {"a": None}, True),
        ("data.l.exists(x, x.role == 'cto') && data.l.all(x, has(x.role))", {"l": [{"role": "cto"}]}, True),
        ("data.m.exists(k, k == 'a')", {"m": {"a": 1}}, True),
        ("size('Köln') + size(data.l)", {"l": [1]}, 5),
        (r"""r'\d' + '\u00e4' + "'" + '''a'b'''""", {}, "\\dä'a'b"),
        ("{'a': [1, 2]}.a[1]", {}, 2),
        ("data.s.matches('^K.ln$')", {"s": "Köln"}, True),
        ("string(1.0) + string(2) + string(true) + string(1.5)", {}, "12true1.5"),
        ("duration('90m') > duration('1h') && timestamp('2026-01-05T23:30:00Z') == event.time", {}, True),
        ("data.content-1 // a remark", {"content": 3}, 2),
    ],
)
def test_an_expression_gives(expression: str, data: dict[str, Any], expected: object) -> None:
    assert expressions.check(expression) is None
    found = value(expression, **data)
    assert found == expected
    assert type(found) is type(expected)


def test_a_moment_is_read_in_a_time_zone_and_follows_daylight_saving() -> None:
    berlin = "string(event.time.getHours('Europe/Berlin'))"
    assert expressions.check(berlin) is None
    assert (value(berlin, WINTER), value(berlin, SUMMER)) == ("0", "0")
    assert value("event.time.getDayOfWeek('Europe/Berlin') - event.time.getDayOfWeek()") == 1
    assert value("event.time.getMinutes('+05:30') + event.time.getHours(data.zone)", zone="-01:00") == 22


@pytest.mark.parametrize(
    ("expression", "wanted", "wrong"),
    [
        ("string(event.time.getHours('Europe/Berln'))", (), "no such time zone: Europe/Berln"),
        ("event.tme.getHours() > 1", (), "event has no tme; did you mean time? (at column 7)"),
        ("data.x.lenght() > 1", (), "calls lenght, which is no function"),
        ("data.x.startswith('a')", (), "did you mean startsWith?"),
        ("event.time + 1", (), "+ does not take a moment and a number"),
        ("event.source > 3", (), "> does not take a text and a number"),
        ("data.x == 1 ? 1 / 0 : 2", (), "divides by zero"),
        ("data.x.matches('(')", (), "not a regular expression"),
        ("data.x.matches('((a{60}){60}){10}b')", (), "not a regular expression"),
        ("data.l.all(a, (true ? data : a).l[0] >= 0)", (), "names data inside all"),
        ("size(data.l)", ("bool",), "it gives a number, where true or false is needed"),
        ("event.time", ("string",), "it gives a moment, where a text is needed"),
        ("(" * 80 + "1" + ")" * 80, (), "nested deeper than 60"),
        ("1" + "+1" * 300, (), "more than 250 operators"),
        ("data.x\n  == ?", (), "'?' is not expected here (at line 2, column 6)"),
        ("'abc", (), "no part of CEL"),
    ],
)
def test_what_would_fail_on_every_event_or_cost_too_much_is_refused(
    expression: str, wanted: tuple[Kind, ...], wrong: str
) -> None:
    assert wrong in (expressions.check(expression, *wanted) or "accepted")


ZEROS = [0] * 32_000


@pytest.mark.parametrize(
    ("expression", "data"),
    [
        ("data.l.all(a, (true ? data : a).l[0] >= 0)", {"l": ZEROS}),
        ("data.l.all(a, a in data.l)", {"l": list(range(12_000))}),
        ("data.l.all(a, data.l == data.l)", {"l": ZEROS}),
        ("data.l.all(a, data.l.all(b, data.l.all(c, c >= 0)))", {"l": ZEROS}),
        ("data.l.map(a, data.l).map(a, a + a).size() > 0", {"l": ZEROS}),
        ("data.l.all(a, !data.x.matches('x.*y'))", {"l": [0] * 9_000, "x": "a" * 40_000}),
        ("data.l.all(a, !(data.x + data.x).contains('b'))", {"l": [0] * 9_000, "x": "a" * 40_000}),
        ("data.x.matches('([ab]{1,30}a){1,20}x')", {"x": "ab" * 30_000}),
        ("size(" + "data.l + " * 110 + "data.l) > 1", {"l": ZEROS[:9_000]}),
    ],
)
def test_an_expression_in_force_that_takes_long_is_stopped_after_the_same_steps(
    expression: str, data: dict[str, Any]
) -> None:
    variables = expressions.variables({"event": {}, "data": data})
    started = time.process_time()
    with pytest.raises(ExpressionError, match="more than 250,000 steps"):
        expressions.evaluate(expression, variables)
    assert time.process_time() - started < 0.5  # some 5 to 40 ms on an idle machine
    again = expressions.variables({"event": {}, "data": data})
    with pytest.raises(ExpressionError):
        expressions.evaluate(expression, again)
    assert again.left == variables.left


def test_all_expressions_on_one_event_share_the_budget() -> None:
    variables = expressions.variables({"data": {"l": ZEROS}})
    assert expressions.evaluate("data.l.all(a, a >= 0)", variables) is True
    with pytest.raises(ExpressionError, match="steps"):
        expressions.evaluate("data.l.all(a, a >= 0)", variables)


def test_a_regular_expression_takes_time_in_proportion_to_the_text() -> None:
    started = time.process_time()
    assert value("data.x.matches('(a+)+b')", x="a" * 6_000) is False
    assert time.process_time() - started < 0.5
