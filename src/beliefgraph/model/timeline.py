"""One value per instant: how a new row is placed among the rows of the same fact."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import NAMESPACE_OID

from beliefgraph.model.named_id import named_id
from beliefgraph.model.revision import Revision
from beliefgraph.model.time import BEGINNING

R = TypeVar("R", bound=Revision)

_last = (BEGINNING, BEGINNING.isoformat())


def revision_id(kind: str, key: str, rev: int, valid_from: datetime) -> str:
    """The id of the row of `key` that `rev` opened at `valid_from`: the same in every replay."""
    return named_id(NAMESPACE_OID, f"{kind}\x1f{key}\x1f{rev}\x1f{_written(valid_from)}")


def _written(moment: datetime) -> str:
    """A moment as text, cached because the rows of one commit share it."""
    global _last
    if _last[0] is not moment:
        _last = moment, moment.isoformat()
    return _last[1]


def inferred(kind: type[R], twin: str, key: str, at: datetime, rev: int, definition: str, **values: Any) -> R:
    """The row that `rev` derives for a fact from `at` on, until further notice; its values are known to be valid."""
    return _derived(kind, revision_id(kind.__name__, key, rev, at), twin, key, at, rev, definition, values)


def passing(kind: type[R], twin: str, key: str, at: datetime, rev: int, definition: str, **values: Any) -> R:
    """The same for a response only: it is not stored, and has no id."""
    return _derived(kind, "", twin, key, at, rev, definition, values)


def _derived(
    kind: type[R], id_: str, twin: str, key: str, at: datetime, rev: int, definition: str, values: dict[str, Any]
) -> R:
    return kind.trusted(
        revision_id=id_,
        twin=twin,
        key=key,
        valid_from=at,
        valid_to=None,
        rev_from=rev,
        rev_to=None,
        definition=definition,
        origin="inferred",
        **values,
    )


def lateness(row: Revision) -> tuple[datetime, int]:
    """The order of two statements: by start, then by the time of the command.

    Events with the same start are equal, and commands come after events: so the order in which events arrive does not
    matter.
    """
    return row.valid_from, row.rev_from if row.origin == "provided" else 0


def put(known: Sequence[R], new: R) -> tuple[list[R], list[R]]:
    """The rows to close and the rows to open when `new` is stated of its fact.

    `known` are the fact's rows that are open on the rev axis, disjoint in valid time. An open-ended `new` holds until
    the next known start, so that a late statement does not undo a later one; a closed one holds exactly over its
    interval, and rows that it partly covers are reopened around it.
    """
    starts = [row.valid_from for row in known if row.valid_from > new.valid_from]
    if new.valid_to is None and starts:
        new = new.model_copy(update={"valid_to": min(starts)})
    closed = [row for row in known if row.valid.overlaps(new.valid)]
    opened = [part for row in closed for part in _remainders(row, new)]
    return closed, [*opened, new]


def at(rows: Sequence[R], moment: datetime) -> R | None:
    """The row in force at a moment, if the rows were stated one after the other in the order of their revs.

    Rows are stored whole and resolved when read, so that removing one gives the state without it.
    """
    known: list[R] = []
    for row in sorted(rows, key=lambda r: (r.rev_from, r.revision_id)):
        closed, opened = put(known, row)
        known = [*(k for k in known if k not in closed), *opened]
    return next((row for row in known if row.valid.contains(moment)), None)


def end(known: Sequence[R], at: datetime, rev: int) -> tuple[list[R], list[R]]:
    """The rows to close and to open when the fact ends at `at`, after which nothing of it is valid."""
    closed = [row for row in known if row.valid_to is None or row.valid_to > at]
    opened = [_cut(row, row.valid_from, at, rev) for row in closed if row.valid_from < at]
    return closed, opened


def _remainders(row: R, new: R) -> list[R]:
    parts = []
    if row.valid_from < new.valid_from:
        parts.append(_cut(row, row.valid_from, new.valid_from, new.rev_from))
    if new.valid_to is not None and (row.valid_to is None or row.valid_to > new.valid_to):
        parts.append(_cut(row, new.valid_to, row.valid_to, new.rev_from))
    return parts


def is_remainder(row: Revision) -> bool:
    """Whether a row is the remainder of an earlier, closed one: its start was not stated."""
    return row.revision_id == _remainder_id(row, row.rev_from, row.valid_from)


def _remainder_id(row: Revision, rev: int, start: datetime) -> str:
    return revision_id(type(row).__name__, row.unique_key, rev, start)


def _cut(row: R, start: datetime, stop: datetime | None, rev: int) -> R:
    identity = _remainder_id(row, rev, start)
    return row.model_copy(
        update={"revision_id": identity, "valid_from": start, "valid_to": stop, "rev_from": rev, "rev_to": None}
    )
