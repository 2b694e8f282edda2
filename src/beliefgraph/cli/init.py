"""`beliefgraph init` and `beliefgraph schema`: a small catalog to start from, and its JSON Schema for editors."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console

from beliefgraph.model.catalog import Catalog

SCHEMA = "catalog.schema.json"
STARTER = ("catalog.yaml", "events.jsonl")


def init(
    directory: Annotated[Path, typer.Argument(file_okay=False, help="Directory to write the files to.")] = Path(),
) -> None:
    """Write a small catalog, events that match it, and a JSON Schema with which editors check and complete the catalog.

    Existing files are not overwritten: nothing is written then, and the exit code is 1.
    """
    texts = {name: (files("beliefgraph") / "cli" / "starter" / name).read_bytes() for name in STARTER}
    texts[SCHEMA] = catalog_schema()
    there = [name for name in texts if (directory / name).exists()]
    if there:
        Console(stderr=True, highlight=False).print(f"Not overwritten, and nothing written: {', '.join(there)}.")
        raise typer.Exit(1)
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (directory / name).write_bytes(text)
    catalog, events = (directory / name for name in STARTER)
    out = Console(highlight=False, soft_wrap=True)
    out.print(
        f"Written: {', '.join(texts)}. To try them without storing anything:\n  beliefgraph try {catalog} {events}"
    )


def schema() -> None:
    """Print the JSON Schema of catalogs, for editors.

    With the YAML language server, name the file in the first line of a catalog:
    `# yaml-language-server: $schema=catalog.schema.json`.
    """
    typer.echo(catalog_schema(), nl=False)


def catalog_schema() -> bytes:
    """The JSON Schema of a catalog, generated from its one declaration."""
    found = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Catalog.model_json_schema()}
    return orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
