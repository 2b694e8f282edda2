"""`POST /export`: the archive of one twin, as `beliefgraph export` writes it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import orjson
from starlette.requests import Request
from starlette.responses import Response

from beliefgraph.errors import BeliefgraphError, Forbidden, Incorrect
from beliefgraph.ingest.http import error_response
from beliefgraph.model.caller import Caller

Export = Callable[[Caller, str], Awaitable[bytes]]


def export_endpoint(export: Export) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint for `POST /export`, whose body names the twin; it finds the caller at `request.state.caller`."""

    async def post_export(request: Request) -> Response:
        try:
            caller = getattr(request.state, "caller", None)
            if not isinstance(caller, Caller):
                raise Forbidden("unauthenticated", "Send a key: Authorization: Bearer ….")
            content = await export(caller, _twin(await request.body()))
        except BeliefgraphError as error:
            return error_response(error)
        headers = {"content-disposition": 'attachment; filename="export.tar.gz"', "cache-control": "no-store"}
        return Response(content, media_type="application/gzip", headers=headers)

    return post_export


def _twin(body: bytes) -> str:
    try:
        twin = orjson.loads(body)["twin"]
    except (ValueError, TypeError, KeyError):
        twin = None
    if not isinstance(twin, str):
        raise Incorrect("invalid-input", 'Send the name of the twin: {"twin": "…"}.', field="twin")
    return twin
