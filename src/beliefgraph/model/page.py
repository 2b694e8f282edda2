"""A page of an answer, and the answer itself: what was found, and the moment of the twin it is true of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
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
    `total` is given where it was asked for. `cursor` makes the cursor of a node, for those that somebody wants.
    """

    nodes: tuple[T, ...]
    has_next: bool
    cursor: Callable[[T], str] = field(compare=False, repr=False)
    has_previous: bool = False
    rev: Rev | None = None
    valid_time: Instant | None = None
    total: int | None = None

    @property
    def items(self) -> tuple[Item[T], ...]:
        """The things with their cursors."""
        return tuple(Item(node, self.cursor(node)) for node in self.nodes)

    @property
    def nothing(self) -> bool:
        """Whether there is nothing on this page, nor on any before it."""
        return not self.nodes and not self.has_previous

    @property
    def first_cursor(self) -> str | None:
        """The cursor of the first thing; None on an empty page."""
        return self.cursor(self.nodes[0]) if self.nodes else None

    @property
    def last_cursor(self) -> str | None:
        """The cursor of the last thing, after which the next page begins; None on an empty page."""
        return self.cursor(self.nodes[-1]) if self.nodes else None
