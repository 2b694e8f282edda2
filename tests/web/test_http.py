"""What every request passes through, and how GraphQL is spoken over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from structlog.testing import capture_logs
from tests.conftest import StoppedClock
from tests.web.service import Client, Service, service
from tests.world import rated
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.typing import Subprotocol

from beliefgraph.store.graph import Graph, connected
from beliefgraph.store.keys import Keyring

DEFINITIONS = {"query": "{ definitions { number } }"}
PROTOCOLS = [Subprotocol("graphql-transport-ws")]
NEW_JSON = "application/graphql-response+json"


@pytest_asyncio.fixture
async def tight(graph: Graph, keyring: Keyring, clock: StoppedClock, tenant: str) -> AsyncIterator[Service]:
    """A service with little room, little patience, and one page that may call it."""
    limits = {
        "max_body_bytes": 2_000,
        "max_in_flight": 2,
        "request_timeout": 0.5,
        "max_sockets": 1,
        "cors_origins": ("https://app.example",),
    }
    async with service(graph, keyring, clock, tenant, **limits) as running:
        await running.define()
        yield running


async def test_a_request_id_that_is_sane_is_taken_and_another_is_made(client: Client) -> None:
    taken = await client.post(DEFINITIONS, **{"x-request-id": "shop-42"})
    assert taken.headers["x-request-id"] == "shop-42"
    for wild in ("a b", "x" * 200, "<script>"):
        made = await client.post(DEFINITIONS, **{"x-request-id": wild})
        assert made.headers["x-request-id"] not in ("", wild)


async def test_a_request_is_logged_with_its_id_and_without_its_key(client: Client) -> None:
    with capture_logs() as logged:
        await client.post(DEFINITIONS, **{"x-request-id": "shop-43"})
    [line] = [entry for entry in logged if entry["event"] == "request"]
    assert (line["path"], line["status"], line["method"]) == ("/graphql", 200, "POST")
    assert str(client.secret) not in str(logged)


@pytest.mark.parametrize("path", ["/graphql", "/events"])
async def test_a_body_too_large_is_refused_stated_or_not(tight: Service, path: str) -> None:
    client = await tight.client()
    body = b'{"query": "' + b"x" * 5_000 + b'"}'
    stated = await client.post(body, path)
    assert stated.status_code == 413
    assert '"too-large"' in stated.text

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 500):
            yield body[start : start + 500]

    headers = {"authorization": f"Bearer {client.secret}", "content-type": "application/json"}
    unstated = await tight.http.post(tight.url + path, content=chunks(), headers=headers)
    assert unstated.status_code == 413


async def test_what_takes_too_long_is_ended(tight: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow(*_: object) -> None:
        await asyncio.sleep(30)

    client = await tight.client()
    monkeypatch.setattr(tight.services.book, "latest", slow)
    answer = await client.post(DEFINITIONS)
    assert answer.status_code == 503
    assert answer.json()["errors"][0]["extensions"]["code"] == "took-too-long"
    assert answer.headers["retry-after"] == "1"


async def test_requests_above_the_limit_are_told_to_retry(tight: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow(*_: object) -> None:
        await asyncio.sleep(30)

    client = await tight.client()
    await client.post(DEFINITIONS)
    monkeypatch.setattr(tight.services.book, "latest", slow)
    answers = await asyncio.gather(*(client.post(DEFINITIONS) for _ in range(5)))
    codes = sorted(answer.json()["errors"][0]["extensions"]["code"] for answer in answers)
    assert codes == ["overloaded"] * 3 + ["took-too-long"] * 2
    overloaded = next(answer for answer in answers if "overloaded" in answer.text)
    assert (overloaded.status_code, overloaded.headers["retry-after"]) == (503, "1")
    monkeypatch.undo()
    assert (await client.post(DEFINITIONS)).status_code == 200  # there is room again
    assert (await tight.http.get(tight.url + "/healthz")).status_code == 200


async def test_more_sockets_than_there_is_room_for_are_refused(tight: Service) -> None:
    client = await tight.client()
    async with client.socket() as socket:
        assert (await socket.next())["type"] == "connection_ack"
        with pytest.raises(InvalidStatus):
            async with client.socket():
                pass
    async with client.socket() as socket:
        assert (await socket.next())["type"] == "connection_ack"


async def test_whoever_brings_no_key_keeps_nobody_else_out(tight: Service) -> None:
    """There is room for one: it is a stranger's until somebody comes, and then that one's who has a key."""
    client, address = await tight.client(), f"ws{tight.url.removeprefix('http')}/graphql"
    async with connect(address, subprotocols=PROTOCOLS) as one, connect(address, subprotocols=PROTOCOLS) as other:
        with pytest.raises(ConnectionClosedError) as closed:
            await one.recv()
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1013, "overloaded")
        async with client.socket() as socket:
            assert (await socket.next())["type"] == "connection_ack"
            with pytest.raises(ConnectionClosedError):
                await other.recv()
            with pytest.raises(InvalidStatus):
                async with client.socket():
                    pass


async def test_only_pages_that_may_call_are_told_so(tight: Service) -> None:
    ask = {"access-control-request-method": "POST", "access-control-request-headers": "authorization,purpose"}
    allowed = await tight.http.options(tight.url + "/graphql", headers={"origin": "https://app.example", **ask})
    assert allowed.headers["access-control-allow-origin"] == "https://app.example"
    refused = await tight.http.options(tight.url + "/graphql", headers={"origin": "https://evil.example", **ask})
    assert "access-control-allow-origin" not in refused.headers
    client = await tight.client()
    answer = await client.post(DEFINITIONS, origin="https://app.example")
    assert answer.headers["access-control-allow-origin"] == "https://app.example"
    unknown = await tight.stranger().post(DEFINITIONS, origin="https://app.example")
    assert (unknown.status_code, unknown.headers["access-control-allow-origin"]) == (401, "https://app.example")


async def test_without_settings_no_page_elsewhere_may_call(client: Client) -> None:
    answer = await client.post(DEFINITIONS, origin="https://app.example")
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("path", ["/graphql", "/events"])
async def test_a_missing_unknown_or_misplaced_key_is_401_with_one_message(served: Service, path: str) -> None:
    valid = (await served.client()).secret
    answers = [
        await served.stranger(secret).post(DEFINITIONS, path, **headers)
        for secret, headers in (
            (None, {}),
            ("bg_unknown", {}),
            (None, {"authorization": f"Basic {valid}"}),
            (None, {"authorization": str(valid)}),
        )
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert {answer.headers["www-authenticate"] for answer in answers} == {"Bearer"}
    assert len({answer.text for answer in answers}) == 1


@pytest.mark.parametrize("path", ["/graphql", "/events"])
async def test_a_purpose_the_key_does_not_list_is_403(served: Service, path: str) -> None:
    client = await served.client(purposes=("care", "sales"))
    for headers in ({}, {"purpose": "advertising"}):
        answer = await client.post(DEFINITIONS, path, **headers)
        assert (answer.status_code, '"unknown-purpose"' in answer.text) == (403, True)
    assert (await client.post(DEFINITIONS, purpose="care")).status_code == 200


async def test_the_purpose_of_a_call_is_recorded_on_its_commit(served: Service) -> None:
    client = await served.client(purposes=("care", "sales"), headers={"purpose": "sales"})
    await client.observe(rated("1", 1.0))
    found = await client.data('{ changes(twin: "lena") { purpose actor } }')
    assert found["changes"] == [{"purpose": "sales", "actor": "tester"}]


async def test_answers_are_in_the_type_that_is_asked_for(client: Client) -> None:
    for accept, expected in (
        ("application/json", "application/json"),
        (NEW_JSON, NEW_JSON),
        (f"{NEW_JSON}, application/json;q=0.9", NEW_JSON),
        ("*/*", "application/json"),
    ):
        answer = await client.post(DEFINITIONS, accept=accept)
        assert answer.headers["content-type"].partition(";")[0] == expected
    assert (await client.post(DEFINITIONS, accept="text/csv")).status_code == 406


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"query": "{ nope }"}, "a field that is not there"),
        ({"query": "{"}, "no GraphQL"),
        ({"query": "query A { definitions { number } } query B { definitions { number } }"}, "which operation"),
        ({"query": "query Q($id: ID!) { node(id: $id) { id } }"}, "a variable that is missing"),
    ],
)
async def test_a_query_that_cannot_be_executed_is_200_to_old_clients_and_400_to_new_ones(
    client: Client, body: dict[str, object], why: str
) -> None:
    old = await client.post(body)
    new = await client.post(body, accept=NEW_JSON)
    assert (old.status_code, new.status_code) == (200, 400), why
    assert "data" not in new.json()
    assert new.json()["errors"][0]["extensions"]["kind"] == "incorrect"


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"x"', b"{}", b'{"query": 5}', b'{"query": "{a}", "variables": []}', b"\xff\xfe"],
)
async def test_a_body_that_is_no_request_is_400(client: Client, body: bytes) -> None:
    answer = await client.post(body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "invalid-query"


async def test_other_types_and_methods_are_refused(served: Service, client: Client) -> None:
    assert (await client.post(DEFINITIONS, **{"content-type": "text/plain"})).status_code == 415
    for method in ("GET", "PUT", "DELETE"):
        answer = await served.http.request(method, served.url + "/graphql", headers={"accept": "application/json"})
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    subscription = await client.post({"query": 'subscription { changes(twin: "a") { rev } }'})
    assert subscription.status_code == 405
    assert (await served.http.get(served.url + "/nowhere")).status_code == 404


async def test_an_answer_with_an_error_in_one_field_is_200(client: Client) -> None:
    answer = await client.post({"query": '{ node(id: "x") { id } definitions { number } }'}, accept=NEW_JSON)
    assert answer.status_code == 200
    assert answer.json()["data"] == {"node": None, "definitions": {"number": 1}}


async def test_events_are_taken_in_over_http(served: Service, client: Client) -> None:
    sent = {
        "specversion": "1.0",
        "id": "1",
        "source": "test",
        "type": "rated",
        "time": "2026-01-05T09:00:00Z",
        "subject": "lena",
        "twin": "lena",
        "data": {"by": "Kim", "llr": 1.0},
    }
    answer = await client.post(sent, "/events", **{"content-type": "application/cloudevents+json"})
    assert answer.status_code == 200
    [receipt] = answer.json()["receipts"]
    assert (receipt["status"], receipt["twin"], receipt["rev"]) == ("accepted", "lena", 1)
    reader = await served.client("read")
    refused = await reader.post(sent, "/events", **{"content-type": "application/cloudevents+json"})
    assert (refused.status_code, '"missing-scope"' in refused.text) == (403, True)


async def test_a_fault_over_http_does_not_show_its_message(
    served: Service, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("hunter2")

    monkeypatch.setattr(served.services.callers, "authenticate", broken)
    for path in ("/graphql", "/events"):
        answer = await client.post(DEFINITIONS, path, **{"x-request-id": "request-9"})
        assert (answer.status_code, answer.headers["x-request-id"]) == (500, "request-9")
        assert '"fault"' in answer.text
        assert "request-9" in answer.text
        assert "hunter2" not in answer.text


async def test_the_process_says_that_it_lives_and_that_it_can_serve(served: Service) -> None:
    assert (await served.http.get(served.url + "/healthz")).json() == {"status": "alive"}
    assert (await served.http.get(served.url + "/readyz")).json() == {"status": "ready"}


async def test_without_neo4j_the_process_lives_and_cannot_serve(
    keyring: Keyring, clock: StoppedClock, tenant: str
) -> None:
    async with (
        connected("bolt://127.0.0.1:1", "neo4j", "x") as nowhere,
        service(nowhere, keyring, clock, tenant) as served,
    ):
        assert (await served.http.get(served.url + "/healthz")).status_code == 200
        ready = await served.http.get(served.url + "/readyz")
        assert (ready.status_code, ready.json()["code"]) == (503, "store-unavailable")
        asked = await served.stranger("bg_x").post(DEFINITIONS)
        assert (asked.status_code, asked.headers["retry-after"]) == (503, "1")
        assert asked.json()["errors"][0]["extensions"]["code"] == "store-unavailable"
