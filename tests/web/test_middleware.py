"""What every request passes through, by itself."""

from __future__ import annotations

from typing import cast

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from structlog.testing import capture_logs

from beliefgraph.config import Settings
from beliefgraph.errors import BeliefgraphError
from beliefgraph.model.caller import Caller
from beliefgraph.services.access.callers import Callers
from beliefgraph.services.process.fair_semaphore import FairSemaphore, Shares
from beliefgraph.web.middleware import Bounded


def refuse(_scope: Scope, error: BeliefgraphError) -> Response:
    return Response(error.code)


async def reads_its_body(scope: Scope, receive: Receive, send: Send) -> None:
    await Request(scope, receive, send).body()


async def at_once() -> None:
    return


class Known:
    """Whoever calls is known."""

    async def authenticate(self, *_: object, **__: object) -> Caller:
        return Caller(actor="a", tenant="t", scopes=("write",), purpose="testing", key="1")


async def test_whoever_leaves_in_the_middle_of_a_body_is_no_fault_of_ours() -> None:
    bounded = Bounded(
        reads_its_body,
        refuse=refuse,
        callers=cast("Callers", Known()),
        places=FairSemaphore(Shares(total=1, per_tenant=1, per_key=1, waiting_per_key=0, patience=1)),
        warmed=at_once,
        keyed=frozenset(("/events",)),
        settings=Settings(request_timeout=5),
    )
    sent: list[Message] = []

    async def leaves() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {"type": "http", "method": "POST", "path": "/events", "headers": [], "state": {"request_id": "1"}}
    with capture_logs() as logged:
        for _ in range(2):  # and its place is free again
            await bounded(scope, leaves, send)
    assert (logged, sent) == ([], [])
