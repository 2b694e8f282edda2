"""`/metrics` in Prometheus's text format, for clients with the configured token."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from hmac import compare_digest

from starlette.requests import Request
from starlette.responses import Response

from beliefgraph.errors import Forbidden
from beliefgraph.ingest.http import error_response
from beliefgraph.services.access.callers import bearer
from beliefgraph.services.upkeep.vitals import Vitals
from beliefgraph.telemetry.metrics import CONTENT_TYPE, exposition


def metrics_page(vitals: Vitals, token: str) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint for `/metrics`; `unauthenticated` without the token as a bearer token."""

    async def metrics(request: Request) -> Response:
        given = bearer(request.headers.get("authorization")) or ""
        if not compare_digest(given.encode(), token.encode()):
            return error_response(Forbidden("unauthenticated", "Send the metrics token as Authorization: Bearer …."))
        return Response(exposition(await vitals.read()), media_type=CONTENT_TYPE, headers={"cache-control": "no-store"})

    return metrics
