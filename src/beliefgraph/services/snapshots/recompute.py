"""The beliefs of a twin recomputed for a moment, unrounded: which are listed, their states and relations. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from beliefgraph.errors import BeliefgraphError, NotFound, Unavailable
from beliefgraph.model.belief import Belief, BeliefKey, BeliefState
from beliefgraph.model.evidence import Bearing
from beliefgraph.model.identity import belief_id, relation_id
from beliefgraph.model.time import microseconds
from beliefgraph.services.definitions.describe import describe
from beliefgraph.services.derivation.calibrated import calibrated
from beliefgraph.services.derivation.derive import Derivation, derive, related
from beliefgraph.services.snapshots.as_of import Snapshot
from beliefgraph.services.twin.bearings import valid_at
from beliefgraph.store.beliefs import RelationRow


@dataclass(frozen=True)
class Recomputed:
    """A moment of a twin with everything derived for it."""

    moment: Snapshot
    derived: Derivation

    @cached_property
    def listed(self) -> tuple[int, ...]:
        """The positions of the beliefs that a twin with only the evidence visible here would have stored, by id.

        These are beliefs with evidence or a personal relation that became valid by then, and those that left their
        prior noticeably.
        """
        state, layout, derived = self.derived.state, self.derived.layout, self.derived
        known = related(state, self.moment.at)
        positions = {layout.position[id_] for id_ in known if id_ in layout.position}
        positions.update(derived.begun.tolist(), derived.moved.tolist())
        return tuple(sorted(positions, key=lambda position: layout.ids[position]))

    @cached_property
    def relations(self) -> tuple[RelationRow, ...]:
        """The relations between listed beliefs."""
        layout, listed = self.derived.layout, set(self.listed)
        return tuple(
            RelationRow(
                relation_id(layout.ids[edge.source], edge.strength.kind, layout.ids[edge.target]),
                layout.ids[edge.source],
                layout.ids[edge.target],
                edge.strength,
                "inferred" if edge.ref else "provided",
            )
            for edge in layout.edges
            if edge.source in listed and edge.target in listed
        )

    def acts_on(self, belief: str) -> list[Bearing]:
        """The corrections and retractions of a belief, by its id, that are valid at the moment."""
        bearings = self.derived.state.bearings
        rows = bearings.acts
        if not len(rows):
            return []
        valid = bearings.records(rows[valid_at(bearings.take(rows), microseconds(self.moment.at))])
        return [bearing for bearing in valid if bearing.belief == belief]

    def belief(self, position: int) -> Belief:
        """The belief at a position, whether it is stored or not."""
        id_ = self.derived.layout.ids[position]
        known = self.moment.state.beliefs.get(id_)
        return known or describe(self.moment.state.id, id_, self.derived.layout.keys[position], self.moment.graph)

    def prior(self, position: int) -> float | None:
        """The stated prior of the belief at a position; None for a value of an open attribute, which shares one."""
        key = self.derived.layout.keys[position]
        return self.moment.graph.definitions.attributes[key.attribute].prior_of(key.value)

    def answered(self, key: BeliefKey) -> int:
        """The position of a belief that has an answer.

        `too-wide` if it has none, `unknown-value` if no evidence names the value; else refused as by the definitions of
        the moment.
        """
        layout = self.derived.layout
        position = layout.position.get(belief_id(self.moment.state.id, key))
        if position is None:
            raise self.unknown(key)
        if position in layout.unnamed:
            raise NotFound(
                "unknown-value",
                f"No evidence names this value of {key.attribute}, so it has no confidence.",
                attribute=key.attribute,
            )
        if not self.derived.available[position]:
            raise Unavailable(
                "too-wide", "This belief is connected to too many others for an answer.", belief=layout.ids[position]
            )
        return position

    def exactly(self, published: BeliefState) -> BeliefState:
        """The unrounded state of a belief that was published for this moment; unchanged if it is no longer defined."""
        position = self.derived.layout.position.get(published.belief.id)
        return published if position is None else self.state(position)

    def unknown(self, key: BeliefKey) -> BeliefgraphError:
        """Why a belief has no position, according to the definitions of the moment."""
        try:
            self.moment.graph.definitions.attribute_of(key)
        except BeliefgraphError as error:
            return error
        raise AssertionError("a belief is defined, and was not laid out")

    def state(self, position: int) -> BeliefState:
        """The state of the belief at a position."""
        id_ = self.derived.layout.ids[position]
        log_odds = self.derived.value(position)
        held, belief = self.moment.state.holdings.get(id_), self.belief(position)
        return BeliefState.trusted(
            belief=belief,
            log_odds=log_odds,
            prior=self.prior(position),
            status=self.derived.status(position, log_odds),
            quality=self.derived.quality(position),
            valid_time=self.moment.at,
            rev=self.moment.state.rev,
            changed_at_rev=None if held is None else held.rev_from,
            calibrated_log_odds=calibrated(self.moment.graph.definitions, belief.attribute, log_odds),
            error=self.derived.error_bar(position),
            apart=self.moment.apart,
        )


def recompute(moment: Snapshot, also: Iterable[BeliefKey] = ()) -> Recomputed:
    """Everything that the twin believed at a moment, including the beliefs in `also`, even without data on them."""
    return Recomputed(moment, derive(moment.state, moment.graph, moment.at, also=also))
