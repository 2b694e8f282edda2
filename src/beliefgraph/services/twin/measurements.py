"""The events that count in the metrics of a twin, as columns: all of them, and by metric in order of time.

A commit adds its own and leaves the rest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple, overload

import numpy as np
import numpy.typing as npt

from beliefgraph.inference.windows import QUANTA
from beliefgraph.model.metric import Measurement
from beliefgraph.model.revision import Origin
from beliefgraph.services.twin.blocks import Block, Bools, Floats, Ints, Register, Rows


class MeasurementHeading(NamedTuple):
    """What the measurements of one source in one metric have in common."""

    metric: str
    source: str
    label: str | None
    answers: bool
    definition: str
    origin: Origin


@dataclass(frozen=True, eq=False)
class Measurements(Rows[Measurement, MeasurementHeading, Block]):
    """All measurements of a twin that a rev sees; the number of a row is its value."""

    @staticmethod
    def heading(record: Measurement) -> MeasurementHeading:
        """The heading of a measurement: what it has in common with others."""
        return MeasurementHeading(
            record.metric, record.source, record.label, record.answers, record.definition, record.origin
        )

    @staticmethod
    def heading_of(fields: Sequence[Any]) -> MeasurementHeading:
        """The heading of these fields."""
        return MeasurementHeading(*fields)

    @staticmethod
    def value(record: Measurement) -> float:
        """The value that it adds."""
        return record.value

    def block(self, columns: Block) -> Block:
        """The columns unchanged."""
        return columns

    def record(
        self, heading: MeasurementHeading, number: float, revision: dict[str, Any], evidence: str
    ) -> Measurement:
        """The measurement in a row."""
        key = f"{evidence}|{heading.metric}"
        return Measurement.trusted(
            **revision,
            key=f"{key}|answers" if heading.answers else key,
            definition=heading.definition,
            origin=heading.origin,
            evidence=evidence,
            metric=heading.metric,
            source=heading.source,
            value=number,
            label=heading.label,
            answers=heading.answers,
        )

    def by(self, source: str) -> Ints:
        """The rows of a source that the rev sees."""
        return self.headed(lambda heading: heading.source == source)

    def tallies(self) -> Mapping[str, Tally]:
        """The rows that the rev sees, by metric."""
        return tallied({}, self, self.where(lambda block: np.ones(len(block), dtype=np.bool_)))


def no_measurements(twin: str) -> Measurements:
    """The measurements of a twin without any."""
    return Measurements(twin, Register())


@dataclass(frozen=True)
class Events(Sequence[Measurement]):
    """Some measurements, in order; records are created on request."""

    table: Measurements
    rows: Ints

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Measurement]:
        return iter(self.table.records(self.rows))

    @overload
    def __getitem__(self, at: int) -> Measurement: ...
    @overload
    def __getitem__(self, at: slice) -> Events: ...
    def __getitem__(self, at: int | slice) -> Measurement | Events:
        if isinstance(at, slice):
            return Events(self.table, self.rows[at])
        return self.table.records(self.rows[[at]])[0]

    def among(self, evidence: Collection[str]) -> list[Measurement]:
        """The measurements of some pieces of evidence, in order."""
        return self.table.records(self.rows[np.isin(self.rows, self.table.of_evidence(evidence))])

    @property
    def values(self) -> Floats:
        """The value that each adds."""
        return self.table.take(self.rows).number if len(self.rows) else np.zeros(0)

    @property
    def labels(self) -> list[str | None]:
        """The label of each."""
        if not len(self.rows):
            return []
        headings = self.table.register.headings
        return [headings[number].label for number in self.table.take(self.rows).heading.tolist()]


@dataclass(frozen=True)
class Tally:
    """Measurements of one metric in order of time; `quanta` are their values, `answers` the follow-ups.

    `row` is the index of each among all measurements of the twin.
    """

    table: Measurements
    row: Ints
    times: Ints
    quanta: Ints
    answers: Bools

    @property
    def rows(self) -> Events:
        """The measurements."""
        return Events(self.table, self.row)

    def without(self, rows: Ints) -> Tally:
        """The tally without the measurements in some rows."""
        return self._where(~np.isin(self.row, rows)) if len(rows) else self

    def with_rows(self, table: Measurements, rows: Ints) -> Tally:
        """The tally with the measurements in some rows, in ascending order, of a table that extends its own."""
        if not len(rows):
            return replace(self, table=table)
        since, heading, number = (table.column(name, rows) for name in ("valid_from", "heading", "number"))
        answers = table.register.where(lambda heading: heading.answers)
        order = np.argsort(since, kind="stable")
        times = since[order]
        places = np.searchsorted(self.times, times, side="right")
        last = places[0] == len(self.times)

        def merged(known: npt.NDArray[Any], new: npt.NDArray[Any]) -> npt.NDArray[Any]:
            return np.concatenate([known, new]) if last else np.insert(known, places, new)

        return Tally(
            table=table,
            row=merged(self.row, rows[order]),
            times=merged(self.times, times),
            quanta=merged(self.quanta, np.rint(number[order] * QUANTA).astype(np.int64)),
            answers=merged(self.answers, np.isin(heading[order], answers)),
        )

    @property
    def asked(self) -> Tally:
        """The measurements that are not follow-ups."""
        return self if self._asked is None else self._asked

    @cached_property
    def _asked(self) -> Tally | None:
        """The same; None if these are all: a tally that had itself would stay until a full garbage collection."""
        return self._where(~self.answers) if self.answers.any() else None

    @cached_property
    def answered(self) -> Tally:
        """The follow-ups."""
        return self._where(self.answers)

    def until(self, at: int) -> Tally:
        """The measurements up to a moment, in microseconds."""
        return self.part(0, int(np.searchsorted(self.times, at, side="right")))

    def part(self, first: int, end: int) -> Tally:
        """The measurements from one index in the order up to another."""
        if (first, end) == (0, len(self.times)):
            return self
        return self._where(slice(first, end))

    def _where(self, kept: Bools | slice) -> Tally:
        return Tally(self.table, self.row[kept], self.times[kept], self.quanta[kept], self.answers[kept])


def tallied(known: Mapping[str, Tally], table: Measurements, rows: Ints) -> Mapping[str, Tally]:
    """The tallies with the measurements in more rows of the table; those of other metrics stay the same objects."""
    if not len(rows):
        return known
    headings = table.register.headings
    numbers = table.column("heading", rows)
    of_metric: dict[str, list[int]] = {}
    for number in np.unique(numbers).tolist():
        of_metric.setdefault(headings[number].metric, []).append(number)
    touched = {
        metric: known.get(metric, nothing(table)).with_rows(table, rows[np.isin(numbers, here)])
        for metric, here in of_metric.items()
    }
    return {**known, **touched}


def tallies_without(known: Mapping[str, Tally], metrics: Iterable[str], rows: Ints) -> Mapping[str, Tally]:
    """The tallies without the measurements in some rows, which belong to these metrics."""
    return {**known, **{metric: known[metric].without(rows) for metric in set(metrics)}}


def nothing(table: Measurements) -> Tally:
    """An empty tally."""
    none = np.zeros(0, dtype=np.int64)
    return Tally(table, none, none, none, np.zeros(0, dtype=np.bool_))
