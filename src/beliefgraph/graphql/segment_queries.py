"""The query about segments."""

from __future__ import annotations

import strawberry

from beliefgraph.graphql.roots import question
from beliefgraph.graphql.segment_types import TwinSegment


@strawberry.type
class SegmentQueries:
    """The query about segments."""

    segment = question(
        TwinSegment,
        "The segment that a twin is in, with the base rates learned for it; null if it is in none.",
        lambda services: services.segments.segment,
    )
