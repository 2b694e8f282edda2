"""Ids: whatever an answer gives is taken by whatever wants one."""

from __future__ import annotations

import pytest
import pytest_asyncio
from tests.web.service import Client, Json, Service
from tests.world import event

from beliefgraph.model.catalog import Catalog

CATALOG = Catalog.model_validate(
    {
        "catalog": "calls",
        "version": "1.0.0",
        "attributes": [
            {"key": "wants.more", "domain": "wants", "prior": 0.3, "statement": "wants more"},
            {"key": "wants.less", "domain": "wants", "prior": 0.2, "statement": "wants less"},
        ],
        "relations": [{"kind": "supports", "source": "wants.more", "target": "wants.less", "odds_ratio": 2.0}],
        "events": [
            {
                "type": "called",
                "summary": "called",
                "source": "'agent:' + data.by",
                "bears_on": [{"attribute": "wants.more", "log_likelihood_ratio": 1.0}],
            }
        ],
        "metrics": [
            {
                "key": "calls.week",
                "statement": "calls in a week",
                "kind": "count",
                "events": ["called"],
                "window": "P7D",
                "bands": [
                    {"at_least": 3, "bears_on": [{"attribute": "wants.more", "log_likelihood_ratio": 2.0}]},
                ],
            }
        ],
    }
)

TWIN = "lena"
MORE = {"attribute": "wants.more"}
CALLS = {"metric": "calls.week"}

CHAIN = """
query Chain($key: BeliefKeyInput!) {
  evidence(twin: "lena", key: $key) { nodes { evidence { id event source summary } metric { says } } }
}"""
COUNTED = """
query Counted($key: MetricKeyInput!) {
  metric(twin: "lena", key: $key) { value }
  metricEvents(twin: "lena", key: $key) { nodes { evidence { id event } } }
}"""
WITHDRAW = (
    "mutation Withdraw($input: WithdrawInput!) { withdraw(input: $input) { status rev beliefs { belief { id } } } }"
)


@pytest_asyncio.fixture
async def caller(served: Service) -> Client:
    """Somebody who may do everything, after three calls that an agent reported."""
    await served.define(CATALOG)
    client = await served.client()
    await client.observe(*(event(str(day), "called", day=day, by="mallory") for day in range(3)))
    return client


async def chain(client: Client) -> list[Json]:
    found: list[Json] = (await client.data(CHAIN, key=MORE))["evidence"]["nodes"]
    return found


async def calls(client: Client) -> float:
    found: float = (await client.data(COUNTED, key=CALLS))["metric"]["value"]
    return found


async def withdraw(client: Client, **what: object) -> Json:
    found: Json = (await client.data(WITHDRAW, input={"twin": TWIN, **what}))["withdraw"]
    return found


async def prior(client: Client) -> bool:
    query = 'query B($key: BeliefKeyInput!) { belief(twin: "lena", key: $key) { confidence } }'
    found: float = (await client.data(query, key=MORE))["belief"]["confidence"]
    return found == pytest.approx(0.3, abs=0.002)


async def test_withdraw_takes_the_id_of_evidence_and_of_its_event_as_every_answer_gives_them(caller: Client) -> None:
    told = [node["evidence"] for node in await chain(caller) if node["metric"] is None]
    counted = [node["evidence"] for node in (await caller.data(COUNTED, key=CALLS))["metricEvents"]["nodes"]]
    assert await calls(caller) == 3
    for left, given in ((2, told[0]["id"]), (1, told[1]["event"]), (0, counted[0]["id"])):
        assert (await withdraw(caller, evidence=given))["status"] == "ACCEPTED"
        assert await calls(caller) == left
    assert await prior(caller)


async def test_withdraw_takes_the_senders_own_name_of_an_event(caller: Client) -> None:
    await withdraw(caller, event={"source": "test", "id": "1"})
    assert await calls(caller) == 2
    assert (await caller.refused(WITHDRAW, input={"twin": TWIN, "event": {"source": "test", "id": "9"}}))[
        "code"
    ] == "not-found"


