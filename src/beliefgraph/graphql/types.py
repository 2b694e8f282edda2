"""What is answered: the records as output types. A class here holds only edges, ids and computed fields."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, TypeVar

import strawberry
from strawberry.scalars import JSON

from beliefgraph.errors import Incorrect
from beliefgraph.graphql.connections import connection
from beliefgraph.graphql.context import Request
from beliefgraph.graphql.decision_types import DecisionChange
from beliefgraph.graphql.expose import AttributeField, attribute, expose, field
from beliefgraph.graphql.ids import write_id
from beliefgraph.graphql.scalars import ENUMS
from beliefgraph.model import attribute as attributes
from beliefgraph.model import belief as beliefs
from beliefgraph.model import commit as commits
from beliefgraph.model import definition as definitions
from beliefgraph.model import distribution as distributions
from beliefgraph.model import erasure, event, explanation, goal, interval, parameters, question, receipt, relation, twin
from beliefgraph.model import evidence as evidences
from beliefgraph.model import metric as metrics
from beliefgraph.model import preference as preferences

__all__ = ["DecisionChange"]

L = TypeVar("L")

Kinds = ENUMS[relation.RelationKind]

ERROR_BAR = (
    "How far off the probability may be, up or down, for more than 95 beliefs of 100; 0 where it is exact. Read "
    "`quality` first: an unreliable one may be farther off."
)


def itself(shown_by: Any, description: str) -> AttributeField:
    """An edge to another type that shows another side of the same record."""
    field = attribute("self", shown_by, description)
    field.getter = _same
    return field


def _same(record: Any) -> Any:
    return record


@strawberry.interface(description="Anything with an id of its own; `node(id)` finds it again.")
class Node:
    """What has a global id."""

    id: strawberry.ID


@expose(twin.Twin, hide={"id", "tenant"})
class Twin(Node):
    """One person's or account's self-model. `headTime` is its now; `rev` counts its commits."""

    @staticmethod
    def is_type_of(value: object, _info: object) -> bool:
        """Whether a value is shown by this type."""
        return isinstance(value, twin.Twin)

    @field()
    @staticmethod
    def id(found: strawberry.Parent[twin.Twin]) -> strawberry.ID:  # type: ignore[override]
        return strawberry.ID(write_id("Twin", found.name))


@expose(beliefs.Belief, hide={"id", "twin"})
class Proposition:
    """What a belief says, without how sure we are: ask `belief` for that."""

    @field(None, "The id of the belief: pass it to `node`.")
    @staticmethod
    def id(belief: strawberry.Parent[beliefs.Belief], info: Request) -> strawberry.ID:
        return strawberry.ID(write_id("Belief", info.context.names[belief.twin], belief.id))


@expose(relation.Strength)
class Strength:
    """How strong a relation of a kind is."""


@expose(evidences.Bearing, hide={"twin", "key", "evidence", "belief", "source"})
class Bearing:
    """How one piece of evidence bears on one belief, while it counts. `halfLife` is in seconds."""

    @field(None, "The id of the belief it bears on.")
    @staticmethod
    def belief(bearing: strawberry.Parent[evidences.Bearing], info: Request) -> strawberry.ID:
        return strawberry.ID(write_id("Belief", info.context.names[bearing.twin], bearing.belief))


@expose(
    question.SourcedEvidence,
    within={"evidence": evidences.Evidence},
    hide={"source", "twin", "bearings", "evidence.id", "evidence.twin", "evidence.source"},
)
class Evidence(Node):
    """One observation: what it says in plain words, who said it, and when."""

    @staticmethod
    def is_type_of(value: object, _info: object) -> bool:
        """Whether a value is shown by this type."""
        return isinstance(
            value, question.SourcedEvidence | question.EvidenceOn | question.EvidenceIn | explanation.Contribution
        )

    @field()
    @staticmethod
    def id(found: strawberry.Parent[Any], info: Request) -> strawberry.ID:  # type: ignore[override]
        return strawberry.ID(write_id("Evidence", info.context.names[found.evidence.twin], found.evidence.id))

    @field(None, "Who or what said so.")
    @staticmethod
    def source(found: strawberry.Parent[Any]) -> str:
        source: str | evidences.Source = found.source
        return source if isinstance(source, str) else source.name

    @field(None, "All that it bears on now; only where the evidence itself was asked for, by `node`.")
    @staticmethod
    def bearings(found: strawberry.Parent[Any]) -> list[Bearing] | None:
        asked_for: list[Bearing] | None = getattr(found, "bearings", None)
        return asked_for


@expose(
    question.EvidenceOn,
    within={"bearing": evidences.Bearing},
    hide={"evidence", "source", *(f"bearing.{name}" for name in ("twin", "key", "evidence", "belief", "source"))},
)
class EvidenceOn:
    """One piece of evidence as it bears on one belief. `counts` is false where something newer silences it."""

    evidence: Evidence = itself(Evidence, "The evidence itself.")  # type: ignore[assignment]


@expose(
    question.BeliefRow,
    within={"state": beliefs.BeliefState, "state.belief": beliefs.Belief},
    hide={
        "evidence",
        "relations",
        "state.belief.id",
        "state.belief.twin",
        "state.calibrated_log_odds",
        "state.error",
    },
)
class Belief(Node):
    """A proposition in a twin, and how it stands at the moment that was asked for."""

    @staticmethod
    def is_type_of(value: object, _info: object) -> bool:
        """Whether a value is shown by this type."""
        return isinstance(value, question.BeliefRow)

    confidence: float | None = attribute(  # type: ignore[assignment]
        "state.confidence", float | None, "The probability that it holds; null where it is unavailable."
    )
    calibrated_confidence: float | None = attribute(  # type: ignore[assignment]
        "state.calibrated_confidence",
        float | None,
        "How often what was as sure came true; null where that was not learned for the attribute.",
    )
    error_bar: float | None = attribute("state.error_bar", float | None, ERROR_BAR)  # type: ignore[assignment]

    @field()
    @staticmethod
    def id(row: strawberry.Parent[question.BeliefRow], info: Request) -> strawberry.ID:  # type: ignore[override]
        belief = row.state.belief
        return strawberry.ID(write_id("Belief", info.context.names[belief.twin], belief.id))

    @field(list[EvidenceOn], "The evidence that bears on it directly, oldest first.")
    @staticmethod
    def evidence(row: strawberry.Parent[question.BeliefRow]) -> tuple[question.EvidenceOn, ...]:
        return _loaded(row.evidence, "evidence")

    @field(
        list[Annotated["RelatedBelief", strawberry.lazy("beliefgraph.graphql.types")]],
        "Its relations to other beliefs of the twin, of all kinds or of those named; two levels at most.",
    )
    @staticmethod
    def relations(
        row: strawberry.Parent[question.BeliefRow],
        kinds: list[Kinds] | None = None,  # type: ignore[valid-type]
    ) -> tuple[question.RelatedBelief, ...]:
        found = _loaded(row.relations, "relations")
        return found if kinds is None else tuple(each for each in found if each.kind in kinds)


@expose(question.RelatedBelief, within={"strength": relation.Strength}, hide={"other"})
class RelatedBelief:
    """A relation seen from a belief: `outgoing` if the belief is its source; `other` is at the far end."""

    other: Belief = attribute("other", Belief, "The belief at the far end.")  # type: ignore[assignment]


@expose(distributions.ValueProbability)
class ValueProbability:
    """One value with its probability, null where that is unavailable, and the belief that it holds."""


@expose(distributions.Distribution)
class Distribution:
    """Every value of an attribute for one subject and context, the likeliest first; the probabilities sum to 1."""


@expose(beliefs.Holding, hide={"twin", "key", "error"})
class Holding:
    """What the twin published about a belief, from the rev that changed it to the rev that changed it again."""

    error_bar: float | None = attribute("error_bar", float | None, ERROR_BAR)  # type: ignore[assignment]

    @field(None, "The probability that was published; null where it was unavailable.")
    @staticmethod
    def confidence(holding: strawberry.Parent[beliefs.Holding]) -> float | None:
        return _confidence(holding.log_odds)


@expose(metrics.Metric, hide={"id", "twin"})
class MetricName:
    """What a metric measures, without its value: ask `metric` for that."""


@expose(metrics.MetricState, within={"metric": metrics.Metric}, hide={"metric.id", "metric.twin"})
class Metric:
    """A metric of a twin, and how it stands at the moment that was asked for. `says` is its value and band in words.

    `deviation` is how far off a level may be."""


@expose(
    question.EvidenceIn,
    within={"measurement": metrics.Measurement},
    hide={"evidence", "source", *(f"measurement.{name}" for name in ("twin", "key", "evidence", "metric", "source"))},
)
class EvidenceIn:
    """One event as it counts in a metric, from its time on for as long as it is remembered."""

    evidence: Evidence = itself(Evidence, "What it says, and who says so.")  # type: ignore[assignment]


@expose(metrics.Reading, hide={"twin", "key"})
class Reading:
    """What the twin published of a metric, from the rev that changed it to the rev that changed it again."""


@expose(metrics.MetricChange)
class MetricChange:
    """One metric before and after a commit; `before` is null where nothing had counted in it."""


@expose(commits.BeliefChange)
class BeliefChange:
    """One belief before and after a commit; `before` is null where it was not held."""


@expose(
    goal.GoalRow,
    within={"state": goal.GoalState, "state.goal": goal.Goal},
    hide={"related", "motives", "explanation", "state.goal.id", "state.goal.twin"},
)
class Goal(Node):
    """Something that is pursued, and how it stands at the moment that was asked for."""

    @staticmethod
    def is_type_of(value: object, _info: object) -> bool:
        """Whether a value is shown by this type."""
        return isinstance(value, goal.GoalRow | goal.GoalState)

    @field()
    @staticmethod
    def id(row: strawberry.Parent[goal.GoalRow], info: Request) -> strawberry.ID:  # type: ignore[override]
        found = row.state.goal
        return strawberry.ID(write_id("Goal", info.context.names[found.twin], found.id))

    @field(list[Annotated["RelatedGoal", strawberry.lazy("beliefgraph.graphql.types")]], "The wholes it is part of.")
    @staticmethod
    def parents(row: strawberry.Parent[goal.GoalRow]) -> list[goal.RelatedGoal]:
        return _related(row, "part_of", outgoing=True)

    @field(list[Annotated["RelatedGoal", strawberry.lazy("beliefgraph.graphql.types")]], "What it is made of.")
    @staticmethod
    def parts(row: strawberry.Parent[goal.GoalRow]) -> list[goal.RelatedGoal]:
        return _related(row, "part_of", outgoing=False)

    @field(
        list[Annotated["RelatedGoal", strawberry.lazy("beliefgraph.graphql.types")]],
        "What must be achieved first.",
    )
    @staticmethod
    def depends_on(row: strawberry.Parent[goal.GoalRow]) -> list[goal.RelatedGoal]:
        return _related(row, "depends_on", outgoing=True)

    @field(list[Annotated["RelatedGoal", strawberry.lazy("beliefgraph.graphql.types")]], "What depends on it.")
    @staticmethod
    def blocks(row: strawberry.Parent[goal.GoalRow]) -> list[goal.RelatedGoal]:
        return _related(row, "depends_on", outgoing=False)

    @field(list[Annotated["RelatedGoal", strawberry.lazy("beliefgraph.graphql.types")]], "What competes with it.")
    @staticmethod
    def competes_with(row: strawberry.Parent[goal.GoalRow]) -> list[goal.RelatedGoal]:
        return [*_related(row, "competes_with", outgoing=True), *_related(row, "competes_with", outgoing=False)]

    @field(list[Annotated["GoalMotive", strawberry.lazy("beliefgraph.graphql.types")]], "The beliefs that motivate it.")
    @staticmethod
    def motivated_by(row: strawberry.Parent[goal.GoalRow]) -> tuple[goal.GoalMotive, ...]:
        return _loaded(row.motives, "motives")

    @field(
        Annotated["MotivationExplanation", strawberry.lazy("beliefgraph.graphql.types")],
        "Why it matters as much as it does; recomputed, unrounded.",
    )
    @staticmethod
    def explanation(row: strawberry.Parent[goal.GoalRow]) -> goal.MotivationExplanation:
        (found,) = _loaded(None if row.explanation is None else (row.explanation,), "explanation")
        return found


def _related(row: goal.GoalRow, kind: goal.GoalLinkKind, *, outgoing: bool) -> list[goal.RelatedGoal]:
    found = _loaded(row.related, "relations")
    return [each for each in found if each.kind == kind and each.outgoing == outgoing]


@expose(goal.RelatedGoal, hide={"other"})
class RelatedGoal:
    """A relation seen from a goal: `outgoing` if the goal is its source. `retract` takes its `id`."""

    goal: Goal = attribute("other", Goal, "The goal at the far end.")  # type: ignore[assignment]


@expose(goal.GoalMotive)
class GoalMotive:
    """A belief that motivates a goal, with how sure it is. `retract` takes its `id`."""


@expose(goal.MotivationReason, hide={"goal"})
class MotivationReason:
    """One reason why a goal matters; the contributions of all reasons sum to the motivation."""

    @field(Goal | None, "The other goal, where one is the reason.")
    @staticmethod
    def goal(found: strawberry.Parent[goal.MotivationReason]) -> goal.GoalRow | None:
        return None if found.goal is None else goal.GoalRow(state=found.goal)


@expose(goal.MotivationExplanation, hide={"state", "blocked_by", "pursued_belief"})
class MotivationExplanation:
    """How a motivation comes about: the reasons, and what then raises or lowers them."""

    motivation: float = attribute("state.motivation", float, "Unrounded.")  # type: ignore[assignment]
    importance: float = attribute("state.importance", float, "Unrounded.")  # type: ignore[assignment]

    @field(list[Goal], "The goals that it waits for.")
    @staticmethod
    def blocked_by(found: strawberry.Parent[goal.MotivationExplanation]) -> list[goal.GoalRow]:
        return [goal.GoalRow(state=state) for state in found.blocked_by]


@expose(goal.Pursuit, hide={"twin", "key"})
class Pursuit:
    """What the twin published about a goal, from the rev that changed it to the rev that changed it again."""


@expose(goal.Goal, hide={"id", "twin"})
class PursuedGoal:
    """Which goal: ask `goal` for how it stands."""

    @field(None, "The id of the goal: pass it to `node`.")
    @staticmethod
    def id(found: strawberry.Parent[goal.Goal], info: Request) -> strawberry.ID:
        return strawberry.ID(write_id("Goal", info.context.names[found.twin], found.id))


@expose(goal.GoalChange)
class GoalChange:
    """One goal before and after a commit; null where it was not pursued."""


@expose(commits.Change, within={"commit": commits.Commit}, hide={"commit.twin"})
class Change:
    """One commit of a twin, and all that it moved. Resume after its `rev`."""

    @field(None, "The name of the twin.")
    @staticmethod
    def twin(change: strawberry.Parent[commits.Change], info: Request) -> str:
        return info.context.names[change.commit.twin]


@expose(commits.BeliefDifference)
class BeliefDifference:
    """One belief at two moments. `before` and `after` are log-odds, unrounded."""

    @field(None, "The probability before.")
    @staticmethod
    def before_confidence(found: strawberry.Parent[commits.BeliefDifference]) -> float | None:
        return _confidence(found.before)

    @field(None, "The probability after.")
    @staticmethod
    def after_confidence(found: strawberry.Parent[commits.BeliefDifference]) -> float | None:
        return _confidence(found.after)


@strawberry.type(description="What differs, the biggest move first; `rev` and `validTime` are those of the later side.")
class Comparison:
    """The answer to `compare` and `whatIf`."""

    rev: int
    valid_time: datetime
    beliefs: list[BeliefDifference] = attribute("value", list[BeliefDifference])  # type: ignore[assignment]


@expose(explanation.ExplanationLink, hide={"parent"})
class ExplanationLink:
    """One belief of the tree, how it hangs on its parent, and the sum of what arrives through it, in log-odds."""

    @field(None, "The id of the parent's belief; null for the belief explained.")
    @staticmethod
    def parent(link: strawberry.Parent[explanation.ExplanationLink], info: Request) -> strawberry.ID | None:
        if link.parent is None:
            return None
        return strawberry.ID(write_id("Belief", info.context.names[link.belief.twin], link.parent))


@expose(explanation.Contribution, hide={"evidence", "source"})
class Contribution:
    """What one piece of evidence does to the belief explained: its share in log-odds, and the confidence without it."""

    evidence: Evidence = itself(Evidence, "The evidence itself.")  # type: ignore[assignment]


@expose(explanation.Explanation, hide={"state"})
class Explanation:
    """Where a belief started, where it is, and what moved it; the contributions sum to the move but for `residual`."""

    rev: int = attribute("state.rev", int, "The rev that was read.")  # type: ignore[assignment]
    valid_time: datetime = attribute("state.valid_time", datetime)  # type: ignore[assignment]

    @field(Belief, "The belief explained, as it stands.")
    @staticmethod
    def belief(found: strawberry.Parent[explanation.Explanation]) -> question.BeliefRow:
        return question.BeliefRow.model_construct(state=found.state, relations=None, evidence=None)


@expose(
    interval.BeliefInterval,
    within={"state": beliefs.BeliefState},
    hide={
        "word_log_odds",
        *(f"state.{name}" for name in ("belief", "prior", "status", "changed_at_rev", "calibrated_log_odds", "error")),
    },
)
class BeliefInterval:
    """What the confidence of a belief, unrounded, cannot be below or above given the evidence: no estimate. Where it is
    not exact the bounds hold for what is approximated, and the confidence may lie outside of them by its error."""

    low: float | None = attribute(  # type: ignore[assignment]
        "low", float | None, "The least probability; null where `reason` says why none is known."
    )
    high: float | None = attribute(  # type: ignore[assignment]
        "high", float | None, "The greatest probability; null where `reason` says why none is known."
    )
    confidence: float = attribute("state.confidence", float, "Unrounded.")  # type: ignore[assignment]
    error_bar: float = attribute("state.error_bar", float, ERROR_BAR)  # type: ignore[assignment]
    persons_word: float | None = attribute(  # type: ignore[assignment]
        "word",
        float | None,
        "Where the person set it right: what confidence and bounds keep on their side, whatever relations carry.",
    )


@expose(receipt.Receipt)
class Receipt:
    """What became of a command or an event: where the twin is now, and what moved."""


@expose(erasure.Erasure)
class Erasure:
    """That a twin was erased: its rows are deleted and its key destroyed."""


@expose(twin.Identifier)
class Identifier:
    """Something that leads to a twin."""


@expose(event.Event)
class Event:
    """One CloudEvent."""


@expose(event.QuarantinedEvent)
class QuarantinedEvent:
    """An event that could not be taken in, with the reason; `replayQuarantine` tries it again."""


@expose(attributes.ValuePrior)
class ValuePrior:
    """A value of a categorical attribute, and its probability before any evidence."""


@expose(preferences.PreferenceDefinition)
class PreferenceDefinition:
    """What makes an attribute a preference."""


@expose(attributes.Attribute, hide={"values", "open_values"})
class Attribute:
    """Something a belief can be about: it holds or not, or it has values of which exactly one holds."""

    @field(list[ValuePrior] | None, "The values known in advance, `other` among them; null where it has none.")
    @staticmethod
    def values(about: strawberry.Parent[attributes.Attribute]) -> list[attributes.ValuePrior] | None:
        if not about.categorical:
            return None
        return [attributes.ValuePrior(value=value, prior=prior) for value, prior in about.value_priors.items()]

    @field(None, "Whether evidence may name other values, which share what `other` leaves.")
    @staticmethod
    def values_are_open(about: strawberry.Parent[attributes.Attribute]) -> bool:
        return about.open_values is not None


@expose(definitions.RelationDefinition)
class RelationDefinition:
    """A relation between two attributes; it joins beliefs of equal subject and context."""


@expose(definitions.GoalDefinition)
class GoalDefinition:
    """How goals are read: the attribute that says whether one is really pursued, and how deadlines press."""


@expose(metrics.BandBearing)
class BandBearing:
    """How a band bears on a belief."""


@expose(metrics.Band)
class Band:
    """Values from `atLeast` up to the next band, and what they say."""


@expose(metrics.Above)
class Above:
    """That a level above the threshold is what a belief says; the measurements bear on the one as on the other."""


@expose(metrics.FollowUp)
class FollowUp:
    """The events that answer those of an absence."""


@expose(metrics.MetricDefinition)
class MetricDefinition:
    """A metric described once: which events count, over which window, and what its bands say."""


@expose(definitions.Catalog, hide={"attributes", "relations", "events", "metrics"})
class Catalog:
    """One published document of definitions."""

    attributes: list[Attribute] = attribute("attributes", list[Attribute])  # type: ignore[assignment]
    relations: list[RelationDefinition] = attribute(  # type: ignore[assignment]
        "relations", list[RelationDefinition]
    )

    metrics: list[MetricDefinition] = attribute("metrics", list[MetricDefinition])  # type: ignore[assignment]

    @field(None, "The whole document, as `publishDefinitions` takes it.")
    @staticmethod
    def document(catalog: strawberry.Parent[definitions.Catalog]) -> JSON:
        return JSON(catalog.model_dump(mode="json", exclude_defaults=True))


@expose(parameters.SharedError)
class SharedError:
    """How much of their error observations of one kind of origin share: a correlation."""


@expose(parameters.LearnedStrength)
class LearnedStrength:
    """A relation's one number as the definitions state it and as it was learned; `low` to `high` has its odds ratio."""


