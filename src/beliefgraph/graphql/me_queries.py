"""The query `me`: everything that is stored about the calling person."""

from __future__ import annotations

from typing import Annotated

import strawberry

from beliefgraph.graphql.access_queries import Access
from beliefgraph.graphql.arguments import argument, told
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


@strawberry.type(description="Everything stored about the person who calls, including what is not permitted to others.")
class Me:
    """The person who calls."""

    @field(Twin, "The twin itself.")
    @staticmethod
    def twin(found: strawberry.Parent[twin.Twin]) -> twin.Twin:
        return found

    beliefs = question(
        BeliefConnection,
        "What is believed of the person.",
        lambda verbs: verbs.questions.beliefs,
        matching=MATCHING,
        paged=True,
        around=around_page,
        own=True,
    )
    evidence = question(
        ReceivedEvidenceConnection,
        "All evidence with its verbatim text, the newest first, including what was withdrawn.",
        lambda verbs: verbs.received.evidence,
        paged=True,
        own=True,
        at_moments=False,
    )
    events = question(
        ReceivedEventConnection,
        "All events and commands as they arrived, the newest first.",
        lambda verbs: verbs.received.events,
        paged=True,
        own=True,
        at_moments=False,
    )
    waiting = question(
        QuarantinedEventConnection,
        "Events that name the person and have not been processed yet, oldest first, such as those held by a "
        "restriction.",
        lambda verbs: verbs.received.waiting,
        paged=True,
        own=True,
        at_moments=False,
    )
    identifiers = question(
        list[IdentifierLink],
        "The identifiers that lead to the person; their values are not stored.",
        lambda verbs: verbs.received.identifiers,
        own=True,
        at_moments=False,
    )
    goals = question(
        GoalConnection,
        "The goals, highest motivation first.",
        lambda verbs: verbs.goals.goals,
        paged=True,
        around=lambda page: around_goals(page.nodes()),
        own=True,
    )
    preferences = question(
        PreferenceConnection,
        "The preferences, sorted by attribute and subject.",
        lambda verbs: verbs.preferences.preferences,
        matching={"context": argument(str | None, "Context to answer for; left out: `any`, the broadest.")},
        paged=True,
        around=around_preferences,
        own=True,
    )
    decisions = question(
        DecisionConnection,
        "The decisions, most recently opened first.",
        lambda verbs: verbs.decisions.decisions,
        paged=True,
        own=True,
    )
    metrics = question(
        MetricConnection,
        "The metrics that have counted an event, sorted by name.",
        lambda verbs: verbs.metrics.metrics,
        paged=True,
        own=True,
    )
    forecasts = question(
        ForecastConnection,
        "The stored forecasts, the newest first, with their resolutions.",
        lambda verbs: verbs.forecasts.forecasts,
        paged=True,
        own=True,
        at_moments=False,
    )
    trajectories = question(
        list[Trajectory],
        "Where the person is on every trajectory that is defined.",
        lambda verbs: verbs.trajectories.trajectories,
        own=True,
    )

    segment = question(
        TwinSegment,
        "The segment that the person is in, with the base rates learned for it; null if they are in none.",
        lambda verbs: verbs.segments.segment,
        own=True,
    )

    @answer(list[Permission], "What was stated of permissions, by the person and by the tenant.")
    @staticmethod
    async def permissions(info: Request) -> list[permission.Permission]:
        name = info.context.caller.require_person()
        return await info.context.verbs_for(name).sights.stated(info.context.caller.asking(info.field_name), name)

    @answer(bool, "Whether all use except by the person is currently restricted.")
    @staticmethod
    async def restricted(info: Request) -> bool:
        name = info.context.caller.require_person()
        return await info.context.verbs_for(name).sights.restricted(info.context.caller.asking(info.field_name), name)

    @answer(list[Access], "Who read the twin, when and for what purpose, and who was refused, the newest first.")
    @staticmethod
    async def accesses(
        info: Request, first: Annotated[int, told(f"Number of entries, at most {MOST:,}.")] = 100
    ) -> list[access.Access]:
        name = info.context.caller.require_person()
        caller = info.context.caller.asking(info.field_name)
        return await info.context.verbs.accesses.accesses(caller, name, first=max(first, 0))


@strawberry.type
class MeQueries:
    """The query about the person who calls."""

    @answer(
        Me,
        "Everything that is held of the person who calls: what is believed and why, what was received, what follows "
        "from it, what is permitted, and who read it. For a person's own key.",
    )
    @staticmethod
    async def me(info: Request) -> twin.Twin:
        context = info.context
        name = context.caller.require_person()
        return await context.verbs_for(name).questions.twin(
            context.caller.asking(info.field_name), context.speak_of(name)
        )
