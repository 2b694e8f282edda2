"""The beliefs for preferences in a context: in it if they inherit, else in the nearest context with evidence. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from beliefgraph.errors import Incorrect
from beliefgraph.model.attribute import OTHER, Attribute
from beliefgraph.model.belief import ANYONE, ANYWHERE, BeliefKey, contexts_around
from beliefgraph.model.identity import belief_id
from beliefgraph.services.derivation.measure import measure, with_metric_evidence
from beliefgraph.services.snapshots.as_of import Snapshot
from beliefgraph.services.snapshots.recompute import Recomputed, recompute
from beliefgraph.services.twin.state import TwinState

MOST_LEVELS = 16
"""Most nested contexts, including `any`: everything that inherits is derived in every one of them."""


@dataclass(frozen=True)
class PlacedPreference:
    """A preference in a context: its positions in the layout, one for each value; `heard_in` is where it is from."""

    attribute: Attribute
    subject: str
    positions: tuple[int, ...]
    heard_in: str | None


@dataclass(frozen=True)
class PreferenceSet:
    """All preferences of a twin at a moment, in a context."""

    seen: Recomputed
    context: str

    def subjects(self, attribute: Attribute) -> Sequence[str]:
        """The subjects of the preference, by name: the person, and everything else with information here.

        A constraint is about operands, and a valence about things, so they are not about the person without evidence.
        """
        assert attribute.preference is not None
        about_things = attribute.preference.kind in ("constraint", "valence")
        always = set() if about_things or attribute.deprecated else {ANYONE}
        known = (key for key in self._known if key.attribute == attribute.key)
        return sorted(always | {key.subject for key in known if key.context in self._around})

    def standing(self, attribute: Attribute, subject: str) -> PlacedPreference:
        """The preference about a subject in the context.

        One that inherits is answered in the context itself; another one, in the nearest broader context with evidence
        on it.
        """
        preference = attribute.preference
        assert preference is not None
        key = BeliefKey.of(attribute=attribute.key, subject=subject)
        known = (place for place in self._around if key.model_copy(update={"context": place}) in self._known)
        inherits = preference.inherits is not None
        where = self.context if inherits else next(known, ANYWHERE)
        observed = (place for place in self._around if key.model_copy(update={"context": place}) in self._observed)
        return PlacedPreference(attribute, subject, self._positions(attribute, subject, where), next(observed, None))

    @cached_property
    def _around(self) -> tuple[str, ...]:
        return tuple(contexts_around(self.context))

    @cached_property
    def _observed(self) -> frozenset[BeliefKey]:
        """The variables that counting evidence is about."""
        keys = self.seen.derived.layout.keys
        return frozenset(keys[position].variable for position in self.seen.derived.observed_positions.tolist())

    @cached_property
    def _known(self) -> frozenset[BeliefKey]:
        """The variables with information: evidence, or an effect of related beliefs."""
        derived, layout = self.seen.derived, self.seen.derived.layout
        return self._observed | {layout.keys[position].variable for position in derived.moved.tolist()}

    def _positions(self, attribute: Attribute, subject: str, context: str) -> tuple[int, ...]:
        layout = self.seen.derived.layout
        key = BeliefKey.of(attribute=attribute.key, subject=subject, context=context, value=_first(attribute))
        place = layout.position[belief_id(self.seen.moment.state.id, key)]
        return layout.values_beside.get(place, (place,))


def preference_set(moment: Snapshot, context: str, attributes: Sequence[Attribute]) -> PreferenceSet:
    """These preferences in a context at a moment; `too-large` if it is nested too deeply."""
    levels = sum(1 for _ in contexts_around(context))
    if levels > MOST_LEVELS:
        raise Incorrect("too-large", f"A context lies in at most {MOST_LEVELS - 1} others; this is in {levels - 1}.")
    state = with_metric_evidence(moment.state, moment.graph, measure(moment.state, moment.graph.definitions, moment.at))
    return PreferenceSet(recompute(moment, _keys(state, context, attributes)), context)


def spread(probabilities: Sequence[float], scores: Sequence[float]) -> tuple[float, float]:
    """The mean and the standard deviation of scores, given that the value has one."""
    total = math.fsum(probabilities)
    mean = math.fsum(p * s for p, s in zip(probabilities, scores, strict=True)) / total
    square = math.fsum(p * (s - mean) ** 2 for p, s in zip(probabilities, scores, strict=True)) / total
    return mean, math.sqrt(square)


def _keys(state: TwinState, context: str, attributes: Sequence[Attribute]) -> Iterator[BeliefKey]:
    """A key for every place in which one of the preferences may be answered."""
    subjects = {attribute.key: {ANYONE} for attribute in attributes}
    for belief in state.beliefs.values():
        if belief.attribute in subjects:
            subjects[belief.attribute].add(belief.subject)
    for attribute in attributes:
        for subject in sorted(subjects[attribute.key]):
            for where in contexts_around(context):
                yield BeliefKey.of(attribute=attribute.key, subject=subject, context=where, value=_first(attribute))


def _first(attribute: Attribute) -> str | None:
    return OTHER if attribute.categorical else None
