"""The routes of the person's page."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from beliefgraph.graphql.context import FieldServices
from beliefgraph.model.time import Clock
from beliefgraph.services.access.sessions import Sessions
from beliefgraph.services.process.fair_semaphore import FairSemaphore
from beliefgraph.web.middleware import Warmed
from beliefgraph.web.person import actions, pages
from beliefgraph.web.person.issuer_redirect import RETURN, away_cookie, redirect_to_issuer, returning
from beliefgraph.web.person.visit import ROOT, SIGN_IN, Visits, answering_errors, form_of, refuse_foreign, shown

ASSETS = f"{ROOT}/static"

SHOWN = {
    "": pages.beliefs,
    "/beliefs/{belief}": pages.belief,
    "/received": pages.received,
    "/events": pages.events,
    "/plans": pages.plans,
    "/permissions": pages.permissions,
    "/readers": pages.readers,
    "/data": pages.own_data,
    "/erase": pages.erasing,
}

DONE = {
    "/beliefs/{belief}": actions.correct,
    "/withdraw": actions.withdraw,
    "/contest": actions.contest,
    "/permissions": actions.permit,
    "/restriction": actions.restrict,
    "/export": actions.export,
    "/erase": actions.erase,
    "/sign-out": actions.sign_out,
}


def person_page(
    services: FieldServices, sessions: Sessions, clock: Clock, warmed: Warmed, places: FairSemaphore
) -> list[BaseRoute]:
    """The routes of the person's page; all except for signing in require a session."""
    visits = Visits(services, sessions, clock, warmed, places)

    async def sign_in(request: Request) -> Response:
        link = request.query_params.get("link", "")
        return shown(request, "sign_in.html", link=link, providers=sessions.providers.titles)

    async def enter(request: Request) -> Response:
        refuse_foreign(request)
        session = await sessions.redeem((await form_of(request)).get("link", ""))
        return await visits.signed_in(request, session)

    async def leave(request: Request) -> Response:
        address, ticket = await sessions.providers.begin(request.path_params["number"], returning(request))
        return redirect_to_issuer(request, address, ticket)

    async def back(request: Request) -> Response:
        given = request.query_params
        tenant, person = await sessions.providers.finish(
            request.cookies.get(away_cookie(request), ""), given.get("state", ""), given.get("code", "")
        )
        return await visits.signed_in(request, sessions.begin(tenant, person))

    return [
        Mount(ASSETS, StaticFiles(directory=Path(str(files("beliefgraph.web.person"))) / "static")),
        Route(SIGN_IN, answering_errors(sign_in), methods=["GET"]),
        Route(SIGN_IN, answering_errors(enter), methods=["POST"]),
        Route(f"{SIGN_IN}/with/{{number:int}}", answering_errors(leave), methods=["GET"]),
        Route(RETURN, answering_errors(back), methods=["GET"]),
        *(Route(ROOT + path, visits.signed_in_only(handler), methods=["GET"]) for path, handler in SHOWN.items()),
        *(Route(ROOT + path, visits.signed_in_only(handler), methods=["POST"]) for path, handler in DONE.items()),
    ]
