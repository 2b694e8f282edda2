"""Pages by keyset: a cursor says after which place in which order the next page begins, and at which rev.

A cursor is opaque to whoever holds it, bound to the question it was made under, and checked when it comes back. As it
carries the rev, the pages of one walk show one state of the twin however much is written meanwhile.
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
"""Things on one page of a list, unless it can be longer."""

DEFAULT_PAGE = 50
MAX_CURSOR = 1_000
MOST_REVS = 2**31
MOST_VALUE = 2.0**62
"""What no cursor of ours reaches; the store has no integer for more."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in an order: the value ordered by, the id that breaks ties, and the rev that the order was read at."""

    value: float | str
    id: str
    rev: int | None = None

    @property
    def order(self) -> tuple[float, str]:
        """Where it stands in an order by numbers, ties by id."""
        return float(self.value), self.id


def mark(*question: object) -> str:
    """What identifies a question: a cursor made under it is refused under any other."""
    return hashlib.sha256("\x1f".join(map(repr, question)).encode()).hexdigest()[:12]


def encode(mark: str, place: Place) -> str:
    """The cursor of a place."""
    return base64.urlsafe_b64encode(orjson.dumps([mark, place.rev, place.value, place.id])).decode().rstrip("=")


def decode(mark: str, cursor: str | None, kind: type[float] | type[str]) -> Place | None:
    """The place a cursor marks, None without one; `invalid-cursor` unless it was made under this very question."""
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
            "invalid-cursor", "This cursor does not belong to this question; begin again without one."
        ) from None
    return Place(value, id_, rev)


def checked(first: int, most: int = MAX_PAGE) -> int:
    """How many things a page may hold: between 1 and `most`, else refused."""
    if first < 1:
        raise Incorrect("invalid-input", "A page holds at least one thing: first must be 1 or more.", first=first)
    if first > most:
        raise Incorrect("too-large", f"A page holds at most {most:,} here; ask for the next one.", first=first)
    return first


@dataclass(frozen=True, slots=True)
class Walk:
    """One step of a walk along the answer to a question: where it goes on, and how many things it takes.

    `begin` is None at the start; its rev is the one that the whole walk shows.
    """

    mark: str
    first: int
    begin: Place | None

    @property
    def limit(self) -> int:
        """How many to look for: one more than fit, to see whether there is more."""
        return self.first + 1

    @property
    def rev(self) -> int | None:
        """The rev that the walk began at, None for the current one."""
        return None if self.begin is None else self.begin.rev

    @property
    def before(self) -> int | None:
        """The rev that an order by rev, the newest first, goes on before."""
        return None if self.begin is None else int(self.begin.value)

    @property
    def text(self) -> str:
        """The text that an order by texts goes on after, "" at the start."""
        return "" if self.begin is None else str(self.begin.value)

    def page(
        self,
        found: Sequence[T],
        place: Callable[[T], Place],
        *,
        rev: int | None = None,
        valid_time: Instant | None = None,
        total: int | None = None,
    ) -> Page[T]:
        """The page of what was found, at most `limit` of it."""
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
) -> Walk:
    """The step of a walk that `after` leads on to, in an order `by` numbers or texts, with at most `most` on a page.

    Refused where a page cannot hold `first`, or where `after` is not a cursor of this question.
    """
    first, marked = checked(first, most), mark(*question)
    return Walk(marked, first, decode(marked, after, by))
