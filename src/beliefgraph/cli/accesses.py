"""`beliefgraph accesses`: who read a twin."""

from __future__ import annotations

from typing import Annotated

import typer

from beliefgraph.cli.connection import Key, Purpose, run, signed_in
from beliefgraph.cli.output import Json, print_json
from beliefgraph.model.access import Access


def accesses(
    key: Key,
    twin: Annotated[str, typer.Argument(help="Name of the twin.")],
    first: Annotated[int, typer.Option("--first", min=1, max=1_000, help="Maximum number of items.")] = 100,
    purpose: Purpose = None,
    json: Json = False,
) -> None:
    """List who read a twin, when and for what purpose, and who was refused, the newest first.

    Needs the person's own key, or one with the scope audit.
    """

    async def work() -> list[Access]:
        async with signed_in(key, purpose) as (running, caller):
            caller = caller.asking("accesses")
            return await running.accesses.accesses(caller, twin, first=first)

    found = run(work())
    if json:
        print_json(found)
        return
    for each in found:
        who = f"{each.actor} (the person)" if each.person else each.actor
        refused = "" if each.refused is None else f"  refused: {each.refused}"
        typer.echo(f"{each.at:%Y-%m-%d %H:%M:%S}  {who}  {each.asked}  for {each.purpose}{refused}")
