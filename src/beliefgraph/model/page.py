"""A page of results, and a single result, with the state of the twin it applies to."""

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
    """Some of the requested items, in order, and whether there are more.

    For items of one twin, `rev` and `valid_time` give the state read; a cursor continues at the same rev. `total` is
    given if it was requested. `cursor` creates the cursor of a node on demand.
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
        """The items with their cursors."""
        return tuple(Item(node, self.cursor(node)) for node in self.nodes)

    @property
    def nothing(self) -> bool:
        """Whether there are no items on this page and on all earlier ones."""
        return not self.nodes and not self.has_previous

    @property
    def first_cursor(self) -> str | None:
        """The cursor of the first item; None on an empty page."""
        return self.cursor(self.nodes[0]) if self.nodes else None

    @property
    def last_cursor(self) -> str | None:
        """The cursor of the last item, after which the next page begins; None on an empty page."""
        return self.cursor(self.nodes[-1]) if self.nodes else None
