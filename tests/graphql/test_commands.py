"""What can be changed, over HTTP."""

from __future__ import annotations

import asyncio

import pytest
from tests.web.service import Client, Json, Service
from tests.world import CATALOG, event, rated

from beliefgraph.services.derivation.grid import published

RECEIPT = "{ id status twin rev code beliefs { belief { attribute } before { logOdds } after { logOdds status } } }"
ALONE = {"attribute": "world.alone"}


async def log_odds(client: Client, attribute: str = "world.alone") -> float:
    query = 'query B($key: BeliefKeyInput!) { belief(twin: "lena", key: $key) { logOdds } }'
    found: float = (await client.data(query, key={"attribute": attribute}))["belief"]["logOdds"]
    return found


async def command(client: Client, name: str, **given: object) -> Json:
    """Carry out a command on lena's twin; its receipt."""
    kind = f"{name[0].upper()}{name[1:]}Input"
    query = f"mutation C($input: {kind}!) {{ {name}(input: $input) {RECEIPT} }}"
    receipt: Json = (await client.data(query, input={"twin": "lena", **given}))[name]
    return receipt


async def test_an_event_is_answered_with_the_new_rev_and_what_moved(client: Client) -> None:
    query = f"mutation O($e: [EventInput!]!) {{ observe(events: $e) {RECEIPT} }}"
    sent = [rated("1", 1.0).model_dump(mode="json"), {**rated("1", 1.0).model_dump(mode="json")}]
    first, again = (await client.data(query, e=sent))["observe"]
    assert (first["status"], first["twin"], first["rev"]) == ("ACCEPTED", "lena", 1)
    [moved] = first["beliefs"]
    assert (moved["belief"]["attribute"], moved["before"]) == ("world.alone", None)
    assert moved["after"]["logOdds"] == published(1.0)
    assert (again["status"], again["beliefs"]) == ("DUPLICATE", [])


async def test_an_expected_rev_that_is_not_the_twins_is_a_conflict_and_nothing_is_written(client: Client) -> None:
    await client.observe(rated("1", 1.0))
    query = "mutation O($e: [EventInput!]!) { observe(events: $e, expectedRev: 0) { rev } }"
    refusal = await client.refused(query, e=[rated("2", 1.0).model_dump(mode="json")])
    assert (refusal["code"], refusal["kind"]) == ("rev-conflict", "conflict")
    assert (refusal["ids"]["expected"], refusal["ids"]["actual"]) == (0, 1)
    correct = """
    mutation {
      correct(input: {twin: "lena", belief: {attribute: "world.alone"}, holds: true, expectedRev: 7}) { rev }
    }"""
    assert (await client.refused(correct))["code"] == "rev-conflict"
    assert await log_odds(client) == published(1.0)


async def test_of_racing_corrections_with_the_same_expected_rev_exactly_one_wins(client: Client) -> None:
    await client.observe(rated("1", 1.0))
    query = """
    mutation C($id: String!) {
      correct(input: {twin: "lena", id: $id, belief: {attribute: "world.alone"}, holds: true, expectedRev: 1}) { rev }
    }"""
    answers = await asyncio.gather(*(client.ask(query, id=str(number)) for number in range(8)))
    codes = [answer["errors"][0]["extensions"]["code"] for answer in answers if "errors" in answer]
    assert codes == ["rev-conflict"] * 7


async def test_an_assertion_counts_as_evidence_of_its_source(client: Client) -> None:
    receipt = await command(client, "assertBelief", belief=ALONE, confidence=0.8, speaker="Kim", id="a")
    assert (receipt["status"], receipt["rev"]) == ("ACCEPTED", 1)
    again = await command(client, "assertBelief", belief=ALONE, confidence=0.8, speaker="Kim", id="a")
    assert again["status"] == "DUPLICATE"


async def test_only_a_key_bound_to_the_person_makes_a_correction_the_persons_own(
    served: Service, client: Client
) -> None:
    await client.observe(rated("1", 3.0))
    person = await served.client("read", "correct", person="lena")
    await command(person, "correct", belief=ALONE, holds=False, verbatim="No.")
    chain = (
        '{ evidence(twin: "lena", key: {attribute: "world.alone"}) { nodes { stance counts evidence { source } } } }'
    )
    nodes = (await client.data(chain))["evidence"]["nodes"]
    assert ("CORRECTION", True, "person:lena") in [(n["stance"], n["counts"], n["evidence"]["source"]) for n in nodes]
    assert await log_odds(client) == pytest.approx(-12, abs=0.1)


async def test_a_retraction_ends_a_belief_and_history_stays(client: Client) -> None:
    await client.observe(rated("1", 3.0))
    receipt = await command(client, "retract", belief=ALONE)
    [moved] = receipt["beliefs"]
    assert moved["after"]["status"] == "RETRACTED"
    history = '{ history(twin: "lena", key: {attribute: "world.alone"}) { nodes { logOdds } } }'
    assert len((await client.data(history))["history"]["nodes"]) == 2


