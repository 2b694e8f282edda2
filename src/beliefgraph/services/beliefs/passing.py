"""What a twin would publish of beliefs, only for an answer: a holding is created on request. Pure."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, Mapping, ValuesView
from dataclasses import replace
from functools import cached_property

import numpy as np

from beliefgraph.model.belief import Holding
from beliefgraph.model.delta import Delta
from beliefgraph.model.timeline import passing
from beliefgraph.services.beliefs.publish import draw, holding, worth_publishing
from beliefgraph.services.definitions.describe import describe
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.derivation.derive import Derivation
from beliefgraph.services.derivation.grid import on_grid
from beliefgraph.services.twin.blocks import Ints
from beliefgraph.services.twin.state import TwinState


def with_holdings(state: TwinState, graph: DefinitionGraph, derived: Derivation) -> TwinState:
    """A twin without published state, with what it would publish of beliefs and the relations between them."""
    holdings = PassingHoldings(state, graph, derived)
    layout = derived.layout
    fresh = {id_: layout.keys[place] for id_, place in holdings.places.items() if id_ not in state.beliefs}
    made = (describe(state.id, id_, key, graph) for id_, key in fresh.items())
    _, drawn = draw(state, derived, {*fresh}, state.rev, redraw=False)
    after = state.after(Delta.of(made=made, opened=drawn))
    return replace(after, rows={**after.rows, Holding: holdings})


class PassingHoldings(Mapping[str, Holding]):
    """The holdings of a derivation by belief; all are created at once if all are requested."""

    def __init__(self, state: TwinState, graph: DefinitionGraph, derived: Derivation) -> None:
        self._state = state
        self._refs = graph.definitions.refs
        self._derived = derived
        self._rounded = on_grid(derived.log_odds)
        self._positions = np.flatnonzero(worth_publishing(state, derived))
        ids = derived.layout.ids
        self.places = {ids[position]: position for position in self._positions.tolist()}
        """The position of each belief, by its id."""

    def __len__(self) -> int:
        return len(self.places)

    def __iter__(self) -> Iterator[str]:
        return iter(self.places)

    def __contains__(self, belief: object) -> bool:
        return belief in self.places

    def __getitem__(self, belief: str) -> Holding:
        if "_all" in vars(self):
            return self._all[belief]
        return next(self._made(np.array([self.places[belief]])))

    def items(self) -> ItemsView[str, Holding]:
        """Each belief with its holding."""
        return self._all.items()

    def values(self) -> ValuesView[Holding]:
        """The holdings."""
        return self._all.values()

    @cached_property
    def _all(self) -> dict[str, Holding]:
        return dict(zip(self.places, self._made(self._positions), strict=True))

    def _made(self, positions: Ints) -> Iterator[Holding]:
        """The holdings at some positions."""
        state, derived, layout = self._state, self._derived, self._derived.layout
        for standing in derived.standing(positions, self._rounded):
            definition = self._refs[layout.keys[standing[0]].attribute]
            yield holding(passing, state, derived, state.rev, definition, standing)
