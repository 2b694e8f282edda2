"""What a preference says of a feature that an option has. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from beliefgraph.inference.choice import nearer
from beliefgraph.model.attribute import OTHER, Attribute
from beliefgraph.model.belief import ANYONE, BeliefKey, probability
from beliefgraph.model.decision import FeatureValue
from beliefgraph.model.preference import PreferenceDefinition
from beliefgraph.services.moments import Moment
from beliefgraph.services.wanted import Wanted

Floats = npt.NDArray[np.float64]


class NoAnswerError(Exception):
    """A feature of an option that a preference says nothing about; the message says why."""


@dataclass(frozen=True)
class Want:
    """One preference as it stands: how likely each of its values is, and was before anything was heard.

    `values` are None alone where it holds or does not. Arrays by value; `positions` those of the beliefs.
    """

    attribute: Attribute
    key: BeliefKey
    values: tuple[str | None, ...]
    positions: tuple[int, ...]
    prior: Floats
    posterior: Floats

    @property
    def preference(self) -> PreferenceDefinition:
        """What makes it a preference."""
        assert self.attribute.preference is not None
        return self.attribute.preference

    @property
    def most_moved(self) -> int:
        """The place of the value whose probability moved most."""
        return int(np.argmax(np.abs(self.posterior - self.prior)))

    @property
    def scored(self) -> tuple[npt.NDArray[np.int64], Floats]:
        """The places of the values that are on its scale, and their scores."""
        scores = self.preference.scores or {}
        places = [i for i, value in enumerate(self.values) if value in scores]
        return np.array(places, dtype=np.int64), np.array([scores[str(self.values[i])] for i in places])

    def mean(self) -> float:
        """The mean of its scores, given that it lies on the scale."""
        places, scores = self.scored
        likely = self.posterior[places]
        return float(np.dot(likely, scores) / likely.sum())

    def weigh(self, feature: FeatureValue) -> tuple[float, int]:
        """How much what an option has of its feature speaks for it, in [-1, 1], and the place of the value meant."""
        if self.preference.scores is not None:
            return self._graded(feature), self.most_moved
        if self.values == (None,):
            return float(self.posterior[0] - self.prior[0]) * signed(feature), 0
        place = self._place(feature)
        distance = np.ones(len(self.values))
        distance[place] = 0.0
        return nearer(distance, self.prior, self.posterior), place

    def _graded(self, feature: FeatureValue) -> float:
        """By the distance on its scale, as a share of the scale's length, among the values that are on it."""
        places, scores = self.scored
        at = scores[places.tolist().index(self._place(feature))] if isinstance(feature, str) else feature
        distance = np.minimum(1.0, np.abs(scores - at) / (scores.max() - scores.min()))
        prior, posterior = self.prior[places], self.posterior[places]
        return nearer(distance, prior / prior.sum(), posterior / posterior.sum())

    def _place(self, feature: FeatureValue) -> int:
        if not isinstance(feature, str):
            raise NoAnswerError(f"it is a number, and {self.attribute.key} has values")
        if feature == OTHER or feature not in self.values:
            raise NoAnswerError(f"{feature} is none of the values of {self.attribute.key}")
        return self.values.index(feature)


def signed(feature: FeatureValue) -> float:
    """A feature that says how far an option serves something."""
    if isinstance(feature, str) or not -1.0 <= feature <= 1.0:
        raise NoAnswerError("it is not a number from -1 to 1")
    return feature


def want_of(found: Wanted, attribute: Attribute, subject: str = ANYONE) -> Want:
    """A preference as it stands in the context; `NoAnswerError` where it has none."""
    positions = found.standing(attribute, subject).positions
    layout, derived = found.seen.derived.layout, found.seen.derived
    if positions[0] in layout.unnamed:
        raise NoAnswerError(f"nothing names a value of {attribute.key}")
    if not all(derived.available[position] for position in positions):
        raise NoAnswerError(f"{attribute.key} is tied to too many others for an answer")
    likely = np.array([probability(float(derived.log_odds[position])) for position in positions])
    return Want(
        attribute=attribute,
        key=layout.keys[positions[0]].variable,
        values=tuple(layout.keys[position].value for position in positions),
        positions=positions,
        prior=layout.prior[list(positions)],
        posterior=likely / likely.sum() if attribute.categorical else likely,
    )


def speaking_of_options(moment: Moment) -> tuple[Attribute, ...]:
    """The preferences in force at a moment that say something of a feature of an option."""
    return tuple(
        attribute
        for attribute in moment.graph.definitions.attributes.values()
        if attribute.preference is not None
        and (attribute.preference.feature is not None or attribute.preference.kind == "valence")
    )
