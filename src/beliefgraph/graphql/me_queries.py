"""The query `me`: everything that is stored about the calling person."""

from __future__ import annotations

from typing import Annotated

import strawberry

from beliefgraph.graphql.access_queries import Access
from beliefgraph.graphql.arguments import argument, described
from beliefgraph.graphql.belief_queries import MATCHING
from beliefgraph.graphql.belief_types import BeliefConnection
from beliefgraph.graphql.context import Request
from beliefgraph.graphql.decision_types import DecisionConnection
from beliefgraph.graphql.event_types import QuarantinedEventConnection
from beliefgraph.graphql.expose import answer, field
from beliefgraph.graphql.forecast_types import ForecastConnection
from beliefgraph.graphql.goal_types import GoalConnection
from beliefgraph.graphql.lookahead import around_goals, around_page
from beliefgraph.graphql.metric_types import MetricConnection
from beliefgraph.graphql.permission_types import Permission
from beliefgraph.graphql.preference_types import PreferenceConnection, around_preferences
from beliefgraph.graphql.received_types import IdentifierLink, ReceivedEventConnection, ReceivedEvidenceConnection
from beliefgraph.graphql.roots import question
from beliefgraph.graphql.segment_types import TwinSegment
from beliefgraph.graphql.trajectory_types import Trajectory
from beliefgraph.graphql.twin_types import Twin
from beliefgraph.model import access, permission, twin
from beliefgraph.services.access.accesses import MOST


@strawberry.type(
    description="Everything stored about the person who makes the call, including what others are not permitted to "
    "read."
)
class Me:
    """The person who calls."""

    @field(Twin, "The twin itself.")
    @staticmethod
    def twin(found: strawberry.Parent[twin.Twin]) -> twin.Twin:
        return found

    beliefs = question(
        BeliefConnection,
        "The beliefs about the person.",
        lambda services: services.questions.beliefs,
        matching=MATCHING,
        paged=True,
        around=around_page,
        own=True,
    )
    evidence = question(
        ReceivedEvidenceConnection,
        "All evidence with its verbatim text, the newest first, including what was withdrawn.",
        lambda services: services.received.evidence,
        paged=True,
        own=True,
        at_moments=False,
    )
    events = question(
        ReceivedEventConnection,
        "All events and commands as they arrived, the newest first.",
        lambda services: services.received.events,
        paged=True,
        own=True,
        at_moments=False,
    )
    waiting = question(
        QuarantinedEventConnection,
        "Events that name the person and have not been processed yet, oldest first, such as those held back by a "
        "restriction.",
        lambda services: services.received.waiting,
        paged=True,
        own=True,
        at_moments=False,
    )
    identifiers = question(
        list[IdentifierLink],
        "The identifiers that lead to the person; their values are not stored.",
        lambda services: services.received.identifiers,
        own=True,
        at_moments=False,
    )
    goals = question(
        GoalConnection,
        "The goals, highest motivation first.",
        lambda services: services.goals.goals,
        paged=True,
        around=lambda page: around_goals(page.nodes()),
        own=True,
    )
    preferences = question(
        PreferenceConnection,
        "The preferences, sorted by attribute and subject.",
        lambda services: services.preferences.preferences,
        matching={"context": argument(str | None, "Context to answer for; default: `any`, the broadest.")},
        paged=True,
        around=around_preferences,
        own=True,
    )
    decisions = question(
        DecisionConnection,
        "The decisions, most recently opened first.",
        lambda services: services.decisions.decisions,
        paged=True,
        own=True,
    )
    metrics = question(
        MetricConnection,
        "The metrics in which an event has counted, sorted by name.",
        lambda services: services.metrics.metrics,
        paged=True,
        own=True,
    )
    forecasts = question(
        ForecastConnection,
        "The stored forecasts, the newest first, with their resolutions.",
        lambda services: services.forecasts.forecasts,
        paged=True,
        own=True,
        at_moments=False,
    )
    trajectories = question(
        list[Trajectory],
        "The position of the person on each defined trajectory.",
        lambda services: services.trajectories.trajectories,
        own=True,
    )

    segment = question(
        TwinSegment,
        "The segment that the person is in, with the base rates learned for it; null if they are in none.",
        lambda services: services.segments.segment,
        own=True,
    )

    @answer(list[Permission], "The permissions stated by the person and by the tenant.")
    @staticmethod
    async def permissions(info: Request) -> list[permission.Permission]:
        name = info.context.caller.require_person()
        return await info.context.services_for(name).sights.stated(info.context.caller.asking(info.field_name), name)

    @answer(bool, "Whether use by others than the person is restricted at the moment.")
    @staticmethod
    async def restricted(info: Request) -> bool:
        name = info.context.caller.require_person()
        return await info.context.services_for(name).sights.restricted(
            info.context.caller.asking(info.field_name), name
        )

    @answer(list[Access], "Who read the twin, when and for what purpose, and who was refused, the newest first.")
    @staticmethod
    async def accesses(
        info: Request, first: Annotated[int, described(f"Number of entries, at most {MOST:,}.")] = 100
    ) -> list[access.Access]:
        name = info.context.caller.require_person()
        caller = info.context.caller.asking(info.field_name)
        return await info.context.services.accesses.accesses(caller, name, first=max(first, 0))


@strawberry.type
class MeQueries:
    """The query about the person who calls."""

    @answer(
        Me,
        "Everything stored about the person who makes the call: beliefs with their reasons, received events, goals, "
        "decisions, forecasts, permissions, and who read it. Needs a person's own key.",
    )
    @staticmethod
    async def me(info: Request) -> twin.Twin:
        context = info.context
        name = context.caller.require_person()
        return await context.services_for(name).questions.twin(
            context.caller.asking(info.field_name), context.note_twin(name)
        )
