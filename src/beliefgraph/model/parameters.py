"""Parameters learned from a tenant's evidence: numbered immutable sets, part of the numbered definitions.

A set includes how far each source can be trusted. It is fitted offline, over the evidence in canonical order, and put
in force like a catalog: by a new numbered set of definitions, which every commit refers to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Literal

from pydantic import AliasChoices, Field

from beliefgraph.errors import Incorrect
from beliefgraph.model.belief import AttributeName
from beliefgraph.model.grade import LearnedGrades
from beliefgraph.model.outcome import LearnedHazard
from beliefgraph.model.record import Key, LogOdds, Name, OpenProbability, Probability, Record
from beliefgraph.model.relation import RelationKind
from beliefgraph.model.segment import LearnedBaseRate, LearnedRate
from beliefgraph.model.time import Instant
from beliefgraph.model.trajectory import LearnedStages
from beliefgraph.model.vocabulary import vocabulary

Observations = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
"""How many statements a number is based on; expected ones if the truth is not known, so possibly fractional."""

LearnedMap = Annotated[
    Literal["platt", "isotonic"],
    vocabulary(
        "Method by which a calibration was fitted.",
        {
            "platt": "Platt scaling: one straight line.",
            "isotonic": "Isotonic regression: steps joined by straight lines.",
        },
    ),
]

Positive = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
"""A number above 0."""

NotNegative = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
"""A number of at least 0."""

MOST_RATES = 200_000
"""Maximum number of pairs of rates in one set: some tens of megabytes when stored."""


class Confusion(Record):
    """How often a source states one value when another value of the attribute holds."""

    holds: Key = Field(description="Value that holds.")
    says: Probability = Field(
        description="Probability that the source states the value in question if this one holds, in [0, 1].",
    )


class BinaryRates(Record):
    """How reliable a source is: its true-positive and false-positive rates.

    With a confusion matrix, `confusion` is one column of it: evidence for the value bears on these other values too.
    """

    says_if_holds: Probability = Field(
        description="Probability that the source states the belief if it holds (true-positive rate), in [0, 1].",
    )
    says_if_not: Probability = Field(
        description="Probability that the source states the belief if it does not hold (false-positive rate), in "
        "[0, 1].",
    )
    observations_if_holds: Observations = Field(
        0.0,
        description="Number of statements that the true-positive rate was learned from; expected numbers may be "
        "fractional.",
    )
    observations_if_not: Observations = Field(
        0.0,
        description="Number of statements that the false-positive rate was learned from; expected numbers may be "
        "fractional.",
    )
    confusion: tuple[Confusion, ...] = Field(
        (),
        max_length=1_000,
        description="Column of the source's confusion matrix: how often it states this value when each other value "
        "holds. Empty: the false-positive rate applies whichever value holds.",
    )


ALWAYS_RIGHT = BinaryRates(says_if_holds=1.0, says_if_not=0.0)
"""Rates of a source about which nothing was learned: its evidence counts as stated."""


class Scope(Record):
    """What rates apply to: a value, an attribute in a context, an attribute, a domain, or everything (all null)."""

    attribute: Name | None = Field(None, description="Attribute; null: all.")
    value: Key | None = Field(None, description="Value of the attribute; null: all.")
    context: Key | None = Field(None, description="Context; null: all.")
    domain: Name | None = Field(None, description="Domain; null: all.")


class SourceRates(Record):
    """The rates of one source, or of sources not seen before: of one kind or of any."""

    source: Key | None = Field(None, description="Name of the source; null: a source not seen before.")
    kind: Key | None = Field(None, description="Kind of source; null: any.")
    scope: Scope = Field(description="What the rates apply to.")
    rates: BinaryRates = Field(
        description="The rates.",
        validation_alias=AliasChoices("rates", "coins"),  # stored sets and archives of version 0.1 say `coins`
    )


class SharedError(Record):
    """How strongly the errors of observations with one origin are correlated, by kind of origin."""

    kind: Key = Field(description="Kind of origin: the part of its name before the first colon.")
    correlation: Probability = Field(description="Correlation of the errors, in [0, 1].")
    scale: Positive = Field(
        1.0, description="Factor by which the log-likelihood ratios of these observations are multiplied."
    )
    observations: Observations = Field(0.0, description="Number of beliefs with known truth that it was learned from.")


class RandomEffect(Record):
    """Error that all observations of one group (a year, a house, an instrument) share on every belief they bear on."""

    kind: Key = Field(description="Kind of group: the part of its name before the first colon.")
    deviation: NotNegative = Field(
        description="Standard deviation of the error, in nats of the log-likelihood ratio of each observation.",
    )
    groups: int = Field(0, ge=0, description="Number of groups that it was learned from.")
    observations: Observations = Field(0.0, description="Number of beliefs with known truth that it was learned from.")


class LearnedStrength(Record):
    """Strength of a relation as learned, with the stated one.

    It applies as long as the definitions state that number.
    """

    kind: RelationKind
    source: Name = Field(description="Attribute that the relation starts from.")
    target: Name = Field(description="Attribute that the relation leads to.")
    stated: Positive = Field(description="Odds ratio, or for implies probability, that the definitions state.")
    learned: Positive = Field(description="Odds ratio, or for implies probability, as learned.")
    low: Positive = Field(description="Lower bound of the 95 % interval of the odds ratio.")
    high: Positive = Field(description="Upper bound of the 95 % interval of the odds ratio.")
    observations: int = Field(ge=0, description="Number of observations that it was learned from.")


class LearnedPrior(Record):
    """Prior of an attribute as learned, with the stated one; it applies as long as the definitions state that."""

    attribute: AttributeName
    stated: OpenProbability = Field(description="Prior that the definitions state.")
    learned: OpenProbability = Field(description="Prior as learned: how often the attribute holds.")
    observations: Observations = Field(description="Number of beliefs that it was learned from.")


class LearnedCalibration(Record):
    """Piecewise linear map from the log-odds of beliefs about an attribute to calibrated log-odds."""

    attribute: AttributeName
    kind: LearnedMap
    knots: tuple[tuple[LogOdds, LogOdds], ...] = Field(
        min_length=1,
        max_length=10_000,
        description="Pairs (log-odds, calibrated log-odds), ascending; linear between them.",
    )
    slope: float = Field(ge=0.0, allow_inf_nan=False, description="Slope beyond the first and the last knot.")
    labels: int = Field(ge=0, description="Number of beliefs with known truth that it was learned from.")


def origin_kind(origin: str) -> str:
    """The kind of an origin: the part of its name before the first colon, as in `race:1455`."""
    return origin.partition(":")[0]


class ParameterSet(Record):
    """Everything learned for a tenant that is in force together. Number 0 is the empty set."""

    tenant: Key = Field(description="Tenant that it was learned for.")
    number: int = Field(default=0, ge=0, description="Number of the set within the tenant.")
    learned_at: Instant | None = Field(None, description="When it was learned; null for the empty set.")
    sources: tuple[SourceRates, ...] = Field(default=(), max_length=MOST_RATES, description="Rates of the sources.")
    shared_errors: tuple[SharedError, ...] = Field(
        default=(),
        max_length=1_000,
        description="Learned correlations of errors, by kind of origin.",
    )
    random_effects: tuple[RandomEffect, ...] = Field(
        default=(),
        max_length=1_000,
        description="Learned errors that a group's observations share across beliefs, by kind of group.",
    )
    strengths: tuple[LearnedStrength, ...] = Field(
        default=(),
        max_length=20_000,
        description="Learned strengths of relations.",
    )
    priors: tuple[LearnedPrior, ...] = Field(default=(), max_length=5_000, description="Learned priors.")
    calibrations: tuple[LearnedCalibration, ...] = Field(
        default=(),
        max_length=5_000,
        description="Learned calibrations, by attribute.",
    )
    hazards: tuple[LearnedHazard, ...] = Field(
        default=(),
        max_length=1_000,
        description="Learned hazards, by outcome.",
    )
    grades: tuple[LearnedGrades, ...] = Field(
        default=(),
        max_length=10_000,
        description="Learned distributions over grades, by outcome and horizon.",
    )
    trajectories: tuple[LearnedStages, ...] = Field(
        default=(),
        max_length=1_000,
        description="Learned movement of twins through stages, by trajectory.",
    )
    rates: tuple[LearnedRate, ...] = Field(
        default=(),
        max_length=20_000,
        description="Learned base rates of outcomes, by horizon and segment.",
    )
    base_rates: tuple[LearnedBaseRate, ...] = Field(
        default=(),
        max_length=20_000,
        description="Learned priors of attributes for the twins of a segment.",
    )

    def model_post_init(self, _context: object) -> None:
        """Refuse duplicates: of a source and scope, a kind of origin, a relation, an attribute."""
        if len(self.prior_of) < len(self.priors):
            raise Incorrect("invalid-definition", "Two priors are given for one attribute.")
        if len(self.source_rates) < len(self.sources):
            raise Incorrect("invalid-definition", "Two pairs of rates are given for one source and scope.")
        if len(self.shared_error_of) < len(self.shared_errors) or len(self.deviations) < len(self.random_effects):
            raise Incorrect("invalid-definition", "Two correlations or two deviations are given for one kind.")
        if len(self.strength_of) < len(self.strengths) or len(self.calibration_of) < len(self.calibrations):
            raise Incorrect(
                "invalid-definition", "Two strengths are given for one relation, or two calibrations for one attribute."
            )
        if len(self.hazard_of) < len(self.hazards) or len(self.grades_of) < len(self.grades):
            raise Incorrect("invalid-definition", "Two hazards or distributions are given for one outcome.")
        if len(self.stages_of) < len(self.trajectories):
            raise Incorrect("invalid-definition", "Two sets of stages are given for one trajectory.")
        if len(self.rate_of) < len(self.rates) or len(self.base_rate_of) < len(self.base_rates):
            raise Incorrect("invalid-definition", "Two base rates are given for one segment.")

    @cached_property
    def source_rates(self) -> Mapping[tuple[str | None, str | None, Scope], BinaryRates]:
        """The rates by source, kind and scope."""
        return {(s.source, None if s.source else s.kind, s.scope): s.rates for s in self.sources}

    @property
    def new_sources(self) -> tuple[SourceRates, ...]:
        """Rates of sources not seen before, of one kind or of any."""
        return tuple(learned for learned in self.sources if learned.source is None)

    @cached_property
    def by_source(self) -> Mapping[str, tuple[SourceRates, ...]]:
        """What was learned about each known source, by its name."""
        found: dict[str, list[SourceRates]] = {}
        for learned in self.sources:
            if learned.source is not None:
                found.setdefault(learned.source, []).append(learned)
        return {source: tuple(learned) for source, learned in found.items()}

    @cached_property
    def shared_error_of(self) -> Mapping[str, SharedError]:
        """The shared errors of observations on one belief, by kind of origin."""
        return {shared.kind: shared for shared in self.shared_errors}

    @cached_property
    def deviations(self) -> Mapping[str, float]:
        """The standard deviation of the error shared across beliefs, by kind of group."""
        return {effect.kind: effect.deviation for effect in self.random_effects}

    @cached_property
    def strength_of(self) -> Mapping[tuple[RelationKind, str, str], LearnedStrength]:
        """The learned strengths by kind, source and target."""
        return {(learned.kind, learned.source, learned.target): learned for learned in self.strengths}

    @cached_property
    def prior_of(self) -> Mapping[str, LearnedPrior]:
        """The learned priors by attribute."""
        return {learned.attribute: learned for learned in self.priors}

    @cached_property
    def calibration_of(self) -> Mapping[str, LearnedCalibration]:
        """The calibrations by attribute."""
        return {learned.attribute: learned for learned in self.calibrations}

    @cached_property
    def hazard_of(self) -> Mapping[str, LearnedHazard]:
        """The learned hazards by outcome."""
        return {learned.outcome: learned for learned in self.hazards}

    @cached_property
    def grades_of(self) -> Mapping[tuple[str, timedelta], LearnedGrades]:
        """The learned distributions over grades by outcome and horizon."""
        return {(learned.outcome, learned.horizon): learned for learned in self.grades}

    @cached_property
    def stages_of(self) -> Mapping[str, LearnedStages]:
        """The learned stages by trajectory."""
        return {learned.trajectory: learned for learned in self.trajectories}

    @cached_property
    def rate_of(self) -> Mapping[tuple[str, timedelta, str | None], LearnedRate]:
        """The learned base rates by outcome, horizon and segment."""
        return {(learned.outcome, learned.horizon, learned.segment): learned for learned in self.rates}

    @cached_property
    def base_rate_of(self) -> Mapping[tuple[str, str], LearnedBaseRate]:
        """The learned priors by segment and attribute."""
        return {(learned.segment, learned.attribute): learned for learned in self.base_rates}

    @property
    def size(self) -> int:
        """The approximate number of values in it."""
        knots = sum(len(calibration.knots) for calibration in self.calibrations)
        slopes = sum(len(hazard.slopes) for hazard in self.hazards) + sum(len(each.slopes) for each in self.grades)
        shares = sum(len(each.stages) * (1 + len(each.signals)) for each in self.trajectories)
        errors = len(self.shared_errors) + len(self.random_effects)
        confusions = sum(len(each.rates.confusion) for each in self.sources)
        rows = len(self.sources) + confusions + errors + len(self.strengths) + len(self.priors)
        rows += len(self.rates) + len(self.base_rates)
        return rows + knots + slopes + shares

    def with_sources(
        self,
        sources: tuple[SourceRates, ...],
        shared_errors: tuple[SharedError, ...],
        priors: tuple[LearnedPrior, ...] = (),
        random_effects: tuple[RandomEffect, ...] = (),
    ) -> ParameterSet:
        """The set with all of these replaced.

        Calibrations and hazards on beliefs are removed: they were fitted to log-odds derived with the old ones.
        """
        learned = {
            "sources": sources, "shared_errors": shared_errors, "priors": priors, "random_effects": random_effects
        }  # fmt: skip
        if all(getattr(self, name) == value for name, value in learned.items()):
            return self
        return self._with(**learned, calibrations=(), **self._on_no_belief)

    def with_strengths(self, strengths: tuple[LearnedStrength, ...]) -> ParameterSet:
        """The set with all strengths replaced.

        Calibrations and hazards on beliefs are removed: they were fitted to log-odds derived with the old ones.
        """
        return self._with(strengths=strengths, calibrations=(), **self._on_no_belief)

    def with_calibrations(self, calibrations: tuple[LearnedCalibration, ...]) -> ParameterSet:
        """The set with all calibrations replaced."""
        return self._with(calibrations=calibrations)

    def with_hazards(self, hazards: tuple[LearnedHazard, ...]) -> ParameterSet:
        """The set with the hazards of these outcomes replaced."""
        kept = {**self.hazard_of, **{learned.outcome: learned for learned in hazards}}
        return self._with(hazards=tuple(kept.values()))

    def with_grades(self, grades: tuple[LearnedGrades, ...]) -> ParameterSet:
        """The set with the grade distributions of these outcomes and horizons replaced."""
        kept = {**self.grades_of, **{(learned.outcome, learned.horizon): learned for learned in grades}}
        return self._with(grades=tuple(kept.values()))

    def with_trajectories(self, trajectories: tuple[LearnedStages, ...]) -> ParameterSet:
        """The set with the stages of these trajectories replaced."""
        kept = {**self.stages_of, **{learned.trajectory: learned for learned in trajectories}}
        return self._with(trajectories=tuple(kept.values()))

    def with_segments(self, rates: tuple[LearnedRate, ...], base_rates: tuple[LearnedBaseRate, ...]) -> ParameterSet:
        """The set with the base rates of these segments replaced.

        If priors change, calibrations and hazards on beliefs are removed: they were fitted to log-odds derived with the
        old ones.
        """
        kept = {**self.rate_of, **{(each.outcome, each.horizon, each.segment): each for each in rates}}
        priors = {**self.base_rate_of, **{(each.segment, each.attribute): each for each in base_rates}}
        changed: dict[str, object] = {"rates": tuple(kept.values()), "base_rates": tuple(priors.values())}
        if changed["base_rates"] != self.base_rates:
            changed |= {"calibrations": (), **self._on_no_belief}
        return self._with(**changed)

    @property
    def _on_no_belief(self) -> dict[str, object]:
        return {
            "hazards": tuple(learned for learned in self.hazards if not learned.on_beliefs),
            "grades": tuple(learned for learned in self.grades if not learned.on_beliefs),
        }

    def _with(self, **changed: object) -> ParameterSet:
        """A copy without the cached lookups of this one."""
        return ParameterSet.model_validate(
            {**{name: getattr(self, name) for name in type(self).model_fields}, **changed}
        )


def scopes(attribute: str, value: str | None, context: str, domain: str) -> Iterator[Scope]:
    """The scopes that apply to a belief, the most specific first: only the first with learned rates counts."""
    yield Scope(attribute=attribute, value=value, context=context)
    if value is not None:
        yield Scope(attribute=attribute, context=context)
        yield Scope(attribute=attribute, value=value)
    yield Scope(attribute=attribute)
    yield Scope(domain=domain)
    yield Scope()
