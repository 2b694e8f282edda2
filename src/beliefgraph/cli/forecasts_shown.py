"""Forecasts and their record on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
            likely(one),
            why(one),
            came(one),
        )
    return made


def likely(one: Forecast) -> str:
    """The probability of an outcome; for grades, the most likely grade."""
    if not one.grades:
        return show.chance(one.probability)
    grade = max(one.grades, key=lambda each: each.probability)
    return f"{grade.grade} {show.chance(grade.probability)}"


def details(one: Forecast) -> RenderableType:
    """A forecast with its inputs, the time to the outcome, and the probability of each grade."""
    parts: list[RenderableType] = [
        f"{one.outcome}: {show.chance(one.probability)} within {one.horizon / DAY:g} days of {one.made_at:%Y-%m-%d};"
        f" {why(one)}; {came(one)}"
    ]
    if one.quantiles:
        table = Table("it happens by", "with", box=None, pad_edge=False)
        for each in one.quantiles:
            by = f"later than {one.due:%Y-%m-%d}, or never" if each.at is None else f"{each.at:%Y-%m-%d}"
            table.add_row(by, f"{each.share:.0%}")
        parts += ["", table]
    if one.grades:
        table = Table("grade", "probability", "or higher", box=None, pad_edge=False)
        for grade in one.grades:
            table.add_row(grade.grade, show.chance(grade.probability), show.chance(grade.at_least))
        parts += ["", table]
    return Group(*parts)


def why(one: Forecast) -> str:
    """The basis of a forecast, its parameter set and number of twins, and its main inputs."""
    inputs = [
        f"{each.input.removeprefix(f'{one.basis} ')} {each.contribution:+.2f}" for each in one.inputs[:SHOWN_INPUTS]
    ]
    learned = "" if one.twins is None else f" (set {one.parameters}, {one.twins:,} twins)"
    return f"{one.basis}{learned}" + (f": {', '.join(inputs)}" if inputs else "")


def came(one: Forecast) -> str:
    """The result of a forecast, in words."""
    if one.resolution is None:
        return f"open until {one.due:%Y-%m-%d}"
    if one.grades:
        grade = one.resolution.grade
        return "no grade came" if grade is None else f"{grade} on {one.resolution.at:%Y-%m-%d}"
    if not one.resolution.happened:
        return "did not happen"
    return f"happened on {one.resolution.at:%Y-%m-%d}"


def record(found: OutcomeRecord) -> RenderableType:
    """The scores of an outcome's forecasts, overall and by group, and the reliability diagram as a table."""
    counted = f"{found.scores.count:,} resolved, {found.open:,} open"
    counted += f", {found.early:,} early" * bool(found.early) + f", {found.ungraded:,} without a grade" * bool(
        found.ungraded
    )
    table = _table(f"{_named(found)}: {counted}")
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
    for name in ("predicted between", "forecasts", "predicted", "observed"):
        reliability.add_column(name, justify="right")
    for one in found.scores.reliability:
        if one.count:
            reliability.add_row(
                f"{one.low:.0%} and {one.high:.0%}", f"{one.count:,}", _percent(one.said), _percent(one.happened)
            )
    return Group(table, "", reliability, *_beside(found.scores))


def _beside(found: RecordScores) -> Iterator[RenderableType]:
    """The scores of forecasts as distributions over time and over grades."""
    if found.times is not None:
        times = found.times
        yield ""
        yield (
            f"When: CRPS {times.crps:.2f} days, skill {_number(times.skill)}; {times.covered:.1%} happened within the"
            f" central 80 % interval, to which {times.claimed:.1%} was given."
        )
    if found.grades is not None:
        grades = found.grades
        yield ""
        yield (
            f"Grades: RPS {grades.rps:.3f}, skill {_number(grades.skill)}, log loss {grades.log_loss:.3f}, ECE"
            f" {grades.ece:.3f}."
        )
        table = Table("grade", "predicted", "observed", box=None, pad_edge=False)
        for each in grades.shares:
            table.add_row(each.grade, _percent(each.said), _percent(each.came))
        yield table


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
    for name in ("forecasts", "observed", "predicted", "Brier", "skill", "log loss", "AUC", "ECE", "sharpness"):
        table.add_column(name, justify="right")
    return table


def _scores(found: RecordScores) -> tuple[str, ...]:
    numbers = (found.brier, found.skill, found.log_loss, found.auc, found.ece, found.sharpness)
    shown = (_number(number) for number in numbers)
    return (f"{found.count:,}", _percent(found.base_rate), _percent(found.mean), *shown)


def _number(number: float | None) -> str:
    return "" if number is None else f"{number:.3f}"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"
