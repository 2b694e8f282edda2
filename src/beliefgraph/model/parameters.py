"""What was learned from a tenant's evidence: numbered sets that never change, part of the numbered definitions.

A set says how far each source can be trusted. It is fitted offline, over the evidence in canonical order, and put in
force like a catalog: by a new numbered set of definitions, which every commit names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from beliefgraph.errors import Incorrect
from beliefgraph.model.record import Key, LogOdds, Name, Probability, Record
from beliefgraph.model.relation import RelationKind
from beliefgraph.model.time import Instant

Observations = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
"""How many statements a number rests on; expected ones where the truth is not known, so not always whole."""

LearnedMap = Literal["platt", "isotonic"]
"""How calibrated log-odds were found: a line, or steps joined by lines."""

Positive = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
"""A number above 0."""

MOST_COINS = 200_000
"""Pairs of coins in one set: some tens of megabytes as it is stored."""


class Coins(Record):
    """How a source speaks: it says so with one probability where it holds, and with another where it does not.

    `observations_if_holds` and `observations_if_not` are the statements that each rests on.
    """

    says_if_holds: Probability
    says_if_not: Probability
    observations_if_holds: Observations = 0.0
    observations_if_not: Observations = 0.0


ALWAYS_RIGHT = Coins(says_if_holds=1.0, says_if_not=0.0)
"""How a source is heard of which nothing was learned: as it speaks."""


class Scope(Record):
    """What coins are about: an attribute, a value of it, an attribute in a context, a domain, or everything."""

    attribute: Name | None = None
    value: Key | None = None
    context: Key | None = None
    domain: Name | None = None


class SourceCoins(Record):
    """The coins of one source; or where `source` is None, of one that was not heard before: of a kind, or of any."""

    source: Key | None = None
    kind: Key | None = None
    scope: Scope
    coins: Coins


class SharedError(Record):
    """How much of their error observations share that have one origin, by the kind of origin: a correlation.

    `observations` is how many beliefs it was learned from, whose truth came to be known.
    """

    kind: Key
    correlation: Probability
    observations: Observations = 0.0


class LearnedStrength(Record):
    """What a relation of the definitions was found to be worth, beside what they state.

    `stated` and `learned` are its one number: an odds ratio, or for `implies` a probability. `low` and `high` bound the
    odds ratio at 95 %. It counts as long as the definitions state that number; another number stands until it is
    learned again.
    """

    kind: RelationKind
    source: Name
    target: Name
    stated: Positive
    learned: Positive
    low: Positive
    high: Positive
    observations: int = Field(ge=0)


class LearnedCalibration(Record):
    """How log-odds of beliefs about an attribute have to be read: straight between `knots` (from, to), with `slope`
    beyond them. `labels` is how many such beliefs it was learned from, whose truth came to be known."""

    attribute: Name
    kind: LearnedMap
    knots: tuple[tuple[LogOdds, LogOdds], ...] = Field(min_length=1, max_length=10_000)
    slope: float = Field(ge=0.0, allow_inf_nan=False)
    labels: int = Field(ge=0)


def origin_kind(origin: str) -> str:
    """The kind of an origin: what stands before the first colon of its name, as in `race:1455`."""
    return origin.partition(":")[0]


class ParameterSet(Record):
    """Everything learned for a tenant that is in force together. Number 0 is the empty set: nothing was learned."""

    tenant: Key
    number: int = Field(default=0, ge=0)
    learned_at: Instant | None = None
    sources: tuple[SourceCoins, ...] = Field(default=(), max_length=MOST_COINS)
    shared_errors: tuple[SharedError, ...] = Field(default=(), max_length=1_000)
    strengths: tuple[LearnedStrength, ...] = Field(default=(), max_length=20_000)
    calibrations: tuple[LearnedCalibration, ...] = Field(default=(), max_length=5_000)

    def model_post_init(self, _context: object) -> None:
        """Refuse two numbers for one thing: a source and scope, a kind of origin, a relation, an attribute."""
        if len(self.coins) < len(self.sources):
            raise Incorrect("invalid-definition", "Two pairs of coins are for one source about the same.")
        if len(self.correlations) < len(self.shared_errors):
            raise Incorrect("invalid-definition", "Two correlations are for one kind of origin.")
        if len(self.strength_of) < len(self.strengths) or len(self.calibration_of) < len(self.calibrations):
            raise Incorrect(
                "invalid-definition", "Two strengths are of one relation, or two calibrations of one thing."
            )

    @cached_property
    def coins(self) -> Mapping[tuple[str | None, str | None, Scope], Coins]:
        """The coins by source, kind and scope."""
        return {(s.source, None if s.source else s.kind, s.scope): s.coins for s in self.sources}

    @property
    def new_sources(self) -> tuple[SourceCoins, ...]:
        """What a source is taken for that was not heard before: one of a kind, or of any."""
        return tuple(learned for learned in self.sources if learned.source is None)

    @cached_property
    def by_source(self) -> Mapping[str, tuple[SourceCoins, ...]]:
        """What was learned about each source that was heard, by its name."""
        found: dict[str, list[SourceCoins]] = {}
        for learned in self.sources:
            if learned.source is not None:
                found.setdefault(learned.source, []).append(learned)
        return {source: tuple(learned) for source, learned in found.items()}

    @cached_property
    def correlations(self) -> Mapping[str, float]:
        """The correlation by kind of origin."""
        return {shared.kind: shared.correlation for shared in self.shared_errors}

    @cached_property
    def strength_of(self) -> Mapping[tuple[RelationKind, str, str], LearnedStrength]:
        """The learned strengths by kind, source and target."""
        return {(learned.kind, learned.source, learned.target): learned for learned in self.strengths}

    @cached_property
    def calibration_of(self) -> Mapping[str, LearnedCalibration]:
        """The calibrations by attribute."""
        return {learned.attribute: learned for learned in self.calibrations}

    @property
    def size(self) -> int:
        """How many numbers are in it, about."""
        knots = sum(len(calibration.knots) for calibration in self.calibrations)
        return len(self.sources) + len(self.shared_errors) + len(self.strengths) + knots

    def with_sources(self, sources: tuple[SourceCoins, ...], shared_errors: tuple[SharedError, ...]) -> ParameterSet:
        """These in the place of all earlier ones. Calibrations go, if they were of what followed from others."""
        if (sources, shared_errors) == (self.sources, self.shared_errors):
            return self
        return self._with(sources=sources, shared_errors=shared_errors, calibrations=())

    def with_strengths(self, strengths: tuple[LearnedStrength, ...]) -> ParameterSet:
        """These strengths in the place of all earlier ones. Calibrations go: they were of what followed from those."""
        return self._with(strengths=strengths, calibrations=())

    def with_calibrations(self, calibrations: tuple[LearnedCalibration, ...]) -> ParameterSet:
        """These calibrations in the place of all earlier ones."""
        return self._with(calibrations=calibrations)

    def _with(self, **changed: object) -> ParameterSet:
        """A copy that looks nothing up where this one did."""
        return ParameterSet.model_validate(
            {**{name: getattr(self, name) for name in type(self).model_fields}, **changed}
        )


def scopes(attribute: str, value: str | None, context: str, domain: str) -> Iterator[Scope]:
    """What may be learned about a belief, the nearest first: whatever was learned there counts alone."""
    yield Scope(attribute=attribute, value=value, context=context)
    if value is not None:
        yield Scope(attribute=attribute, context=context)
        yield Scope(attribute=attribute, value=value)
    yield Scope(attribute=attribute)
    yield Scope(domain=domain)
    yield Scope()
