"""What others write and we run (catalogs, expressions, queries, JSON) is answered, or refused with a code.

Meanwhile somebody else's simple question is answered.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

import pytest_asyncio
from tests.conftest import StoppedClock
from tests.web.service import Client, Json, Service, heartbeat, service

from beliefgraph.services.process.threads import threads
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring

PUBLISH = "mutation ($catalog: JSON!) { publishDefinitions(catalog: $catalog) { number } }"
SIMPLE = "{ definitions { number } }"
LIMIT_S = 3.0
"""Seconds that the service may take for a request."""

MORE_S = 5.0
"""What else this machine does meanwhile."""

HELD_S = 0.05


def catalog(**parts: Any) -> Json:
    """A catalog with an attribute."""
    attribute = {"key": "bad.a", "domain": "bad", "prior": 0.5, "statement": "is so"}
    return {"catalog": "bad", "version": "1.0.0", "attributes": [attribute], **parts}


def rule(expression: str) -> Json:
    """A catalog with a rule that asks this."""
    bearing = {"attribute": "bad.a", "log_likelihood_ratio": 1.0, "when": expression}
    return catalog(events=[{"type": "t", "summary": "happened", "bears_on": [bearing]}])


def related(number: int, steps: Sequence[int], priors: Sequence[float]) -> Json:
    """So many attributes in a ring, each related to those so many steps further on: 20,000 relations are allowed."""
    attributes = [
        {"key": f"bad.a{n}", "domain": "bad", "prior": priors[n % len(priors)], "statement": "is so"}
        for n in range(number)
    ]
    relations = [
        {"kind": "supports", "source": f"bad.a{n}", "target": f"bad.a{(n + step) % number}", "odds_ratio": 30.0}
        for step in steps
        for n in range(number)
    ]
    return catalog(attributes=attributes, relations=relations)


CATALOGS: Mapping[str, Callable[[], Json]] = {
    "the largest": lambda: related(5_000, (1, 17, 401, 1_999), (0.2, 0.3, 0.5, 0.7)),
    "the densest": lambda: related(1_250, range(1, 17), (0.01, 0.5, 0.99)),
    "nested counts": lambda: rule("data.x.matches('((a{60}){60}){10}b')"),
    "alternatives without end": lambda: rule("data.x.matches('(a|a)*(a|a)*(a|a)*b')"),
    "a sum of lists": lambda: rule("size(" + " + ".join(["data.l"] * 120) + ") > 1"),
    "loops in loops": lambda: rule("data.l.all(a, data.l.all(b, data.l.all(c, a + b + c > 0)))"),
    "parentheses": lambda: rule("(" * 5_000 + "true" + ")" * 5_000),
    "negations": lambda: rule("!" * 9_000 + "true"),
    "a list of lists": lambda: rule("[" * 5_000 + "]" * 5_000 + " == []"),
    "conditions": lambda: rule("true ? " * 3_000 + "true" + " : false" * 3_000),
    "a number of digits": lambda: rule("9" * 9_000 + " > 1"),
    "a text without an end": lambda: rule('"' + "\\" * 9_001),
    "braces": lambda: catalog(
        attributes=[{"key": "bad.a", "domain": "bad", "prior": 0.5, "statement": "{" * 300 + "}" * 300}]
    ),
    "a prior of digits": lambda: catalog(
        attributes=[{"key": "bad.a", "domain": "bad", "prior": 10**300, "statement": "is so"}]
    ),
    "many rules": lambda: catalog(
        events=[
            {
                "type": f"t{n}",
                "summary": "happened",
                "when": " && ".join(f"data.a{m} == {m}" for m in range(200)),
                "bears_on": [{"attribute": "bad.a", "log_likelihood_ratio": 1.0}],
            }
            for n in range(1_000)
        ]
    ),
}

QUERIES: Mapping[str, str] = {
    "the same field, a thousand times": "{ " + "definitions { number } " * 900 + "}",
    "the same fields under others": "{ " + "twins { nodes { id name rev } } " * 400 + "}",
    "levels": "{ definitions " * 1_000 + "}" * 1_000,
    "lists": '{ twin(name: "a", atLeastRev: ' + "[" * 1_900 + "]" * 1_900 + ") { id } }",
    "digits": "{ twins(first: " + "9" * 5_000 + ") { nodes { name } } }",
    "braces": "{" * 3_900,
    "fragments that double": "{ ...F0 } "
    + " ".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(60))
    + " fragment F60 on Query { definitions { number } }",
    "fragments in a circle": "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
    "directives": "{ definitions { number " + "@include(if: true) " * 900 + "} }",
    "variables": "query (" + " ".join(f"$a{n}: Int" for n in range(900)) + ") { definitions { number } }",
    "a comment": "#" + "x" * 190_000 + "\n{ definitions { number } }",
    "a text without an end": '{ twin(name: """' + "\\" * 100_000,
}

BODIES: Mapping[str, bytes] = {
    "lists": b'{"query": "{ definitions { number } }", "variables": ' + b"[" * 100_000,
    "objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "commas": b"[" + b"0," * 1_000_000 + b"0]",
    "digits": b'{"query": "{ definitions { number } }", "variables": {"a": ' + b"9" * 1_000_000 + b"}}",
    "an exponent": b'{"query": "{ definitions { number } }", "variables": {"a": 1e999999999}}',
    "half a character": b'{"query": "{ definitions { number } }", "variables": {"a": "\\ud800"}}',
    "not UTF-8": b'{"query": "\xff\xfe"}',
    "the same name again": b'{"query": "{ definitions { number } }"' + b', "query": "{ nope }"' * 50_000 + b"}",
}


@pytest_asyncio.fixture
async def served(graph: Graph, keyring: Keyring, clock: StoppedClock, tenant: str) -> AsyncIterator[Service]:
    """A service that has little time for each request."""
    loop, made = asyncio.get_running_loop(), threads()
    loop.set_default_executor(made)
    async with service(graph, keyring, clock, tenant, request_timeout=LIMIT_S) as running:
        await running.define()
        yield running
    made.shutdown()
    assert made.running == 0
    loop.set_default_executor(threads())


async def test_whatever_is_sent_is_answered_in_time_with_a_code_or_done_and_others_are_served(
    served: Service, client: Client
) -> None:
    other = await served.client("read", tenant=f"{served.tenant}-other")
    await other.data(SIMPLE)
    bodies = {
        **{f"catalog: {name}": {"query": PUBLISH, "variables": {"catalog": make()}} for name, make in CATALOGS.items()},
        **{f"query: {name}": {"query": query} for name, query in QUERIES.items()},
        **{f"body: {name}": body for name, body in BODIES.items()},
    }
    for name, body in bodies.items():
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        took = 0.0
        async with asyncio.timeout(LIMIT_S + MORE_S), heartbeat() as longest:
            asked = asyncio.create_task(client.post(sent))
            while True:
                began = time.monotonic()
                await other.data(SIMPLE)
                took = max(took, time.monotonic() - began)
                if asked.done():
                    break
        answer = asked.result()
        read = answer.json()
        codes = {error["extensions"]["code"] for error in read.get("errors", ())}
        assert answer.status_code in (200, 400, 413) or codes == {"took-too-long"}, name
        assert "fault" not in codes, name
        assert codes or read["data"], name
        assert longest[0] < HELD_S, name
        assert took < 2.0, name
