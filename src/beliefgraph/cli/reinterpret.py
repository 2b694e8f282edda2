"""`beliefgraph reinterpret`: read stored events again under the rules in force."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from beliefgraph.cli.connection import Key, Purpose, run, signed_in
from beliefgraph.cli.moments import MOMENT_OR_DAY, in_utc
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
        formats=MOMENT_OR_DAY,
        help="Read only events that happened at this time or later; a day begins at midnight UTC.",
    ),
]


def reinterpret(
    key: Key,
    types: Types = None,
    since: Since = None,
    twin: Annotated[str | None, typer.Option("--twin", help="Read only events of this twin.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report what would change, and write nothing.")] = False,
    purpose: Purpose = None,
    json: Json = False,
) -> None:
    """Read stored events again under the rules in force; changes are commits with the cause `reinterpreted`.

    Unchanged evidence is kept. An interrupted run can be started again. Corrections, statements and withdrawals are
    kept. Events that can no longer be interpreted go to quarantine.
    """
    asked = Reinterpret(
        twin=twin, types=tuple(types) if types else None, since=since and in_utc(since), dry_run=dry_run
    )
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
    would = "would change" if dry_run else "changed"
    out.print(
        f"{found.events:,} events of {found.twins:,} twins were read again; the evidence of {found.changed:,} {would}, "
        f"in {found.commits:,} commit{'' if found.commits == 1 else 's'}."
    )
    if found.restricted:
        out.print(f"{found.restricted:,} twins were skipped: their use is restricted.")
    if found.quarantined:
        goes = "would go" if dry_run else "went"
        out.print(f"{found.quarantined:,} can no longer be interpreted and {goes} to quarantine.")
    out.print(f"{found.moved:,} beliefs {'would change' if dry_run else 'changed'} by {MOVED:.1%} or more.")
    if found.most:
        table = Table("twin", "belief", "before", "after", box=None)
        for each in found.most:
            table.add_row(each.twin, belief_named(each.belief), f"{each.before:.3f}", f"{each.after:.3f}")
        out.print(table)
    if dry_run:
        out.print("Nothing was written.")
