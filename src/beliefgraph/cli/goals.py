"""`beliefgraph goals`: the goals of a twin by motivation, and the change since an earlier moment."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from beliefgraph.cli import goals_picture, show
from beliefgraph.cli.connection import Key, Purpose, run, signed_in
from beliefgraph.cli.output import Json, print_json
from beliefgraph.model.caller import Caller
from beliefgraph.model.goal import GoalRow
from beliefgraph.model.time import NOW, AsOf, instant

if TYPE_CHECKING:
    from beliefgraph.app import Services

PAGE = 200


def goals(
    key: Key,
    twin: Annotated[str, typer.Option(help="Name of the twin.")],
    why: Annotated[str | None, typer.Option(metavar="GOAL", help="Also explain the goal with this key.")] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%dT%H:%M:%S%z"], help="Show changes since this valid time.")
    ] = None,
    since_rev: Annotated[int | None, typer.Option(min=1, help="Show changes since this rev.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Write a chart of the goals to this PNG file.")] = None,
    purpose: Purpose = None,
    json: Json = False,
) -> None:
    """List the goals of a twin with their motivation, progress and status.

    With --since or --since-rev, compare with an earlier moment; --plot draws the motivations at both moments.
    """
    then = None if since is None and since_rev is None else AsOf(valid_time=since and instant(since), rev=since_rev)
    run(_goals(key, twin, why, then, plot, purpose, json))


async def _goals(
    key: str, twin: str, why: str | None, then: AsOf | None, plot: Path | None, purpose: str | None, json: bool
) -> None:
    out = Console(highlight=False)
    async with signed_in(key, purpose) as (built, caller):
        rows = await listed(built, caller, twin)
        before = {} if then is None else motivations(await listed(built, caller, twin, then))
        explained = None if why is None else await built.of(caller, twin).goals.explain(caller, twin, why)
        if json:
            shown = [row.model_dump(mode="json") for row in rows]
            for row, each in zip(rows, shown, strict=True):
                if then is not None:
                    each["motivation_before"] = before.get(row.state.goal.id)
                if explained is not None and row.state.goal.key == why:
                    each["explanation"] = explained
            print_json(shown)
        elif rows:
            out.print(show.goals(f"What {twin} pursues", rows, before if then is not None else None))
        else:
            out.print(f"{twin} has no goals.", markup=False)
        if explained is not None and not json:
            out.print(show.motivation(explained))
        if plot is not None and rows:
            drawn = goals_picture.draw(f"What {twin} pursues", rows, before, plot)
            if not json:
                out.print(f"Drawn: {drawn}")


async def listed(built: Services, caller: Caller, twin: str, as_of: AsOf = NOW) -> list[GoalRow]:
    """All goals of a twin at a moment, with their relations."""
    found: list[GoalRow] = []
    after: str | None = None
    while True:
        page = await built.of(caller, twin).goals.goals(
            caller, twin, first=PAGE, after=after, as_of=as_of, related=True
        )
        found += page.nodes
        if not page.has_next:
            return found
        after = page.last_cursor


def motivations(rows: list[GoalRow]) -> dict[str, float]:
    """The motivation of every goal by its id."""
    return {row.state.goal.id: row.state.motivation for row in rows}
