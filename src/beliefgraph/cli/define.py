"""`beliefgraph define`: put definitions in force."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from beliefgraph.cli.connection import Key, Purpose, run, services
from beliefgraph.ingest.catalogs import read_catalogs


def define(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="Catalog files, YAML or JSON.")],
    key: Key,
    purpose: Purpose = None,
) -> None:
    """Publish catalogs; all twins adopt them at once. Publishing the same version again changes nothing."""
    run(_define(files, key, purpose))


async def _define(files: list[Path], key: str, purpose: str | None) -> None:
    out = Console(highlight=False)
    catalogs = [catalog for file in files for catalog in read_catalogs(file)]
    async with services() as built:
        caller = await built.callers.authenticate(key, purpose)
        for catalog in catalogs:
            definitions = await built.book.publish(caller, catalog)
            await built.across.adopt(caller.tenant)
            parts = f"{len(catalog.attributes)} attributes" + (
                f", {len(catalog.metrics)} metrics" if catalog.metrics else ""
            )
            out.print(f"{catalog.ref} is in force (set {definitions.number}, {parts}).")
