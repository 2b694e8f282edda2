"""The queries: each calls one service, and most need one Cypher statement."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import Annotated

import strawberry

from beliefgraph.errors import Incorrect, NotFound
from beliefgraph.graphql import twin_types
from beliefgraph.graphql.access_queries import AccessQueries
from beliefgraph.graphql.arguments import After, At, AtLeastRev, First, TwinName, described
from beliefgraph.graphql.asking_queries import AskingQueries
from beliefgraph.graphql.belief_queries import BeliefQueries
from beliefgraph.graphql.change_point_queries import ChangePointQueries
from beliefgraph.graphql.change_types import Change
from beliefgraph.graphql.context import Request
from beliefgraph.graphql.decision_queries import DecisionQueries
from beliefgraph.graphql.definition_types import Definitions
from beliefgraph.graphql.event_types import QuarantinedEventConnection
from beliefgraph.graphql.expose import answer
from beliefgraph.graphql.forecast_queries import ForecastQueries
from beliefgraph.graphql.goal_queries import GoalQueries
from beliefgraph.graphql.ids import read_id
from beliefgraph.graphql.learning_types import SourceConnection
from beliefgraph.graphql.lookahead import Selection, around, around_goals
from beliefgraph.graphql.me_queries import MeQueries
from beliefgraph.graphql.metric_queries import MetricQueries
from beliefgraph.graphql.node import Node
from beliefgraph.graphql.permission_fields import PermissionQueries
from beliefgraph.graphql.preference_queries import PreferenceQueries
from beliefgraph.graphql.reason_queries import ReasonQueries
from beliefgraph.graphql.segment_queries import SegmentQueries
from beliefgraph.graphql.series_queries import SeriesQueries
from beliefgraph.graphql.trajectory_queries import TrajectoryQueries
from beliefgraph.model import commit, definition, event, question
from beliefgraph.model.goal import GoalRow
from beliefgraph.model.identity import twin_id
from beliefgraph.model.page import Page
from beliefgraph.model.time import instant
from beliefgraph.model.twin import Twin
from beliefgraph.services.twin.paging import DEFAULT_PAGE

MOST_CHANGES = 200
MOST_QUARANTINED = 200


@strawberry.type(description="Queries. Twins are identified by the names that applications gave them.")
class Query(
    BeliefQueries,
    GoalQueries,
    PreferenceQueries,
    DecisionQueries,
    MetricQueries,
    ReasonQueries,
    ForecastQueries,
    TrajectoryQueries,
    SegmentQueries,
    PermissionQueries,
    AskingQueries,
    SeriesQueries,
    ChangePointQueries,
    AccessQueries,
    MeQueries,
):
    """The queries."""

    @answer(twin_types.Twin, "One twin.")
    @staticmethod
    async def twin(info: Request, name: TwinName, at_least_rev: AtLeastRev = None) -> Twin:
        context = info.context
        questions = context.services_for(name).questions
        return await questions.twin(context.caller, context.note_twin(name), at_least_rev=at_least_rev)

    @answer(twin_types.TwinConnection, "All twins that the key can access, sorted by name.")
    @staticmethod
    async def twins(info: Request, first: First = DEFAULT_PAGE, after: After = None) -> Page[Twin]:
        return await info.context.services.across.twins(info.context.caller, first=first, after=after)

    @answer(Node, "The object with a global id: a twin, belief, goal or piece of evidence.")
    @staticmethod
    async def node(
        info: Request,
        id: Annotated[
            strawberry.ID, described("Id of a twin, belief, goal or piece of evidence, as returned by any query.")
        ],
        as_of: At = None,
    ) -> Twin | question.BeliefRow | GoalRow | question.SourcedEvidence:
        context, named = info.context, read_id(str(id))
        services, caller = context.services_for(named.twin), context.caller
        questions = services.questions
        context.note_twin(named.twin)
        moment = as_of or named.as_of
        if named.type == "Twin":
            return await questions.twin(caller, named.twin)
        if named.type == "Belief":
            row = await questions.belief_by_id(
                caller, named.id, twin=named.twin, as_of=moment, **vars(around(Selection.of(info)))
            )
            _same_twin(context.caller.tenant, named.twin, row.state.belief.twin)
            return row
        if named.type == "Goal":
            pursued = await services.goals.goal_by_id(
                caller, named.id, as_of=moment, **vars(around_goals(Selection.of(info)))
            )
            _same_twin(context.caller.tenant, named.twin, pursued.state.goal.twin)
            return pursued
        if named.type == "Evidence":
            found = await questions.evidence_by_id(caller, named.id, twin=named.twin, as_of=moment)
            _same_twin(context.caller.tenant, named.twin, found.evidence.twin)
            return found
        raise NotFound("not-found", "There is nothing with this id.", id=str(id)[:100])

    @answer(list[Change], "The commits of a twin after a rev, oldest first, each with what it changed.")
    @staticmethod
    async def changes(
        info: Request,
        twin: TwinName,
        after_rev: Annotated[int, described("Rev after which the changes begin.")] = 0,
        first: Annotated[int, described(f"Number of changes, from 1 to {MOST_CHANGES}.")] = MOST_CHANGES,
    ) -> list[commit.Change]:
        context = info.context
        most = _page_size(first, MOST_CHANGES)
        return await context.services_for(twin).changes.since(
            context.caller, context.note_twin(twin), after_rev, limit=most
        )

    @answer(Definitions, "The definitions in force.")
    @staticmethod
    async def definitions(info: Request) -> definition.Definitions:
        caller = info.context.caller
        caller.require("read")
        return (await info.context.services.book.latest(caller.tenant)).definitions

    @answer(SourceConnection, "The tenant's sources, sorted by name, with what was learned about each.")
    @staticmethod
    async def sources(info: Request, first: First = DEFAULT_PAGE, after: After = None) -> Page[question.KnownSource]:
        return await info.context.services.across.known_sources(info.context.caller, first=first, after=after)

    @answer(
        QuarantinedEventConnection,
        "Events that could not be processed, oldest first. Needs the scope `define`.",
    )
    @staticmethod
    async def quarantine(
        info: Request, first: First = DEFAULT_PAGE, after: After = None
    ) -> Page[event.QuarantinedEvent]:
        size = _page_size(first, MOST_QUARANTINED)
        found = await info.context.services.across.quarantine(
            info.context.caller, limit=size + 1, after=None if after is None else _read_place(after)
        )
        return Page(
            nodes=tuple(found[:size]),
            cursor=_write_place,
            has_next=len(found) > size,
            has_previous=after is not None,
        )


def _same_twin(tenant: str, name: str, id_: str) -> None:
    if twin_id(tenant, name) != id_:
        raise NotFound("not-found", "There is nothing with this id.")


def _page_size(first: int, most: int) -> int:
    if not 1 <= first <= most:
        raise Incorrect("invalid-input", f"first must be between 1 and {most}.", field="first")
    return first


def _write_place(waiting: event.QuarantinedEvent) -> str:
    return urlsafe_b64encode(f"{waiting.since.isoformat()}\x1f{waiting.id}".encode()).decode()


def _read_place(cursor: str) -> tuple[datetime, str]:
    try:
        since, _, id_ = urlsafe_b64decode(cursor).decode().partition("\x1f")
        moment = instant(datetime.fromisoformat(since))
    except (ValueError, Incorrect):
        raise Incorrect("invalid-cursor", "This cursor does not belong to this query.") from None
    return moment, id_
