"""No call of any size holds the loop for more than 50 ms, in processor time."""

from __future__ import annotations

from collections.abc import Callable

import orjson
from graphql import get_introspection_query
from tests.benchmarks.attacks import dense
from tests.web.service import Client, Json, Service, heartbeat

from beliefgraph.model.catalog import Catalog

HELD_S = 0.05

WIDE = Catalog.model_validate(
    {
        "catalog": "wide",
        "version": "1.0.0",
        "attributes": [{"key": "wide.seen", "domain": "wide", "prior": 0.3, "statement": "has seen {subject}"}],
        "events": [
            {
                "type": "saw",
                "summary": "saw something",
                "bears_on": [{"attribute": "wide.seen", "subject": "data.what", "log_likelihood_ratio": 2.0}],
            }
        ],
    }
)

OBSERVE = """
mutation O($events: [EventInput!]!) { observe(events: $events) { id status rev beliefs { belief { id statement } } } }
"""


def saw(number: int, twin: str) -> Json:
    """An event that opens a belief."""
    about = {"id": f"{twin}-{number}", "source": "s", "type": "saw", "time": "2026-01-05T09:00:00Z", "twin": twin}
    return {**about, "data": {"what": f"thing {number}"}}


LARGE: dict[str, Callable[[], Json]] = {
    "a twin with 2,000 new beliefs": lambda: {
        "query": OBSERVE,
        "variables": {"events": [saw(n, "lena") for n in range(2_000)]},
    },
    "1,000 new twins": lambda: {
        "query": OBSERVE,
        "variables": {"events": [saw(n, f"twin {n}") for n in range(1_000)]},
    },
    "introspection": lambda: {"query": get_introspection_query()},
    "a list of 1,000": lambda: {
        "query": '{ beliefs(twin: "lena", first: 1000) { nodes { id statement confidence status } } }',
        "variables": {},
    },
    "what changed": lambda: {
        "query": '{ changes(twin: "lena", afterRev: 0) { rev beliefs { belief { id statement } } } }',
        "variables": {},
    },
}


async def test_the_loop_is_held_by_no_call_of_any_size(served: Service, client: Client) -> None:
    await served.define(WIDE)
    for name, body in LARGE.items():
        sent = orjson.dumps(body())
        async with heartbeat() as longest:
            answer = await client.post(sent)
        read = orjson.loads(answer.content)
        assert "errors" not in read, (name, read["errors"])
        assert longest[0] < HELD_S, name
    likelier = [attribute.model_copy(update={"prior": 0.4}) for attribute in WIDE.attributes]
    await served.define(WIDE.model_copy(update={"version": "1.1.0", "attributes": tuple(likelier)}))
    async with heartbeat() as longest:  # one commit that closes and opens all of them
        moved = await client.data(OBSERVE, events=[saw(2_000, "lena")])
    assert len(moved["observe"][0]["beliefs"]) == 2_001
    assert longest[0] < HELD_S, "a commit that moves 2,000 beliefs"


BEYOND: dict[str, tuple[str, Callable[[], Json]]] = {
    "2,000 events without a source": (
        OBSERVE,
        lambda: {"events": [{**saw(n, "lena"), "source": ""} for n in range(2_000)]},
    ),
    "10,000 events, the last without a type": (
        OBSERVE,
        lambda: {"events": [*(saw(n, "lena") for n in range(9_999)), {"id": "last"}]},
    ),
    "options with 1,000 features each": (
        'query C($o: [DecisionOptionInput!]!) { checkDecision(input: {twin: "lena", options: $o}) { rev } }',
        lambda: {"o": [{"key": f"o{n}", "features": {f"f{m}": 1 for m in range(1_000)}} for n in range(20)]},
    ),
    "a what-if of 10,000 assumptions": (
        'query W($assumed: [AssumptionInput!]!) { whatIf(input: {twin: "lena", assumptions: $assumed}) { rev } }',
        lambda: {"assumed": [{"belief": {"attribute": "wide.seen", "subject": str(n)}} for n in range(10_000)]},
    ),
    "a filter of 10,000 names": (
        'query F($names: [String!]!) { beliefs(twin: "lena", filter: {attributes: $names}) { nodes { id } } }',
        lambda: {"names": [f"wide.a{n}" for n in range(10_000)]},
    ),
    "a catalog of 20,000 relations": (
        "mutation P($catalog: JSON!) { publishDefinitions(catalog: $catalog) { number } }",
        lambda: {"catalog": dense("dense")},
    ),
}
"""Calls that are refused, in full or event by event."""


async def test_what_is_refused_holds_the_loop_no_longer(served: Service, client: Client) -> None:
    await served.define(WIDE)
    await client.data(OBSERVE, events=[saw(0, "lena")])
    for name, (query, variables) in BEYOND.items():
        body: Json = {"query": query, "variables": variables()}
        sent = orjson.dumps(body)
        async with heartbeat() as longest:
            answer = await client.post(sent)
        assert b"too-" in answer.content or b"errors" in answer.content or b"REJECTED" in answer.content, name
        assert longest[0] < HELD_S, name
        async with client.socket() as socket:
            text = orjson.dumps({"type": "subscribe", "id": "1", "payload": body}).decode()
            assert (await socket.next())["type"] == "connection_ack"
            async with heartbeat() as longest:
                await socket.connection.send(text)
                said = await socket.next()
            assert said["id"] == "1"
            assert longest[0] < HELD_S, f"{name}, over a WebSocket"


async def test_of_many_events_the_last_of_a_commit_tells_what_it_changed(served: Service, client: Client) -> None:
    await served.define(WIDE)
    found = await client.data(OBSERVE, events=[saw(n, f"twin {n % 2}") for n in range(150)])
    told = {n: len(each["beliefs"]) for n, each in enumerate(found["observe"]) if each["beliefs"]}
    assert told == {148: 75, 149: 75}
    few = await client.data(OBSERVE, events=[saw(n, "twin few") for n in range(100)])
    assert [len(each["beliefs"]) for each in few["observe"]] == [100] * 100


async def test_an_answer_of_too_many_objects_is_refused_whatever_it_is_made_of(served: Service, client: Client) -> None:
    await served.define(WIDE)
    fields = " ".join(f"b{n}: beliefs {{ belief {{ id }} }}" for n in range(12))
    query = f"mutation O($events: [EventInput!]!) {{ observe(events: $events) {{ {fields} }} }}"
    answer = await client.ask(query, events=[saw(n, "lena") for n in range(100)])
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["too-large"]
