"""JSON lines: one CloudEvent a line, read one at a time, so that a file of any length takes the memory of a line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from beliefgraph.errors import BeliefgraphError, Incorrect
from beliefgraph.ingest.cloudevents import Read, read_structured
from beliefgraph.model.event import MAX_DATA_BYTES
from beliefgraph.model.time import Clock

MAX_LINE_BYTES = 4 * MAX_DATA_BYTES  # JSON may spend several bytes on a character that the bound counts as one

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Line(NamedTuple):
    """One line that is not blank: its number from 1, the bytes read up to its end, and the event or what is wrong."""

    number: int
    end: int
    read: Read


def read_lines(file: BinaryIO, clock: Clock) -> Iterator[Line]:
    """The events of a file, lazily and in order; a line that is no event comes with its error, and the rest goes on.

    An event without a time gets the moment at which its line is read.
    """
    number = end = 0
    while line := file.readline(MAX_LINE_BYTES + 1):
        number += 1
        end += len(line)
        if number == 1:
            line = line.removeprefix(_BYTE_ORDER_MARK)
        if len(line) > MAX_LINE_BYTES:
            end += _skip_rest(file, line)
            yield Line(number, end, Incorrect("too-large", f"A line may have {MAX_LINE_BYTES:,} bytes.", line=number))
        elif line.strip():
            yield Line(number, end, _read(line, number, clock))


def _read(line: bytes, number: int, clock: Clock) -> Read:
    try:
        return read_structured(line, clock.now())
    except BeliefgraphError as error:
        return type(error)(error.code, error.message, **{**error.ids, "line": number})


def _skip_rest(file: BinaryIO, line: bytes) -> int:
    skipped = 0
    while line and not line.endswith(b"\n"):
        line = file.readline(MAX_LINE_BYTES)
        skipped += len(line)
    return skipped
