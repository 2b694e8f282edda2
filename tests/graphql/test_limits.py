"""How much a query may ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from graphql import OperationDefinitionNode, get_introspection_query, parse
from tests.conftest import StoppedClock
from tests.web.service import Client, Service, service

from beliefgraph.graphql.limits import Measure, measure
from beliefgraph.graphql.schema import make_schema
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring

SCHEMA = make_schema()


def measured(query: str, **variables: object) -> Measure:
    document = parse(query)
    [operation] = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    return measure(SCHEMA._schema, operation, document, variables)


def test_pages_multiply_what_is_asked_beneath_them() -> None:
    # beliefs, 7 nodes, 7 × 10 relations, as many others
    query = '{ beliefs(twin: "a", first: 7) { nodes { relations { other { statement } } } } }'
    assert measured(query) == Measure(depth=5, aliases=0, cost=1 + 7 + 70 + 70, page=7)


def test_a_page_given_by_a_variable_or_left_out_counts_too() -> None:
    query = 'query Q($n: Int = 4) { beliefs(twin: "a", first: $n) { nodes { statement } } }'
    assert measured(query, n=9).cost == 1 + 9
    assert measured('{ beliefs(twin: "a") { nodes { statement } } }').cost == 1 + 50


def test_fragments_count_where_they_are_spread() -> None:
    query = """
    { a: belief(twin: "a", key: {attribute: "b"}) { ...B } c: belief(twin: "a", key: {attribute: "b"}) { ...B } }
    fragment B on Belief { evidence { evidence { id } } }"""
    assert measured(query) == Measure(depth=4, aliases=2, cost=2 * (1 + 10 + 10))


@pytest_asyncio.fixture
async def strict(graph: Graph, keyring: Keyring, clock: StoppedClock, tenant: str) -> AsyncIterator[Service]:
    limits = {"max_query_depth": 4, "max_query_aliases": 2, "max_query_cost": 100, "max_query_tokens": 200}
    async with service(graph, keyring, clock, tenant, **limits) as running:
        await running.define()
        yield running


async def test_the_length_of_a_page_can_be_limited(
    graph: Graph, keyring: Keyring, clock: StoppedClock, tenant: str
) -> None:
    async with service(graph, keyring, clock, tenant, max_page_size=60) as running:
        client = await running.client()
        query = "query P($n: Int!) { twins(first: $n) { nodes { name } } }"
        assert (await client.data(query, n=60))["twins"]["nodes"] == []
        assert (await client.refused(query, n=61))["code"] == "too-large"


@pytest.mark.parametrize(
    "query",
    [
        '{ beliefs(twin: "a", first: 1) { nodes { relations { other { statement } } } } }',
        '{ a: twin(name: "a") { rev } b: twin(name: "a") { rev } c: twin(name: "a") { rev } }',
        '{ beliefs(twin: "a", first: 100) { nodes { statement } } }',
        "{ " + "twins { nodes { name } } " * 50 + "}",
        "fragment A on Twin { name ...B ...B } fragment B on Twin { rev ...C ...C } fragment C on Twin { id }"
        ' { twin(name: "a") { ...A } beliefs(twin: "a", first: 101) { nodes { id } } }',
    ],
)
async def test_what_is_too_deep_too_long_or_too_much_is_refused_before_the_store_is_asked(
    strict: Service, query: str
) -> None:
    client = await strict.client()
    await client.ask("{ definitions { number } }")
    before = strict.graph.statements
    assert (await client.refused(query))["code"] == "too-complex"
    assert strict.graph.statements == before


async def test_fragments_that_grow_without_bound_are_refused(client: Client) -> None:
    doubling = " ".join(f"fragment F{i} on Twin {{ ...F{i + 1} ...F{i + 1} }}" for i in range(40))
    query = f'{{ twin(name: "a") {{ ...F0 }} }} {doubling} fragment F40 on Twin {{ rev }}'
    assert (await client.refused(query))["code"] == "too-complex"


@pytest.mark.parametrize("levels", [20, 300, 1_000])
async def test_queries_of_any_depth_are_refused_and_not_stumbled_over(client: Client, levels: int) -> None:
    query = (
        '{ belief(twin: "a", key: {attribute: "b"}) '
        + "{ relations { other " * levels
        + "{ id }"
        + " } }" * levels
        + "}"
    )
    assert (await client.refused(query))["code"] == "too-complex"
    lists = '{ twin(name: "a", atLeastRev: ' + "[" * levels * 3 + "]" * levels * 3 + ") { id } }"
    assert (await client.refused(lists))["kind"] == "incorrect"


async def test_long_queries_are_answered_without_being_kept(client: Client) -> None:
    comment = "# " + "x" * 20_000
    assert await client.data(f"{comment}\n{{ definitions {{ number }} }}") == {"definitions": {"number": 1}}
    assert (await client.refused(f"{comment}\n{{ nope }}"))["code"] == "invalid-query"
    assert (await client.refused(f"{comment}\n{{ ...F }} fragment F on Query {{ ...F }}"))["code"] == "invalid-query"


async def test_a_query_of_megabytes_is_refused_unread(client: Client) -> None:
    query = '{ twin(name: "' + "x" * 1_000_000 + '") { rev } }'
    answer = await client.post({"query": query})
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, "too-large")


async def test_introspection_under_many_names_is_refused(client: Client) -> None:
    many = " ".join(f"a{n}: __schema {{ types {{ fields {{ name }} }} }}" for n in range(100))
    assert (await client.refused(f"{{ {many} }}"))["code"] == "too-complex"


async def test_introspection_is_answered(client: Client) -> None:
    found = await client.data(get_introspection_query())
    assert {"Belief", "Twin", "Evidence"} <= {each["name"] for each in found["__schema"]["types"]}


async def test_relations_are_followed_two_levels_and_no_further(client: Client) -> None:
    query = """{
      belief(twin: "lena", key: {attribute: "world.buys"}) {
        relations { other { relations { other { relations { kind } } } } }
      }
    }"""
    assert (await client.refused(query))["code"] == "too-complex"
    deep = '{ belief(twin: "lena", key: {attribute: "world.buys"}) { relations { other { evidence { counts } } } } }'
    assert (await client.refused(deep))["code"] == "too-complex"
