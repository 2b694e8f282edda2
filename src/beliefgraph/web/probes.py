"""Liveness and readiness probes for an orchestrator."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import orjson
from starlette.requests import Request
from starlette.responses import Response

from beliefgraph.errors import BeliefgraphError

Check = Callable[[], None]
"""Returns if the service is ready; raises a refusal if not."""


async def healthz(_request: Request) -> Response:
    """The process is alive."""
    return _answer({"status": "alive"}, 200)


def readyz(check: Check) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint that reports readiness from memory: 200, or 503 with the reason; no key is needed."""

    async def ready(_request: Request) -> Response:
        try:
            check()
        except BeliefgraphError as error:
            return _answer({"status": "not ready", "code": error.code, "message": error.message}, 503)
        return _answer({"status": "ready"}, 200)

    return ready


def _answer(content: dict[str, str], status: int) -> Response:
    return Response(orjson.dumps(content), status, {"cache-control": "no-store"}, media_type="application/json")
