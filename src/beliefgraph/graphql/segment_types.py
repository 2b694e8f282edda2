"""Output types of segments and their base rates."""

from __future__ import annotations

from beliefgraph.graphql import forecast_types  # noqa: F401  shows the beliefs that segments name
from beliefgraph.graphql.expose import expose
from beliefgraph.model import segment as segments


@expose(segments.SegmentDefinition)
class SegmentDefinition:
    """A group of twins: those that hold some beliefs and do not hold others."""


@expose(segments.LearnedRate)
class LearnedRate:
    """Base rate of an outcome within a horizon, as learned for one segment."""


@expose(segments.LearnedBaseRate)
class LearnedBaseRate:
    """Prior of an attribute for the twins of a segment, as learned."""


@expose(segments.TwinSegment)
class TwinSegment:
    """The segment that a twin is in, with its base rates in force."""
