"""`beliefgraph export` and `import`: all that is held of a twin, or of a tenant, in one signed file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from rich.console import Console
from rich.progress import Progress, TextColumn

from beliefgraph.cli.connection import Key, Purpose, run, signed_in
from beliefgraph.cli.output import Json, print_json
from beliefgraph.model.archive import Imported


def export(
    key: Key,
    out: Annotated[Path, typer.Option("--out", help="File to write, such as lena.tar.gz.")],
    twin: Annotated[str | None, typer.Argument(help="Name of the twin.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Export all twins of the tenant.")] = False,
    purpose: Purpose = None,
) -> None:
    """Write everything stored about a twin to a signed archive; the person's own key may export their twin.

    `beliefgraph export lena --out lena.tar.gz`

    An interrupted export of all twins continues if it is started again with the same file.
    """
    if (twin is None) != all_:
        raise typer.BadParameter("Name a twin, or give --all.")

    async def work() -> None:
        async with signed_in(key, purpose) as (running, caller):
            with _fresh(out) as file:
                if twin is None:
                    with _progress() as progress:
                        parts = out.with_name(f"{out.name}.parts")
                        await running.alone.archives.export_tenant(caller, file, progress, parts)
                else:
                    await running.of(caller, twin).archives.export_twin(caller, twin, file)

    run(work())
    typer.echo(f"{out}: {out.stat().st_size:,} bytes")


@contextmanager
def _fresh(out: Path) -> Iterator[BinaryIO]:
    """The file under a temporary name, renamed once it is complete."""
    part = out.with_name(f"{out.name}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _progress() -> Iterator[Callable[[int], None]]:
    """The number of twins exported, on standard error; nothing if that is not a terminal."""
    console = Console(stderr=True)
    with Progress(TextColumn("{task.completed} twins"), console=console, disable=not console.is_terminal) as bars:
        task = bars.add_task("export", total=None)
        yield lambda done: bars.update(task, completed=done)


def import_archive(
    key: Key,
    archive: Annotated[Path, typer.Argument(help="File that `beliefgraph export` wrote.", exists=True, dir_okay=False)],
    public_key: Annotated[
        Path | None,
        typer.Option(help="PEM file of the public key of the service that exported it; default: the key of this one."),
    ] = None,
    purpose: Purpose = None,
    json: Json = False,
) -> None:
    """Import an archive into an empty tenant, whole or not at all; nothing is written if it was altered."""

    async def work() -> Imported:
        async with signed_in(key, purpose) as (running, caller):
            public = None if public_key is None else public_key.read_bytes()
            with archive.open("rb") as file:
                return await running.alone.archives.import_archive(caller, file, public)

    done = run(work())
    if json:
        print_json(done)
    else:
        typer.echo(f"Imported {done.twins:,} twins, {done.rows:,} rows.")
