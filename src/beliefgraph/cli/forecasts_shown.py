"""Forecasts and their record on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from rich.console import Group, RenderableType
from rich.table import Table

from beliefgraph.cli import show
from beliefgraph.model.forecast import Forecast, OutcomeRecord, RecordGroup, RecordScores

SHOWN_INPUTS = 3
DAY = timedelta(days=1)


def forecasts(title: str, found: Sequence[Forecast]) -> RenderableType:
    """A table of forecasts: probability, reasons and result."""
    made = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for name in ("made", "outcome", "within", "probability", "why", "what came"):
        made.add_column(name, justify="right" if name in ("within", "probability") else "left")
    for one in found:
        made.add_row(
            f"{one.made_at:%Y-%m-%d}",
            one.outcome,
            f"{one.horizon / DAY:g} d",
            show.chance(one.probability),
            why(one),
            came(one),
        )
    return made


def why(one: Forecast) -> str:
    """The basis of a forecast, its parameter set and number of twins, and its main inputs."""
    said = [
        f"{each.input.removeprefix(f'{one.basis} ')} {each.contribution:+.2f}" for each in one.inputs[:SHOWN_INPUTS]
    ]
    learned = "" if one.twins is None else f" (set {one.parameters}, {one.twins:,} twins)"
    return f"{one.basis}{learned}" + (f": {', '.join(said)}" if said else "")


def came(one: Forecast) -> str:
    """The result of a forecast, in words."""
    if one.resolution is None:
        return f"open until {one.due:%Y-%m-%d}"
    if not one.resolution.happened:
        return "did not happen"
    return f"happened on {one.resolution.at:%Y-%m-%d}"


def record(found: OutcomeRecord) -> RenderableType:
    """The scores of an outcome's forecasts, overall and by group, and the reliability diagram as a table."""
    table = _table(f"{_named(found)}: {found.scores.count:,} resolved, {found.open:,} open")
    table.add_row("all", *_scores(found.scores))
    groups: tuple[tuple[str, tuple[RecordGroup, ...]], ...] = (
        ("segment", found.by_segment),
        ("made in", found.by_month),
        ("months of history", found.by_history),
        ("by", found.by_basis),
    )
    for name, each in groups:
        for group in each:
            table.add_row(f"{name} {group.key}", *_scores(group.scores))
    reliability = Table(box=None, pad_edge=False)
    for name in ("said between", "forecasts", "said", "happened"):
        reliability.add_column(name, justify="right")
    for one in found.scores.reliability:
        if one.count:
            reliability.add_row(
                f"{one.low:.0%} and {one.high:.0%}", f"{one.count:,}", _percent(one.said), _percent(one.happened)
            )
    return Group(table, "", reliability)


def records(title: str, found: Sequence[OutcomeRecord]) -> RenderableType:
    """The scores of several outcomes, side by side."""
    table = _table(title)
    for one in found:
        table.add_row(_named(one), *_scores(one.scores))
    return table


def _named(found: OutcomeRecord) -> str:
    return f"{found.outcome} within {found.horizon / DAY:g} days"


def _table(title: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column("")
    for name in ("forecasts", "happened", "said", "Brier", "skill", "log loss", "AUC", "ECE", "sharpness"):
        table.add_column(name, justify="right")
    return table


def _scores(found: RecordScores) -> tuple[str, ...]:
    numbers = (found.brier, found.skill, found.log_loss, found.auc, found.ece, found.sharpness)
    shown = ("" if number is None else f"{number:.3f}" for number in numbers)
    return (f"{found.count:,}", _percent(found.base_rate), _percent(found.mean), *shown)


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"
