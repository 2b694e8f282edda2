"""Definitions are data: what a belief can be about, how beliefs are related, and how an event becomes evidence.

A `Catalog` is published under a semantic version; the numbered set of all catalogs in force in a tenant is
`Definitions`, and every commit names the set it was derived under. An `Expression` is CEL (Common Expression
Language); it sees `event` (its CloudEvents attributes) and `data`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from functools import cached_property
from typing import Annotated

from pydantic import Field

from beliefgraph.errors import Incorrect, NotFound
from beliefgraph.model.attribute import MOST_VALUES, OTHER, Attribute
from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.evidence import LogLikelihoodRatio
from beliefgraph.model.goal import GoalStatus, Weight
from beliefgraph.model.metric import MetricDefinition
from beliefgraph.model.parameters import ParameterSet
from beliefgraph.model.preference import Noise, Score
from beliefgraph.model.record import Expression, Key, Name, OddsRatio, OpenProbability, Probability, Record, Sentence
from beliefgraph.model.relation import RelationKind, Strength

SemanticVersion = Annotated[str, Field(pattern=r"^(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})$")]
"""major.minor.patch."""

URGENCY = timedelta(days=14)
"""The time before a deadline at which it presses half as much as when it is there, where no catalog says otherwise."""

MAX_ATTRIBUTES = 5_000
MAX_RELATIONS = 20_000


class RelationDefinition(Record):
    """A relation between two attributes; it joins beliefs of equal subject and context.

    At an end that is a closed categorical attribute, it names the value. All causes of one effect have odds ratios,
    or all have probabilities. `source_subject` is the key of a goal whose pursuit is the cause of what the person does:
    it joins what is believed of that goal with a belief of the person, while the goal is spoken of and has not ended.
    """

    kind: RelationKind
    source: Name
    target: Name
    source_subject: Key | None = None
    source_value: Key | None = None
    target_value: Key | None = None
    odds_ratio: OddsRatio | None = None
    probability: OpenProbability | None = None

    @cached_property
    def strength(self) -> Strength:
        """Its kind with its one number, checked against each other."""
        return Strength(kind=self.kind, odds_ratio=self.odds_ratio, probability=self.probability)

    @property
    def ends(self) -> tuple[tuple[str, str | None], tuple[str, str | None]]:
        """Source and target, each an attribute with the value meant, if it has any."""
        return (self.source, self.source_value), (self.target, self.target_value)

    def model_post_init(self, _context: object) -> None:
        """Refuse a relation of an attribute to itself, and a number that contradicts the kind."""
        if self.source == self.target:
            raise Incorrect("invalid-definition", f"{self.source} cannot be related to itself.")
        if self.source_subject is not None and self.kind != "causes":
            raise Incorrect("invalid-definition", f"The pursuit of {self.source_subject} can be a cause, nothing else.")
        if self.kind == "causes" and self.target_value is not None:
            raise Incorrect(
                "invalid-definition",
                f"A value has no causes, and {self.source} is to cause {self.target_value} of {self.target};"
                " say what supports it.",
            )
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
    """How an event of a type bears on one belief; a log-likelihood ratio given as text is an expression.

    On a categorical attribute it bears on the `value` named, or on the one that `value_from`, an expression, gives; or
    on several, by how likely the observation is if each of them holds. Those that `likelihoods_by_value` does not name
    are as likely as `other`, which it does.
    """

    attribute: Name
    value: Key | None = None
    value_from: Expression | None = None
    log_likelihood_ratio: LogLikelihoodRatio | Expression | None = None
    likelihoods: Likelihoods | None = None
    likelihoods_by_value: dict[Key, OpenProbability] | None = Field(default=None, max_length=MOST_VALUES)
    reading: Score | Expression | None = None
    noise: Noise | None = None
    when: Expression | None = None
    subject: Expression | None = None
    context: Expression | None = None
    half_life: timedelta | None = Field(default=None, gt=timedelta(0))

    def model_post_init(self, _context: object) -> None:
        """Refuse a rule with no strength, or with two; and one that says in two ways which value it bears on."""
        strengths = (self.log_likelihood_ratio, self.likelihoods, self.likelihoods_by_value, self.reading)
        if sum(strength is not None for strength in strengths) != 1:
            self._refuse(
                "needs either log_likelihood_ratio or likelihoods; on several values likelihoods_by_value or a reading"
            )
        if (self.reading is None) != (self.noise is None):
            self._refuse("has a reading and its noise, or neither")
        if self.reading is not None and (self.value is not None or self.value_from is not None):
            self._refuse("has a reading, which bears on all values of the scale; it cannot name one beside")
        if self.likelihoods_by_value is None:
            if self.value is not None and self.value_from is not None:
                self._refuse("names its value in two ways: give either value or value_from")
            return
        if self.value is not None or self.value_from is not None:
            self._refuse("has likelihoods_by_value, which name the values; it cannot name one beside")
        if OTHER not in self.likelihoods_by_value:
            self._refuse(f"must say in likelihoods_by_value how likely the observation is if {OTHER} holds")

    @property
    def log_ratios(self) -> Mapping[str, float]:
        """The log-likelihood ratio of every value that `likelihoods_by_value` names, against `other`."""
        if self.likelihoods_by_value is None:
            return {}
        otherwise = self.likelihoods_by_value[OTHER]
        return {v: math.log(p / otherwise) for v, p in sorted(self.likelihoods_by_value.items()) if v != OTHER}

    def _refuse(self, why: str) -> None:
        raise Incorrect("invalid-definition", f"A rule on {self.attribute} {why}.", attribute=self.attribute)


class MotiveRule(Record):
    """A belief that motivates the goal of which an event speaks."""

    attribute: Name
    value: Key | None = None
    subject: Expression | None = None
    context: Expression | None = None
    weight: Weight = 1.0


class GoalRule(Record):
    """What an event of a type states of one goal: a value, or an expression for it; null states nothing.

    `key` is an expression for the goal's key; `part_of`, `depends_on` and `competes_with` are expressions for the key
    of another goal or a list of them, which need not be known yet.
    """

    key: Expression
    when: Expression | None = None
    title: Expression | None = None
    status: GoalStatus | Expression | None = None
    priority: Probability | Expression | None = None
    progress: Probability | Expression | None = None
    deadline: Expression | None = None
    part_of: Expression | None = None
    depends_on: Expression | None = None
    competes_with: Expression | None = None
    motivated_by: tuple[MotiveRule, ...] = Field(default=(), max_length=20)


class DecisionRule(Record):
    """What an event of a type tells of one decision: expressions, of which null tells nothing.

    `options` and `reasons` give lists of maps, in the form of `Option` and `Reason`; `expected` and `actual` a number
    or a map of `score` and `text`. A reason that is a mere text, and a list of such, will do too.
    """

    key: Expression
    when: Expression | None = None
    title: Expression | None = None
    options: Expression | None = None
    chosen: Expression | None = None
    reasons: Expression | None = None
    expected: Expression | None = None
    actual: Expression | None = None


class GoalDefinition(Record):
    """How goals are read. `pursued` is the attribute that says whether a goal, its subject, is really pursued.

    `stated` is the log-likelihood ratio of a command that says it is, and less that of one that says it is abandoned.
    `urgency` is the time before a deadline at which it presses half as much as when it is there.
    """

    pursued: Name
    stated: LogLikelihoodRatio = Field(default=1.5, ge=0.0)
    urgency: timedelta = Field(default=URGENCY, gt=timedelta(0))


class EventRule(Record):
    """How events of one CloudEvents type become evidence. The speaker is `source`, an expression; else the event's own.

    `summary` is shown as it stands, so it holds no personal text; `verbatim`, an expression, picks what the person
    said, and that is sealed.

    `shared_origin`, an expression, names what this evidence has in common with other evidence on the same belief: an
    agency that several papers print, a list that was copied, a race that every pollster may misjudge alike. What has
    one origin counts once, until it is learned how much of their error such observations share. The kind of an origin
    is what stands before the first colon of its name. `source_kind`, an expression, says what kind of source speaks: a
    source that was not heard before is taken for one of its kind. Neither holds personal text; both are stored as they
    stand.
    """

    type: Key
    summary: Sentence
    when: Expression | None = None
    source: Expression | None = None
    verbatim: Expression | None = None
    shared_origin: Expression | None = None
    source_kind: Expression | None = None
    bears_on: tuple[BearingRule, ...] = Field(default=(), max_length=100)
    goals: tuple[GoalRule, ...] = Field(default=(), max_length=20)
    decisions: tuple[DecisionRule, ...] = Field(default=(), max_length=20)


class Catalog(Record):
    """One published document of definitions, named and versioned."""

    catalog: Name
    version: SemanticVersion
    description: str = Field(default="", max_length=2_000)
    attributes: tuple[Attribute, ...] = Field(default=(), max_length=MAX_ATTRIBUTES)
    relations: tuple[RelationDefinition, ...] = Field(default=(), max_length=MAX_RELATIONS)
    events: tuple[EventRule, ...] = Field(default=(), max_length=1_000)
    goals: GoalDefinition | None = None
    metrics: tuple[MetricDefinition, ...] = Field(default=(), max_length=1_000)

    def model_post_init(self, _context: object) -> None:
        """Refuse two attributes or metrics of one name, and two relations of one kind between the same two."""
        _refuse_repeats(self.catalog, "attribute", [a.key for a in self.attributes])
        _refuse_repeats(self.catalog, "metric", [m.key for m in self.metrics])
        _refuse_repeats(self.catalog, "relation", [_named(r) for r in self.relations])

    @property
    def ref(self) -> str:
        """Name and version, as revisions cite it: `buying@1.2.0`."""
        return f"{self.catalog}@{self.version}"

    @property
    def version_tuple(self) -> tuple[int, ...]:
        """The version as numbers, for comparing."""
        return tuple(int(part) for part in self.version.split("."))


class Definitions(Record):
    """Everything in force in a tenant, as the numbered set that commits name. Number 0 is the empty set.

    `parameters` is what was learned; None as long as nothing was.
    """

    tenant: Key
    number: int
    catalogs: tuple[Catalog, ...] = ()
    parameters: ParameterSet | None = None

    def model_post_init(self, _context: object) -> None:
        """Refuse an attribute or metric defined twice, and what names one, or a value, that is not defined."""
        _refuse_repeats("the set", "attribute", [a.key for c in self.catalogs for a in c.attributes])
        _refuse_repeats("the set", "part", ["goals" for c in self.catalogs if c.goals is not None])
        _refuse_repeats("the set", "metric", [m.key for c in self.catalogs for m in c.metrics])
        _check_causes(relation for _, relation in self.relations())
        for catalog in self.catalogs:
            for relation in catalog.relations:
                for name, value in relation.ends:
                    _check_end(catalog, self._named(catalog, name), value)
                self._check_subject(catalog, relation)
            for bearing in (b for e in catalog.events for b in e.bears_on):
                attribute = self._named(catalog, bearing.attribute)
                _check_bearing(catalog, attribute, bearing)
                _check_place(catalog, attribute, bearing)
            for motive in (m for e in catalog.events for g in e.goals for m in g.motivated_by):
                _check_value(catalog, self._named(catalog, motive.attribute), motive.value)
            if catalog.goals is not None and self._named(catalog, catalog.goals.pursued).categorical:
                raise Incorrect(
                    "invalid-definition",
                    f"{catalog.ref}: {catalog.goals.pursued} has values: pursued or not.",
                )
            for metric in catalog.metrics:
                for on in metric.bearings:
                    _check_value(catalog, self._named(catalog, on.attribute), on.value)
                    _check_place(catalog, self._named(catalog, on.attribute), metric)

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

    @cached_property
    def goals(self) -> GoalDefinition | None:
        """How goals are read, if a catalog says so."""
        return next((c.goals for c in self.catalogs if c.goals is not None), None)

    @cached_property
    def metrics(self) -> Mapping[str, MetricDefinition]:
        """Every metric by its key, in the order of its definition."""
        return {m.key: m for c in self.catalogs for m in c.metrics}

    @cached_property
    def metric_refs(self) -> Mapping[str, str]:
        """For every metric, the catalog and version that define it."""
        return {m.key: c.ref for c in self.catalogs for m in c.metrics}

    @cached_property
    def counting(self) -> Mapping[str, tuple[MetricDefinition, ...]]:
        """The metrics that look at every event type."""
        found: dict[str, tuple[MetricDefinition, ...]] = {}
        for metric in self.metrics.values():
            for type_ in () if metric.deprecated else metric.types:
                found[type_] = (*found.get(type_, ()), metric)
        return found

    def relations(self) -> Iterator[tuple[str, RelationDefinition]]:
        """Every relation with the ref of the catalog that states it."""
        for catalog in self.catalogs:
            for relation in catalog.relations:
                yield catalog.ref, relation

    def strength_of(self, relation: RelationDefinition) -> Strength:
        """How strong a relation is: as learned beside the number that it states, else as stated."""
        stated = relation.strength
        if (
            self.parameters is None
            or stated.into_noisy_or
            or relation.source_subject is not None
            or relation.source_value is not None
            or relation.target_value is not None
        ):
            return stated
        learned = self.parameters.strength_of.get((relation.kind, relation.source, relation.target))
        if learned is None or learned.stated != stated.parameter:
            return stated
        which = "probability" if relation.kind == "implies" else "odds_ratio"
        return Strength.model_validate({"kind": relation.kind, which: learned.learned})

    def attribute_of(self, belief: BeliefKey) -> Attribute:
        """What a belief is about; `unknown-attribute`, `unknown-value`, or `invalid-input` where a value is amiss."""
        attribute = self.attribute(belief.attribute)
        attribute.require(belief.value)
        return attribute

    def spoken_of(self, belief: BeliefKey) -> Attribute:
        """What a belief is about that somebody speaks of: as `attribute_of`, and refused where nothing can stand."""
        attribute = self.attribute_of(belief)
        attribute.require_place(belief)
        return attribute

    def attribute(self, key: str) -> Attribute:
        """The attribute of that name, or `unknown-attribute`."""
        try:
            return self.attributes[key]
        except KeyError:
            raise NotFound("unknown-attribute", f"No definition in force names {key}.", attribute=key) from None

    def metric(self, key: str) -> MetricDefinition:
        """The metric of that name, or `unknown-metric`."""
        try:
            return self.metrics[key]
        except KeyError:
            raise NotFound("unknown-metric", f"No definition in force names the metric {key}.", metric=key) from None

    def with_catalog(self, catalog: Catalog) -> Definitions:
        """The next set: this one with the catalog in the place of its earlier version."""
        kept = tuple(c for c in self.catalogs if c.catalog != catalog.catalog)
        return Definitions(
            tenant=self.tenant, number=self.number + 1, catalogs=(*kept, catalog), parameters=self.parameters
        )

    def with_parameters(self, parameters: ParameterSet) -> Definitions:
        """The next set: this one with what was learned since."""
        return Definitions(tenant=self.tenant, number=self.number + 1, catalogs=self.catalogs, parameters=parameters)

    def _check_subject(self, catalog: Catalog, relation: RelationDefinition) -> None:
        """Refuse a relation of one subject's belief to another's, unless it says that pursuing a goal is the cause."""
        if relation.source_subject is not None and (self.goals is None or relation.source != self.goals.pursued):
            raise Incorrect(
                "invalid-definition",
                f"{catalog.ref}: {relation.source} of {relation.source_subject} is no cause. source_subject names a"
                " goal, and the source is then what the goals of a catalog call pursued.",
            )

    def _named(self, catalog: Catalog, name: str) -> Attribute:
        if name not in self.attributes:
            raise Incorrect("invalid-definition", f"{catalog.ref} names {name}, which no catalog defines.")
        return self.attributes[name]


def _check_causes(relations: Iterable[RelationDefinition]) -> None:
    """Refuse an effect with odds ratios into it and probabilities too: it is logistic, or a noisy OR."""
    first: dict[str, RelationDefinition] = {}
    for relation in relations:
        if relation.kind != "causes":
            continue
        known = first.setdefault(relation.target, relation)
        if known.strength.into_noisy_or != relation.strength.into_noisy_or:
            raise Incorrect(
                "invalid-definition",
                f"Of the causes of {relation.target}, {known.source} and {relation.source} speak two ways: give all of"
                " them an odds_ratio, or all a probability.",
                attribute=relation.target,
            )


def _check_end(catalog: Catalog, attribute: Attribute, value: str | None) -> None:
    """Refuse a relation whose end is not one belief of each subject and context."""
    wrong = None
    if attribute.open_values is not None:
        wrong = "whose values are not known in advance"
    elif attribute.categorical and value is None:
        wrong = f"without the value meant (source_value, target_value); it has {attribute.listed}"
    if wrong:
        raise Incorrect("invalid-definition", f"{catalog.ref} relates {attribute.key}, {wrong}.")
    _check_value(catalog, attribute, value)


def _check_bearing(catalog: Catalog, attribute: Attribute, bearing: BearingRule) -> None:
    """Refuse a rule that names no value of a categorical attribute, one of another, or one that it does not have."""
    if bearing.reading is not None:
        if attribute.preference is None or attribute.preference.scores is None:
            raise Incorrect(
                "invalid-definition",
                f"{catalog.ref}: {attribute.key} has no scores, so there is no scale for a reading.",
                attribute=attribute.key,
            )
    elif bearing.likelihoods_by_value is not None:
        for value in bearing.likelihoods_by_value:
            _check_value(catalog, attribute, value)
    elif bearing.value_from is None:
        _check_value(catalog, attribute, bearing.value)
    elif not attribute.categorical:
        raise Incorrect("invalid-definition", f"{catalog.ref}: {attribute.key} has no values; drop value_from.")


def _check_place(catalog: Catalog, attribute: Attribute, speaks: BearingRule | MetricDefinition) -> None:
    """Refuse what bears on a constraint and says of no operand, or on a state and says of whom or where."""
    preference = attribute.preference
    wrong = None
    if preference is not None and preference.rule is not None and speaks.subject is None:
        wrong = "a constraint, without the subject that it speaks of"
    elif preference is not None and preference.kind == "state" and (speaks.subject or speaks.context):
        wrong = "a state, of which there is one, with a subject or a context"
    if wrong:
        raise Incorrect(
            "invalid-definition",
            f"{catalog.ref}: something bears on {attribute.key}, {wrong}.",
            attribute=attribute.key,
        )


def _check_value(catalog: Catalog, attribute: Attribute, value: str | None) -> None:
    try:
        attribute.require(value)
    except (Incorrect, NotFound) as error:
        raise Incorrect("invalid-definition", f"{catalog.ref}: {error.message}", attribute=attribute.key) from None


def _named(relation: RelationDefinition) -> str:
    ends = [name if value is None else f"{name}={value}" for name, value in relation.ends]
    of = "" if relation.source_subject is None else f" of {relation.source_subject}"
    return f"{ends[0]}{of} {relation.kind} {ends[1]}"


def _refuse_repeats(where: str, what: str, names: list[str]) -> None:
    if len(set(names)) < len(names):
        twice = next(n for i, n in enumerate(names) if n in names[:i])
        raise Incorrect("invalid-definition", f"{where} has the {what} {twice} twice.")
