"""`beliefgraph trajectory`: the stage of a twin, when it reaches later stages, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console, RenderableType
from rich.table import Table

from beliefgraph.cli import show, trajectory_picture
from beliefgraph.cli.connection import Key, Purpose, run, signed_in
from beliefgraph.cli.output import Json, print_json
from beliefgraph.cli.reading import At, TwinOption, as_of
from beliefgraph.model.time import AsOf
from beliefgraph.model.trajectory import Trajectory
from beliefgraph.services.trajectories.questions import POINTS

DRAWN = 100
"""Points of the history in a picture."""


def trajectory(
    key: Key,
    twin: TwinOption,
    name: Annotated[str | None, typer.Argument(help="Name of the trajectory; default: all.")] = None,
    at: At = None,
    plot: Annotated[Path | None, typer.Option(help="Draw the history and the projection to this PNG file.")] = None,
    purpose: Purpose = None,
    json: Json = False,
) -> None:
    """Show where a twin is among the stages of a trajectory, and when it reaches later ones."""
    found = run(_trajectories(key, purpose, twin, name, as_of(at), POINTS if plot is None else DRAWN))
    out = Console(highlight=False)
    if json:
        print_json(found)
    else:
        for each in found:
            out.print(*shown(each), sep="\n")
        if not found:
            out.print("No trajectory is defined.")
    if plot is not None:
        trajectory_picture.draw(twin, found, plot)
        if not json:
            out.print(f"Drawn: {plot}")


def shown(found: Trajectory) -> Iterator[RenderableType]:
    """A trajectory in lines and tables."""
    since = "" if found.in_stage_since is None else f" since {show.day(found.in_stage_since)}"
    stalled = f", stalled: longer than {found.longer_than:.0%} of stays" if found.stalled else ""
    typical = "" if found.typical_velocity is None else f", other twins there {found.typical_velocity:+.2f}"
    rests_on = "the definition" if found.typical_velocity is None else f"learned parameters, set {found.parameters}"
    yield f"{found.title}: {found.stage}{since}{stalled}; {found.velocity:+.2f} stages in the next 30 days{typical}"
    yield f"How twins move is taken from {rests_on}."
    table = Table("stage", "now", "reached in", "90 % interval", "within 30 days", box=None, pad_edge=False)
    times = {each.stage: each for each in found.times}
    for share in found.stages:
        row = [share.stage, show.chance(share.probability)]
        if (time := times.get(share.stage)) is not None:
            bounds = f"{_days(time.low)} to {_days(time.high)}"
            row += [_days(time.median), bounds, show.chance(time.within_period)]
        table.add_row(*row)
    yield table
    for one in found.reversals:
        yield f"{show.day(one.time)}  back from {one.before} to {one.after}"
    for why in found.why[:5]:
        yield f"{why.moved:+.2f}  {show.day(why.time)}  {why.source}: {why.summary} ({why.stage})"


def _days(span: timedelta | None) -> str:
    return "more than 10 years" if span is None else f"{span / timedelta(days=1):,.0f} days"


async def _trajectories(
    key: str, purpose: str | None, twin: str, name: str | None, when: AsOf, points: int
) -> Sequence[Trajectory]:
    async with signed_in(key, purpose) as (built, caller):
        asked = built.of(caller, twin).trajectories
        if name is None:
            return await asked.trajectories(caller, twin, points=points, as_of=when)
        return [await asked.trajectory(caller, twin, name, points=points, as_of=when)]