async def test_withdrawn_evidence_is_as_if_it_had_never_been(client: Client) -> None:
    await client.observe(rated("1", 3.0, by="a liar"), rated("2", 1.0, by="a friend"))
    await command(client, "withdraw", source="a liar")
    assert await log_odds(client) == published(1.0)


async def test_two_beliefs_are_related_for_one_twin_alone(client: Client) -> None:
    await client.observe(rated("1", 3.0))
    before = await log_odds(client, "needs.urgent")
    receipt = await command(
        client, "relate", source=ALONE, target={"attribute": "needs.urgent"}, kind="SUPPORTS", oddsRatio=6
    )
    assert receipt["status"] == "ACCEPTED"
    assert await log_odds(client, "needs.urgent") > before + 0.3


async def test_an_identifier_leads_events_to_a_twin_until_it_is_undone(client: Client) -> None:
    identifier = {"scheme": "device", "value": "d-1"}
    sent = {**rated("1", 2.0).model_dump(mode="json"), "twin": None, "identifiers": [identifier]}
    query = f"mutation O($e: [EventInput!]!) {{ observe(events: $e) {RECEIPT} }}"
    [waiting] = (await client.data(query, e=[sent]))["observe"]
    assert waiting["status"] == "QUARANTINED"
    await client.observe(rated("0", 0.5))
    await command(client, "identify", identifier=identifier)
    assert await log_odds(client) == published(2.5)
    await command(client, "unidentify", identifier=identifier)
    assert await log_odds(client) == published(0.5)


async def test_an_erased_twin_is_gone(client: Client) -> None:
    await client.observe(rated("1", 3.0))
    erasure = (await client.data('mutation { eraseTwin(twin: "lena") { twin actor purpose rows } }'))["eraseTwin"]
    assert (erasure["twin"], erasure["actor"], erasure["purpose"]) == ("lena", "tester", "testing")
    assert erasure["rows"] > 0
    assert (await client.refused('{ twin(name: "lena") { rev } }'))["code"] == "not-found"


async def test_a_definition_published_at_run_time_is_in_force_and_twins_adopt_it(client: Client) -> None:
    await client.observe(rated("1", 1.0))
    catalog = CATALOG.model_dump(mode="json", exclude_defaults=True)
    catalog["version"] = "1.1.0"
    catalog["attributes"].append({"key": "needs.colour", "domain": "needs", "prior": 0.7, "statement": "likes red"})
    query = "mutation P($catalog: JSON!) { publishDefinitions(catalog: $catalog) { number attributes { key } } }"
    published = (await client.data(query, catalog=catalog))["publishDefinitions"]
    assert published["number"] == 2
    colour = '{ belief(twin: "lena", key: {attribute: "needs.colour"}) { confidence } }'
    for _ in range(50):
        if (await client.data('{ twin(name: "lena") { definitions } }'))["twin"]["definitions"] == 2:
            break
        await asyncio.sleep(0.1)
    assert (await client.data(colour))["belief"]["confidence"] == pytest.approx(0.7)


async def test_a_definition_that_is_wrong_says_where(client: Client) -> None:
    query = "mutation P($catalog: JSON!) { publishDefinitions(catalog: $catalog) { number } }"
    wrong = {"catalog": "x", "version": "1", "attributes": []}
    refusal = await client.refused(query, catalog=wrong)
    assert (refusal["code"], refusal["ids"]["field"]) == ("invalid-definition", "version")


async def test_quarantined_events_are_listed_paged_and_replayed(client: Client) -> None:
    unknown = [event(str(number), "unheard", day=number) for number in range(3)]
    receipts = await client.observe(*unknown)
    assert {receipt["status"] for receipt in receipts} == {"QUARANTINED"}
    query = """
    query Q($after: String) {
      quarantine(first: 2, after: $after) {
        nodes { id code reason since event { id type data } } pageInfo { hasNextPage endCursor }
      }
    }"""
    first = (await client.data(query))["quarantine"]
    rest = (await client.data(query, after=first["pageInfo"]["endCursor"]))["quarantine"]
    assert (len(first["nodes"]), first["pageInfo"]["hasNextPage"]) == (2, True)
    assert (len(rest["nodes"]), rest["pageInfo"]["hasNextPage"]) == (1, False)
    assert {node["code"] for node in first["nodes"]} == {"no-interpretation"}
    catalog = CATALOG.model_dump(mode="json", exclude_defaults=True)
    catalog["version"] = "1.1.0"
    catalog["events"].append(
        {
            "type": "unheard",
            "summary": "is heard",
            "bears_on": [{"attribute": "world.alone", "log_likelihood_ratio": 1}],
        }
    )
    publish = "mutation P($catalog: JSON!) { publishDefinitions(catalog: $catalog) { number } }"
    await client.data(publish, catalog=catalog)
    one = rest["nodes"][0]["id"]
    replayed = await client.data("mutation R($ids: [String!]) { replayQuarantine(ids: $ids) { status } }", ids=[one])
    assert replayed["replayQuarantine"] == [{"status": "ACCEPTED"}]
    assert len((await client.data("mutation { replayQuarantine { status } }"))["replayQuarantine"]) == 2
    assert (await client.data(query))["quarantine"]["nodes"] == []
