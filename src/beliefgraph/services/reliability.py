"""How a twin's bearings are heard: through the coins learned for each source, and by what origins share. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from beliefgraph.inference import NO_ORIGIN
from beliefgraph.model.definition import Definitions
from beliefgraph.model.identity import source_id
from beliefgraph.model.parameters import ALWAYS_RIGHT, Coins, ParameterSet, Scope, origin_kind, scopes
from beliefgraph.services.state import STANCES, TwinState

Floats = npt.NDArray[np.float64]

COUNTS_ONCE = 1.0
"""The correlation of what has one origin as long as it is not learned: copies."""

NO_COINS = frozenset({STANCES["correction"], STANCES["retraction"]})
"""Stances that are heard as they stand: setting right and ending are acts, not reports that could be mistaken."""


@dataclass(frozen=True)
class Hearing:
    """For every bearing of a twin, in order: its voice, the coins it is heard through, its origin and its correlation.

    A voice is a source, or a source as it sets right.
    """

    source: npt.NDArray[np.int64]
    says_if_holds: Floats
    says_if_not: Floats
    origin: npt.NDArray[np.int64]
    correlation: Floats


@dataclass(frozen=True)
class Reliabilities:
    """What was learned for a tenant, to be looked up by the ids of sources."""

    definitions: Definitions

    @cached_property
    def parameters(self) -> ParameterSet:
        """The set in force, empty where nothing was learned."""
        return self.definitions.parameters or ParameterSet(tenant=self.definitions.tenant)

    def coins(self, source: str, kind: str | None, attribute: str, value: str | None, context: str) -> Coins:
        """The coins of a source, by its id, as it speaks about a belief: the nearest that were learned.

        Of a source that was not heard before about it, the mean of its kind, else of all.
        """
        known = self.definitions.attributes.get(attribute)
        near = tuple(scopes(attribute, value, context, known.domain if known else attribute))
        for who in ((source, None), (None, kind), (None, None)):
            for scope in near:
                if (found := self._coins.get((*who, scope))) is not None:
                    return found
        return ALWAYS_RIGHT

    def correlation(self, origin: str) -> float:
        """How much of their error observations of this origin share."""
        return self.parameters.correlations.get(origin_kind(origin), COUNTS_ONCE)

    def hearing(self, state: TwinState) -> Hearing:
        """How every bearing of a twin is heard."""
        columns = state.columns
        acts = np.isin(columns.stance, list(NO_COINS))
        shared = np.array([*map(self.correlation, state.origin_order), 0.0])
        pairs = self._pairs(state)[np.where(acts, len(state.bearings), np.arange(len(acts)))] if self._coins else ONE
        return Hearing(
            source=np.where(acts, columns.source + len(state.source_order), columns.source),
            says_if_holds=np.broadcast_to(pairs[..., 0], acts.shape),
            says_if_not=np.broadcast_to(pairs[..., 1], acts.shape),
            origin=np.where(acts, NO_ORIGIN, columns.origin),
            correlation=shared[columns.origin],
        )

    @cached_property
    def _coins(self) -> Mapping[tuple[str | None, str | None, Scope], Coins]:
        tenant = self.definitions.tenant
        return {
            (source_id(tenant, source) if source else None, kind, scope): coins
            for (source, kind, scope), coins in self.parameters.coins.items()
        }

    def _pairs(self, state: TwinState) -> Floats:
        """The coins of every bearing, and a last row for those that need none; shape [bearings + 1, 2].

        The person speaks of themselves, and a metric's band is worked out here: neither is a witness to be weighed.
        """
        columns = state.columns
        kinds: dict[str, str] = {}
        for bearing in state.bearings:
            if bearing.source_kind is not None:
                kinds[bearing.source] = min(bearing.source_kind, kinds.get(bearing.source, bearing.source_kind))
        both = columns.belief * max(len(state.source_order), 1) + columns.source
        _, first, which = np.unique(both, return_index=True, return_inverse=True)
        found = np.empty((len(first), 2))
        for row, place in enumerate(first.tolist()):
            bearing = state.bearings[place]
            if bearing.source == state.own_source or bearing.origin == "inferred":
                found[row] = ONE
                continue
            belief = state.beliefs[bearing.belief]
            coins = self.coins(
                bearing.source, kinds.get(bearing.source), belief.attribute, belief.value, belief.context
            )
            found[row] = coins.says_if_holds, coins.says_if_not
        return np.concatenate([found[which], ONE[None]])


ONE = np.array([ALWAYS_RIGHT.says_if_holds, ALWAYS_RIGHT.says_if_not])
