"""One value per instant, held against a reference that paints it instant by instant."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from tests.effort import effort
from tests.world import START

from beliefgraph.model.revision import Revision
from beliefgraph.model.timeline import at, end, put

DAYS = 8
"""Statements begin and end on whole days before this one; the last cell stands for everything after."""

Statement = tuple[int, int | None]
statements = st.lists(
    st.tuples(st.integers(0, DAYS - 2), st.one_of(st.none(), st.integers(1, DAYS - 1))).filter(
        lambda s: s[1] is None or s[0] < s[1]
    ),
    max_size=8,
)


def day(n: float) -> datetime:
    return START + timedelta(days=n)


def row(rev: int, statement: Statement) -> Revision:
    """What rev states over some days; the definition says which statement it was, whatever becomes of the row."""
    start, stop = statement
    return Revision(
        revision_id=f"{rev:03}",
        twin="a twin",
        key="a fact",
        valid_from=day(start),
        valid_to=None if stop is None else day(stop),
        rev_from=rev,
        definition=str(rev),
        origin="provided",
    )


def paint(cells: list[str | None], name: str, statement: Statement) -> None:
    """The reference: a statement colours its days; an open one, up to the next day on which another colour begins."""
    start, stop = statement
    if stop is None:
        begins = (i for i in range(start + 1, DAYS) if cells[i] is not None and cells[i] != cells[i - 1])
        stop = next(begins, DAYS)
    cells[start:stop] = [name] * (stop - start)


def stated(all_: list[Statement]) -> tuple[list[Revision], list[str | None]]:
    known: list[Revision] = []
    cells: list[str | None] = [None] * DAYS
    for rev, statement in enumerate(all_, 1):
        closed, opened = put(known, row(rev, statement))
        known = [*(k for k in known if k not in closed), *opened]
        paint(cells, str(rev), statement)
    return known, cells


def value(rows: list[Revision], moment: datetime) -> str | None:
    found = [r.definition for r in rows if r.valid.contains(moment)]
    assert len(found) <= 1
    return found[0] if found else None


@effort(200)
@given(statements)
def test_put_leaves_the_value_that_was_stated_at_every_instant(all_: list[Statement]) -> None:
    known, cells = stated(all_)
    for n in range(DAYS):
        assert value(known, day(n)) == cells[n]
        assert value(known, day(n) + timedelta(microseconds=1)) == cells[n]
        assert value(known, day(n + 1) - timedelta(microseconds=1)) == cells[n]
    assert value(known, day(-1)) is None


@effort(200)
@given(statements)
def test_at_answers_what_put_would_leave(all_: list[Statement]) -> None:
    _, cells = stated(all_)
    rows = [row(rev, statement) for rev, statement in enumerate(all_, 1)]
    for n in range(DAYS):
        found = at(rows[::-1], day(n))
        assert (found.definition if found else None) == cells[n]


@effort(200)
@given(statements, st.integers(0, DAYS - 1))
def test_after_an_end_nothing_is_left_and_before_it_everything(all_: list[Statement], last: int) -> None:
    known, cells = stated(all_)
    closed, opened = end(known, day(last), len(all_) + 1)
    left = [*(k for k in known if k not in closed), *opened]
    for n in range(DAYS):
        assert value(left, day(n)) == (cells[n] if n < last else None)
    assert value(left, day(last) - timedelta(microseconds=1)) == (cells[last - 1] if last else None)


@effort(200)
@given(statements)
def test_every_row_that_is_opened_has_an_id_of_its_own_and_belongs_to_the_rev_that_opened_it(
    all_: list[Statement],
) -> None:
    known: list[Revision] = []
    ever: list[str] = []
    for rev, statement in enumerate(all_, 1):
        closed, opened = put(known, row(rev, statement))
        assert all(r.rev_from == rev for r in opened)
        ever += [r.revision_id for r in opened]
        known = [*(k for k in known if k not in closed), *opened]
    assert len(set(ever)) == len(ever)


def test_a_late_open_statement_holds_until_the_next_known_start() -> None:
    """In whatever order two open statements arrive, each holds from its own start."""
    orders: list[list[Statement]] = [[(1, None), (4, None)], [(4, None), (1, None)]]
    for order in orders:
        known, _ = stated(order)
        assert {(r.valid_from, r.valid_to) for r in known} == {(day(1), day(4)), (day(4), None)}
