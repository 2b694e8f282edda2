"""`beliefgraph change-points`: abrupt changes in a twin's evidence, by domain."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from beliefgraph.cli import show
from beliefgraph.cli.connection import Key, Purpose, run, signed_in
from beliefgraph.cli.output import Json, print_json
from beliefgraph.cli.reading import At, TwinOption, as_of
from beliefgraph.model.change_point import ChangePoints, EvidenceStream
from beliefgraph.model.time import AsOf


def change_points(
    key: Key,
    twin: TwinOption,
    at: At = None,
    plot: Annotated[Path | None, typer.Option(dir_okay=False, help="Draw surprise over time to this PNG file.")] = None,
    purpose: Purpose = None,
    json: Json = False,
) -> None:
    """Show when the evidence of each domain changed abruptly, and how surprising its latest evidence is."""
    found = run(_change_points(key, purpose, twin, as_of(at)))
    drawn = None if plot is None else draw(twin, found, plot)
    if json:
        print_json(found)
        return
    console = Console(highlight=False)
    console.print(listed(found))
    if drawn is not None:
        console.print(f"Drawn: {drawn}")


def listed(found: ChangePoints) -> Table:
    """Every stream as a row: domains, stages, goals."""
    table = Table(
        "domain", "evidence", "changed", "as now since", "surprise", "usual", "found", box=None, pad_edge=False
    )
    for each in streams(found):
        surprise = f"{each.surprise:.2f}", f"{each.usual:.2f}"
        days = ", ".join(show.day(one.time) for one in each.found)
        name = named(each)
        table.add_row(name, f"{each.pieces:,}", f"{each.probability:.0%}", show.day(each.since), *surprise, days)
    return table


def streams(found: ChangePoints) -> tuple[EvidenceStream, ...]:
    """All streams of a twin."""
    return (*found.domains, *found.stages, *(() if found.goals is None else (found.goals,)))


def named(stream: EvidenceStream) -> str:
    """The title of a stream."""
    return f"stages of {stream.domain}" if stream.kind == "stages" else stream.domain


def draw(twin: str, found: ChangePoints, path: Path) -> Path:
    """Draw the surprise of each stream over time, with and without tempering, and where changes were found."""
    from matplotlib.figure import Figure  # takes half a second to import, which only a plot should cost

    shown = streams(found)
    rows = max(len(shown), 1)
    figure = Figure(figsize=(9, 1 + 2.4 * rows), layout="constrained")
    for axes, each in zip(figure.subplots(rows, squeeze=False)[:, 0], shown, strict=False):
        times = [point.time for point in each.course]
        axes.plot(times, [point.untempered for point in each.course], color="0.75", label="all evidence kept")
        axes.plot(times, [point.surprise for point in each.course], color="#2F6BA3", label="surprise")
        for one in each.found:
            if times and one.time >= times[0]:
                axes.axvline(one.time, color="#D9A93C", linewidth=1.5)
        chance = axes.twinx()
        chance.fill_between(times, [point.probability for point in each.course], color="#D9A93C", alpha=0.25)
        chance.set(ylim=(0, 1), ylabel="changed")
        axes.set(title=f"{named(each)}, {twin}", ylabel="nats")
        axes.margins(x=0)
        axes.legend(loc="upper left", fontsize=8)
        axes.tick_params(axis="x", labelsize=8)
    figure.savefig(path, dpi=150, format="png")
    return path


async def _change_points(key: str, purpose: str | None, twin: str, when: AsOf) -> ChangePoints:
    async with signed_in(key, purpose) as (built, caller):
        return await built.of(caller, twin).change_points.change_points(caller, twin, as_of=when)
