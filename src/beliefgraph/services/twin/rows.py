"""From published or recomputed states to the rows of an answer: each belief with its requested related rows. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from beliefgraph.model.question import BeliefOrder, BeliefRow, EvidenceOn, ListedState, RelatedBelief
from beliefgraph.model.time import microseconds
from beliefgraph.services.twin.paging import Position
from beliefgraph.store.beliefs import UNAVAILABLE, RelationRow

S = TypeVar("S", bound=ListedState)


class Neighbourhoods:
    """The beliefs around a page, and the relations among them; each row is built only once."""

    def __init__(self, alone: Mapping[str, BeliefRow], relations: Iterable[RelationRow]) -> None:
        """`alone` has the rows of all beliefs that may occur, without their relations, by id."""
        self._alone = alone
        self._rows: dict[tuple[str, int], BeliefRow] = {}
        self.made = 0
        self._around: dict[str, list[tuple[RelationRow, bool, str]]] = defaultdict(list)
        for relation in sorted(relations, key=lambda r: (r.id, r.origin)):
            if relation.source in alone and relation.target in alone:
                self._around[relation.source].append((relation, True, relation.target))
                self._around[relation.target].append((relation, False, relation.source))

    def row(self, id_: str, levels: int) -> BeliefRow:
        """A belief with its relations, followed this many levels."""
        if levels == 0:
            return self._alone[id_]
        found = self._rows.get((id_, levels))
        if found is None:
            state = self._alone[id_].state
            found = BeliefRow.trusted(state=state, exact=None, relations=self.related(id_, levels), evidence=None)
            self._rows[id_, levels] = found
        return found

    def related(self, id_: str, levels: int) -> tuple[RelatedBelief, ...]:
        """A belief's relations, with the beliefs at their other ends, followed this many levels; counted in `made`."""
        found = self._around.get(id_, ())
        self.made += len(found)
        return tuple(
            RelatedBelief.trusted(
                id=relation.id,
                strength=relation.strength,
                origin=relation.origin,
                outgoing=outgoing,
                other=self.row(other, levels - 1),
            )
            for relation, outgoing, other in found
        )


def place_of(listed: ListedState, order: BeliefOrder, rev: int) -> Position:
    """The sort key of a belief in an order."""
    return Position(_value(listed, order), listed.belief.id, rev)


def ordered(beliefs: Iterable[S], order: BeliefOrder) -> list[S]:
    """The beliefs in the order in which `belief/page` returns published ones."""
    by_id = sorted(beliefs, key=lambda each: each.belief.id)
    return sorted(by_id, key=lambda each: _value(each, order), reverse=_backwards(order))


def following(beliefs: Sequence[S], order: BeliefOrder, after: Position | None) -> Sequence[S]:
    """The beliefs, given in order, that come after a place."""
    if after is None:
        return beliefs
    backwards, place = _backwards(order), after

    def comes_after(each: S) -> bool:
        value = _value(each, order)
        if value == place.value:
            return each.belief.id > place.id
        return (value < place.value) if backwards else (value > place.value)  # type: ignore[operator]

    return [each for each in beliefs if comes_after(each)]


def _value(listed: ListedState, order: BeliefOrder) -> float | str:
    if order.by == "attribute":
        return listed.belief.attribute
    number = listed.log_odds if order.by == "confidence" else listed.changed_at_rev
    return UNAVAILABLE if number is None else -float(number) if order.descending else float(number)


def _backwards(order: BeliefOrder) -> bool:
    """Whether values are descending: numbers are negated instead, so that missing ones come last either way."""
    return order.by == "attribute" and order.descending


def chain_position(row: EvidenceOn, rev: int) -> Position:
    """The sort key of a bearing in the chain of a belief; one piece of evidence may have several there."""
    return Position(float(microseconds(row.bearing.valid_from)), row.bearing.revision_id, rev)
