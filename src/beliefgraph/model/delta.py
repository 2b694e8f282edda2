"""The changes of a twin by one commit: new records, opened and closed revisions, by their type."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from types import MappingProxyType
from typing import TypeVar

from beliefgraph.model.arrival import ArrivedEvent, SetAside
from beliefgraph.model.decision import DecisionTexts
from beliefgraph.model.evidence import Evidence, Source
from beliefgraph.model.record import Record

T = TypeVar("T", bound=Record)


class Records(Collection[Record]):
    """Records by their type, in the order in which they were given."""

    __slots__ = ("_by_type",)

    def __init__(self, rows: Iterable[Record] = ()) -> None:
        by_type: dict[type[Record], list[Record]] = defaultdict(list)
        for row in rows:
            by_type[type(row)].append(row)
        self._by_type: Mapping[type[Record], Sequence[Record]] = by_type

    def of(self, kind: type[T]) -> Sequence[T]:
        """Those of a type."""
        return self._by_type.get(kind, ())  # type: ignore[return-value]

    @property
    def by_type(self) -> Mapping[type[Record], Sequence[Record]]:
        """All of them, by their type."""
        return self._by_type

    def __add__(self, other: Records) -> Records:
        """Those of both, these first."""
        if not other or not self:
            return self if self else other
        both = Records()
        both._by_type = {
            kind: [*self._by_type.get(kind, ()), *other._by_type.get(kind, ())]
            for kind in {**self._by_type, **other._by_type}
        }
        return both

    def __iter__(self) -> Iterator[Record]:
        return chain.from_iterable(self._by_type.values())

    def __len__(self) -> int:
        return sum(map(len, self._by_type.values()))

    def __bool__(self) -> bool:
        return bool(self._by_type)

    def __contains__(self, row: object) -> bool:
        return isinstance(row, Record) and row in self._by_type.get(type(row), ())


NONE = Records()


@dataclass(frozen=True)
class Delta:
    """The changes of a twin by one commit.

    `made` are new records (beliefs, goals, metrics, decisions), `opened` and `closed` are revisions. `texts` are the
    person's words in statements, by their revision ids; they are sealed when stored. `withdrawn` is evidence that no
    longer counts, by its ids, permanently if it was `taken_back` by the person. `set_aside` are events that return to
    quarantine.
    """

    made: Records = NONE
    opened: Records = NONE
    closed: Records = NONE
    events: Sequence[ArrivedEvent] = ()
    sources: Sequence[Source] = ()
    evidence: Sequence[Evidence] = ()
    texts: Mapping[str, DecisionTexts] = field(default_factory=lambda: MappingProxyType({}))
    withdrawn: Collection[str] = ()
    taken_back: bool = False
    set_aside: Sequence[SetAside] = ()

    @classmethod
    def of(cls, *, made: Iterable[Record] = (), opened: Iterable[Record] = (), closed: Iterable[Record] = ()) -> Delta:
        """A delta of records and revisions only."""
        return cls(Records(made), Records(opened), Records(closed))

    def __add__(self, other: Delta) -> Delta:
        """Both changes combined."""
        if other.nothing or self.nothing:
            return self if other.nothing else other
        return Delta(
            made=self.made + other.made,
            opened=self.opened + other.opened,
            closed=self.closed + other.closed,
            events=(*self.events, *other.events),
            sources=(*self.sources, *other.sources),
            evidence=(*self.evidence, *other.evidence),
            texts={**self.texts, **other.texts},
            withdrawn=(*self.withdrawn, *other.withdrawn),
            taken_back=self.taken_back or other.taken_back,
            set_aside=(*self.set_aside, *other.set_aside),
        )

    @property
    def nothing(self) -> bool:
        """Whether it changes nothing."""
        rows = self.made or self.opened or self.closed or self.events or self.sources or self.evidence
        return not (rows or self.texts or self.withdrawn or self.taken_back or self.set_aside)

    @property
    def size(self) -> int:
        """The number of rows it writes, of every kind: this bounds the size of a transaction."""
        number = len(self.events) + len(self.sources) + len(self.evidence)
        return number + len(self.made) + len(self.opened) + len(self.closed)


NOTHING = Delta()
"""No change."""
