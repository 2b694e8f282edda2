"""`beliefgraph forecast`: make, resolve, list and show the forecasts of outcomes."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from beliefgraph.cli import forecast_picture, forecasts_shown
from beliefgraph.cli.connection import Key, Purpose, run, signed_in
from beliefgraph.cli.moments import in_utc
from beliefgraph.cli.output import Json, print_json
from beliefgraph.cli.reading import as_of
from beliefgraph.model.forecast import Forecast

app = typer.Typer(
    help="Make, resolve, list and show the forecasts of outcomes.", no_args_is_help=True, rich_markup_mode="markdown"
)

PAGE = 200

Outcome = Annotated[str | None, typer.Option(help="Key of the outcome; default: all outcomes.")]
Days = Annotated[float | None, typer.Option("--horizon", help="Horizon in days; default: the outcome's first.")]


@app.command()
def make(
    key: Key,
    outcome: Outcome = None,
    at: Annotated[
        datetime | None, typer.Option(help="Moment (UTC) within the period to make them for; default: now.")
    ] = None,
    purpose: Purpose = None,
) -> None:
    """Make and store the forecasts of all twins for the current period, unless they are stored already. `serve` does
    this automatically.
    """
    run(_make(key, outcome, at, purpose))


@app.command()
def resolve(key: Key, outcome: Outcome = None, purpose: Purpose = None) -> None:
    """Resolve forecasts whose outcome happened or whose horizon is over. `serve` does this automatically."""
    run(_resolve(key, outcome, purpose))


@app.command("list")
def list_(
    key: Key,
    twin: Annotated[str, typer.Option(help="Name of the twin.")],
    outcome: Outcome = None,
    purpose: Purpose = None,
    json: Json = False,
) -> None:
    """List the forecasts of a twin, newest first, with their main inputs and results."""
    run(_list(key, twin, outcome, purpose, json))


@app.command()
def show(
    key: Key,
    twin: Annotated[str, typer.Option(help="Name of the twin.")],
    outcome: Annotated[str, typer.Argument(help="Key of the outcome.")],
    horizon: Days = None,
    at: Annotated[
        datetime | None,
        typer.Option(help="Valid time (UTC) to look ahead from; default: the start of the current period."),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="Write a chart of the times, or of the grades, to this PNG file."),
    ] = None,
    purpose: Purpose = None,
    json: Json = False,
) -> None:
    """Show one forecast: its probability, times and grades, and its main inputs."""
    run(_show(key, twin, outcome, horizon, at, plot, purpose, json))


def span(days: float | None) -> timedelta | None:
    """A number of days as a span."""
    return None if days is None else timedelta(days=days)


async def _make(key: str, outcome: str | None, at: datetime | None, purpose: str | None) -> None:
    async with signed_in(key, purpose) as (built, caller):
        moment = None if at is None else in_utc(at)
        with Console(stderr=True).status("Making forecasts …") as status:
            made = await built.across.make_forecasts(
                caller, outcome, moment, progress=lambda twins: status.update(f"Making forecasts … {twins:,} twins")
            )
    Console(highlight=False).print(f"{made.stored:,} forecasts stored, {made.known:,} had been stored before.")


async def _resolve(key: str, outcome: str | None, purpose: str | None) -> None:
    async with signed_in(key, purpose) as (built, caller):
        done = await built.across.resolve_forecasts(caller, outcome)
    Console(highlight=False).print(f"{done.resolved:,} forecasts resolved, {done.changed:,} with a changed result.")


async def _show(
    key: str,
    twin: str,
    outcome: str,
    horizon: float | None,
    at: datetime | None,
    plot: Path | None,
    purpose: str | None,
    json: bool,
) -> None:
    async with signed_in(key, purpose) as (built, caller):
        services = built.of(caller, twin).forecasts
        found = await services.forecast(caller, twin, outcome, span(horizon), as_of=as_of(at))
    out = Console(highlight=False)
    if json:
        print_json(found)
    else:
        out.print(forecasts_shown.details(found), markup=False)
    if plot is not None:
        drawn = forecast_picture.draw(found, plot)
        if not json:
            out.print(f"Drawn: {drawn}")


async def _list(key: str, twin: str, outcome: str | None, purpose: str | None, json: bool) -> None:
    async with signed_in(key, purpose) as (built, caller):
        found: list[Forecast] = []
        after: str | None = None
        while True:
            page = await built.of(caller, twin).forecasts.forecasts(caller, twin, outcome, first=PAGE, after=after)
            found += page.nodes
            after = page.last_cursor
            if not page.has_next:
                break
    if json:
        print_json(found)
    else:
        Console(highlight=False).print(forecasts_shown.forecasts(f"Forecasts of {twin}", found))
