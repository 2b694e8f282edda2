"""Learning from known truth: strengths of relations, calibrations and proposals, scored on later rows than those fitted
to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from beliefgraph.inference.learning import Choice, Learned, calibration_of, learn, log_probability, propose
from beliefgraph.model.catalog import RelationDefinition
from beliefgraph.model.parameters import LearnedCalibration, LearnedStrength, ParameterSet
from beliefgraph.model.relation import RelationKind
from beliefgraph.services.learning.scoring import Scores, score
from beliefgraph.services.learning.training_data import Floats, TrainingData

FITTED = 0.7
"""Share of the labels, the earliest, used for fitting; the rest are for scoring."""


@dataclass(frozen=True)
class LearnedRelation:
    """One relation: its odds ratio as elicited and as learned, with a 95 % interval, and its number of observations.

    For `implies` these are the odds ratios that correspond to its probability; `parameter` is the learned probability.
    """

    stated: RelationDefinition
    elicited: float
    odds_ratio: float
    parameter: float
    interval: tuple[float, float]
    observations: int


@dataclass(frozen=True)
class LearnedRelations:
    """Strengths fitted to the earlier labels, and the mean log loss on the later ones: learned, elicited, and by the
    base rate of each attribute among the earlier labels. NaN if there are no later ones."""

    training_data: TrainingData
    learned: Learned
    labels: int
    held_out: int
    log_loss: float
    elicited: float
    base_rate: float

    @property
    def better(self) -> bool:
        """Whether the learned strengths have a lower log loss on the later labels."""
        return self.log_loss < self.elicited

    @property
    def relations(self) -> tuple[LearnedRelation, ...]:
        """Every relation with observations, in the order of the structure."""
        learned = self.learned
        return tuple(
            LearnedRelation(
                stated=relation,
                elicited=_odds(learned.stated[k]),
                odds_ratio=_odds(learned.learned[k]),
                parameter=learned.structure.relations[k].parameter,
                interval=_interval(learned.learned[k], learned.deviation[k]),
                observations=int(learned.observations[k]),
            )
            for k, relation in enumerate(self.training_data.stated)
            if learned.observations[k]
        )

    def following(self, known: ParameterSet) -> ParameterSet:
        """The parameters, with these strengths replacing earlier ones."""
        return known.with_strengths(
            tuple(
                LearnedStrength(
                    kind=each.stated.kind,
                    source=each.stated.source,
                    target=each.stated.target,
                    stated=each.stated.strength.parameter,
                    learned=each.parameter,
                    low=each.interval[0],
                    high=each.interval[1],
                    observations=each.observations,
                )
                for each in self.relations
            )
        )


@dataclass(frozen=True)
class CalibratedAttribute:
    """The calibration chosen for one attribute; the log-odds of its later labels, derived and calibrated, and the
    truth."""

    attribute: str
    choice: Choice
    derived_log_odds: Floats
    calibrated: Floats
    happened: Floats

    @property
    def before(self) -> Scores:
        """The scores of the derived probabilities."""
        return score(_chance(self.derived_log_odds), self.happened)

    @property
    def after(self) -> Scores:
        """The scores of the calibrated probabilities."""
        return score(_chance(self.calibrated), self.happened)


def following(found: Sequence[CalibratedAttribute], known: ParameterSet) -> ParameterSet:
    """The parameters, with the chosen calibrations replacing earlier ones."""
    return known.with_calibrations(
        tuple(
            LearnedCalibration(
                attribute=each.attribute,
                kind=each.choice.calibration.kind,
                knots=each.choice.calibration.knots,
                slope=each.choice.calibration.slope,
                labels=each.choice.fitted + each.choice.held_out,
            )
            for each in found
            if each.choice.calibration.kind != "identity"
        )
    )


def reliability(found: Sequence[CalibratedAttribute]) -> tuple[Floats, Floats, Floats]:
    """For all later labels: the derived probabilities, the calibrated ones, and the truth."""
    return (
        _chance(np.concatenate([each.derived_log_odds for each in found])),
        _chance(np.concatenate([each.calibrated for each in found])),
        np.concatenate([each.happened for each in found]),
    )


def learn_relations(training_data: TrainingData, *, deviation: float) -> LearnedRelations:
    """The strengths fitted to the labels, shrunk to the elicited ones with a standard deviation of `deviation` nats.

    The relations in `TrainingData.left_out` are not fitted.
    """
    training_data = training_data.learnable
    early, later = training_data.labels.part(0.0, FITTED), training_data.labels.part(FITTED, 1.0)
    learned = learn(training_data.structure, early, deviation=deviation)
    happened, column, cut = training_data.happened, training_data.column, len(early)
    loss, elicited, base = np.nan, np.nan, np.nan
    if len(later):
        loss = -float(log_probability(learned.structure, later, "discriminative").mean())
        elicited = -float(log_probability(training_data.structure, later, "discriminative").mean())
        known = np.bincount(column[:cut], minlength=len(training_data.attributes))
        held = np.bincount(column[:cut], happened[:cut], len(training_data.attributes))
        rate = ((held + 1.0) / (known + 2.0))[column[cut:]]
        base = -float(np.log(np.where(happened[cut:] == 1.0, rate, 1.0 - rate)).mean())
    return LearnedRelations(training_data, learned, len(training_data.labels), len(later), loss, elicited, base)


def learn_calibrations(training_data: TrainingData) -> tuple[CalibratedAttribute, ...]:
    """The calibration of every attribute with at least two labels, by name."""
    found = []
    for column, attribute in sorted(enumerate(training_data.attributes), key=lambda pair: pair[1]):
        rows = (training_data.column == column) & np.isfinite(training_data.derived_log_odds)
        if rows.sum() < 2:
            continue
        derived, happened = training_data.derived_log_odds[rows], training_data.happened[rows]
        choice = calibration_of(derived, happened)
        later = slice(choice.fitted, None)
        found.append(
            CalibratedAttribute(attribute, choice, derived[later], choice.calibration(derived[later]), happened[later])
        )
    return tuple(found)


@dataclass(frozen=True)
class ProposedRelation:
    """A relation that no catalog states: its odds ratio with a 95 % interval, its gain on later rows in nats with one,
    and the number of rows with evidence on both beliefs."""

    kind: RelationKind
    source: str
    target: str
    odds_ratio: float
    odds_ratios: tuple[float, float]
    gain: float
    interval: tuple[float, float]
    observations: int


def propose_relations(training_data: TrainingData) -> tuple[ProposedRelation, ...]:
    """Relations that no catalog states and the evidence supports, greatest gain first.

    None involves what `TrainingData.left_out` names.
    """
    training_data = training_data.learnable
    return tuple(
        ProposedRelation(
            kind=each.relation.kind,
            source=training_data.attributes[each.relation.source],
            target=training_data.attributes[each.relation.target],
            odds_ratio=each.relation.parameter,
            odds_ratios=_interval(each.strength, each.deviation),
            gain=each.gain,
            interval=each.interval,
            observations=each.observations,
        )
        for each in propose(training_data.structure, training_data.current)
    )


def _odds(strength: float) -> float:
    return float(np.exp(strength))


def _interval(strength: float, deviation: float) -> tuple[float, float]:
    return _odds(strength - 1.96 * deviation), _odds(strength + 1.96 * deviation)


def _chance(log_odds: Floats) -> Floats:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * log_odds)))
