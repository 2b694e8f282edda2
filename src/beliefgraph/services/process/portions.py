"""How much of a large call one transaction takes: bounded by the rows it writes, as measured before.

A transaction is in Neo4j's memory until it is committed, and the size of an event's writes differs widely: an event of
a known twin writes three rows, one that creates a twin under a large catalog a hundred.
"""

from __future__ import annotations

import threading

ROWS = 8_000
"""Most rows that one transaction writes, unless a single event writes more: about 20 MiB of Neo4j's memory."""

ROWS_TOGETHER = 2_500
"""Rows that one transaction writes for several twins: the rest of the call is derived during the write."""

TWINS = 100
"""Most twins that one transaction writes to. Neo4j's memory holds what is not committed: with 400 twins, in two
transactions at a time, its garbage collections copied most of what they examined, with longer pauses for everyone."""

ROWS_AT_FIRST = 6.0
"""Assumed rows per event before any was written."""

GROWTH = 1.02
"""Factor by which the bound grows again after each successful transaction, once it was reduced for memory."""

SMALL = 1_000
"""Rows for which Neo4j has the memory, unless others use it at the moment."""


class Portions:
    """Recent measurements of this process: how many rows Neo4j takes at once, and how many an event writes."""

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
        """How many events the next transaction may include."""
        return max(1, int(self._rows / self._per_event))

    @property
    def together(self) -> int:
        """How many events of several twins the next transaction includes."""
        return max(1, int(min(self._rows, ROWS_TOGETHER) / self._per_event))

    def written(self, events: int, rows: int) -> None:
        """Record that a transaction with this many events wrote this many rows."""
        with self._guard:
            self._rows = min(self._most, self._rows * GROWTH)
            self._learn(events, rows)

    def too_many(self, events: int, rows: int) -> None:
        """Record that this many events would write more rows than one transaction may."""
        with self._guard:
            self._learn(events, rows)

    def refused(self, events: int, rows: int) -> None:
        """Record that Neo4j lacked the memory for a transaction of this many rows: the next has half as many."""
        with self._guard:
            self._rows = max(1.0, min(self._rows, rows) / 2)
            self._learn(events, rows)

    def _learn(self, events: int, rows: int) -> None:
        if events > 0:
            self._per_event = max(1.0, (self._per_event + rows / events) / 2)
