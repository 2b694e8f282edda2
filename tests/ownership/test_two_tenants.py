"""Two tenants share nothing: what exists in one is, for the other, what exists nowhere, through every door."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pytest_asyncio
from tests.conftest import StoppedClock
from tests.ownership.test_every_door import ASKED, query
from tests.web.service import Client, Service, service
from tests.world import event

from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring

Floats = npt.NDArray[np.float64]

ELSEWHERE, NOWHERE = [f"anna-{n}" for n in range(8)], [f"nobody-{n}" for n in range(8)]
"""Twins of another tenant, and names of none: several, since a name by itself may be a little slower in one run."""

WARM, CALLS = 5, 25
"""Calls for each name that are not timed, and then those that are, in turns."""

NOISE = 0.13
"""How far the share of calls that are slower may be from a half: some five standard errors of that many calls."""

EVIDENCE = """{ belief(twin: "lena", key: {attribute: "needs.budget"}) { id evidence { evidence { id } } }
  beliefs(twin: "lena", first: 1) { pageInfo { endCursor } } }"""


@pytest_asyncio.fixture
async def running(graph: Graph, keyring: Keyring, clock: StoppedClock, tenant: str) -> AsyncIterator[Service]:
    """A service with two tenants of the same catalog; the first has Lena, the second Omar."""
    async with service(graph, keyring, clock, tenant) as made:
        await made.define()
        other = Service(made.services, made.url, made.http, f"{tenant}-other")
        await other.define()
        first = await made.client()
        identifier = {"scheme": "mail", "value": "lena@example.com"}
        await first.observe(event("1"), event("2", "said", day=1, llr=1.0, by="ada", text="so"))
        await first.data(
            'mutation I($i: IdentifierInput!) { identify(input: {twin: "lena", identifier: $i}) { rev } }', i=identifier
        )
        await (await other.client()).observe(event("1", twin="omar"))
        yield made


async def of_other(running: Service, **more: Any) -> Client:
    return await running.client(tenant=f"{running.tenant}-other", **more)


def as_nobody(answer: Any, name: str) -> Any:
    """An answer with the name that was asked about written as that of nobody."""
    return orjson.loads(orjson.dumps(answer).replace(name.encode(), b"nobody"))


async def test_every_question_about_anothers_twin_is_answered_as_about_nobody(running: Service) -> None:
    other = await of_other(running)
    for field, arguments in {**ASKED, "permissions": 'twin: "lena"'}.items():
        asked = query(field, arguments)
        about_lena, about_nobody = await other.ask(asked), await other.ask(asked.replace('"lena"', '"nobody"'))
        assert "errors" in about_nobody, field
        assert as_nobody(about_lena, "lena") == about_nobody, field
    assert [t["name"] for t in (await other.data("{ twins { nodes { name } } }"))["twins"]["nodes"]] == ["omar"]


async def test_every_command_upon_anothers_twin_does_what_it_does_upon_nobody(running: Service) -> None:
    first, other = await running.client(), await of_other(running)
    found = await first.data(EVIDENCE)
    evidence, belief = found["belief"]["evidence"][0]["evidence"]["id"], found["belief"]["id"]
    cursor = found["beliefs"]["pageInfo"]["endCursor"]
    before = await first.data(EVIDENCE)
    unknown = "RXZpZGVuY2UfbGVuYR8wMDAwMDAwMC0wMDAwLTUwMDAtODAwMC0wMDAwMDAwMDAwMDA"  # an id that nothing has
    node = "query N($id: ID!) { node(id: $id) { id } }"
    codes = [(await other.refused(node, id=id_))["code"] for id_ in (evidence, belief, unknown)]
    assert codes == ["not-found"] * 3
    withdraw = 'mutation W($e: String!) { withdraw(input: {twin: "lena", evidence: $e}) { status } }'
    known, nothing = [await other.refused(withdraw, e=id_) for id_ in (evidence, unknown)]
    assert {**known, "ids": {}} == {**nothing, "ids": {}}
    for said in (
        'retract(input: {twin: "lena", relation: "11111111-1111-4111-8111-111111111111"}) { status }',
        'eraseTwin(twin: "lena") { twin }',
    ):
        about_lena = await other.ask(f"mutation {{ {said} }}")
        about_nobody = await other.ask(f"mutation {{ {said} }}".replace('"lena"', '"nobody"'))
        assert "errors" in about_nobody, said
        assert as_nobody(about_lena, "lena") == about_nobody, said
    paged = 'query P($after: String) { beliefs(twin: "omar", after: $after) { nodes { id } } }'
    codes = [(await other.refused(paged, after=each))["code"] for each in (cursor, "no cursor")]
    assert codes == ["invalid-cursor"] * 2
    exported = [await other.post({"twin": name}, "/export") for name in ("lena", "nobody")]
    assert exported[0].status_code == exported[1].status_code
    assert await first.data(EVIDENCE) == before


async def test_an_identifier_a_source_and_an_event_id_of_one_tenant_mean_nothing_in_another(running: Service) -> None:
    other = await of_other(running)
    lost = event("9").model_dump(mode="json", exclude={"twin"})
    sent = "mutation O($e: [EventInput!]!) { observe(events: $e) { status code twin } }"
    found = []
    for mail in ("lena@example.com", "nobody@example.com"):
        lone = {**lost, "id": mail, "identifiers": [{"scheme": "mail", "value": mail}]}
        found.append((await other.data(sent, e=[lone]))["observe"])
    known, unknown = found
    assert known == unknown == [{"status": "QUARANTINED", "code": "unknown-identifier", "twin": None}]
    claim = 'identify(input: {twin: "omar", identifier: {scheme: "mail", value: "lena@example.com"}}) { status }'
    claimed = await other.data(f"mutation {{ {claim} }}")
    assert claimed["identify"]["status"] == "ACCEPTED"
    (again,) = await other.observe(event("2", "said", day=1, llr=1.0, by="ada", text="so", twin="omar"))
    assert again["status"] == "ACCEPTED"
    names = [each["name"] for each in (await other.data("{ sources { nodes { name } } }"))["sources"]["nodes"]]
    assert sorted(names) == ["ada", "test"]


async def timed(calls: Mapping[str, Callable[[], Awaitable[object]]]) -> dict[str, Floats]:
    """How long calls take, in turns, each time in another order."""
    took: dict[str, list[float]] = {name: [] for name in calls}
    order = np.random.default_rng(7)
    for n in range(WARM + CALLS):
        for name in order.permutation([*calls]).tolist():
            began = time.perf_counter()
            await calls[name]()
            if n >= WARM:
                took[name].append(time.perf_counter() - began)
    return {name: np.array(each) for name, each in took.items()}


def slower(one: Floats, other: Floats) -> float:
    """How often one of the first takes longer than one of the second: a half if they are alike (Mann-Whitney)."""
    return float((one[:, None] > other[None, :]).mean())


async def test_time_does_not_tell_what_exists_in_another_tenant(running: Service) -> None:
    other = await of_other(running)

    def asking(name: str) -> Callable[[], Awaitable[object]]:
        return lambda: other.ask("query B($t: String!) { beliefs(twin: $t) { nodes { confidence } } }", t=name)

    await (await running.client()).observe(*(event("1", twin=name) for name in ELSEWHERE))
    took = await timed({name: asking(name) for name in (*ELSEWHERE, *NOWHERE)})
    elsewhere, nowhere = (np.concatenate([took[name] for name in names]) for names in (ELSEWHERE, NOWHERE))
    assert abs(slower(elsewhere, nowhere) - 0.5) < NOISE
    assert slower(1.5 * nowhere, nowhere) - 0.5 > NOISE  # a difference of half the time would be seen
