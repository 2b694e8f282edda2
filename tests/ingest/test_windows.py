"""Windows of a file: sorted by twin, each twin in its order, nothing lost, and no more held than a window."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beliefgraph.errors import Incorrect
from beliefgraph.ingest import windows
from beliefgraph.ingest.jsonl import Line
from beliefgraph.ingest.windows import batches
from beliefgraph.model.event import Event

TWINS = st.lists(st.sampled_from(["lena", "omar", "mia", None, "wrong"]), max_size=40)
"""The twin of each line; None for an event that names none, `wrong` for a line that is no event."""


def _lines(twins: list[str | None]) -> Iterator[Line]:
    for number, twin in enumerate(twins, 1):
        event = Event(id=str(number), source="/crm", type="note", time=datetime(2026, 9, 30, tzinfo=UTC), twin=twin)
        yield Line(number, 10 * number, Incorrect("invalid-event", "not an event") if twin == "wrong" else event)


@given(TWINS, st.integers(1, 12), st.integers(1, 12))
def test_every_line_comes_once_and_each_twin_keeps_its_order(twins: list[str | None], window: int, batch: int) -> None:
    found = list(batches(_lines(twins), window, batch))
    numbers = [line.number for some in found for line in some.lines]
    assert sorted(numbers) == list(range(1, len(twins) + 1))
    for twin in set(twins):
        of_twin = [number for number in numbers if twins[number - 1] == twin]
        assert of_twin == sorted(of_twin)
    assert all(0 < len(some.lines) <= batch for some in found)


@given(TWINS, st.integers(1, 12), st.integers(1, 12))
def test_what_is_done_grows_to_the_end_of_the_file(twins: list[str | None], window: int, batch: int) -> None:
    ends = [some.end for some in batches(_lines(twins), window, batch)]
    assert ends == sorted(ends)
    assert not twins or ends[-1] == 10 * len(twins)


@given(TWINS)
def test_in_a_window_the_events_of_a_twin_are_adjacent_and_those_that_name_none_come_last(
    twins: list[str | None],
) -> None:
    order = [twins[line.number - 1] for some in batches(_lines(twins), 100, 7) for line in some.lines]
    seen = list(dict.fromkeys(order))
    assert order == sorted(order, key=seen.index)
    named = [twin for twin in seen if twin not in ("wrong", None)]
    assert seen == ["wrong"] * ("wrong" in twins) + named + [None] * (None in twins)


def test_a_window_ends_after_its_lines_or_its_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    def lines() -> Iterator[Line]:
        for line in _lines(["lena"] * 30):
            read.append(line.number)
            yield line

    next(batches(lines(), 7, 3))
    assert len(read) == 7
    monkeypatch.setattr(windows, "WINDOW_BYTES", 40)
    read.clear()
    next(batches(lines(), 7, 3))
    assert len(read) == 4
