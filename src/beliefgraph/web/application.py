"""The ASGI application: its routes, and the middleware around them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Scope

from beliefgraph.config import Settings
from beliefgraph.errors import BeliefgraphError
from beliefgraph.graphql.requests import refusal_body
from beliefgraph.ingest.http import error_response
from beliefgraph.services.access.callers import Callers
from beliefgraph.services.process.fair_semaphore import FairSemaphore
from beliefgraph.web import graphiql_page
from beliefgraph.web.error_pages import error_pages
from beliefgraph.web.middleware import REQUEST_ID, Bounded, RequestId, Warmed
from beliefgraph.web.probes import Check, healthz, readyz

GRAPHQL = "/graphql"
EVENTS = "/events"
EXPORT = "/export"
METRICS = "/metrics"

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Endpoints:
    """The services behind the routes."""

    graphql: ASGIApp
    events: Endpoint
    export: Endpoint
    download: Endpoint
    ready: Check
    warmed: Warmed
    places: FairSemaphore
    metrics: Endpoint | None
    person: Sequence[BaseRoute] = ()


def make_web(endpoints: Endpoints, callers: Callers, settings: Settings) -> Starlette:
    """The ASGI application of the service."""
    routes: list[BaseRoute] = [
        Route(EVENTS, endpoints.events, methods=["POST"]),
        Route(EXPORT, endpoints.export, methods=["POST"]),
        Route(f"{EXPORT}/{{token}}", endpoints.download, methods=["GET"]),
        Route("/healthz", healthz),
        Route("/readyz", readyz(endpoints.ready)),
        *error_pages(),
        *endpoints.person,
        *([] if endpoints.metrics is None else [Route(METRICS, endpoints.metrics)]),
    ]
    if settings.graphiql:
        routes += [Mount(graphiql_page.ASSETS, graphiql_page.assets()), Route("/", _to_graphiql)]
    cors = Middleware(
        CORSMiddleware,
        allow_origins=list(settings.cors_origins),
        allow_methods=["POST"],
        allow_headers=["Authorization", "Content-Type", "Purpose", REQUEST_ID],
        expose_headers=[REQUEST_ID, "Retry-After"],
        max_age=600,
    )
    bounded = Middleware(
        Bounded,
        refuse=refused,
        callers=callers,
        places=endpoints.places,
        warmed=endpoints.warmed,
        keyed=frozenset((GRAPHQL, EVENTS, EXPORT)),
        settings=settings,
    )
    named = Middleware(RequestId, paths=frozenset((GRAPHQL, EVENTS, EXPORT, METRICS, "/healthz", "/readyz")))
    middleware = [named, *([cors] if settings.cors_origins else []), bounded]
    app = Starlette(routes=[_Exactly(GRAPHQL, endpoints.graphql), *routes], middleware=middleware)
    app.router.redirect_slashes = False
    return app


def refused(scope: Scope, error: BeliefgraphError) -> Response:
    """The response to a refused request, in the format that clients of the path expect."""
    response = error_response(error)
    if scope["path"] == GRAPHQL:
        response.body = refusal_body(error)
        response.headers["content-length"] = str(len(response.body))
    return response


async def _to_graphiql(_request: Request) -> Response:
    """What a browser gets that opens the address of the service."""
    return RedirectResponse(GRAPHQL)


class _Exactly(Route):
    """A route for one exact path, with any method, and for WebSockets too."""

    def __init__(self, path: str, app: ASGIApp) -> None:
        super().__init__(path, app, methods=None)

    def matches(self, scope: Scope) -> tuple[Any, Scope]:
        """Whether a request or a WebSocket is for this path."""
        if scope["type"] == "websocket":
            found, child = super().matches({**scope, "type": "http", "method": "GET"})
            return found, child
        return super().matches(scope)
