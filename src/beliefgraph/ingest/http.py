"""`POST /events`: CloudEvents in, one receipt for each out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

import orjson
from starlette.requests import Request
from starlette.responses import Response

from beliefgraph.errors import BeliefgraphError, Fault, Forbidden, Incorrect, Kind, shortened, shown_ids
from beliefgraph.ingest.cloudevents import Read, read_request
from beliefgraph.model.caller import Caller
from beliefgraph.model.event import Event
from beliefgraph.model.receipt import Receipt
from beliefgraph.model.time import Clock
from beliefgraph.services.process.bounded_json import AT_ONCE
from beliefgraph.telemetry.spans import refused

MAX_BODY_BYTES = 8 * 1024 * 1024

STATUS: dict[Kind, int] = {
    "incorrect": 400,
    "not_found": 404,
    "conflict": 409,
    "forbidden": 403,
    "unsupported": 422,
    "unavailable": 503,
    "fault": 500,
}
STATUS_OF_CODE = {"too-large": 413, "unauthenticated": 401, "key-expired": 401}

REFUSED = {"rejected": 400, "conflict": 409}
"""How a request is answered all of whose events met this."""


class ObserveMany(Protocol):
    """The service's verb: take these events in, and say for each, in order, what became of it."""

    async def __call__(
        self, caller: Caller, events: Sequence[Event], *, region: str | None = None
    ) -> Sequence[Receipt]:
        """One receipt for each event, in order."""
        ...


def events_endpoint(
    observe_many: ObserveMany, clock: Clock, max_body_bytes: int = MAX_BODY_BYTES
) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint for `POST /events`; it finds the caller at `request.state.caller`.

    `?region=` says where twins begin that do not exist yet.

    A single event: 200, or 202 if it is in quarantine, 409 if its id came with another body; a malformed one is
    refused with a typed error. A batch is answered with a receipt for each event, where `rejected` marks a malformed
    one: 200 if all were taken in, 202 if some are in quarantine, 207 if some were refused (`rejected` or `conflict`),
    400 or 409 if all were, for one and the same reason.
    """

    async def post_events(request: Request) -> Response:
        try:
            caller = getattr(request.state, "caller", None)
            if not isinstance(caller, Caller):
                raise Forbidden("unauthenticated", "Send a key: Authorization: Bearer ….")
            caller.require("write")
            body = await _body(request, max_body_bytes)
            if len(body) <= AT_ONCE:
                read = read_request(request.headers.items(), body, clock.now())
            else:  # while others are served
                read = await asyncio.to_thread(read_request, request.headers.items(), body, clock.now())
            events = read if isinstance(read, list) else [read]
            receipts = await _observe(observe_many, caller, events, request.query_params.get("region"))
        except BeliefgraphError as error:
            return error_response(error)
        return _json({"receipts": receipts}, _status(receipts))

    return post_events


def error_response(error: BeliefgraphError) -> Response:
    """A refusal as HTTP says it: the status of its kind, and its code, kind, sentence and ids as JSON."""
    refused(error.code)
    body = {"code": error.code, "kind": error.kind, "message": shortened(error.message), "ids": shown_ids(error)}
    response = _json({"error": body}, STATUS_OF_CODE.get(error.code, STATUS[error.kind]))
    if error.kind == "unavailable":
        response.headers["retry-after"] = str(error.ids.get("retry_after", 1))
    if error.code in ("unauthenticated", "key-expired"):
        response.headers["www-authenticate"] = "Bearer"
    return response


async def _observe(
    observe_many: ObserveMany, caller: Caller, read: Sequence[Read], region: str | None
) -> list[dict[str, Any]]:
    """One receipt as JSON for everything read: what is an event is taken in, what is none is rejected."""
    events = [each for each in read if isinstance(each, Event)]
    receipts = iter(await observe_many(caller, events, region=region) if events else ())
    try:
        return [_receipt(next(receipts)) if isinstance(each, Event) else _rejected(each) for each in read]
    except StopIteration:
        raise Fault("store-fault", "Fewer receipts than events were returned.") from None


def _receipt(receipt: Receipt) -> dict[str, Any]:
    shown = {name: getattr(receipt, name) for name in ("id", "status", "twin", "rev", "code", "reason")}
    return {name: value for name, value in shown.items() if value is not None}


def _rejected(error: BeliefgraphError) -> dict[str, Any]:
    return {"status": "rejected", "code": error.code, "reason": shortened(error.message)}


def _status(receipts: Sequence[dict[str, Any]]) -> int:
    found = {receipt["status"] for receipt in receipts}
    if len(found) == 1 and found <= REFUSED.keys():
        return REFUSED[found.pop()]
    if found & REFUSED.keys():
        return 207
    return 202 if "quarantined" in found else 200


async def _body(request: Request, at_most: int) -> bytes:
    """The body, read no further than the bound."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > at_most:
            raise Incorrect("too-large", f"A request may have {at_most:,} bytes; send the events in several.")
        parts.append(part)
    return b"".join(parts)


def _json(content: object, status: int) -> Response:
    return Response(orjson.dumps(content, default=str), status, media_type="application/json")
