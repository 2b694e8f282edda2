"""Definitions as they are answered."""

from __future__ import annotations

import strawberry
from strawberry.scalars import JSON

from beliefgraph.graphql.expose import attribute, expose, field
from beliefgraph.graphql.learning_types import ParameterSet
from beliefgraph.model import attribute as attributes
from beliefgraph.model import definition as definitions
from beliefgraph.model import metric as metrics
from beliefgraph.model import preference as preferences


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
