"""A page of an answer, and the answer itself: what was found, and the moment of the twin it is true of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from beliefgraph.model.time import Instant, Rev

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """Something read of one twin, with the rev and the valid time it was read at."""

    value: T
    rev: Rev
    valid_time: Instant


@dataclass(frozen=True, slots=True)
class Item(Generic[T]):
    """One thing on a page, and the opaque cursor after which the next page begins."""

    node: T
    cursor: str


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some of the things asked for, in order, and whether there are more.

    Where it was read of one twin, `rev` and `valid_time` say at which moment; a cursor leads on at the same rev.
    `total` is given where it was asked for.
    """

    items: tuple[Item[T], ...]
    has_next: bool
    has_previous: bool = False
    rev: Rev | None = None
    valid_time: Instant | None = None
    total: int | None = None

    @property
    def nodes(self) -> tuple[T, ...]:
        """The things themselves."""
        return tuple(item.node for item in self.items)
