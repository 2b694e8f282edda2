"""`beliefgraph series`: a belief, a metric, a goal or a preference over time, with a projection."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from beliefgraph.cli import show
from beliefgraph.cli.connection import Key, Purpose, run, signed_in
from beliefgraph.cli.moments import MOMENT_OR_DAY, in_utc
from beliefgraph.cli.output import Json, print_json
from beliefgraph.cli.reading import TwinOption, belief_named
from beliefgraph.model.metric import MetricKey
from beliefgraph.model.series import MOST_POINTS, POINTS, PreferenceKey, Series, SeriesOf

BAR = 30


def series(
    key: Key,
    twin: TwinOption,
    belief: Annotated[
        str | None, typer.Option(metavar="ATTRIBUTE[=VALUE]", help="Follow the confidence of a belief.")
    ] = None,
    metric: Annotated[str | None, typer.Option(help="Follow the value of the metric of this name.")] = None,
    goal: Annotated[str | None, typer.Option(help="Follow the progress of the goal with this key.")] = None,
    preference: Annotated[
        str | None, typer.Option(metavar="ATTRIBUTE", help="Follow the score or the strength of a preference.")
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(formats=MOMENT_OR_DAY, metavar="<time>", help="First point; default: 90 days before the last."),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(
            formats=MOMENT_OR_DAY,
            metavar="<time>",
            help="Last point; default: the time to which the twin was last derived.",
        ),
    ] = None,
    points: Annotated[int, typer.Option(min=2, max=MOST_POINTS, help="Number of points.")] = POINTS,
    project: Annotated[float | None, typer.Option(min=0.0, help="Days to project ahead, with intervals.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw the curve to this PNG file.")] = None,
    purpose: Purpose = None,
    json: Json = False,
) -> None:
    """Show how a belief, a metric, the progress of a goal or a preference changed over valid time."""
    found = run(
        _series(
            key,
            purpose,
            twin,
            _of(belief, metric, goal, preference),
            since,
            until,
            points,
            timedelta(days=project) if project else None,
        )
    )
    out = Console(highlight=False)
    if json:
        print_json(found)
    else:
        out.print(found.title, markup=False)
        out.print(_table(found))
    if plot is not None:
        draw(f"{twin}: {found.title}", found, plot)
        if not json:
            out.print(f"Drawn: {plot}")


def _of(belief: str | None, metric: str | None, goal: str | None, preference: str | None) -> SeriesOf:
    return SeriesOf(
        belief=None if belief is None else belief_named(belief),
        metric=None if metric is None else MetricKey(metric=metric),
        goal=goal,
        preference=None if preference is None else PreferenceKey(attribute=preference),
    )


def _table(found: Series) -> Table:
    values = [point.value for point in (*found.points, *found.projected) if point.value is not None]
    most = max([1.0, *values])
    table = Table("time", "value", "90 % interval", "", box=None, pad_edge=False)
    for point in (*found.points, *found.projected):
        bounds = "" if point.low is None or point.high is None else f"{point.low:.3g} to {point.high:.3g}"
        value, bar = "", ""
        if point.value is not None:
            value, bar = f"{point.value:.3g}", "█" * round(BAR * max(point.value, 0.0) / most)
        table.add_row(show.day(point.time), value, bounds, bar)
    return table


def draw(title: str, found: Series, path: Path) -> Path:
    """Draw the curve, and its projection with the interval; say where the PNG is."""
    from matplotlib.figure import Figure  # takes half a second to import, which only a plot should cost

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    axes = figure.subplots()
    known = [point for point in found.points if point.value is not None]
    curve: list[Any] = [(point.time, point.value) for point in known]
    axes.plot(*zip(*curve, strict=True), color="#2F6BA3")
    ahead: list[Any] = [(point.time, point.value, point.low, point.high) for point in found.projected]
    if ahead:
        times, values, low, high = zip(*ahead, strict=True)
        axes.plot(times, values, color="#2F6BA3", linestyle="--")
        axes.fill_between(times, low, high, color="#C9D7E8", label="90 % interval")
        axes.legend(loc="upper left", fontsize=8)
    axes.set(title=title)
    axes.margins(x=0)
    axes.tick_params(axis="x", labelsize=8)
    figure.savefig(path, dpi=150, format="png")
    return path


async def _series(
    key: str,
    purpose: str | None,
    twin: str,
    of: SeriesOf,
    since: datetime | None,
    until: datetime | None,
    points: int,
    project: timedelta | None,
) -> Series:
    async with signed_in(key, purpose) as (built, caller):
        return await built.of(caller, twin).series.series(
            caller,
            twin,
            of,
            since=since and in_utc(since),
            until=until and in_utc(until),
            points=points,
            project=project,
        )
