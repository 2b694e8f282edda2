"""Lines of a file become events one at a time; a bad line is told by its number and the rest goes on."""

from __future__ import annotations

import io
import tracemalloc
from datetime import UTC, datetime

from beliefgraph.errors import BeliefgraphError
from beliefgraph.ingest.jsonl import MAX_LINE_BYTES, read_lines
from beliefgraph.model.event import Event

EVENT = b'{"specversion":"1.0","id":"1","source":"/crm","type":"note","twin":"lena"}'


class Noon:
    """A clock that stands still."""

    def now(self) -> datetime:
        return datetime(2026, 9, 30, 12, 0, tzinfo=UTC)


def test_every_line_comes_with_its_number_and_its_event_or_error() -> None:
    text = b"\xef\xbb\xbf" + EVENT + b"\r\n\n  \nnot json\n" + EVENT
    lines = list(read_lines(io.BytesIO(text), Noon()))
    assert [line.number for line in lines] == [1, 4, 5]
    first, wrong, last = (line.read for line in lines)
    assert isinstance(first, Event)
    assert first.time == Noon().now()
    assert isinstance(wrong, BeliefgraphError)
    assert (wrong.code, wrong.ids["line"]) == ("invalid-event", 4)
    assert isinstance(last, Event)
    assert lines[-1].end == len(text)


def test_a_line_beyond_the_bound_is_skipped_and_counted() -> None:
    text = EVENT + b"\n" + b"x" * (3 * MAX_LINE_BYTES) + b"\n" + EVENT + b"\n"
    lines = list(read_lines(io.BytesIO(text), Noon()))
    codes = [line.read.code if isinstance(line.read, BeliefgraphError) else None for line in lines]
    assert codes == [None, "too-large", None]
    assert [line.number for line in lines] == [1, 2, 3]
    assert lines[-1].end == len(text)


class Endless(io.RawIOBase):
    """A million lines, of which none is kept."""

    def __init__(self) -> None:
        self.left = 20_000

    def readable(self) -> bool:
        return True

    def readline(self, size: int | None = -1, /) -> bytes:
        self.left -= 1
        return EVENT + b"\n" if self.left >= 0 else b""


def test_memory_stays_flat_however_long_the_file() -> None:
    lines = read_lines(Endless(), Noon())  # type: ignore[arg-type]
    next(lines)
    tracemalloc.start()
    try:
        assert sum(1 for _ in lines) == 19_999
        assert tracemalloc.get_traced_memory()[1] < 256 * 1024
    finally:
        tracemalloc.stop()
