"""`beliefgraph change-points`: where the evidence of a twin changed at once, by domain."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from beliefgraph.cli import show
from beliefgraph.cli.connection import Key, Purpose, run, signed_in
from beliefgraph.cli.output import Json, print_json
from beliefgraph.cli.reading import At, TwinOption, as_of
from beliefgraph.model.change_point import ChangePoints
from beliefgraph.model.time import AsOf


def change_points(key: Key, twin: TwinOption, at: At = None, purpose: Purpose = None, json: Json = False) -> None:
    """Show where the evidence of each domain stopped being what it was, and how surprising it is of late."""
    found = run(_change_points(key, purpose, twin, as_of(at)))
    if json:
        print_json(found)
        return
    table = Table(
        "domain", "evidence", "changed", "as now since", "surprise", "usual", "found", box=None, pad_edge=False
    )
    for each in found.domains:
        surprise = f"{each.surprise:.2f}", f"{each.usual:.2f}"
        days = ", ".join(show.day(one.time) for one in each.found)
        table.add_row(each.domain, f"{each.pieces}", f"{each.probability:.0%}", show.day(each.since), *surprise, days)
    Console(highlight=False).print(table)


async def _change_points(key: str, purpose: str | None, twin: str, when: AsOf) -> ChangePoints:
    async with signed_in(key, purpose) as (built, caller):
        return await built.of(caller, twin).change_points.change_points(caller, twin, as_of=when)
