"""The result of an evaluation: rows with or without a requirement, scores with baselines, calibration curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Row:
    """One measurement, and the number it must equal or stay within.

    Without a requirement, `must` is None and it is ok.
    """

    item: str
    value: float
    must: float | None = None
    ok: bool = True

    def shown(self) -> dict[str, Any]:
        """The row for JSON."""
        return {"item": self.item, "value": self.value, "must": self.must, "ok": self.ok}


@dataclass(frozen=True)
class Line:
    """Scores by name, of the service or of a baseline; scores that a baseline lacks are left out."""

    setting: str
    of: str
    scores: Mapping[str, float]
    baseline: bool = False


@dataclass(frozen=True)
class Curve:
    """Probabilities and what happened, for a reliability diagram."""

    name: str
    predicted: npt.NDArray[np.float64]
    happened: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Evaluation:
    """The result of one evaluation."""

    name: str
    checks: Sequence[Row]
    lines: Sequence[Line]
    curves: Sequence[Curve]

    @property
    def rows(self) -> list[Row]:
        """Everything as rows: the checks, and every score of every line."""
        scores = [
            Row(f"{line.setting}: {name}, {line.of}{' (baseline)' if line.baseline else ''}", value)
            for line in self.lines
            for name, value in line.scores.items()
        ]
        return [*self.checks, *scores]

    @property
    def ok(self) -> bool:
        """Whether all requirements are met."""
        return all(row.ok for row in self.checks)


def none(item: str, found: int) -> Row:
    """A row whose count must be 0."""
    return exactly(item, found, 0)


def exactly(item: str, found: int, wanted: int) -> Row:
    """A row whose count must equal a number."""
    return Row(item, found, wanted, found == wanted)


def at_least(item: str, found: float, bound: float) -> Row:
    """A row whose number must not be below a bound."""
    return Row(item, found, bound, bool(found >= bound))


def at_most(item: str, found: float, bound: float) -> Row:
    """A row whose number must not be above a bound."""
    return Row(item, found, bound, bool(found <= bound))
