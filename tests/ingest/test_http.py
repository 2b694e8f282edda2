"""`POST /events` answers with a receipt for each event, or with a typed error."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from beliefgraph.errors import Unavailable
from beliefgraph.ingest.cloudevents import BATCH, STRUCTURED
from beliefgraph.ingest.http import events_endpoint
from beliefgraph.model.caller import Caller
from beliefgraph.model.event import Event
from beliefgraph.model.receipt import Receipt

CALLER = Caller(actor="app", tenant="acme", scopes=("read", "write"), purpose="support")
PLAIN = {"specversion": "1.0", "id": "1", "source": "/crm", "type": "accepted", "twin": "lena"}


class Noon:
    """A clock that stands still."""

    def now(self) -> datetime:
        return datetime(2026, 9, 30, 12, 0, tzinfo=UTC)


async def observe_many(caller: Caller, events: Sequence[Event], *, region: str | None = None) -> Sequence[Receipt]:
    """Each event's type says what becomes of it: the door does not know how the service decides."""
    if any(event.type == "busy" for event in events):
        raise Unavailable("overloaded", "Too much at once; send it again.")
    return [
        Receipt.model_validate({"id": event.id, "status": event.type, "twin": event.twin, "rev": 3}) for event in events
    ]


def client(caller: Caller | None = CALLER, max_body_bytes: int = 100_000) -> TestClient:
    endpoint = events_endpoint(observe_many, Noon(), max_body_bytes)

    def called_by(inner: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        async def outer(request: Request) -> Response:
            if caller is not None:
                request.state.caller = caller
            return await inner(request)

        return outer

    return TestClient(Starlette(routes=[Route("/events", called_by(endpoint), methods=["POST"])]))


def post(body: Any, content_type: str = STRUCTURED, **more: Any) -> tuple[int, Any]:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    response = client(**more).post("/events", content=content, headers={"content-type": content_type})
    return response.status_code, response.json()


@pytest.mark.parametrize(
    ("becomes", "status"), [("accepted", 200), ("duplicate", 200), ("quarantined", 202), ("conflict", 409)]
)
def test_a_single_event_is_answered_by_what_became_of_it(becomes: str, status: int) -> None:
    code, answer = post({**PLAIN, "type": becomes})
    assert code == status
    assert answer == {"receipts": [{"id": "1", "status": becomes, "twin": "lena", "rev": 3}]}


def test_a_binary_event_is_taken_in() -> None:
    headers = {f"ce-{name}": value for name, value in PLAIN.items()}
    response = client().post("/events", json={"text": "hello"}, headers=headers)
    assert (response.status_code, response.json()["receipts"][0]["status"]) == (200, "accepted")


def test_a_batch_gets_a_receipt_for_each_event_in_order() -> None:
    batch = [PLAIN, {**PLAIN, "id": ""}, {**PLAIN, "id": "3", "type": "quarantined"}, {**PLAIN, "type": "conflict"}]
    status, answer = post(batch, BATCH)
    assert status == 207
    assert [r["status"] for r in answer["receipts"]] == ["accepted", "rejected", "quarantined", "conflict"]
    assert answer["receipts"][1]["code"] == "invalid-event"
    assert post([PLAIN], BATCH)[0] == 200
    assert post([], BATCH) == (200, {"receipts": []})
    assert post([{}], BATCH)[0] == 400


@pytest.mark.parametrize(
    ("become", "status"),
    [
        (["accepted", "duplicate"], 200),
        (["accepted", "quarantined"], 202),
        (["accepted", "conflict"], 207),
        (["quarantined", "conflict"], 207),
        (["conflict", "conflict"], 409),
    ],
)
def test_the_status_of_a_batch_says_whether_all_was_taken_in(become: list[str], status: int) -> None:
    answered, answer = post([{**PLAIN, "id": str(n), "type": type_} for n, type_ in enumerate(become)], BATCH)
    assert answered == status
    assert [r["status"] for r in answer["receipts"]] == become


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"{", STRUCTURED, 400, "invalid-event"),
        (b"{}", "application/json", 400, "invalid-event"),
        ({**PLAIN, "time": "2026-01-05T10:00:00"}, STRUCTURED, 400, "naive-datetime"),
        (b"x" * 100_001, STRUCTURED, 413, "too-large"),
        ({**PLAIN, "type": "busy"}, STRUCTURED, 503, "overloaded"),
    ],
)
def test_a_refusal_is_typed(body: Any, content_type: str, status: int, code: str) -> None:
    answered, answer = post(body, content_type)
    assert (answered, answer["error"]["code"]) == (status, code)
    assert answer["error"]["message"]


def test_a_caller_without_a_key_or_without_the_scope_is_refused_before_the_body_is_read() -> None:
    assert post(b"{", caller=None)[0] == 401
    reader = CALLER.model_copy(update={"scopes": ("read",)})
    status, answer = post(b"{", caller=reader)
    assert (status, answer["error"]["code"]) == (403, "missing-scope")
