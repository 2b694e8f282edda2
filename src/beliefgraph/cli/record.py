"""`beliefgraph record`: scores of the forecasts of an outcome."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from beliefgraph.cli import forecasts_shown, record_picture
from beliefgraph.cli.connection import Key, Purpose, run, signed_in
from beliefgraph.cli.forecast import Days, span
from beliefgraph.cli.output import Json, print_json


def record(
    key: Key,
    outcome: Annotated[str, typer.Argument(help="Key of the outcome.")],
    horizon: Days = None,
    segment: Annotated[str | None, typer.Option(help="Segment to include; default: all twins.")] = None,
    retrospective: Annotated[
        bool, typer.Option(help="Include forecasts that were made after their period was over.")
    ] = False,
    plot: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write the reliability diagram to this PNG file.")
    ] = None,
    purpose: Purpose = None,
    json: Json = False,
) -> None:
    """Score the resolved forecasts of an outcome, computed from what is stored."""
    run(_record(key, outcome, horizon, segment, retrospective, plot, purpose, json))


async def _record(
    key: str,
    outcome: str,
    horizon: float | None,
    segment: str | None,
    retrospective: bool,
    plot: Path | None,
    purpose: str | None,
    json: bool,
) -> None:
    async with signed_in(key, purpose) as (built, caller):
        found = await built.across.record(caller, outcome, span(horizon), segment, retrospective=retrospective)
    out = Console(highlight=False)
    if json:
        print_json(found)
    else:
        out.print(forecasts_shown.record(found))
    if plot is not None:
        drawn = record_picture.draw(found, plot)
        if not json:
            out.print(f"Drawn: {drawn}")
