"""`beliefgraph interpret`: why something happened, as rival hypotheses before and after it was known."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console

from beliefgraph.cli import reasons_picture, reasons_shown
from beliefgraph.cli.connection import Key, Purpose, run, signed_in
from beliefgraph.cli.output import Json, print_json
from beliefgraph.errors import Incorrect
from beliefgraph.model.event import EventName
from beliefgraph.model.metric import MetricKey
from beliefgraph.model.reasons import Interpret
from beliefgraph.model.time import NOW, AsOf, instant


def interpret(
    key: Key,
    twin: Annotated[str, typer.Option(help="Name of the twin.")],
    event: Annotated[str | None, typer.Option(help="Id of the event.")] = None,
    source: Annotated[
        str | None,
        typer.Option(help="Source of the event; without it, --event is the id that evidence has in `event`."),
    ] = None,
    metric: Annotated[str | None, typer.Option(help="Metric to explain, instead of an event.")] = None,
    at: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%dT%H:%M:%S%z"], help="Valid time to answer for; default: now.")
    ] = None,
    why: Annotated[bool, typer.Option("--why", help="Also show the evidence for the first hypothesis.")] = False,
    plot: Annotated[Path | None, typer.Option(help="Write a chart of the hypotheses to this PNG file.")] = None,
    purpose: Purpose = None,
    json: Json = False,
) -> None:
    """Compare hypotheses about why an event happened, or why a metric shows what it shows.

    --why lists the evidence for the first hypothesis; --plot draws all of them.
    """
    stored = None if event is None else EventName(id=event, source=source)
    run(_interpret(key, twin, stored, metric, at, why, plot, purpose, json))


def _named(metric: str) -> MetricKey:
    try:
        return MetricKey(metric=metric)
    except ValidationError:
        raise Incorrect("invalid-input", f"{metric!r} is no name of a metric, such as visits.week.") from None


async def _interpret(
    key: str,
    twin: str,
    stored: EventName | None,
    metric: str | None,
    at: datetime | None,
    why: bool,
    plot: Path | None,
    purpose: str | None,
    json: bool,
) -> None:
    out = Console(highlight=False)
    question = Interpret(twin=twin, stored=stored, metric=None if metric is None else _named(metric))
    as_of = NOW if at is None else AsOf(valid_time=instant(at))
    async with signed_in(key, purpose) as (built, caller):
        found = await built.of(caller, question.twin).reasons.interpret(caller, question, as_of=as_of, explained=why)
        if json:
            print_json(found)
        else:
            out.print(reasons_shown.reasons(found))
        if plot is not None and found.occurrences:
            drawn = reasons_picture.draw(found.occurrences[0], plot)
            if not json:
                out.print(f"Drawn: {drawn}")
