"""The Cypher queries of the program: one file each, found by name, read once.

Neo4j plans a query anew for each combination of the types and sizes of its parameters, which takes 50 to 300 ms. So
each query gets a single parameter: a map, which is of one type whatever it contains. `$twin` in a file is `$given.twin`
in the text that is sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

_PARAMETER = re.compile(r"\$(\w+)")


class _Unshown(dict[str, Any]):
    """A map that shows its keys only.

    The driver formats all parameters for its log, whether it writes one or not, which takes longer than packing them;
    and what they contain about a person does not belong in a log.
    """

    def __repr__(self) -> str:
        return f"<{', '.join(self)}>"


@cache
def cypher_folder() -> Path:
    """The directory of the query files: next to the package in a wheel, at the root in a checkout."""
    packaged = Path(str(files("beliefgraph"))) / "cypher"
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "cypher"


def file_text(name: str) -> str:
    """The text of the file of that name, such as `twin/inputs`."""
    return (cypher_folder() / f"{name}.cypher").read_text(encoding="utf-8")


@cache
def query(name: str) -> str:
    """The query of that name as it is sent, with the parameters that `given` makes."""
    return _PARAMETER.sub(r"$given.\1", file_text(name))


def given(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a query, by the names in its file, as they are sent."""
    return {"given": _Unshown(parameters)}
