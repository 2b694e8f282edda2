"""How often the store is asked: once for a root field, however much lies around its beliefs."""

from __future__ import annotations

import pytest
from tests.web.service import Client, Service
from tests.world import event, rated

ROUND = """
  id statement confidence status
  relations { kind other { statement confidence relations { kind other { statement } } } }
"""
KEY = '{attribute: "world.buys"}'

ONE_STATEMENT = {
    "a belief": f'{{ belief(twin: "lena", key: {KEY}) {{ id confidence status }} }}',
    "a belief and what lies around it": f'{{ belief(twin: "lena", key: {KEY}) {{ {ROUND} }} }}',
    "a page of beliefs": '{ beliefs(twin: "lena", first: 50) { nodes { id statement confidence } } }',
    "a page of beliefs and what lies around them": f'{{ beliefs(twin: "lena") {{ totalCount nodes {{ {ROUND} }} }} }}',
    "the edges of that page": f'{{ beliefs(twin: "lena") {{ edges {{ cursor node {{ {ROUND} }} }} rev }} }}',
    "by fragments": f'{{ beliefs(twin: "lena") {{ ...P }} }} fragment P on BeliefConnection {{ nodes {{ ...B }} }}'
    f" fragment B on Belief {{ {ROUND} }}",
    "the relations of a belief": f'{{ relations(twin: "lena", key: {KEY}) {{ relations {{ other {{ id }} }} }} }}',
    "the history of a belief": f'{{ history(twin: "lena", key: {KEY}) {{ nodes {{ confidence }} }} }}',
    "a twin": '{ twin(name: "lena") { rev headTime } }',
    "the twins": "{ twins { nodes { id name rev } } }",
}


async def statements_of(served: Service, client: Client, query: str) -> int:
    """How many statements a query takes, once what it needs is in memory: the least of some tries.

    Twins that were asked about again and again are fetched in the background meanwhile.
    """
    taken = []
    for _ in range(4):
        before = served.graph.statements
        await client.data(query)
        taken.append(served.graph.statements - before)
    return min(taken[1:])


@pytest.mark.parametrize("what", ONE_STATEMENT)
async def test_a_root_field_is_one_statement(served: Service, client: Client, what: str) -> None:
    await client.observe(
        event("1"), event("2", "audited"), event("3", "said", llr=1.0, by="Kim", text="Yes."), rated("4", 2.0)
    )
    assert await statements_of(served, client, ONE_STATEMENT[what]) == 1


@pytest.mark.parametrize(
    ("query", "statements"),
    [
        (f'{{ evidence(twin: "lena", key: {KEY}) {{ nodes {{ heard evidence {{ source }} }} }} }}', 2),
        ('{ beliefs(twin: "lena", first: 50) { nodes { id evidence { heard evidence { source } } } } }', 3),
    ],
)
async def test_chains_take_the_commit_and_the_evidence(
    served: Service, client: Client, query: str, statements: int
) -> None:
    """However many beliefs there are: a page is one statement, its chains are two more where the twin is in memory."""
    await client.observe(event("1"), event("2", "audited"), event("3", "said", llr=1.0, by="Kim", text="Yes."))
    assert await statements_of(served, client, query) == statements


async def test_two_root_fields_are_two_statements(served: Service, client: Client) -> None:
    await client.observe(rated("1", 1.0))
    query = '{ a: twin(name: "lena") { rev } b: beliefs(twin: "lena") { nodes { statement } } }'
    assert await statements_of(served, client, query) == 2


async def test_the_statements_do_not_grow_with_what_is_found(served: Service, client: Client) -> None:
    counts = []
    for number in range(3):
        await client.observe(*(rated(f"{number}-{index}", 0.1, day=index) for index in range(number * 10 + 1)))
        query = (
            '{ explanation(twin: "lena", key: {attribute: "world.alone"}) { contributions { evidence { source } } } }'
        )
        counts.append(await statements_of(served, client, query))
    assert len(set(counts)) == 1
