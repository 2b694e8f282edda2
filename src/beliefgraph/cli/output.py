"""JSON output: what every reading command writes with --json."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from pydantic import BaseModel

Json = Annotated[bool, typer.Option("--json", help="Write the answer as JSON.")]


def print_json(answer: Any) -> None:
    """Write an answer to standard output as one JSON document, indented."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_SERIALIZE_NUMPY
    sys.stdout.write(orjson.dumps(answer, default=_plain, option=options).decode())


def write_draft(text: str, out: Path | None) -> bool:
    """Write a draft for review to a file, or else to standard output; whether it went to a file."""
    if out is None:
        typer.echo(text, nl=False)
        return False
    out.write_text(text, encoding="utf-8")
    return True


def _plain(value: object) -> object:
    """A JSON form for other values: a record as an object, a set as a list, anything else as text."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    return str(value)
