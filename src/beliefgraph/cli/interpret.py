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
from beliefgraph.cli.reading import At, as_of
from beliefgraph.errors import Incorrect
from beliefgraph.model.event import EventName
from beliefgraph.model.metric import MetricKey
from beliefgraph.model.reasons import Interpret


def interpret(
    key: Key,
    twin: Annotated[str, typer.Option(help="Name of the twin.")],
    event: Annotated[str | None, typer.Option(help="Id of the event.")] = None,
    source: Annotated[
        str | None,
        typer.Option(help="Source of the event; without it, --event is the field `event` of a piece of evidence."),
    ] = None,
    metric: Annotated[str | None, typer.Option(help="Metric to explain, instead of an event.")] = None,
    at: At = None,
    why: Annotated[bool, typer.Option("--why", help="Also show the evidence for the first hypothesis.")] = False,
    plot: Annotated[Path | None, typer.Option(help="Write a chart of the hypotheses to this PNG file.")] = None,
    purpose: Purpose = None,
    json: Json = False,
) -> None:
    """Compare hypotheses about why an event happened, or why a metric has its value.

    --why lists the evidence for the first hypothesis; --plot draws all of them.
    """
    stored = None if event is None else EventName(id=event, source=source)
    run(_interpret(key, twin, stored, metric, at, why, plot, purpose, json))


def _named(metric: str) -> MetricKey:
    try:
        return MetricKey(metric=metric)
    except ValidationError:
        raise Incorrect("invalid-input", f"{metric!r} is not the name of a metric, such as visits.week.") from None


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
    async with signed_in(key, purpose) as (built, caller):
        reasons = built.of(caller, question.twin).reasons
        found = await reasons.interpret(caller, question, as_of=as_of(at), explained=why)
        if json:
            print_json(found)
        else:
            out.print(reasons_shown.reasons(found))
        if plot is not None and found.occurrences:
            drawn = reasons_picture.draw(found.occurrences[0], plot)
            if not json:
                out.print(f"Drawn: {drawn}")
