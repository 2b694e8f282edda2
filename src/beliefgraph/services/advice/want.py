"""What a preference implies for a feature of an option. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from beliefgraph.inference.choice import nearer
from beliefgraph.model.attribute import OTHER, Attribute
from beliefgraph.model.belief import BeliefKey, probability
from beliefgraph.model.decision import FeatureValue
from beliefgraph.model.preference import PreferenceDefinition
from beliefgraph.services.preferences.preference_set import PreferenceSet
from beliefgraph.services.snapshots.as_of import Snapshot

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class NoAnswer:
    """A preference that has no answer, in general or for a feature of an option, and why."""

    why: str


@dataclass(frozen=True)
class PreferenceState:
    """One preference in its present state: the probability of each of its values, before and after the evidence.

    `values` is (None,) for a binary preference. Arrays are by value; `positions` are those of the beliefs.
    """

    attribute: Attribute
    key: BeliefKey
    values: tuple[str | None, ...]
    positions: tuple[int, ...]
    prior: Floats
    posterior: Floats

    @property
    def preference(self) -> PreferenceDefinition:
        """Its definition as a preference."""
        assert self.attribute.preference is not None
        return self.attribute.preference

    @property
    def most_moved(self) -> int:
        """The index of the value whose probability moved most."""
        return int(np.argmax(np.abs(self.posterior - self.prior)))

    @property
    def scored(self) -> tuple[npt.NDArray[np.int64], Floats]:
        """The indexes of the values that are on its scale, and their scores."""
        scores = self.preference.scores or {}
        places = [i for i, value in enumerate(self.values) if value in scores]
        return np.array(places, dtype=np.int64), np.array([scores[str(self.values[i])] for i in places])

    def mean(self) -> float:
        """The mean of its scores, given that the value is on the scale."""
        places, scores = self.scored
        likely = self.posterior[places]
        return float(np.dot(likely, scores) / likely.sum())

    def weigh(self, feature: FeatureValue) -> tuple[float, int] | NoAnswer:
        """The weight of an option's feature for it, in [-1, 1], and the index of the value concerned."""
        scores = self.preference.scores
        if self.values == (None,) or (scores is not None and not isinstance(feature, str)):
            at = signed(feature)
            if isinstance(at, NoAnswer):
                return at
            return (self._graded(at), self.most_moved) if scores else (float(self.posterior[0] - self.prior[0]) * at, 0)
        if not isinstance(feature, str):
            return NoAnswer(f"it is a number, and {self.attribute.key} has values")
        if feature == OTHER or feature not in self.values:
            return NoAnswer(f"{feature} is none of the values of {self.attribute.key}")
        if scores is not None:
            return self._graded(scores[feature]), self.most_moved
        place = self.values.index(feature)
        distance = np.ones(len(self.values))
        distance[place] = 0.0
        return nearer(distance, self.prior, self.posterior), place

    def _graded(self, at: float) -> float:
        """The weight by distance on its scale, as a share of the scale's length, among the values on the scale."""
        places, scores = self.scored
        distance = np.minimum(1.0, np.abs(scores - at) / (scores.max() - scores.min()))
        prior, posterior = self.prior[places], self.posterior[places]
        return nearer(distance, prior / prior.sum(), posterior / posterior.sum())


def signed(feature: FeatureValue) -> float | NoAnswer:
    """A feature that places an option on a scale from -1 to 1, such as how far it serves something."""
    if isinstance(feature, str) or not -1.0 <= feature <= 1.0:
        return NoAnswer("it is not a number from -1 to 1")
    return feature


def preference_state(found: PreferenceSet, attribute: Attribute, subject: str) -> PreferenceState | NoAnswer:
    """A preference in the context of the question."""
    positions = found.standing(attribute, subject).positions
    layout, derived = found.seen.derived.layout, found.seen.derived
    if positions[0] in layout.unnamed:
        return NoAnswer(f"nothing names a value of {attribute.key}")
    if not all(derived.available[position] for position in positions):
        return NoAnswer(f"{attribute.key} is connected to too many others for an answer")
    likely = np.array([probability(float(derived.log_odds[position])) for position in positions])
    return PreferenceState(
        attribute=attribute,
        key=layout.keys[positions[0]].variable,
        values=tuple(layout.keys[position].value for position in positions),
        positions=positions,
        prior=layout.prior[list(positions)],
        posterior=likely / likely.sum() if attribute.categorical else likely,
    )


def option_attributes(moment: Snapshot) -> tuple[Attribute, ...]:
    """The preferences in force at a moment that apply to a feature of an option."""
    return tuple(
        attribute
        for attribute in moment.graph.definitions.attributes.values()
        if attribute.preference is not None
        and (attribute.preference.feature is not None or attribute.preference.kind == "valence")
    )