async def test_a_command_is_withdrawn_by_the_id_in_its_receipt(caller: Client) -> None:
    assertion = "mutation A($input: AssertBeliefInput!) { assertBelief(input: $input) { id } }"
    key = {"attribute": "wants.less"}
    receipt = await caller.data(assertion, input={"twin": TWIN, "belief": key, "confidence": 0.9})
    assert len((await caller.data(CHAIN, key=key))["evidence"]["nodes"]) == 1
    await withdraw(caller, event={"id": receipt["assertBelief"]["id"]})
    assert (await caller.data(CHAIN, key=key))["evidence"]["nodes"] == []


async def test_a_source_is_withdrawn_by_its_name_or_its_id_with_all_evidence_of_its_events(caller: Client) -> None:
    sources = (await caller.data("{ sources { nodes { id name } } }"))["sources"]["nodes"]
    for given in ("agent:mallory", next(s["id"] for s in sources if s["name"] == "agent:mallory")):
        assert await calls(caller) == 3
        await withdraw(caller, source=given)
        assert await calls(caller) == 0
        assert await prior(caller)
        await caller.observe(*(event(f"{given} {day}", "called", day=day, by="mallory") for day in range(3)))


async def test_what_a_metric_shows_is_a_node_and_cannot_be_withdrawn_by_itself(caller: Client) -> None:
    (shown,) = [node["evidence"] for node in await chain(caller) if node["metric"] is not None]
    query = """
    query N($id: ID!) {
      node(id: $id) { id ... on Evidence { summary source event bearings { logLikelihoodRatio } } }
    }"""
    node = await caller.data(query, id=shown["id"])
    assert node["node"] == {**shown, "bearings": [{"logLikelihoodRatio": 2.0}]}
    refused = await caller.refused(WITHDRAW, input={"twin": TWIN, "evidence": shown["id"]})
    assert refused["code"] == "invalid-input"


async def test_interpret_takes_the_id_of_an_event_or_of_evidence_from_it(caller: Client) -> None:
    query = 'query I($id: String!) { interpret(input: {twin: "lena", stored: {id: $id}}) { nothing rev } }'
    told = next(node["evidence"] for node in await chain(caller) if node["metric"] is None)
    answers = [(await caller.data(query, id=told[field]))["interpret"] for field in ("id", "event")]
    assert answers[0] == answers[1]


async def test_a_belief_of_which_nothing_is_known_has_an_id_that_is_a_node(caller: Client) -> None:
    await caller.observe(event("another", "called", twin="omar", by="kim"))
    asked = '{ belief(twin: "omar", key: {attribute: "wants.less"}) { id attribute confidence } }'
    belief = (await caller.data(asked))["belief"]
    query = "query N($id: ID!) { node(id: $id) { id ... on Belief { attribute confidence } } }"
    assert (await caller.data(query, id=belief["id"]))["node"] == belief


async def test_the_ids_of_another_twin_are_not_taken(caller: Client) -> None:
    await caller.observe(event("another", "called", twin="omar", by="kim"))
    told = next(node["evidence"] for node in await chain(caller) if node["metric"] is None)
    for what in ({"evidence": told["id"]}, {"evidence": told["event"]}, {"event": {"id": told["id"]}}):
        assert (await caller.refused(WITHDRAW, input={"twin": "omar", **what}))["code"] == "not-found"
    assert await calls(caller) == 3


async def test_the_ids_of_the_twin_with_the_longest_name_are_taken(caller: Client) -> None:
    name = "🦉" * 200
    await caller.observe(event("1", "called", twin=name, by="kim"))
    query = """
    query C($twin: String!, $key: BeliefKeyInput!) {
      evidence(twin: $twin, key: $key) { nodes { evidence { id } } }
    }"""
    (node,) = (await caller.data(query, twin=name, key=MORE))["evidence"]["nodes"]
    given = node["evidence"]["id"]
    assert (await caller.data("query N($id: ID!) { node(id: $id) { id } }", id=given))["node"]["id"] == given
    receipt = await caller.data(WITHDRAW, input={"twin": name, "evidence": given})
    assert receipt["withdraw"]["status"] == "ACCEPTED"
