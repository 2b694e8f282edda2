"""`beliefgraph export` and `import`: all that is held of a twin, or of a tenant, in one signed file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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
    """Write all that is held of a twin to a signed archive; the person's own key may export their twin.

    `beliefgraph export lena --out lena.tar.gz`
    """
    if (twin is None) != all_:
        raise typer.BadParameter("Name a twin, or give --all.")

    async def work() -> bytes:
        async with signed_in(key, purpose) as (running, caller):
            if twin is None:
                return await running.alone.archives.export_tenant(caller)
            return await running.of(caller, twin).archives.export_twin(caller, twin)

    content = run(work())
    out.write_bytes(content)
    typer.echo(f"{out}: {len(content):,} bytes")


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
            return await running.alone.archives.import_archive(caller, archive.read_bytes(), public)

    done = run(work())
    if json:
        print_json(done)
    else:
        typer.echo(f"Imported {done.twins:,} twins, {done.rows:,} rows.")
