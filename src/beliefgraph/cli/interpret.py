"""`beliefgraph interpret`: why something happened, as rival hypotheses before and after it was heard of."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console

from beliefgraph.cli import reasons_picture, reasons_shown
from beliefgraph.cli.connection import Key, Purpose, run, services
from beliefgraph.errors import Incorrect
from beliefgraph.model.event import EventName
from beliefgraph.model.metric import MetricKey
from beliefgraph.model.reasons import Interpret
from beliefgraph.model.time import NOW, AsOf, instant


def interpret(
    key: Key,
    twin: Annotated[str, typer.Option(help="To whom it happened, by the twin's name.")],
    event: Annotated[str | None, typer.Option(help="The event, by its id.")] = None,
    source: Annotated[
        str | None, typer.Option(help="The event's source; without it, the id is the one that evidence gives.")
    ] = None,
    metric: Annotated[str | None, typer.Option(help="Instead of an event: what this metric shows.")] = None,
    at: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%dT%H:%M:%S%z"], help="As of this valid time; now, if left out.")
    ] = None,
    why: Annotated[bool, typer.Option("--why", help="Show the evidence for the first of the hypotheses too.")] = False,
    plot: Annotated[Path | None, typer.Option(help="Draw them into this PNG file, before and after.")] = None,
    purpose: Purpose = None,
) -> None:
    """Weigh the hypotheses why an event happened, or what a metric shows, and who brought it about.

    --why explains the first hypothesis with every piece of its evidence; --plot draws all of them.
    """
    stored = None if event is None else EventName(id=event, source=source)
    run(_interpret(key, twin, stored, metric, at, why, plot, purpose))


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
) -> None:
    out = Console(highlight=False)
    question = Interpret(twin=twin, stored=stored, metric=None if metric is None else _named(metric))
    as_of = NOW if at is None else AsOf(valid_time=instant(at))
    async with services() as built:
        caller = await built.callers.authenticate(key, purpose)
        found = await built.reasons.interpret(caller, question, as_of=as_of, explained=why)
        out.print(reasons_shown.reasons(found))
        if plot is not None and found.occurrences:
            out.print(f"Drawn: {reasons_picture.draw(found.occurrences[0], plot)}")
