"""Rows of a scoreboard: what was measured, what it must be, what we would like it to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import orjson
from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Row:
    """One figure. `most` says that less is better; a `must` of None demands nothing."""

    item: str
    value: float
    unit: str
    must: float | None = None
    stretch: float | None = None
    most: bool = True

    @property
    def ok(self) -> bool | None:
        """Whether the figure is what it must be; None where nothing is demanded."""
        if self.must is None:
            return None
        return self.value <= self.must if self.most else self.value >= self.must


def show(title: str, rows: Sequence[Row], as_json: bool) -> None:
    """Print the rows: as a table, or as JSON with item, value, must, stretch and ok."""
    if as_json:
        kept = ("item", "value", "must", "stretch", "ok")
        print(
            orjson.dumps([{k: v for k, v in ({**asdict(r), "ok": r.ok}).items() if k in kept} for r in rows]).decode()
        )
        return
    table = Table(title=title, title_justify="left")
    for column in ("item", "value", "must", "stretch", ""):
        table.add_column(column, justify="left" if column == "item" else "right")
    for row in rows:
        sign = "≤" if row.most else "≥"
        table.add_row(
            row.item,
            f"{row.value:.3g} {row.unit}",
            "" if row.must is None else f"{sign} {row.must:g}",
            "" if row.stretch is None else f"{sign} {row.stretch:g}",
            {True: "ok", False: "MISSED", None: ""}[row.ok],
        )
    Console().print(table)


def median(values: Sequence[float]) -> float:
    """The middle value."""
    return percentile(values, 50)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which so many percent lie."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, round(share / 100 * (len(ranked) - 1)))]
