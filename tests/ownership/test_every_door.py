"""Every field of the API that reads a twin is behind its permissions, over GraphQL, as somebody with a key asks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest_asyncio
from graphql import GraphQLObjectType, build_schema, get_named_type, is_leaf_type
from tests.conftest import StoppedClock
from tests.ownership.policies import POLICY
from tests.web.service import Client, Service, service
from tests.world import event

from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring

SCHEMA = build_schema((Path(__file__).parents[2] / "docs" / "schema.graphql").read_text(encoding="utf-8"))
KEY = 'twin: "lena", key: {attribute: "world.buys"}'
TWIN = 'twin: "lena"'

ASKED = {
    "belief": KEY,
    "beliefs": TWIN,
    "distribution": 'twin: "lena", attribute: "world.buys"',
    "evidence": KEY,
    "relations": KEY,
    "history": KEY,
    "explanation": KEY,
    "interval": KEY,
    "compare": 'twin: "lena", asOfA: {rev: 1}',
    "whatIf": 'input: {twin: "lena", assumptions: [{belief: {attribute: "world.buys"}, holds: true}]}',
    "goal": 'twin: "lena", key: "ship"',
    "goals": TWIN,
    "goalHistory": 'twin: "lena", key: "ship"',
    "preferences": TWIN,
    "decision": 'twin: "lena", key: "supplier"',
    "decisions": TWIN,
    "decisionHistory": 'twin: "lena", key: "supplier"',
    "checkDecision": 'input: {twin: "lena", options: [{key: "a", title: "A"}]}',
    "metrics": TWIN,
    "metric": 'twin: "lena", key: {metric: "visits"}',
    "metricEvents": 'twin: "lena", key: {metric: "visits"}',
    "metricHistory": 'twin: "lena", key: {metric: "visits"}',
    "interpret": 'input: {twin: "lena", stored: {source: "test", id: "1"}}',
    "forecasts": TWIN,
    "forecast": 'twin: "lena", outcome: "bought"',
    "trajectory": 'twin: "lena", key: "buying"',
    "trajectories": TWIN,
    "series": 'twin: "lena", key: {belief: {attribute: "world.buys"}}',
    "coverage": TWIN,
    "changePoints": TWIN,
    "segment": TWIN,
    "askNext": TWIN,
    "twin": 'name: "lena"',
    "changes": TWIN,
}
"""What each field that reads a twin is asked."""

DEPTH = {"belief": 1, "explanation": 0, "preferences": 0, "relations": 1, "checkDecision": 1, "interpret": 1}
"""How deep a field is asked whose whole answer would be too complex."""

OTHERWISE = {
    "record": "answered from the twins of which everything is permitted, tested in forecasts/test_permissions.py",
    "sources": "answered from the twins of which everything is permitted, tested in ownership/test_learning.py",
    "twins": "lists those that exist for the caller, tested below",
    "node": "resolves an id by the fields above, tested below",
    "me": "for the person alone, who sees all of their own twin",
    "accesses": "who read a twin: for the person and auditors",
    "consentReceipt": "shown to the person and to whoever defines",
    "permissions": "shown to the person and to whoever defines",
    "policy": "what the tenant says, nothing of a twin",
    "definitions": "the catalogs in force, nothing of a twin",
    "quarantine": "events that are in no twin, for the scope define",
}
"""Fields that need no permission for a twin, with the reason."""


def selection(type_: GraphQLObjectType, depth: int) -> str:
    """Everything that a type has, so many levels down."""
    parts = ["__typename"]
    for name, field in type_.fields.items():
        of = get_named_type(field.type)
        if any(argument.type.__class__.__name__ == "GraphQLNonNull" for argument in field.args.values()):
            continue
        if is_leaf_type(of):
            parts.append(name)
        elif depth and isinstance(of, GraphQLObjectType):
            parts.append(f"{name} {selection(of, depth - 1)}")
    return "{ " + " ".join(parts) + " }"


def query(name: str, arguments: str) -> str:
    """The query that asks for everything that a field answers."""
    assert SCHEMA.query_type is not None
    field = SCHEMA.query_type.fields[name]
    of = get_named_type(field.type)
    assert isinstance(of, GraphQLObjectType)
    return f"{{ {name}({arguments}) {selection(of, DEPTH.get(name, 2))} }}"


@pytest_asyncio.fixture
async def lena(graph: Graph, keyring: Keyring, clock: StoppedClock, tenant: str) -> AsyncIterator[Service]:
    """Lena, of whom a budget and more was heard, in a tenant with a policy."""
    async with service(graph, keyring, clock, tenant) as running:
        await running.define()
        everything = await running.client()
        await everything.observe(
            event("1"), event("2", "said", day=1, llr=1.0, by="ada"), event("3", "rated", day=2, llr=1, by="bo")
        )
        person = await running.client(person="lena")
        await person.data('mutation { setGoal(input: {twin: "lena", goal: "ship", title: "Ship it"}) { rev } }')
        await person.data(
            'mutation { recordDecision(input: {twin: "lena", decision: "supplier", title: "Which"}) { rev } }'
        )
        await everything.data("mutation($p: JSON!) { publishPolicy(policy: $p) { number } }", p=POLICY)
        yield running


def test_every_field_of_the_api_is_behind_permissions_or_says_why_not() -> None:
    assert SCHEMA.query_type is not None
    assert {*ASKED, *OTHERWISE} == {*SCHEMA.query_type.fields}


async def test_for_a_purpose_that_is_not_permitted_there_is_nothing(lena: Service) -> None:
    adviser = await lena.client("read", purposes=("advice",))
    for name, arguments in ASKED.items():
        asked = query(name, arguments)
        refused = await adviser.refused(asked)
        unknown = await adviser.refused(asked.replace('"lena"', '"nobody"'))
        assert (name, refused["code"]) == (name, "not-found")
        assert {**refused, "ids": {}} == {**unknown, "ids": {}}, name
    assert (await adviser.data("{ twins { nodes { name } } }"))["twins"]["nodes"] == []


async def test_where_a_part_is_permitted_nothing_of_the_rest_is_in_any_answer(lena: Service) -> None:
    person = await lena.client(person="lena")
    await person.data('mutation { permit(input: {twin: "lena", purpose: "advice", allowed: true}) { rev } }')
    await person.data(
        'mutation { permit(input: {twin: "lena", purpose: "advice", category: "money", allowed: false}) { rev } }'
    )
    adviser = await lena.client("read", purposes=("advice",))
    budget = (
        await person.data(
            '{ belief(twin: "lena", key: {attribute: "needs.budget"}) { id evidence { evidence { id } } } }'
        )
    )["belief"]
    answered: list[str] = []
    refusals: dict[str, str] = {}
    for name, arguments in ASKED.items():
        said = await adviser.ask(query(name, arguments))
        text = orjson.dumps(said).decode()
        assert "budget" not in text, (name, text)
        assert "looked at the prices" not in text, (name, text)
        if "errors" in said:
            refusals[name] = said["errors"][0]["extensions"]["code"]
        else:
            answered.append(name)
    assert refusals == {
        "metricHistory": "unknown-metric",
        "forecast": "unknown-outcome",
        "distribution": "invalid-input",
        "metric": "unknown-metric",
        "metricEvents": "unknown-metric",
        "trajectory": "unknown-trajectory",
        "interpret": "not-found",
    }
    for id_ in (budget["id"], budget["evidence"][0]["evidence"]["id"]):
        said = await adviser.ask("query($id: ID!) { node(id: $id) { id __typename } }", id=id_)
        assert said["errors"][0]["extensions"]["code"] == "not-found", said
    assert (await adviser.data("{ sources { nodes { name } } }"))["sources"]["nodes"] == []


async def test_subscriptions_end_when_a_permission_does(lena: Service) -> None:
    person = await lena.client(person="lena")
    adviser = await lena.client("read", purposes=("advice",))
    for category in ("", ', category: "risks"'):
        permitted = await person.data(
            f'mutation {{ permit(input: {{twin: "lena", purpose: "advice", allowed: true{category}}}) {{ rev }} }}'
        )
    async with adviser.socket() as socket:
        follow = 'subscription($rev: Int) { changes(twin: "lena", afterRev: $rev) { rev } }'
        await socket.subscribe(follow, rev=permitted["permit"]["rev"])
        writer: Client = await lena.client()
        await writer.observe(event("7", day=3))
        assert (await socket.data())["changes"]["rev"]
        await person.data('mutation { permit(input: {twin: "lena", purpose: "advice", allowed: false}) { rev } }')
        message = await socket.next()
        assert message["type"] == "error" or "errors" in message["payload"], message
