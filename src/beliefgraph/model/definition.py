"""Definitions are data: what a belief can be about, how beliefs are related, and how an event becomes evidence.

A `Catalog` is published under a semantic version; the numbered set of all catalogs in force in a tenant is
`Definitions`, and every commit names the set it was derived under. An `Expression` is CEL (Common Expression
Language); it sees `event` (its CloudEvents attributes) and `data`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import cached_property, partial
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from beliefgraph.errors import Incorrect, NotFound, did_you_mean
from beliefgraph.model.asking import QuestionDefinition
from beliefgraph.model.attribute import MOST_VALUES, OTHER, Attribute
from beliefgraph.model.belief import AttributeName, BeliefKey, Value
from beliefgraph.model.change_point import ChangeDefinition
from beliefgraph.model.evidence import Likelihoods, LogLikelihoodRatio
from beliefgraph.model.goal import GoalStatus, Weight
from beliefgraph.model.metric import MetricDefinition, MetricKey
from beliefgraph.model.outcome import LearnedHazard, OutcomeDefinition
from beliefgraph.model.parameters import ParameterSet
from beliefgraph.model.preference import Noise, Score
from beliefgraph.model.record import Expression, Key, Name, OddsRatio, OpenProbability, Probability, Record, Sentence
from beliefgraph.model.relation import RelationKind, Strength
from beliefgraph.model.trajectory import LearnedStages, TrajectoryDefinition

SemanticVersion = Annotated[str, Field(pattern=r"^(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})$")]
"""major.minor.patch."""

URGENCY = timedelta(days=14)
"""The time before a deadline at which it presses half as much as when it is there, where no catalog says otherwise."""

MAX_ATTRIBUTES = 5_000
MAX_RELATIONS = 20_000


class RelationDefinition(Record):
    """A relation between two attributes; it relates beliefs with the same subject and context.

    An end that is a closed categorical attribute names the value. The causes of one effect all have odds ratios, or
    all have probabilities.
    """

    kind: RelationKind
    source: Name = Field(description="Attribute that the relation starts from.")
    target: Name = Field(description="Attribute that the relation leads to.")
    source_subject: Key | None = Field(
        None,
        description="Key of a goal whose pursuit is the cause; `source` is then the attribute that goals name as "
        "pursued. Null otherwise.",
    )
    source_value: Key | None = Field(
        None,
        description="Value of the source attribute, if it is categorical; else null.",
    )
    target_value: Key | None = Field(
        None,
        description="Value of the target attribute, if it is categorical; else null.",
    )
    odds_ratio: OddsRatio | None = Field(
        None,
        description="Factor by which the odds of one belief change if the other holds; above 1 supports, below 1 "
        "contradicts. Null where a probability is given.",
    )
    probability: OpenProbability | None = Field(
        None,
        description="For implies, P(target given source); for causes, the probability that this cause alone brings "
        "the effect about. In (0, 1); null otherwise.",
    )

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
            raise Incorrect("invalid-definition", f"The pursuit of {self.source_subject} can only be a cause.")
        if self.kind == "causes" and self.target_value is not None:
            raise Incorrect(
                "invalid-definition",
                f"A value has no causes, and {self.source} is to cause {self.target_value} of {self.target};"
                " say what supports it.",
            )
        _ = self.strength


class BearingRule(Record):
    """How an event of a type bears on one belief.

    Exactly one of `log_likelihood_ratio`, `likelihoods`, `likelihoods_by_value` and `reading` is given.
    """

    attribute: AttributeName
    value: Key | None = Field(None, description="Value of a categorical attribute that it bears on.")
    value_from: Expression | None = Field(None, description="Expression for the value, instead of `value`.")
    log_likelihood_ratio: LogLikelihoodRatio | Expression | None = Field(
        None,
        description="Log-likelihood ratio in [-30, 30], or an expression for it; positive speaks for the belief.",
    )
    likelihoods: Likelihoods | None = Field(
        None,
        description="Probabilities of the event if the belief holds and if it does not.",
    )
    likelihoods_by_value: dict[Key, OpenProbability] | None = Field(
        default=None,
        max_length=MOST_VALUES,
        description="Probability of the event under each value; `other` must be named, and values not named are as "
        "likely as under `other`.",
    )
    reading: Score | Expression | None = Field(
        None,
        description="Position on the scale of the attribute's scores, in [-1, 1], or an expression for it.",
    )
    noise: Noise | None = Field(None, description="Standard deviation of the error of the reading, on the same scale.")
    when: Expression | None = Field(None, description="Expression that must hold of the event; null: always.")
    subject: Expression | None = Field(None, description="Expression for the subject; null: `self`.")
    context: Expression | None = Field(None, description="Expression for the context; null: `any`.")
    half_life: Annotated[timedelta, Field(gt=timedelta(0))] | Literal["never"] | None = Field(
        default=None,
        description="Time in which this evidence loses half its weight, or `never`: it does not age; null: that of "
        "the attribute.",
    )
    from_now_on: bool = Field(
        False,
        description="Whether it marks a change: from the time of the event on, earlier evidence on the attribute's "
        "other values no longer counts, nor any on the attribute if it is true or false. Corrections stand.",
    )

    def model_post_init(self, _context: object) -> None:
        """Refuse a rule with no strength or several, and one that names its value in two ways."""
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
    """A belief that motivates the goal an event is about."""

    attribute: AttributeName
    value: Value = None
    subject: Expression | None = Field(None, description="Expression for the subject; null: `self`.")
    context: Expression | None = Field(None, description="Expression for the context; null: `any`.")
    weight: Weight = Field(1.0, description="Share of the belief's confidence that passes to the goal, in (0, 1].")


class GoalRule(Record):
    """What an event of a type states about one goal: values, or expressions for them.

    An expression that gives null states nothing.
    """

    key: Expression = Field(description="Expression for the goal's key.")
    when: Expression | None = Field(None, description="Expression that must hold of the event; null: always.")
    title: Expression | None = Field(None, description="Expression for the title.")
    status: GoalStatus | Expression | None = Field(None, description="Status, or an expression for it.")
    priority: Probability | Expression | None = Field(None, description="Priority in [0, 1], or an expression for it.")
    progress: Probability | Expression | None = Field(None, description="Progress in [0, 1], or an expression for it.")
    deadline: Expression | None = Field(None, description="Expression for the deadline.")
    part_of: Expression | None = Field(
        None,
        description="Expression for the key of a goal that it is part of, or a list of keys; these need not exist yet.",
    )
    depends_on: Expression | None = Field(
        None,
        description="Expression for the key of a goal that must be achieved first, or a list of keys.",
    )
    competes_with: Expression | None = Field(
        None,
        description="Expression for the key of a goal that it competes with, or a list of keys.",
    )
    motivated_by: tuple[MotiveRule, ...] = Field(
        default=(),
        max_length=20,
        description="Beliefs that motivate the goal, at most 20.",
    )


class DecisionRule(Record):
    """What an event of a type states about one decision: expressions; one that gives null states nothing."""

    key: Expression = Field(description="Expression for the decision's key.")
    when: Expression | None = Field(None, description="Expression that must hold of the event; null: always.")
    title: Expression | None = Field(None, description="Expression for the title.")
    options: Expression | None = Field(None, description="Expression for a list of options, as maps.")
    chosen: Expression | None = Field(None, description="Expression for the key of the option chosen.")
    reasons: Expression | None = Field(
        None,
        description="Expression for a list of reasons, as maps or texts, or for one text.",
    )
    expected: Expression | None = Field(
        None,
        description="Expression for the expected result: a number in [-1, 1], or a map of score and text.",
    )
    actual: Expression | None = Field(
        None,
        description="Expression for the actual result: a number in [-1, 1], or a map of score and text.",
    )


class PermissionRule(Record):
    """What an event of a type states about one permission: expressions."""

    purpose: Expression = Field(description="Expression for the purpose, one of the tenant's policy.")
    allowed: Expression = Field(description="Expression for whether it is permitted.")
    when: Expression | None = Field(None, description="Expression that must hold of the event; null: always.")
    category: Expression | None = Field(
        None, description="Expression for a category of the policy; null: all but special ones."
    )
    recipient: Expression | None = Field(None, description="Expression for a recipient of the policy; null: all.")


class GoalDefinition(Record):
    """How goals are interpreted."""

    pursued: Name = Field(description="Attribute that says whether a goal, its subject, is really pursued.")
    stated: LogLikelihoodRatio = Field(
        default=1.5,
        ge=0.0,
        description="Log-likelihood ratio, at least 0, of a command that says a goal is pursued; one that says it "
        "is abandoned counts the same against it.",
    )
    urgency: timedelta = Field(
        default=URGENCY,
        gt=timedelta(0),
        description="Time before a deadline at which urgency is half of what it is at the deadline.",
    )


class EventRule(Record):
    """How events of one CloudEvents type become evidence."""

    type: Key = Field(description="CloudEvents type that the rule applies to.")
    summary: Sentence = Field(
        description="What was observed, in plain words; shown as it stands, so it must hold no personal data.",
    )
    when: Expression | None = Field(None, description="Expression that must hold of the event; null: always.")
    source: Expression | None = Field(
        None,
        description="Expression for the source of the evidence; null: the event's own source.",
    )
    verbatim: Expression | None = Field(
        None,
        description="Expression for what the person said, word for word; stored encrypted.",
    )
    shared_origin: Expression | None = Field(
        None,
        description="Expression for the name of what this evidence has in common with other evidence on the "
        "belief, such as an agency or a copied list: evidence with one origin counts once until its "
        "correlation is learned. Stored in the clear.",
    )
    shared_across: Expression | None = Field(
        None,
        description="Expression for the name of what this evidence shares an error with on every belief it bears on, "
        "such as a year, a house or an instrument; its kind stands before the colon. It changes nothing until the size "
        "of the error is learned. Stored in the clear.",
    )
    source_kind: Expression | None = Field(
        None,
        description="Expression for the kind of source: a source not seen before is treated as one of its kind. "
        "Stored in the clear.",
    )
    bears_on: tuple[BearingRule, ...] = Field(
        default=(),
        max_length=100,
        description="Beliefs that the event bears on, at most 100.",
    )
    goals: tuple[GoalRule, ...] = Field(
        default=(),
        max_length=20,
        description="What the event states about goals, at most 20.",
    )
    decisions: tuple[DecisionRule, ...] = Field(
        default=(),
        max_length=20,
        description="What the event states about decisions, at most 20.",
    )
    permissions: tuple[PermissionRule, ...] = Field(
        default=(),
        max_length=20,
        description="What the event states about permissions, at most 20.",
    )


class Catalog(Record):
    """One published document of definitions, with a name and a version."""

    catalog: Name = Field(description="Dotted lower-case name of the catalog.")
    version: SemanticVersion = Field(description="Semantic version of the catalog (major.minor.patch).")
    description: str = Field(default="", max_length=2_000, description="Notes for those who maintain the catalog.")
    attributes: tuple[Attribute, ...] = Field(
        default=(),
        max_length=MAX_ATTRIBUTES,
        description="Attributes that beliefs can be about, at most 5,000.",
    )
    relations: tuple[RelationDefinition, ...] = Field(
        default=(),
        max_length=MAX_RELATIONS,
        description="Relations between attributes, at most 20,000.",
    )
    events: tuple[EventRule, ...] = Field(default=(), max_length=1_000, description="Rules for events, at most 1,000.")
    goals: GoalDefinition | None = Field(
        None,
        description="How goals are interpreted; null if the catalog does not say. Only one catalog in force may say.",
    )
    metrics: tuple[MetricDefinition, ...] = Field(default=(), max_length=1_000, description="Metrics, at most 1,000.")
    outcomes: tuple[OutcomeDefinition, ...] = Field(default=(), max_length=100, description="Outcomes, at most 100.")
    trajectories: tuple[TrajectoryDefinition, ...] = Field(
        default=(), max_length=100, description="Stages that twins pass through, at most 100 trajectories."
    )
    questions: tuple[QuestionDefinition, ...] = Field(
        default=(), max_length=1_000, description="Questions that can be asked, at most 1,000."
    )
    changes: tuple[ChangeDefinition, ...] = Field(
        default=(), max_length=1_000, description="Domains whose evidence from before a change counts less."
    )

    def model_post_init(self, _context: object) -> None:
        """Refuse two parts of one kind and name, and two relations of one kind between the same two attributes."""
        _refuse_repeats(self.catalog, "attribute", [a.key for a in self.attributes])
        _refuse_repeats(self.catalog, "metric", [m.key for m in self.metrics])
        _refuse_repeats(self.catalog, "outcome", [o.key for o in self.outcomes])
        _refuse_repeats(self.catalog, "trajectory", [t.key for t in self.trajectories])
        _refuse_repeats(self.catalog, "question", [q.key for q in self.questions])
        _refuse_repeats(self.catalog, "change of", [c.domain for c in self.changes])
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
    """All definitions in force in a tenant, as the numbered set that commits refer to. Number 0 is the empty set."""

    tenant: Key = Field(description="Tenant that the definitions belong to.")
    number: int = Field(description="Number of the set within the tenant.")
    catalogs: tuple[Catalog, ...] = Field((), description="Catalogs in force.")
    parameters: ParameterSet | None = Field(
        None,
        description="What was learned and is in force; null if nothing was learned.",
    )

    def model_post_init(self, _context: object) -> None:
        """Refuse an attribute or metric defined twice, and references to attributes or values that are not defined."""
        for problem in problems(self.catalogs):
            raise problem.error

    @cached_property
    def attributes(self) -> Mapping[str, Attribute]:
        """Every attribute by its key, in the order of its definition, with its prior as learned for what it states."""
        learned = {} if self.parameters is None else self.parameters.prior_of
        stated = (a for c in self.catalogs for a in c.attributes)
        return {
            a.key: a.model_copy(update={"prior": found.learned})
            if (found := learned.get(a.key)) is not None and found.stated == a.prior
            else a
            for a in stated
        }

    @cached_property
    def personal(self) -> frozenset[str]:
        """The attributes whose texts are stored sealed."""
        return frozenset(a.key for c in self.catalogs for a in c.attributes if a.personal)

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

    @cached_property
    def outcomes(self) -> Mapping[str, OutcomeDefinition]:
        """Every outcome by its key, in the order of its definition."""
        return {o.key: o for c in self.catalogs for o in c.outcomes}

    @cached_property
    def outcome_events(self) -> frozenset[str]:
        """The types of events by which outcomes happen."""
        return frozenset(event.type for outcome in self.outcomes.values() for event in outcome.events)

    def outcome(self, key: str) -> OutcomeDefinition:
        """The outcome of that name, or `unknown-outcome`."""
        try:
            return self.outcomes[key]
        except KeyError:
            raise NotFound("unknown-outcome", f"No definition in force names the outcome {key}.", outcome=key) from None

    def hazard_of(self, outcome: OutcomeDefinition) -> LearnedHazard | None:
        """What was learned of an outcome and is in force; None if nothing was, or on other inputs than it has now."""
        learned = None if self.parameters is None else self.parameters.hazard_of.get(outcome.key)
        return learned if learned is not None and learned.learned_on == outcome.learned_on else None

    @cached_property
    def trajectories(self) -> Mapping[str, TrajectoryDefinition]:
        """Every trajectory by its key, in the order of its definition."""
        return {t.key: t for c in self.catalogs for t in c.trajectories}

    def stages_of(self, trajectory: TrajectoryDefinition) -> LearnedStages | None:
        """What was learned of a trajectory and is in force; None if nothing was, or for another definition of it."""
        learned = None if self.parameters is None else self.parameters.stages_of.get(trajectory.key)
        return learned if learned is not None and learned.learned_on == trajectory.learned_on else None

    @cached_property
    def questions(self) -> Mapping[str, QuestionDefinition]:
        """Every question by its key, in the order of its definition."""
        return {q.key: q for c in self.catalogs for q in c.questions}

    @cached_property
    def changes(self) -> Mapping[str, ChangeDefinition]:
        """How evidence from before a change counts, by domain."""
        return {each.domain: each for c in self.catalogs for each in c.changes}

    def relations(self) -> Iterator[tuple[str, RelationDefinition]]:
        """Every relation with the ref of the catalog that states it."""
        for catalog in self.catalogs:
            for relation in catalog.relations:
                yield catalog.ref, relation

    def strength_of(self, relation: RelationDefinition) -> Strength:
        """The strength of a relation: as learned for the number that it states, else as stated."""
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
        """The attribute of a belief; `unknown-attribute`, `unknown-value`, or `invalid-input` for a wrong value."""
        attribute = self.attribute(belief.attribute)
        attribute.require(belief.value)
        return attribute

    def spoken_of(self, belief: BeliefKey) -> Attribute:
        """The attribute of a belief that is stated: as `attribute_of`, and refused where it has no meaning."""
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

    def trajectory(self, key: str) -> TrajectoryDefinition:
        """The trajectory of that name, or `unknown-trajectory`."""
        try:
            return self.trajectories[key]
        except KeyError:
            raise NotFound(
                "unknown-trajectory", f"No definition in force names the trajectory {key}.", trajectory=key
            ) from None

    def with_catalog(self, catalog: Catalog) -> Definitions:
        """The next set: this one with the catalog in the place of its earlier version."""
        kept = tuple(c for c in self.catalogs if c.catalog != catalog.catalog)
        return Definitions(
            tenant=self.tenant, number=self.number + 1, catalogs=(*kept, catalog), parameters=self.parameters
        )

    @property
    def as_stated(self) -> Definitions:
        """The same without anything learned."""
        return Definitions(tenant=self.tenant, number=self.number, catalogs=self.catalogs)

    def with_parameters(self, parameters: ParameterSet) -> Definitions:
        """The next set: this one with what was learned since."""
        return Definitions(tenant=self.tenant, number=self.number + 1, catalogs=self.catalogs, parameters=parameters)


class Problem(NamedTuple):
    """What is wrong with a set of catalogs, where: the number of the catalog from 0, and the part of it."""

    catalog: int
    place: tuple[str | int, ...]
    error: Incorrect


def problems(catalogs: Sequence[Catalog]) -> Iterator[Problem]:
    """Everything that is wrong between the catalogs of a set: what is defined twice, and references that lead nowhere.

    A catalog that is wrong in itself cannot be made, so it is not met here.
    """
    yield from _repeats(catalogs)
    yield from _mixed_causes(catalogs)
    attributes = {a.key: a for c in reversed(catalogs) for a in reversed(c.attributes)}
    metrics = {m.key for c in catalogs for m in c.metrics}
    pursued = next((c.goals.pursued for c in catalogs if c.goals is not None), None)
    for n, catalog in enumerate(catalogs):
        for place, check in _checks(catalog, attributes, metrics, pursued):
            try:
                check()
            except Incorrect as error:
                yield Problem(n, place, error)


Check = tuple[tuple[str | int, ...], Callable[[], None]]


def _checks(
    catalog: Catalog, attributes: Mapping[str, Attribute], metrics: Collection[str], pursued: str | None
) -> Iterator[Check]:
    """What is asked of every part of a catalog that names an attribute or a metric, with the place of the part."""

    def named(name: str) -> Attribute:
        if name not in attributes:
            wrong = f"{catalog.ref} names {name}, which no catalog defines"
            meant = did_you_mean(name, attributes) or "."
            raise Incorrect("invalid-definition", f"{wrong}{meant}", attribute=name)
        return attributes[name]

    def bears(bearing: BearingRule) -> None:
        attribute = named(bearing.attribute)
        _check_bearing(catalog, attribute, bearing)
        _check_place(catalog, attribute, bearing)

    def measures(metric: MetricDefinition, attribute: str, value: str | None) -> None:
        _check_value(catalog, named(attribute), value)
        _check_place(catalog, named(attribute), metric)

    def pursues(goals: GoalDefinition) -> None:
        if named(goals.pursued).categorical:
            raise Incorrect("invalid-definition", f"{catalog.ref}: {goals.pursued} has values: pursued or not.")

    def believes(belief: BeliefKey) -> None:
        _check_value(catalog, named(belief.attribute), belief.value)
        if named(belief.attribute).prior_of(belief.value) is None:
            raise Incorrect("invalid-definition", f"{catalog.ref}: {belief.value} of {belief.attribute} has no prior.")

    def counts(metric: MetricKey) -> None:
        if metric.metric not in metrics:
            wrong = f"{catalog.ref} names the metric {metric.metric}, which no catalog defines"
            meant = did_you_mean(metric.metric, metrics) or "."
            raise Incorrect("invalid-definition", f"{wrong}{meant}", metric=metric.metric)

    for n, relation in enumerate(catalog.relations):
        for end, (name, value) in zip(("source", "target"), relation.ends, strict=True):
            yield ("relations", n, end), partial(_check_end, catalog, named, name, value)
        yield ("relations", n, "source_subject"), partial(_check_subject, catalog, relation, pursued)
    for n, event in enumerate(catalog.events):
        for m, bearing in enumerate(event.bears_on):
            yield ("events", n, "bears_on", m), partial(bears, bearing)
        for m, goal in enumerate(event.goals):
            for i, motive in enumerate(goal.motivated_by):
                place = ("events", n, "goals", m, "motivated_by", i)
                yield place, partial(_check_end_value, catalog, named, motive.attribute, motive.value)
    if catalog.goals is not None:
        yield ("goals", "pursued"), partial(pursues, catalog.goals)
    for n, metric in enumerate(catalog.metrics):
        for on in metric.bearings:
            yield ("metrics", n), partial(measures, metric, on.attribute, on.value)
    for n, outcome in enumerate(catalog.outcomes):
        for field, belief in outcome.named_beliefs:
            yield ("outcomes", n, *field), partial(believes, belief)
        for field, metric_key in outcome.named_metrics:
            yield ("outcomes", n, *field), partial(counts, metric_key)
    for n, trajectory in enumerate(catalog.trajectories):
        yield ("trajectories", n), partial(_check_stages, catalog, named, trajectory)
    for n, asked in enumerate(catalog.questions):
        yield ("questions", n), partial(_check_answers, catalog, named, asked)
    domains = {attribute.domain for attribute in attributes.values()}
    for n, change in enumerate(catalog.changes):
        yield ("changes", n), partial(_check_change, catalog, named, domains, change)


def _repeats(catalogs: Sequence[Catalog]) -> Iterator[Problem]:
    """What two catalogs of a set both define."""
    defined: dict[tuple[str, str], Catalog] = {}
    for n, catalog in enumerate(catalogs):
        parts: list[tuple[tuple[str | int, ...], str, str]] = [
            *((("attributes", i, "key"), "attribute", a.key) for i, a in enumerate(catalog.attributes)),
            *((("metrics", i, "key"), "metric", m.key) for i, m in enumerate(catalog.metrics)),
            *((("outcomes", i, "key"), "outcome", o.key) for i, o in enumerate(catalog.outcomes)),
            *((("trajectories", i, "key"), "trajectory", t.key) for i, t in enumerate(catalog.trajectories)),
            *((("questions", i, "key"), "question", q.key) for i, q in enumerate(catalog.questions)),
            *((("changes", i, "domain"), "change of", each.domain) for i, each in enumerate(catalog.changes)),
            *((("goals",), "part", "goals") for _ in range(catalog.goals is not None)),
        ]
        for place, what, name in parts:
            first = defined.setdefault((what, name), catalog)
            if first is not catalog:
                both = f"{first.ref} and {catalog.ref} both define the {what} {name}"
                yield Problem(n, place, Incorrect("invalid-definition", f"{both}; only one of them may."))


def _mixed_causes(catalogs: Sequence[Catalog]) -> Iterator[Problem]:
    """Effects with odds ratios into them and probabilities too: an effect is logistic, or a noisy OR."""
    first: dict[str, RelationDefinition] = {}
    for c, catalog in enumerate(catalogs):
        for n, relation in enumerate(catalog.relations):
            if relation.kind != "causes":
                continue
            known = first.setdefault(relation.target, relation)
            if known.strength.into_noisy_or != relation.strength.into_noisy_or:
                error = Incorrect(
                    "invalid-definition",
                    f"Of the causes of {relation.target}, {known.source} and {relation.source} differ in kind:"
                    " give all of them an odds_ratio, or all a probability.",
                    attribute=relation.target,
                )
                yield Problem(c, ("relations", n), error)


def _check_subject(catalog: Catalog, relation: RelationDefinition, pursued: str | None) -> None:
    """Refuse a relation of one subject's belief to another's, unless it says that pursuing a goal is the cause."""
    if relation.source_subject is not None and relation.source != pursued:
        raise Incorrect(
            "invalid-definition",
            f"{catalog.ref}: {relation.source} of {relation.source_subject} is no cause. source_subject names a"
            " goal, and the source is then what the goals of a catalog call pursued.",
        )


def _check_end_value(catalog: Catalog, named: Callable[[str], Attribute], name: str, value: str | None) -> None:
    _check_value(catalog, named(name), value)


def _check_end(catalog: Catalog, named: Callable[[str], Attribute], name: str, value: str | None) -> None:
    """Refuse a relation whose end is not one belief of each subject and context."""
    attribute, wrong = named(name), None
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
    """Refuse evidence on a constraint without an operand, and on a state with a subject or context."""
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


def _check_stages(catalog: Catalog, named: Callable[[str], Attribute], trajectory: TrajectoryDefinition) -> None:
    """Refuse stages of an attribute without values known in advance, and a stage that is none of them."""
    attribute = named(trajectory.attribute)
    if attribute.values is None:
        has = "is true or false" if not attribute.categorical else "has values that are not known in advance"
        raise Incorrect(
            "invalid-definition",
            f"{catalog.ref}: the stages of {trajectory.key} are values of {attribute.key}, which {has}.",
            attribute=attribute.key,
        )
    for value in trajectory.values:
        if value not in attribute.values:
            raise Incorrect(
                "invalid-definition",
                f"{catalog.ref}: {trajectory.key} has the stage {value}, and {attribute.key} has"
                f" {', '.join(attribute.values)}{did_you_mean(value, attribute.values) or '.'}",
                attribute=attribute.key,
            )


def _check_answers(catalog: Catalog, named: Callable[[str], Attribute], asked: QuestionDefinition) -> None:
    """Refuse a question whose answers do not fit what its attribute is, and one about no belief of the person."""
    attribute, preference = named(asked.attribute), named(asked.attribute).preference
    if asked.by_value:
        if attribute.values is None:
            raise Incorrect(
                "invalid-definition",
                f"{catalog.ref}: {asked.key} has answers with likelihoods_by_value, and {attribute.key} has no values"
                " known in advance.",
                attribute=attribute.key,
            )
        for value in {value for answer in asked.answers for value in answer.likelihoods_by_value or ()}:
            _check_value(catalog, attribute, value)
    else:
        _check_value(catalog, attribute, asked.value)
    if preference is not None and preference.rule is not None:
        raise Incorrect(
            "invalid-definition",
            f"{catalog.ref}: {asked.key} asks about {attribute.key}, a constraint, which needs a subject.",
            attribute=attribute.key,
        )


def _check_change(
    catalog: Catalog, named: Callable[[str], Attribute], domains: Collection[str], change: ChangeDefinition
) -> None:
    """Refuse a change of a domain without attributes, and one that is stated by an attribute with values."""
    if change.domain not in domains:
        wrong = f"{catalog.ref} follows changes of the domain {change.domain}, which no attribute is in"
        meant = did_you_mean(change.domain, domains) or "."
        raise Incorrect("invalid-definition", f"{wrong}{meant}", domain=change.domain)
    if change.stated is not None and named(change.stated).categorical:
        raise Incorrect(
            "invalid-definition",
            f"{catalog.ref}: {change.stated} has values; what says that {change.domain} changed is true or false.",
            attribute=change.stated,
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
