"""Keyset pagination: a cursor says after which place in which order the next page begins, and at which rev.

A cursor is opaque to clients, bound to the query it was made for, and checked when it is sent back. As it carries the
rev, the pages of one walk show one state of the twin regardless of concurrent writes.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import orjson

from beliefgraph.errors import Incorrect
from beliefgraph.model.page import Page
from beliefgraph.model.time import Instant

T = TypeVar("T")

MAX_PAGE = 200
"""Most items on one page of a list, unless a longer one is allowed."""

DEFAULT_PAGE = 50
MAX_CURSOR = 1_000
MOST_REVS = 2**31
MOST_VALUE = 2.0**62
"""Above every value in our cursors; the store has no larger integer."""


@dataclass(frozen=True, slots=True)
class Position:
    """A place in an order: the value to order by, the id that breaks ties, and the rev at which the order was read."""

    value: float | str
    id: str
    rev: int | None = None

    @property
    def order(self) -> tuple[float, str]:
        """The sort key of the place in an order by numbers, ties by id."""
        return float(self.value), self.id


def mark(*question: object) -> str:
    """What identifies a query: a cursor made for it is refused for any other."""
    return hashlib.sha256("\x1f".join(map(repr, question)).encode()).hexdigest()[:12]


def encode(mark: str, place: Position) -> str:
    """The cursor for a place."""
    return base64.urlsafe_b64encode(orjson.dumps([mark, place.rev, place.value, place.id])).decode().rstrip("=")


def decode(mark: str, cursor: str | None, kind: type[float] | type[str]) -> Position | None:
    """The place of a cursor, None without one; `invalid-cursor` unless it was made for this query."""
    if cursor is None:
        return None
    try:
        if len(cursor) > MAX_CURSOR:
            raise ValueError
        whole = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        made_under, rev, value, id_ = orjson.loads(whole)
        sound = isinstance(value, kind) and isinstance(id_, str)
        sound = sound and (rev is None or (type(rev) is int and 0 < rev < MOST_REVS))
        if made_under != mark or not sound or (isinstance(value, float) and not abs(value) < MOST_VALUE):
            raise ValueError
    except (ValueError, TypeError, binascii.Error):
        raise Incorrect(
            "invalid-cursor", "This cursor does not belong to this query; start again without one."
        ) from None
    return Position(value, id_, rev)


def checked(first: int, most: int = MAX_PAGE) -> int:
    """The size of a page: between 1 and `most`, else refused."""
    if first < 1:
        raise Incorrect("invalid-input", "A page holds at least one thing: first must be 1 or more.", first=first)
    if first > most:
        raise Incorrect("too-large", f"A page holds at most {most:,} here; ask for the next one.", first=first)
    return first


@dataclass(frozen=True, slots=True)
class PageRequest:
    """One step of a walk along the result of a query: where it continues, and how many items it takes.

    `begin` is None at the start; its rev is the one that the whole walk shows.
    """

    mark: str
    first: int
    begin: Position | None

    @property
    def limit(self) -> int:
        """How many items to read: one more than fit, to see whether there are more."""
        return self.first + 1

    @property
    def rev(self) -> int | None:
        """The rev that the walk began at, None for the current one."""
        return None if self.begin is None else self.begin.rev

    @property
    def before(self) -> int | None:
        """The rev before which an order by rev, newest first, continues."""
        return None if self.begin is None else int(self.begin.value)

    @property
    def text(self) -> str:
        """The text after which an order by texts continues, "" at the start."""
        return "" if self.begin is None else str(self.begin.value)

    def page(
        self,
        found: Sequence[T],
        place: Callable[[T], Position],
        *,
        rev: int | None = None,
        valid_time: Instant | None = None,
        total: int | None = None,
    ) -> Page[T]:
        """The page of the items that were found, at most `limit`."""
        return Page(
            nodes=tuple(found[: self.first]),
            has_next=len(found) > self.first,
            cursor=lambda node: encode(self.mark, place(node)),
            has_previous=self.begin is not None,
            rev=rev,
            valid_time=valid_time,
            total=total,
        )


def walk(
    *question: object,
    first: int,
    after: str | None,
    by: type[float] | type[str] = float,
    most: int = MAX_PAGE,
) -> PageRequest:
    """The step of a walk that continues at `after`, in an order `by` numbers or texts, with at most `most` items.

    Refused if a page cannot hold `first`, or if `after` is not a cursor of this query.
    """
    first, marked = checked(first, most), mark(*question)
    return PageRequest(marked, first, decode(marked, after, by))
