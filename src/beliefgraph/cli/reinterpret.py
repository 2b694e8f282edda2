"""`beliefgraph reinterpret`: read stored events again under the rules in force."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from beliefgraph.cli.connection import Key, Purpose, run, signed_in
from beliefgraph.cli.output import Json, print_json
from beliefgraph.cli.parameter_sets import belief_named
from beliefgraph.model.move import MOVED
from beliefgraph.model.reinterpretation import Reinterpret, Reinterpretation

Types = Annotated[
    list[str] | None, typer.Option("--type", help="Read only events of this CloudEvents type; repeat it for several.")
]
Since = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d"],
        help="Read only events that happened at this time or later; a day begins at midnight UTC.",
    ),
]


def reinterpret(
    key: Key,
    types: Types = None,
    since: Since = None,
    twin: Annotated[str | None, typer.Option("--twin", help="Read only events of this twin.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would change, and write nothing.")] = False,
    purpose: Purpose = None,
    json: Json = False,
) -> None:
    """Read stored events again under the rules in force; twins change by commits with the cause `reinterpreted`.

    Unchanged evidence is kept. An interrupted run can be started again. Corrections, statements and withdrawals are
    kept. Events that no rule can read any more wait in quarantine.
    """
    if since is not None and since.tzinfo is None:
        since = since.replace(tzinfo=UTC)
    asked = Reinterpret(twin=twin, types=tuple(types) if types else None, since=since, dry_run=dry_run)
    found = run(_reinterpret(key, purpose, asked))
    if json:
        print_json(found)
    else:
        _show(Console(highlight=False), found, dry_run=dry_run)


async def _reinterpret(key: str, purpose: str | None, asked: Reinterpret) -> Reinterpretation:
    out = Console(stderr=True, highlight=False)
    found = Reinterpretation()
    async with signed_in(key, purpose) as (built, caller):
        databases = built.shards.values() if asked.twin is None else (built.of(caller, asked.twin),)
        with out.status("Reading again …") as status:
            for database in databases:
                part = asked
                while True:
                    done = await database.reinterpreter.reinterpret(caller, part)
                    found = found.and_then(done)
                    status.update(f"Reading again … {found.events:,} events of {found.twins:,} twins")
                    if done.next is None:
                        break
                    part = asked.model_copy(update={"after": done.next})
    return found


def _show(out: Console, found: Reinterpretation, *, dry_run: bool) -> None:
    would = "would say" if dry_run else "say"
    out.print(
        f"{found.events:,} events of {found.twins:,} twins were read again; {found.changed:,} {would} something else, "
        f"in {found.commits:,} commits."
    )
    if found.restricted:
        out.print(f"{found.restricted:,} twins were left out: their use is restricted.")
    if found.quarantined:
        goes = "would go" if dry_run else "went"
        out.print(f"{found.quarantined:,} cannot be read any more and {goes} to quarantine.")
    out.print(f"{found.moved:,} beliefs {'would move' if dry_run else 'moved'} by {MOVED:.1%} or more.")
    if found.most:
        table = Table("twin", "belief", "before", "after", box=None)
        for each in found.most:
            table.add_row(each.twin, belief_named(each.belief), f"{each.before:.3f}", f"{each.after:.3f}")
        out.print(table)
    if dry_run:
        out.print("Nothing was written.")
