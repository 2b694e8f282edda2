"""The effective weight of a twin's bearings: by the rates learned for each source, and by shared origins. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from beliefgraph.inference import NO_EFFECT, NO_ORIGIN
from beliefgraph.inference.arrays import frozen
from beliefgraph.model.definition import Definitions
from beliefgraph.model.identity import source_id
from beliefgraph.model.parameters import (
    ALWAYS_RIGHT,
    BinaryRates,
    Confusion,
    ParameterSet,
    Scope,
    SharedError,
    origin_kind,
    scopes,
)
from beliefgraph.services.twin.bearings import Bearings
from beliefgraph.services.twin.blocks import Bools
from beliefgraph.services.twin.state import TwinState

Floats = npt.NDArray[np.float64]

COUNTS_ONCE = SharedError(kind="any", correlation=1.0)
"""What observations with one origin are assumed to share until it is learned: they are copies."""


@dataclass(frozen=True)
class Weighting:
    """For every heading of a twin's bearings: its source, the rates it is weighted by, its origin with its correlation
    and scale, and its group of those that share an error across beliefs, with the deviation of that error.

    `confusion` has the headings whose source has a confusion matrix, each with the column of the stated value. `direct`
    means that every source is taken as always right, and no origins or errors are shared.

    Corrections and retractions have a source number of their own: they are acts, not reports that could be mistaken,
    and are taken as they are.
    """

    source: npt.NDArray[np.int64]
    says_if_holds: Floats
    says_if_not: Floats
    origin: npt.NDArray[np.int64]
    correlation: Floats
    scale: Floats
    effect: npt.NDArray[np.int64]
    deviation: Floats
    confusion: Mapping[int, tuple[Confusion, ...]]
    direct: bool = False


@dataclass(frozen=True)
class Reliabilities:
    """The learned parameters of a tenant, looked up by the ids of sources."""

    definitions: Definitions

    @cached_property
    def parameters(self) -> ParameterSet:
        """The set in force, empty if nothing was learned."""
        return self.definitions.parameters or ParameterSet(tenant=self.definitions.tenant)

    def rates(self, source: str, kind: str | None, attribute: str, value: str | None, context: str) -> BinaryRates:
        """The rates of a source, by its id, for a belief: the most specific that were learned.

        For a source without learned rates, the mean of its kind, else of all.
        """
        known = self.definitions.attributes.get(attribute)
        near = tuple(scopes(attribute, value, context, known.domain if known else attribute))
        for who in ((source, None), (None, kind), (None, None)):
            for scope in near:
                if (found := self._rates.get((*who, scope))) is not None:
                    return found
        return ALWAYS_RIGHT

    def shared_error(self, origin: str) -> SharedError:
        """The error that observations of this origin share on a belief."""
        return self.parameters.shared_error_of.get(origin_kind(origin), COUNTS_ONCE)

    def deviation(self, across: str) -> float:
        """The standard deviation of the error that observations of this name share on every belief."""
        return self.parameters.deviations.get(origin_kind(across), 0.0)

    def shared(self, bearings: Bearings) -> Bools:
        """Headings for which the number of observations that share an origin or an error across beliefs matters."""
        groups = bearings.register.groups
        if not groups.origins and not groups.effects:
            return np.zeros(len(groups.belief), dtype=np.bool_)
        return np.asarray(((groups.origin != NO_ORIGIN) | (groups.effect != NO_EFFECT)) & ~groups.act)

    def weighting(self, state: TwinState, counts: Bools) -> Weighting:
        """The weighting of every heading of a twin's bearings; `counts` marks those that count at the moment."""
        groups = state.bearings.register.groups
        if not self._rates and not groups.origins and not groups.effects:
            ones, zeros, none = _constants(len(counts))
            return Weighting(groups.source_or_act, ones, zeros, none, ones, ones, none, zeros, {}, direct=True)
        shared = [*map(self.shared_error, groups.origins), COUNTS_ONCE]
        deviation = np.array([*map(self.deviation, groups.effects), 0.0])
        rates = self._rates_of(state, counts & ~groups.act) if self._rates else {}
        pairs = np.full((len(counts), 2), ONE)
        for row, each in rates.items():
            pairs[row] = each.says_if_holds, each.says_if_not
        return Weighting(
            source=groups.source_or_act,
            says_if_holds=pairs[:, 0],
            says_if_not=pairs[:, 1],
            origin=np.where(groups.act, NO_ORIGIN, groups.origin),
            correlation=np.array([each.correlation for each in shared])[groups.origin],
            scale=np.array([each.scale for each in shared])[groups.origin],
            effect=np.where(groups.act, NO_EFFECT, groups.effect),
            deviation=deviation[groups.effect],
            confusion={row: each.confusion for row, each in rates.items() if each.confusion},
        )

    @cached_property
    def _rates(self) -> Mapping[tuple[str | None, str | None, Scope], BinaryRates]:
        tenant = self.definitions.tenant
        return {
            (source_id(tenant, source) if source else None, kind, scope): rates
            for (source, kind, scope), rates in self.parameters.source_rates.items()
        }

    def _rates_of(self, state: TwinState, counts: Bools) -> dict[int, BinaryRates]:
        """The rates of every heading that counts and has rates.

        The person's own statements and the evidence of metrics have none: neither is a source to be weighted.
        """
        headings = state.bearings.register.headings
        kinds: dict[str, str] = {}
        for heading in state.bearings.headings:
            if heading.source_kind is not None:
                kinds[heading.source] = min(heading.source_kind, kinds.get(heading.source, heading.source_kind))
        found = {}
        for row in np.flatnonzero(counts).tolist():
            heading = headings[row]
            if heading.source == state.own_source or heading.origin == "inferred":
                continue
            belief = state.beliefs[heading.belief]
            found[row] = self.rates(
                heading.source, kinds.get(heading.source), belief.attribute, belief.value, belief.context
            )
        return found


@lru_cache(64)
def _constants(headings: int) -> tuple[Floats, Floats, npt.NDArray[np.int64]]:
    """For this many headings: the probability 1, the probability 0, and no origin or effect."""
    return frozen(np.ones(headings)), frozen(np.zeros(headings)), frozen(np.full(headings, NO_ORIGIN))


ONE = np.array([ALWAYS_RIGHT.says_if_holds, ALWAYS_RIGHT.says_if_not])
