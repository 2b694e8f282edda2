"""How much of a large call one transaction takes: bounded by the rows it writes, learned from what was written.

A transaction lies in Neo4j's memory until it is committed, and what an event writes differs widely: an event of a twin
that is known writes three rows, one that opens a twin under a large catalog a hundred.
"""

from __future__ import annotations

import threading

ROWS = 8_000
"""Rows that one transaction writes at most, unless a single event writes more: some 20 MiB of Neo4j's memory."""

ROWS_TOGETHER = 2_500
"""Rows that one transaction writes of several twins: what is left of the call is derived while it is written."""

TWINS = 100
"""Twins that one transaction writes to at most. Neo4j's memory holds what is not committed: with 400 twins, of two
transactions at a time, its garbage collections copied most of what they looked at, and stopped everybody for longer."""

ROWS_AT_FIRST = 6.0
"""Rows that an event is taken to write before any was written."""

GROWTH = 1.02
"""What was refused for memory is approached again by this factor with every transaction that succeeds."""

SMALL = 1_000
"""Rows for which Neo4j has the memory unless others fill it at this moment."""


class Portions:
    """What worked lately in this process: how many rows Neo4j takes at once, and how many an event writes."""

    def __init__(self, rows: int = ROWS) -> None:
        self._most = float(rows)
        self._rows = float(rows)
        self._per_event = ROWS_AT_FIRST
        self._guard = threading.Lock()

    @property
    def rows(self) -> int:
        """How many rows the next transaction may write."""
        return int(self._rows)

    @property
    def events(self) -> int:
        """How many events the next transaction may take in."""
        return max(1, int(self._rows / self._per_event))

    @property
    def together(self) -> int:
        """How many events of several twins the next transaction takes in."""
        return max(1, int(min(self._rows, ROWS_TOGETHER) / self._per_event))

    def written(self, events: int, rows: int) -> None:
        """A transaction with this many events wrote this many rows."""
        with self._guard:
            self._rows = min(self._most, self._rows * GROWTH)
            self._learn(events, rows)

    def too_many(self, events: int, rows: int) -> None:
        """So many events would write more rows than one transaction may."""
        with self._guard:
            self._learn(events, rows)

    def refused(self, events: int, rows: int) -> None:
        """Neo4j had not the memory for a transaction of this many rows: the next has half as many."""
        with self._guard:
            self._rows = max(1.0, min(self._rows, rows) / 2)
            self._learn(events, rows)

    def _learn(self, events: int, rows: int) -> None:
        if events > 0:
            self._per_event = max(1.0, (self._per_event + rows / events) / 2)
