"""Truth in files: CSV with the columns twin, attribute, value, and if need be subject, context and time."""

from __future__ import annotations

import csv
from pathlib import Path

from pydantic import ValidationError

from beliefgraph.errors import BeliefgraphError, Incorrect
from beliefgraph.model.truth import Truth

COLUMNS = tuple(Truth.model_fields)


def read_truth(path: Path) -> list[Truth]:
    """The rows of a file in their order; `invalid-input` with the line of the first that is wrong."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        unknown = [name for name in rows.fieldnames or () if name not in COLUMNS]
        missing = [name for name in ("twin", "attribute", "value") if name not in (rows.fieldnames or ())]
        if unknown or missing:
            wrong = f"it lacks {', '.join(missing)}" if missing else f"it has {', '.join(unknown)}"
            raise Incorrect("invalid-input", f"{path.name}: its columns are {', '.join(COLUMNS)}; {wrong}.")
        return [_read({name: text for name, text in row.items() if text}, path, rows.line_num) for row in rows]


def _read(row: dict[str, str], path: Path, line: int) -> Truth:
    try:
        return Truth.model_validate(row)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in wrong["loc"])
        raise Incorrect("invalid-input", f"{path.name}, line {line}: {place}: {wrong['msg']}.", line=line) from None
    except BeliefgraphError as error:
        raise Incorrect("invalid-input", f"{path.name}, line {line}: {error.message}", line=line) from None
