"""A catalog: definitions of beliefs, of their relations, and of how events become evidence, as data.

A `Catalog` is published under a semantic version. An `Expression` is CEL (Common Expression Language); it can use
`event` (its CloudEvents attributes) and `data`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from beliefgraph.errors import Incorrect
from beliefgraph.model.asking import QuestionDefinition
from beliefgraph.model.attribute import MOST_VALUES, OTHER, Attribute
from beliefgraph.model.belief import AttributeName, Value
from beliefgraph.model.change_point import ChangeDefinition
from beliefgraph.model.evidence import Likelihoods, LogLikelihoodRatio
from beliefgraph.model.goal import GoalStatus, Weight
from beliefgraph.model.metric import MetricDefinition
from beliefgraph.model.outcome import OutcomeDefinition
from beliefgraph.model.preference import Noise, Score
from beliefgraph.model.record import Expression, Key, Name, OddsRatio, OpenProbability, Probability, Record, Sentence
from beliefgraph.model.relation import RelationKind, Strength
from beliefgraph.model.segment import SegmentDefinition
from beliefgraph.model.trajectory import TrajectoryDefinition

SemanticVersion = Annotated[str, Field(pattern=r"^(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})$")]
"""major.minor.patch."""

URGENCY = timedelta(days=14)
"""Default time before a deadline at which the urgency is half of that at the deadline."""

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
        description="Key of a goal whose pursuit is the cause; `source` is then the attribute that the catalog's "
        "`goals` name as `pursued`. Otherwise null.",
    )
    source_value: Key | None = Field(
        None,
        description="Value of the source attribute, if it is categorical; otherwise null.",
    )
    target_value: Key | None = Field(
        None,
        description="Value of the target attribute, if it is categorical; otherwise null.",
    )
    odds_ratio: OddsRatio | None = Field(
        None,
        description="Factor by which the odds of one belief change if the other holds: above 1 it supports, below 1 it"
        " contradicts. Null if a probability is given.",
    )
    probability: OpenProbability | None = Field(
        None,
        description="For implies, P(target given source); for causes, the probability that this cause alone "
        "produces the effect. In (0, 1); null otherwise.",
    )

    @cached_property
    def strength(self) -> Strength:
        """Its kind with its one number, checked against each other."""
        return Strength(kind=self.kind, odds_ratio=self.odds_ratio, probability=self.probability)

    @property
    def ends(self) -> tuple[tuple[str, str | None], tuple[str, str | None]]:
        """Source and target, each an attribute with its value, if it has one."""
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
        description="Log-likelihood ratio in [-30, 30], or an expression for it; positive is evidence for the belief.",
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
    when: Expression | None = Field(
        None, description="Expression that must be true for the event; null: every event counts."
    )
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
        """Refuse a rule without a strength or with several, and one that names its value in two ways."""
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
    when: Expression | None = Field(
        None, description="Expression that must be true for the event; null: every event counts."
    )
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
    when: Expression | None = Field(
        None, description="Expression that must be true for the event; null: every event counts."
    )
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
    when: Expression | None = Field(
        None, description="Expression that must be true for the event; null: every event counts."
    )
    category: Expression | None = Field(
        None, description="Expression for a category of the policy; null: all but special ones."
    )
    recipient: Expression | None = Field(None, description="Expression for a recipient of the policy; null: all.")


class GoalDefinition(Record):
    """How goals are interpreted."""

    pursued: Name = Field(description="Attribute that states whether a goal, its subject, is really pursued.")
    stated: LogLikelihoodRatio = Field(
        default=1.5,
        ge=0.0,
        description="Log-likelihood ratio, at least 0, of a command that states a goal as pursued; a command that "
        "states it as abandoned counts by the same amount against it.",
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
        description="What was observed, in plain language; shown unchanged, so it must not contain personal data.",
    )
    when: Expression | None = Field(
        None, description="Expression that must be true for the event; null: every event counts."
    )
    source: Expression | None = Field(
        None,
        description="Expression for the source of the evidence; null: the event's own source.",
    )
    verbatim: Expression | None = Field(
        None,
        description="Expression for what the person said, verbatim; stored encrypted.",
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
        description="How goals are interpreted; null if the catalog does not define it. Only one catalog in force may"
        " define it.",
    )
    metrics: tuple[MetricDefinition, ...] = Field(default=(), max_length=1_000, description="Metrics, at most 1,000.")
    outcomes: tuple[OutcomeDefinition, ...] = Field(default=(), max_length=100, description="Outcomes, at most 100.")
    trajectories: tuple[TrajectoryDefinition, ...] = Field(
        default=(), max_length=100, description="Stages that twins pass through, at most 100 trajectories."
    )
    questions: tuple[QuestionDefinition, ...] = Field(
        default=(), max_length=1_000, description="Questions that can be asked, at most 1,000."
    )
    segments: tuple[SegmentDefinition, ...] = Field(
        default=(), max_length=100, description="Segments of twins, at most 100; the first that matches counts."
    )
    changes: tuple[ChangeDefinition, ...] = Field(
        default=(),
        max_length=1_000,
        description="Domains in which changes are modelled: evidence from before a change counts less.",
    )

    def model_post_init(self, _context: object) -> None:
        """Refuse two parts of one kind and name, and two relations of one kind between the same two attributes."""
        _refuse_repeats(self.catalog, "attribute", [a.key for a in self.attributes])
        _refuse_repeats(self.catalog, "metric", [m.key for m in self.metrics])
        _refuse_repeats(self.catalog, "outcome", [o.key for o in self.outcomes])
        _refuse_repeats(self.catalog, "trajectory", [t.key for t in self.trajectories])
        _refuse_repeats(self.catalog, "segment", [s.key for s in self.segments])
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


def _named(relation: RelationDefinition) -> str:
    ends = [name if value is None else f"{name}={value}" for name, value in relation.ends]
    of = "" if relation.source_subject is None else f" of {relation.source_subject}"
    return f"{ends[0]}{of} {relation.kind} {ends[1]}"


def _refuse_repeats(where: str, what: str, names: list[str]) -> None:
    if len(set(names)) < len(names):
        twice = next(n for i, n in enumerate(names) if n in names[:i])
        raise Incorrect("invalid-definition", f"{where} has the {what} {twice} twice.")
