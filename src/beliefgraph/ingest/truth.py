"""Truth in files: CSV with the columns twin, attribute, value, and if need be subject, context and time.

The files of `learn sources --truth` are read too: their column `holds` says yes or no of the value, or of the belief.
"""

from __future__ import annotations

import csv
from pathlib import Path

from pydantic import ValidationError

from beliefgraph.errors import BeliefgraphError, Incorrect
from beliefgraph.model.truth import Truth

COLUMNS = (*Truth.model_fields, "holds")


def read_truth(path: Path) -> list[Truth]:
    """The rows of a file in their order; `invalid-input` with the line of the first that is wrong.

    That one value among several does not hold tells of no answer that it is right, so such rows are left out.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        unknown = [name for name in rows.fieldnames or () if name not in COLUMNS]
        missing = [name for name in ("twin", "attribute", "value") if name not in (rows.fieldnames or ())]
        if unknown or missing:
            wrong = f"it lacks {', '.join(missing)}" if missing else f"it has {', '.join(unknown)}"
            raise Incorrect("invalid-input", f"{path.name}: its columns are {', '.join(COLUMNS)}; {wrong}.")
        return [truth for row in rows if (truth := _read(row, path, rows.line_num)) is not None]


def _read(row: dict[str, str], path: Path, line: int) -> Truth | None:
    given = {name: text for name, text in row.items() if text}
    holds = given.pop("holds", None)
    if holds is not None:
        if holds not in ("yes", "no"):
            raise Incorrect("invalid-input", f"{path.name}, line {line}: holds is yes or no.", line=line)
        if "value" in given and holds == "no":
            return None
        given.setdefault("value", "true" if holds == "yes" else "false")
    try:
        return Truth.model_validate(given)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in wrong["loc"])
        raise Incorrect("invalid-input", f"{path.name}, line {line}: {place}: {wrong['msg']}.", line=line) from None
    except BeliefgraphError as error:
        raise Incorrect("invalid-input", f"{path.name}, line {line}: {error.message}", line=line) from None
