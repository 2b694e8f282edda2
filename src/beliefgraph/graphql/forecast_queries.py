"""The queries and mutations about forecasts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import strawberry

from beliefgraph.graphql.arguments import After, At, First, TwinName, told
from beliefgraph.graphql.context import Request
from beliefgraph.graphql.expose import answer
from beliefgraph.graphql.forecast_types import (
    Forecast,
    ForecastConnection,
    ForecastMade,
    ForecastsResolved,
    OutcomeRecord,
)
from beliefgraph.graphql.scalars import Duration
from beliefgraph.model import forecast as model
from beliefgraph.model.page import Page
from beliefgraph.model.time import NOW
from beliefgraph.services.forecasts.keeper import MOST_TWINS
from beliefgraph.services.twin.paging import DEFAULT_PAGE

OutcomeName = Annotated[str, told("Key of the outcome, as a catalog in force defines it.")]
AnyOutcome = Annotated[str | None, told("Key of the outcome; left out: all.")]
AnyHorizon = Annotated[Duration | None, told("One of the outcome's horizons; left out: its first one.")]


@strawberry.type
class ForecastQueries:
    """The queries about forecasts."""

    @answer(ForecastConnection, "The stored forecasts of a twin, the newest first, with their resolutions.")
    @staticmethod
    async def forecasts(
        info: Request,
        twin: TwinName,
        outcome: AnyOutcome = None,
        horizon: Annotated[Duration | None, told("Horizon of the forecasts; left out: any.")] = None,
        first: First = DEFAULT_PAGE,
        after: After = None,
    ) -> Page[model.Forecast]:
        context = info.context
        return await context.verbs_for(twin).forecasts.forecasts(
            context.caller, context.speak_of(twin), outcome, _span(horizon), first=first, after=after
        )

    @answer(
        Forecast,
        "How likely an outcome is in a twin within a horizon: the stored forecast of the present period, or of the "
        "moment asked for; where none is stored it is made from what the twin had published by then, and not stored.",
    )
    @staticmethod
    async def forecast(
        info: Request, twin: TwinName, outcome: OutcomeName, horizon: AnyHorizon = None, as_of: At = None
    ) -> model.Forecast:
        context = info.context
        return await context.verbs_for(twin).forecasts.forecast(
            context.caller, context.speak_of(twin), outcome, _span(horizon), as_of=as_of or NOW
        )

    @answer(
        OutcomeRecord,
        "How good the forecasts of an outcome were, worked out anew from the stored forecasts and what came of them. "
        "Refused to a person's key.",
    )
    @staticmethod
    async def record(
        info: Request,
        outcome: OutcomeName,
        horizon: AnyHorizon = None,
        segment: Annotated[str | None, told("Segment to include; null: all twins.")] = None,
        retrospective: Annotated[
            bool, told("Whether forecasts count too that were made after the period they should have been made in.")
        ] = False,
    ) -> model.OutcomeRecord:
        context = info.context
        return await context.verbs.across.record(
            context.caller, outcome, _span(horizon), segment, retrospective=retrospective
        )


@strawberry.type
class ForecastMutations:
    """The mutations about forecasts."""

    @answer(
        ForecastMade,
        "Store the forecasts of every twin for the period that a moment lies in, or with `first` of so many twins; "
        "those stored already stay. The service does so by itself. Needs the scope `write` and a service's key.",
    )
    @staticmethod
    async def make_forecasts(
        info: Request,
        outcome: AnyOutcome = None,
        at: Annotated[datetime | None, told("Moment, not in the future; left out: now.")] = None,
        first: Annotated[int | None, told(f"Twins to look at, 1 to {MOST_TWINS:,}; left out: all.")] = None,
        after: Annotated[str | None, told("`endCursor` of the call before; left out: from the first twin.")] = None,
    ) -> model.ForecastMade:
        return await info.context.verbs.across.make_forecasts(
            info.context.caller, outcome, at, first=first, after=after or ""
        )

    @answer(
        ForecastsResolved,
        "Resolve forecasts whose outcome happened or whose horizon is over, and those again of which late events say "
        "otherwise. The service does so by itself. Needs the scope `write` and a service's key.",
    )
    @staticmethod
    async def resolve_forecasts(info: Request, outcome: AnyOutcome = None) -> model.ForecastsResolved:
        return await info.context.verbs.across.resolve_forecasts(info.context.caller, outcome)


def _span(given: Duration | None) -> timedelta | None:
    return given
