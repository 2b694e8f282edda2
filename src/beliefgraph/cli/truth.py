"""The CSV file of known truth that `try` and every `learn` command take."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from beliefgraph.cli.moments import in_utc
from beliefgraph.errors import Incorrect
from beliefgraph.model.belief import ANYONE, ANYWHERE, BeliefKey
from beliefgraph.services.learning.dataset import KnownTruth

COLUMNS = ("twin", "attribute", "subject", "context", "value", "holds")
REQUIRED = {"twin", "attribute", "value"}
OPTIONAL = {"subject", "context", "holds", "time"}

ANSWERS = {"yes": True, "true": True, "no": False, "false": False}


def read_truth(path: Path) -> Iterator[KnownTruth]:
    """The known truth in a CSV file; `invalid-input` names the line with an error.

    Without a column `holds`, a `value` of yes, no, true or false says whether the belief holds, and any other is the
    value that does. Without a `time`, the truth holds at all times.
    """
    if not path.is_file():
        raise Incorrect("invalid-input", f"There is no file {path}.", path=str(path))
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        columns = set(rows.fieldnames or ())
        if not REQUIRED <= columns <= REQUIRED | OPTIONAL:
            raise Incorrect(
                "invalid-input",
                f"{path} must have the columns twin, attribute, value; it may have subject, context, holds, time.",
                path=str(path),
            )
        for row in rows:
            try:
                yield _known(row)
            except ValueError as error:
                raise Incorrect("invalid-input", f"{path}, line {rows.line_num}: {error}", path=str(path)) from None


def _known(row: dict[str, str]) -> KnownTruth:
    value, stated = row["value"] or None, row.get("holds")
    if stated is None:
        holds: bool | None = ANSWERS.get((value or "").lower(), True if value else None)
        value = None if (value or "").lower() in ANSWERS else value
        if holds is None:
            raise ValueError("value is empty, and there is no column holds.")
    else:
        holds = {"yes": True, "no": False}.get(stated)
        if holds is None:
            raise ValueError("holds must be yes or no.")
    try:
        belief = BeliefKey(
            attribute=row["attribute"],
            subject=row.get("subject") or ANYONE,
            context=row.get("context") or ANYWHERE,
            value=value,
        )
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        raise ValueError(f"{wrong['loc'][0]}: {wrong['msg']}.") from None
    return KnownTruth(row["twin"], belief, holds, _time(row.get("time")))


def _time(written: str | None) -> datetime | None:
    if not written:
        return None
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        raise ValueError(f"time is not a date or an instant in ISO 8601: {written}.") from None
    return in_utc(found)
