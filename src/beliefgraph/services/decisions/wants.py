"""What a person wants in a context, read from the beliefs: every preference where it was heard nearest. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from beliefgraph.inference.choice import nearer
from beliefgraph.model.attribute import OTHER, Attribute
from beliefgraph.model.belief import ANYONE, ANYWHERE, BeliefKey, broader, probability
from beliefgraph.model.decision import FeatureValue
from beliefgraph.model.identity import belief_id
from beliefgraph.model.preference import PreferenceDefinition
from beliefgraph.services.moments import Moment
from beliefgraph.services.recompute import Recomputed, recompute

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


@dataclass(frozen=True)
class Wants:
    """All preferences of a twin at a moment, in one context; specific beats general."""

    seen: Recomputed
    context: str

    @cached_property
    def attributes(self) -> tuple[Attribute, ...]:
        """The preferences that speak about features of options."""
        return tuple(_preferences(self.seen.moment))

    def want(self, attribute: Attribute, subject: str = ANYONE) -> Want:
        """A preference as it stands in the context; `NoAnswerError` where it has none."""
        key = BeliefKey(attribute=attribute.key, subject=subject, context=self._where(attribute, subject))
        layout, derived = self.seen.derived.layout, self.seen.derived
        first = key.model_copy(update={"value": OTHER}) if attribute.categorical else key
        place = layout.position[belief_id(self.seen.moment.state.id, first)]
        positions = layout.values_beside.get(place, (place,))
        if place in layout.unnamed:
            raise NoAnswerError(f"nothing names a value of {attribute.key}")
        if not all(derived.available[position] for position in positions):
            raise NoAnswerError(f"{attribute.key} is tied to too many others for an answer")
        likely = np.array([probability(float(derived.log_odds[position])) for position in positions])
        return Want(
            attribute=attribute,
            key=key,
            values=tuple(layout.keys[position].value for position in positions),
            positions=tuple(positions),
            prior=layout.prior[list(positions)],
            posterior=likely / likely.sum() if attribute.categorical else likely,
        )

    def heard(self, attribute: Attribute) -> list[str]:
        """The subjects of which something was heard in this context or a broader one, by name."""
        return sorted({subject for name, subject, _ in self._listed if name == attribute.key})

    def _where(self, attribute: Attribute, subject: str) -> str:
        """The context to read at: what inherits answers here; else where it was heard nearest, or `any`."""
        assert attribute.preference is not None
        if attribute.preference.kind == "state":
            return ANYWHERE
        if attribute.preference.inherits is not None:
            return self.context
        heard = (c for c in contexts(self.context) if (attribute.key, subject, c) in self._listed)
        return next(heard, ANYWHERE)

    @cached_property
    def _listed(self) -> frozenset[tuple[str, str, str]]:
        keys, around = self.seen.derived.layout.keys, set(contexts(self.context))
        found = (keys[position] for position in self.seen.listed)
        return frozenset((key.attribute, key.subject, key.context) for key in found if key.context in around)


def wants(moment: Moment, context: str) -> Wants:
    """What the twin wants in a context at a moment, whatever options there are."""
    return Wants(recompute(moment, _placed(moment, context)), context)


def contexts(context: str) -> Iterator[str]:
    """A context and all that it lies in, the broadest last."""
    here: str | None = context
    while here is not None:
        yield here
        here = broader(here)


def _preferences(moment: Moment) -> Iterator[Attribute]:
    for attribute in moment.graph.definitions.attributes.values():
        preference = attribute.preference
        if preference is not None and (preference.feature is not None or preference.kind == "valence"):
            yield attribute


def _placed(moment: Moment, context: str) -> Iterable[BeliefKey]:
    """Every preference about the person, and about what else something is known of, here and in broader contexts."""
    subjects: Mapping[str, set[str]] = {a.key: {ANYONE} for a in _preferences(moment)}
    for belief in moment.state.beliefs.values():
        if belief.attribute in subjects:
            subjects[belief.attribute].add(belief.subject)
    for attribute in _preferences(moment):
        value = OTHER if attribute.categorical else None
        for subject in sorted(subjects[attribute.key]):
            for where in contexts(context):
                yield BeliefKey(attribute=attribute.key, subject=subject, context=where, value=value)
