"""`beliefgraph define`: check catalogs, and put them in force."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from beliefgraph.cli.neo4j import reporting_errors
from beliefgraph.cli.options import OptionalKey, Purpose, required
from beliefgraph.ingest.catalog_check import Finding, check_files
from beliefgraph.model.catalog import Catalog


def define(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="Catalog files, YAML or JSON.")],
    key: OptionalKey = None,
    purpose: Purpose = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only check the files, with each other; needs no key and no database.")
    ] = False,
) -> None:
    """Publish catalogs; all twins adopt them at once. Publishing the same version again changes nothing.

    All errors in the files are listed with file, line and column, and nothing is published if there are any. With
    --check, give all catalogs that refer to each other: only what these files define is known.
    """
    with reporting_errors():
        checked = check_files(files, alone=check)
    refuse_findings(checked.findings)
    if check:
        refs = ", ".join(catalog.ref for catalog in checked.catalogs)
        Console(highlight=False).print(f"No errors in {refs}.")
        return
    from beliefgraph.cli.connection import run

    run(_define(checked.catalogs, required(key), purpose))


def refuse_findings(findings: Sequence[Finding]) -> None:
    """List everything that is wrong with some catalogs on standard error, and exit with 1 if anything is."""
    if not findings:
        return
    out = Console(stderr=True, highlight=False)
    for finding in findings:
        out.print(str(finding), markup=False, soft_wrap=True)
    errors = "1 error" if len(findings) == 1 else f"{len(findings):,} errors"
    out.print(f"invalid-definition: {errors}; nothing was published.", soft_wrap=True)
    raise typer.Exit(1)


async def _define(catalogs: Sequence[Catalog], key: str, purpose: str | None) -> None:
    from beliefgraph.cli.connection import signed_in

    out = Console(highlight=False)
    async with signed_in(key, purpose) as (built, caller):
        for catalog in catalogs:
            definitions = await built.book.publish(caller, catalog)
            await built.across.adopt(caller.tenant)
            parts = f"{len(catalog.attributes)} attributes" + (
                f", {len(catalog.metrics)} metrics" if catalog.metrics else ""
            )
            out.print(f"{catalog.ref} is in force (set {definitions.number}, {parts}).")