@expose(parameters.LearnedCalibration, hide={"knots"})
class LearnedCalibration:
    """How beliefs about an attribute are read: log-odds go to log-odds, straight between the knots."""

    @field(None, "The log-odds that lead to others, ascending.")
    @staticmethod
    def from_log_odds(learned: strawberry.Parent[parameters.LearnedCalibration]) -> list[float]:
        return [start for start, _ in learned.knots]

    @field(None, "What they lead to.")
    @staticmethod
    def to_log_odds(learned: strawberry.Parent[parameters.LearnedCalibration]) -> list[float]:
        return [to for _, to in learned.knots]


@expose(parameters.SourceCoins, within={"scope": parameters.Scope, "coins": parameters.Coins}, hide={"source"})
class NewSource:
    """What a source is taken for that was not heard before: one of a kind; of any, where there is none."""


@expose(parameters.ParameterSet, hide={"tenant", "sources"})
class ParameterSet:
    """What was learned from the tenant's evidence; `sources` has what was learned about each."""

    new_sources: list[NewSource] = attribute("new_sources", list[NewSource])  # type: ignore[assignment]
    shared_errors: list[SharedError] = attribute("shared_errors", list[SharedError])  # type: ignore[assignment]
    strengths: list[LearnedStrength] = attribute("strengths", list[LearnedStrength])  # type: ignore[assignment]
    calibrations: list[LearnedCalibration] = attribute(  # type: ignore[assignment]
        "calibrations", list[LearnedCalibration]
    )


