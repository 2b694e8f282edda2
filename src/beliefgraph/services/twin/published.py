"""What a twin in memory has published, queried as `belief/page` does in the store: the same rows in the same order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property

from beliefgraph.model.question import EVERY_BELIEF, BeliefFilter, BeliefOrder
from beliefgraph.model.relation import BeliefRelation, RelationKind
from beliefgraph.services.twin.paging import Position
from beliefgraph.services.twin.rows import following, ordered
from beliefgraph.services.twin.state import TwinState
from beliefgraph.store.beliefs import FoundBeliefs, MadeRows, Neighbourhood, PublishedBelief, RelationRow


class Published:
    """The beliefs and relations that one rev of a twin published."""

    def __init__(self, state: TwinState) -> None:
        assert state.head_time is not None
        self.state = state
        self._head_time = state.head_time
        self._in_order: dict[BeliefOrder, list[PublishedBelief]] = {}
        self._made = MadeRows()

    def one(self, belief: str, wanted: Neighbourhood) -> FoundBeliefs:
        """One belief, with the requested related rows; nothing if it is not stored."""
        row = self._rows.get(belief)
        return self._held([] if row is None else [row], wanted, total=None)

    def page(
        self, matching: BeliefFilter, order: BeliefOrder, wanted: Neighbourhood, *, limit: int, begin: Position | None
    ) -> FoundBeliefs:
        """The beliefs that match, after a place in the order."""
        rows = self._in_order.get(order)
        if rows is None:
            rows = self._in_order[order] = ordered(self._rows.values(), order)
        if matching != EVERY_BELIEF:
            rows = [row for row in rows if matching.matches(row)]
        total = len(rows) if wanted.total else None
        return self._held(following(rows, order, begin)[:limit], wanted, total=total)

    def _held(self, rows: Sequence[PublishedBelief], wanted: Neighbourhood, *, total: int | None) -> FoundBeliefs:
        made = self._made.of(rows, wanted) is not None
        relations = () if made else self._near([row.belief.id for row in rows], wanted)
        ends = {end for relation in relations for end in (relation.source, relation.target)}
        return FoundBeliefs(
            rev=self.state.rev,
            head_time=self._head_time,
            definitions=self.state.definitions,
            beliefs=tuple(rows),
            relations=relations,
            others=tuple(self._rows[id_] for id_ in ends if id_ in self._rows),
            total=total,
            made=self._made,
        )

    def _near(self, beliefs: Iterable[str], wanted: Neighbourhood) -> tuple[RelationRow, ...]:
        """The relations of beliefs, followed to the wanted number of levels."""
        found: dict[int, RelationRow] = {}
        reached: Iterable[str] = beliefs
        for _ in range(wanted.relation_levels):
            new = {id(each): each for end in reached for each in self._of_kinds(end, wanted.relation_kinds)}
            found |= new
            reached = {end for each in new.values() for end in (each.source, each.target)}
        return tuple(found.values())

    def _of_kinds(self, belief: str, kinds: Collection[RelationKind]) -> Iterator[RelationRow]:
        return (each for each in self._around.get(belief, ()) if each.strength.kind in kinds)

    @cached_property
    def _rows(self) -> dict[str, PublishedBelief]:
        """The published rows of every belief, by its id."""
        beliefs = self.state.beliefs
        return {
            id_: PublishedBelief(beliefs[id_], held.log_odds, held.status, held.quality, held.rev_from, held.error)
            for id_, held in self.state.holdings.items()
        }

    @cached_property
    def _around(self) -> dict[str, list[RelationRow]]:
        """The relations that are in force at head time, by each of their ends."""
        found: dict[str, list[RelationRow]] = defaultdict(list)
        for relation in self.state.relations:
            if self._in_force(relation):
                row = RelationRow(relation.key, relation.source, relation.target, relation.strength, relation.origin)
                found[relation.source].append(row)
                found[relation.target].append(row)
        return found

    def _in_force(self, relation: BeliefRelation) -> bool:
        return relation.origin == "inferred" or relation.valid.contains(self._head_time)
