"""The Cypher the program runs: one file each, found by name, read once."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path


@cache
def cypher_folder() -> Path:
    """Where the query files are: in the wheel beside the package, in a checkout at its root."""
    packaged = Path(str(files("beliefgraph"))) / "cypher"
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "cypher"


@cache
def query(name: str) -> str:
    """The text of the query of that name, such as `twin/inputs`."""
    return (cypher_folder() / f"{name}.cypher").read_text(encoding="utf-8")
