"""Definitions are data: what a belief can be about, how beliefs are related, and how an event becomes evidence.

A `Catalog` is published under a semantic version; the numbered set of all catalogs in force in a tenant is
`Definitions`, and every commit names the set it was derived under. An `Expression` is CEL (Common Expression
Language); it sees `event` (its CloudEvents attributes) and `data`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cached_property
from typing import Annotated

from pydantic import Field

from beliefgraph.errors import Incorrect, NotFound
from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.evidence import LogLikelihoodRatio
from beliefgraph.model.record import Key, Name, OddsRatio, OpenProbability, Record
from beliefgraph.model.relation import RelationKind, Strength

Expression = Annotated[str, Field(min_length=1, max_length=1_000)]
"""A CEL expression over `event` and `data`."""

SemanticVersion = Annotated[str, Field(pattern=r"^(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})$")]
"""major.minor.patch."""

MAX_ATTRIBUTES = 5_000
MAX_RELATIONS = 20_000


class Attribute(Record):
    """Something a belief can be about. `statement` may name `{subject}` and `{context}`."""

    key: Name
    domain: Name
    prior: OpenProbability
    statement: str = Field(min_length=1, max_length=300)
    description: str = Field(default="", max_length=2_000)
    half_life: timedelta | None = Field(default=None, gt=timedelta(0))
    deprecated: bool = False

    def say(self, belief: BeliefKey) -> str:
        """The sentence that states this belief, plain enough to show."""
        return self.statement.replace("{subject}", belief.subject).replace("{context}", belief.context)


class RelationDefinition(Record):
    """A relation between two attributes; it joins beliefs of equal subject and context."""

    kind: RelationKind
    source: Name
    target: Name
    odds_ratio: OddsRatio | None = None
    probability: OpenProbability | None = None

    @cached_property
    def strength(self) -> Strength:
        """Its kind with its one number, checked against each other."""
        return Strength(kind=self.kind, odds_ratio=self.odds_ratio, probability=self.probability)

    def model_post_init(self, _context: object) -> None:
        """Refuse a relation of an attribute to itself, and a number that contradicts the kind."""
        if self.source == self.target:
            raise Incorrect("invalid-definition", f"{self.source} cannot be related to itself.")
        _ = self.strength


class Likelihoods(Record):
    """How likely the observation is if the belief holds, and if it does not: the two numbers behind an LLR."""

    holds: OpenProbability
    otherwise: OpenProbability

    @property
    def log_ratio(self) -> float:
        """Their log-likelihood ratio."""
        return math.log(self.holds / self.otherwise)


class BearingRule(Record):
    """How an event of a type bears on one belief; a log-likelihood ratio given as text is an expression."""

    attribute: Name
    log_likelihood_ratio: LogLikelihoodRatio | Expression | None = None
    likelihoods: Likelihoods | None = None
    when: Expression | None = None
    subject: Expression | None = None
    context: Expression | None = None
    half_life: timedelta | None = Field(default=None, gt=timedelta(0))

    def model_post_init(self, _context: object) -> None:
        """Refuse a rule with no strength, or with two."""
        if (self.log_likelihood_ratio is None) == (self.likelihoods is None):
            raise Incorrect(
                "invalid-definition",
                f"A rule on {self.attribute} needs either log_likelihood_ratio or likelihoods.",
            )


class EventRule(Record):
    """How events of one CloudEvents type become evidence. The speaker is `source`, an expression; else the event's own.

    `summary` is shown as it stands, so it holds no personal text; `verbatim`, an expression, picks what the person
    said, and that is sealed.
    """

    type: Key
    summary: str = Field(min_length=1, max_length=300)
    when: Expression | None = None
    source: Expression | None = None
    verbatim: Expression | None = None
    bears_on: tuple[BearingRule, ...] = Field(default=(), max_length=100)


class Catalog(Record):
    """One published document of definitions, named and versioned."""

    catalog: Name
    version: SemanticVersion
    description: str = Field(default="", max_length=2_000)
    attributes: tuple[Attribute, ...] = Field(default=(), max_length=MAX_ATTRIBUTES)
    relations: tuple[RelationDefinition, ...] = Field(default=(), max_length=MAX_RELATIONS)
    events: tuple[EventRule, ...] = Field(default=(), max_length=1_000)

    def model_post_init(self, _context: object) -> None:
        """Refuse two attributes of one name, and two relations of one kind between the same two."""
        _refuse_repeats(self.catalog, "attribute", [a.key for a in self.attributes])
        _refuse_repeats(self.catalog, "relation", [f"{r.source} {r.kind} {r.target}" for r in self.relations])

    @property
    def ref(self) -> str:
        """Name and version, as revisions cite it: `buying@1.2.0`."""
        return f"{self.catalog}@{self.version}"

    @property
    def version_tuple(self) -> tuple[int, ...]:
        """The version as numbers, for comparing."""
        return tuple(int(part) for part in self.version.split("."))


class Definitions(Record):
    """Everything in force in a tenant, as the numbered set that commits name. Number 0 is the empty set."""

    tenant: Key
    number: int
    catalogs: tuple[Catalog, ...] = ()

    def model_post_init(self, _context: object) -> None:
        """Refuse an attribute defined twice, and a relation or rule that names one that is not defined."""
        _refuse_repeats("the set", "attribute", [a.key for c in self.catalogs for a in c.attributes])
        for catalog in self.catalogs:
            named = [r.source for r in catalog.relations] + [r.target for r in catalog.relations]
            named += [b.attribute for e in catalog.events for b in e.bears_on]
            for name in named:
                if name not in self.attributes:
                    raise Incorrect("invalid-definition", f"{catalog.ref} names {name}, which no catalog defines.")

    @cached_property
    def attributes(self) -> Mapping[str, Attribute]:
        """Every attribute by its key, in the order of its definition."""
        return {a.key: a for c in self.catalogs for a in c.attributes}

    @cached_property
    def refs(self) -> Mapping[str, str]:
        """For every attribute, the catalog and version that define it."""
        return {a.key: c.ref for c in self.catalogs for a in c.attributes}

    @cached_property
    def rules(self) -> Mapping[str, tuple[EventRule, ...]]:
        """The rules for every event type."""
        found: dict[str, tuple[EventRule, ...]] = {}
        for rule in (e for c in self.catalogs for e in c.events):
            found[rule.type] = (*found.get(rule.type, ()), rule)
        return found

    def relations(self) -> Iterator[tuple[str, RelationDefinition]]:
        """Every relation with the ref of the catalog that states it."""
        for catalog in self.catalogs:
            for relation in catalog.relations:
                yield catalog.ref, relation

    def attribute(self, key: str) -> Attribute:
        """The attribute of that name, or `unknown-attribute`."""
        try:
            return self.attributes[key]
        except KeyError:
            raise NotFound("unknown-attribute", f"No definition in force names {key}.", attribute=key) from None

    def with_catalog(self, catalog: Catalog) -> Definitions:
        """The next set: this one with the catalog in the place of its earlier version."""
        kept = tuple(c for c in self.catalogs if c.catalog != catalog.catalog)
        return Definitions(tenant=self.tenant, number=self.number + 1, catalogs=(*kept, catalog))


def _refuse_repeats(where: str, what: str, names: list[str]) -> None:
    if len(set(names)) < len(names):
        twice = next(n for i, n in enumerate(names) if n in names[:i])
        raise Incorrect("invalid-definition", f"{where} has the {what} {twice} twice.")
