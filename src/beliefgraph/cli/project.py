"""`beliefgraph project`: an analyst's copy of what a purpose may see, under pseudonyms, in a Neo4j of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from beliefgraph.app import copying
from beliefgraph.cli.connection import Key, Purpose, run, signed_in
from beliefgraph.cli.output import Json, print_json
from beliefgraph.model.copy import CopyCheck, CopyRound
from beliefgraph.services.copies.project import EVERY
from beliefgraph.services.copies.project import Progress as CopyProgress

DIFFERENT = 3
"""Exit code if the copy differs, with --verify."""


def project(
    key: Key,
    purpose: Purpose = None,
    follow: Annotated[bool, typer.Option("--follow/--once", help="Keep it up to date until Ctrl-C.")] = False,
    every: Annotated[float, typer.Option(min=0.1, max=60, help="Seconds between two updates, with --follow.")] = EVERY,
    verify: Annotated[bool, typer.Option("--verify", help="Compare the copy instead, and write nothing.")] = False,
    json: Json = False,
) -> None:
    """Build or update an analyst's copy: what the purpose may read of all twins, under pseudonyms.

    `beliefgraph project --purpose analytics --follow`

    BELIEFGRAPH_COPY_URI and BELIEFGRAPH_COPY_PASSWORD name its Neo4j, which must be empty at first. Twins that were
    erased, and what is not permitted any more, are removed from the copy with the next update. Exit code 3 if --verify
    finds a difference.
    """

    async def work() -> CopyRound | CopyCheck | None:
        async with signed_in(key, purpose) as (running, caller), copying(running, caller) as copy:
            if verify:
                return await copy.check()
            with _bar() as progress:
                done = await copy.round(progress)
            if not follow:
                return done
            _show(done, json)
            with suppress(asyncio.CancelledError):
                await copy.follow(lambda each: _show(each, json) if each.written or each.deleted else None, every)
            return None

    with suppress(KeyboardInterrupt):
        found = run(work())
        if found is not None:
            _show(found, json)
        if isinstance(found, CopyCheck) and found.different:
            raise typer.Exit(DIFFERENT)


def _show(found: CopyRound | CopyCheck, json: bool) -> None:
    if json:
        print_json(found)
    elif isinstance(found, CopyRound):
        typer.echo(
            f"{found.twins:,} twins; {found.written:,} written ({found.rows:,} rows), {found.deleted:,} deleted, "
            f"in {found.seconds:.1f} s."
        )
    elif found.different:
        typer.echo(f"{len(found.different):,} twins differ: {', '.join(found.different[:20])}")
    else:
        typer.echo(f"{found.twins:,} twins with {found.rows:,} rows are the same.")


@contextmanager
def _bar() -> Iterator[CopyProgress]:
    """A progress bar on standard error while the copy is built; nothing if that is not a terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("twins"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task("twins", total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)
