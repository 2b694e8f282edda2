"""The Cypher queries of the program: one file each, found by name, read once."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path


@cache
def cypher_folder() -> Path:
    """The directory of the query files: next to the package in a wheel, at the root in a checkout."""
    packaged = Path(str(files("beliefgraph"))) / "cypher"
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "cypher"


@cache
def query(name: str) -> str:
    """The text of the query of that name, such as `twin/inputs`."""
    return (cypher_folder() / f"{name}.cypher").read_text(encoding="utf-8")
