"""Output types of definitions."""

from __future__ import annotations

import strawberry
from strawberry.scalars import JSON

from beliefgraph.graphql.asking_types import QuestionDefinition
from beliefgraph.graphql.expose import attribute, expose, field
from beliefgraph.graphql.forecast_types import OutcomeDefinition
from beliefgraph.graphql.learning_types import ParameterSet
from beliefgraph.graphql.segment_types import SegmentDefinition
from beliefgraph.graphql.trajectory_types import TrajectoryDefinition
from beliefgraph.model import attribute as attributes
from beliefgraph.model import catalog as catalogs
from beliefgraph.model import change_point
from beliefgraph.model import definition as definitions
from beliefgraph.model import metric as metrics
from beliefgraph.model import outcome as outcomes
from beliefgraph.model import preference as preferences
from beliefgraph.model import segment as segments


@expose(attributes.ValuePrior)
class ValuePrior:
    """A value of a categorical attribute and its prior."""


@expose(preferences.PreferenceDefinition)
class PreferenceDefinition:
    """How an attribute works as a preference."""


@expose(attributes.Attribute, hide={"values", "open_values"})
class Attribute:
    """What a belief can be about: something true or false, or something with values of which exactly one holds."""

    @field(
        list[ValuePrior] | None,
        "Values known in advance with their priors, including `other`; null for an attribute that is true or false.",
    )
    @staticmethod
    def values(about: strawberry.Parent[attributes.Attribute]) -> list[attributes.ValuePrior] | None:
        if not about.categorical:
            return None
        return [attributes.ValuePrior(value=value, prior=prior) for value, prior in about.value_priors.items()]

    @field(None, "Whether evidence may name further values, which share the prior that `other` leaves.")
    @staticmethod
    def values_are_open(about: strawberry.Parent[attributes.Attribute]) -> bool:
        return about.open_values is not None


@expose(catalogs.RelationDefinition)
class RelationDefinition:
    """A relation between two attributes; it relates beliefs with the same subject and context."""


@expose(catalogs.GoalDefinition)
class GoalDefinition:
    """How goals are interpreted."""


@expose(metrics.BandBearing)
class BandBearing:
    """How a band bears on a belief with the metric's subject and context."""


@expose(metrics.Band)
class Band:
    """The values from `atLeast` up to the next band, and what they say about beliefs."""


@expose(metrics.Above)
class Above:
    """A belief that the value of a level is above a threshold."""


@expose(metrics.FollowUp)
class FollowUp:
    """The events that follow up those of an absence."""


@expose(metrics.ZoneEvents)
class ZoneEvents:
    """Events that set the twin's time zone, from their time on."""


@expose(metrics.MetricDefinition)
class MetricDefinition:
    """Definition of a metric: which events count, over which window, and what the result says about beliefs."""


@expose(change_point.ChangeDefinition)
class ChangeDefinition:
    """A domain with changes: evidence counts by the probability that the domain has not changed since."""


@expose(
    catalogs.Catalog,
    hide={
        "attributes",
        "relations",
        "events",
        "metrics",
        "outcomes",
        "trajectories",
        "questions",
        "segments",
        "changes",
    },
)
class Catalog:
    """One published document of definitions, with a name and a version."""

    attributes: list[Attribute] = attribute("attributes", list[Attribute])  # type: ignore[assignment]
    relations: list[RelationDefinition] = attribute(  # type: ignore[assignment]
        "relations", list[RelationDefinition]
    )

    metrics: list[MetricDefinition] = attribute("metrics", list[MetricDefinition])  # type: ignore[assignment]
    outcomes: list[OutcomeDefinition] = attribute("outcomes", list[OutcomeDefinition])  # type: ignore[assignment]

    trajectories: list[TrajectoryDefinition] = attribute(  # type: ignore[assignment]
        "trajectories", list[TrajectoryDefinition]
    )

    questions: list[QuestionDefinition] = attribute("questions", list[QuestionDefinition])  # type: ignore[assignment]
    segments: list[SegmentDefinition] = attribute("segments", list[SegmentDefinition])  # type: ignore[assignment]
    changes: list[ChangeDefinition] = attribute("changes", list[ChangeDefinition])  # type: ignore[assignment]

    @field(None, "The whole document, in the form that `publishDefinitions` takes.")
    @staticmethod
    def document(catalog: strawberry.Parent[catalogs.Catalog]) -> JSON:
        return JSON(catalog.model_dump(mode="json", exclude_defaults=True))


@expose(definitions.Definitions, hide={"tenant", "parameters", "segment"})
class Definitions:
    """All definitions in force, as the numbered set that commits refer to."""

    parameters: ParameterSet | None = attribute(  # type: ignore[assignment]
        "parameters",
        ParameterSet | None,
        "The parameters that were learned and are in force; null if nothing was learned.",
    )

    @field(list[Attribute], "Every attribute in force.")
    @staticmethod
    def attributes(found: strawberry.Parent[definitions.Definitions]) -> list[attributes.Attribute]:
        return list(found.attributes.values())

    @field(list[MetricDefinition], "Every metric in force.")
    @staticmethod
    def metrics(found: strawberry.Parent[definitions.Definitions]) -> list[metrics.MetricDefinition]:
        return list(found.metrics.values())

    @field(list[SegmentDefinition], "Every segment in force, in order: the first that matches counts.")
    @staticmethod
    def segments(found: strawberry.Parent[definitions.Definitions]) -> list[segments.SegmentDefinition]:
        return list(found.segments.values())

    @field(list[OutcomeDefinition], "Every outcome in force.")
    @staticmethod
    def outcomes(found: strawberry.Parent[definitions.Definitions]) -> list[outcomes.OutcomeDefinition]:
        return list(found.outcomes.values())