@expose(
    parameters.SourceCoins,
    within={"scope": parameters.Scope, "coins": parameters.Coins},
    hide={"source", "kind"},
)
class SourceReliability:
    """How a source speaks about something: it says so with one probability where it holds, with another where not."""


@expose(question.KnownSource)
class Source:
    """Who or what says things, with what was learned about it; nothing was if it is new."""

    reliabilities: list[SourceReliability] = attribute(  # type: ignore[assignment]
        "reliabilities", list[SourceReliability]
    )


@expose(definitions.Definitions, hide={"tenant", "parameters"})
class Definitions:
    """Everything in force: the numbered set that commits name."""

    parameters: ParameterSet | None = attribute(  # type: ignore[assignment]
        "parameters", ParameterSet | None, "What was learned and is in force; null as long as nothing was."
    )

    @field(list[Attribute], "Every attribute in force.")
    @staticmethod
    def attributes(found: strawberry.Parent[definitions.Definitions]) -> list[attributes.Attribute]:
        return list(found.attributes.values())

    @field(list[MetricDefinition], "Every metric in force.")
    @staticmethod
    def metrics(found: strawberry.Parent[definitions.Definitions]) -> list[metrics.MetricDefinition]:
        return list(found.metrics.values())


TwinConnection = connection(Twin, of_twin=False)
BeliefConnection = connection(Belief, counted=True)
EvidenceOnConnection = connection(EvidenceOn)
HoldingConnection = connection(Holding)
GoalConnection = connection(Goal, counted=True)
PursuitConnection = connection(Pursuit)
MetricConnection = connection(Metric)
EvidenceInConnection = connection(EvidenceIn, counted=True)
ReadingConnection = connection(Reading)
SourceConnection = connection(Source, of_twin=False)
QuarantinedEventConnection = connection(QuarantinedEvent, of_twin=False)


@strawberry.type(description="The relations of a belief at one moment.")
class Relations:
    """The answer to `relations`."""

    rev: int
    valid_time: datetime
    relations: list[RelatedBelief] = attribute("value", list[RelatedBelief])  # type: ignore[assignment]


def _confidence(log_odds: float | None) -> float | None:
    return None if log_odds is None else beliefs.probability(log_odds)


def _loaded(found: tuple[L, ...] | None, what: str) -> tuple[L, ...]:
    if found is None:
        raise Incorrect("too-complex", f"The {what} of this belief lie too deep here; ask for the belief itself.")
    return found
