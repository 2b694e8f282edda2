"""From what was read or recomputed to rows that answer: each belief with what was asked for around it. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from beliefgraph.model.belief import BeliefState
from beliefgraph.model.question import BeliefOrder, BeliefRow, EvidenceOn, RelatedBelief
from beliefgraph.model.time import microseconds
from beliefgraph.services.paging import Place
from beliefgraph.store.beliefs import UNAVAILABLE, RelationRow


class Surroundings:
    """The beliefs around a page, and the relations among them; each row is made once, however often it is met."""

    def __init__(self, states: Mapping[str, BeliefState], relations: Iterable[RelationRow]) -> None:
        self._states = states
        self._rows: dict[tuple[str, int], BeliefRow] = {}
        self._around: dict[str, list[tuple[RelationRow, bool, str]]] = defaultdict(list)
        for relation in sorted(relations, key=lambda r: r.id):
            if relation.source in states and relation.target in states:
                self._around[relation.source].append((relation, True, relation.target))
                self._around[relation.target].append((relation, False, relation.source))

    def row(self, id_: str, levels: int) -> BeliefRow:
        """A belief with its relations, followed so many levels."""
        found = self._rows.get((id_, levels))
        if found is None:
            found = BeliefRow.trusted(state=self._states[id_], relations=self.related(id_, levels), evidence=None)
            self._rows[id_, levels] = found
        return found

    def related(self, id_: str, levels: int) -> tuple[RelatedBelief, ...] | None:
        """The relations of a belief, None where no level of them is asked for."""
        if levels == 0:
            return None
        return tuple(
            RelatedBelief.trusted(
                id=relation.id,
                strength=relation.strength,
                origin=relation.origin,
                outgoing=outgoing,
                other=self.row(other, levels - 1),
            )
            for relation, outgoing, other in self._around.get(id_, ())
        )


def place_of(state: BeliefState, order: BeliefOrder, rev: int) -> Place:
    """Where a belief stands in an order."""
    if order.by == "attribute":
        return Place(state.belief.attribute, state.belief.id, rev)
    number = state.log_odds if order.by == "confidence" else state.changed_at_rev
    signed = UNAVAILABLE if number is None else -float(number) if order.descending else float(number)
    return Place(signed, state.belief.id, rev)


def ordered(states: Iterable[BeliefState], order: BeliefOrder, after: Place | None) -> list[BeliefState]:
    """The beliefs after a place, in order: as `belief/page` orders what was published."""
    by_id = sorted(states, key=lambda state: state.belief.id)
    backwards = order.by == "attribute" and order.descending
    placed = sorted(((place_of(s, order, 0), s) for s in by_id), key=lambda p: p[0].value, reverse=backwards)
    if after is None:
        return [state for _, state in placed]

    def follows(place: Place) -> bool:
        if place.value == after.value:
            return place.id > after.id
        return (place.value < after.value) if backwards else (place.value > after.value)  # type: ignore[operator]

    return [state for place, state in placed if follows(place)]


def place_in_chain(row: EvidenceOn, rev: int) -> Place:
    """Where a piece of evidence stands in the chain of its belief."""
    return Place(float(microseconds(row.bearing.valid_from)), row.evidence.id, rev)
