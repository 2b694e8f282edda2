"""The queries and mutations about forecasts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import strawberry

from beliefgraph.graphql.arguments import After, At, First, TwinName, described
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

OutcomeName = Annotated[str, described("Key of the outcome, as defined in a catalog in force.")]
AnyOutcome = Annotated[str | None, described("Key of the outcome; default: all outcomes.")]
AnyHorizon = Annotated[Duration | None, described("One of the outcome's horizons; default: the first.")]


@strawberry.type
class ForecastQueries:
    """The queries about forecasts."""

    @answer(ForecastConnection, "The stored forecasts of a twin, the newest first, with their resolutions.")
    @staticmethod
    async def forecasts(
        info: Request,
        twin: TwinName,
        outcome: AnyOutcome = None,
        horizon: Annotated[Duration | None, described("Horizon of the forecasts; default: any.")] = None,
        first: First = DEFAULT_PAGE,
        after: After = None,
    ) -> Page[model.Forecast]:
        context = info.context
        return await context.services_for(twin).forecasts.forecasts(
            context.caller, context.note_twin(twin), outcome, _span(horizon), first=first, after=after
        )

    @answer(
        Forecast,
        "The forecast of an outcome for a twin within a horizon: the stored forecast of the current period, or of the "
        "period that contains the requested moment. If none is stored, it is computed from what the twin had published"
        " by then, and not stored.",
    )
    @staticmethod
    async def forecast(
        info: Request, twin: TwinName, outcome: OutcomeName, horizon: AnyHorizon = None, as_of: At = None
    ) -> model.Forecast:
        context = info.context
        return await context.services_for(twin).forecasts.forecast(
            context.caller, context.note_twin(twin), outcome, _span(horizon), as_of=as_of or NOW
        )

    @answer(
        OutcomeRecord,
        "How accurate the forecasts of an outcome were, computed from the stored forecasts and their resolutions. "
        "Refused to a person's key.",
    )
    @staticmethod
    async def record(
        info: Request,
        outcome: OutcomeName,
        horizon: AnyHorizon = None,
        segment: Annotated[str | None, described("Segment to include; null: all twins.")] = None,
        retrospective: Annotated[
            bool, described("Whether to include forecasts that were made only after the period that they belong to.")
        ] = False,
    ) -> model.OutcomeRecord:
        context = info.context
        return await context.services.across.record(
            context.caller, outcome, _span(horizon), segment, retrospective=retrospective
        )


@strawberry.type
class ForecastMutations:
    """The mutations about forecasts."""

    @answer(
        ForecastMade,
        "Make and store the forecasts of all twins, or of `first` twins, for the period that contains `at`. Forecasts "
        "already stored are not changed. The service also does this automatically. Needs the scope `write` and a "
        "service's key.",
    )
    @staticmethod
    async def make_forecasts(
        info: Request,
        outcome: AnyOutcome = None,
        at: Annotated[datetime | None, described("Moment, not in the future; default: now.")] = None,
        first: Annotated[
            int | None, described(f"Number of twins to process, 1 to {MOST_TWINS:,}; default: all.")
        ] = None,
        after: Annotated[
            str | None, described("`endCursor` of the previous call; default: start with the first twin.")
        ] = None,
    ) -> model.ForecastMade:
        return await info.context.services.across.make_forecasts(
            info.context.caller, outcome, at, first=first, after=after or ""
        )

    @answer(
        ForecastsResolved,
        "Resolve forecasts whose outcome happened or whose horizon is over, and resolve forecasts again if late events"
        " changed the result. The service also does this automatically. Needs the scope `write` and a service's key.",
    )
    @staticmethod
    async def resolve_forecasts(info: Request, outcome: AnyOutcome = None) -> model.ForecastsResolved:
        return await info.context.services.across.resolve_forecasts(info.context.caller, outcome)


def _span(given: Duration | None) -> timedelta | None:
    return given
