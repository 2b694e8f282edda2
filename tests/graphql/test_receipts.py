"""Receipts: what became of a command, told of the twin that it names and to those who may read."""

from __future__ import annotations

import pytest
import pytest_asyncio
from tests.web.service import Client, Json, Service
from tests.world import START, event

from beliefgraph.graphql.ids import read_id
from beliefgraph.model.catalog import Catalog

CATALOG = {
    "catalog": "calls",
    "version": "1.0.0",
    "attributes": [
        {"key": "a.interested", "domain": "a", "prior": 0.3, "statement": "They are interested."},
        {"key": "a.ill", "domain": "a", "prior": 0.1, "statement": "They are ill."},
    ],
    "events": [
        {
            "type": "called",
            "summary": "called",
            "bears_on": [{"attribute": "a.interested", "log_likelihood_ratio": 1.0}],
            "goals": [{"key": "'talk'", "title": "'Talk'"}],
            "decisions": [{"key": "'when'", "title": "'When to talk'"}],
        }
    ],
    "metrics": [
        {"key": "calls.week", "statement": "calls in a week", "kind": "count", "events": ["called"], "window": "P7D"}
    ],
}
LATER = {
    **CATALOG,
    "version": "1.1.0",
    "events": [
        *CATALOG["events"],
        {
            "type": "pharmacy",
            "summary": "bought medicine",
            "bears_on": [{"attribute": "a.ill", "log_likelihood_ratio": 3.0}],
        },
    ],
}
CHANGE = """
  beliefs { belief { id statement } before { logOdds } after { logOdds } }
  goals { goal { id key } before { motivation } after { motivation } }
  metrics { metric { name } before { value } after { value } }
  decisions { decision { key } before { status } after { status } }"""
RECEIPT = f"{{ id status twin rev code {CHANGE} }}"
CHANGES = f"query C($twin: String!, $rev: Int!) {{ changes(twin: $twin, afterRev: $rev) {{ {CHANGE} }} }}"
MOVED = ("beliefs", "goals", "metrics", "decisions")
INTERESTED = {"attribute": "a.interested"}
COOKIE = {"scheme": "cookie", "value": "k"}
TABLET = {"scheme": "tablet", "value": "k"}

WHOLE = {"goal": "whole", "title": "All", "priority": 0.5, "validFrom": START.isoformat()}
COMMANDS: dict[str, Json] = {
    "assertBelief": {"belief": INTERESTED, "confidence": 0.8},
    "correct": {"belief": INTERESTED, "holds": True},
    "retract": {"belief": INTERESTED},
    "relate": {"source": INTERESTED, "target": {"attribute": "a.ill"}, "kind": "SUPPORTS", "oddsRatio": 3},
    "setGoal": {"goal": "sell", "title": "Sell", "priority": 0.9},
    "relateGoals": {"source": "talk", "kind": "PART_OF", "target": "whole"},
    "motivateGoal": {"belief": INTERESTED, "goal": "talk"},
    "recordDecision": {"decision": "when", "options": [{"key": "now"}], "chosen": "now"},
    "identify": {"identifier": COOKIE},
    "unidentify": {"identifier": TABLET},
    "withdraw": {"source": "test"},
}


def called(id_: str, twin: str | None, by: Json | None = None, **more: object) -> Json:
    sent: Json = event(id_, "called", twin=twin).model_dump(mode="json")
    return {**sent, "identifiers": [] if by is None else [by], **more}


async def observe(client: Client, *events: Json) -> list[Json]:
    query = f"mutation O($events: [EventInput!]!) {{ observe(events: $events) {RECEIPT} }}"
    found: list[Json] = (await client.data(query, events=list(events)))["observe"]
    return found


async def carry_out(client: Client, name: str, twin: str, given: Json) -> Json:
    kind = f"{name[0].upper()}{name[1:]}Input"
    query = f"mutation C($input: {kind}!) {{ {name}(input: $input) {RECEIPT} }}"
    found: Json = (await client.data(query, input={"twin": twin, **given}))[name]
    return found


@pytest_asyncio.fixture
async def writer(served: Service) -> Client:
    """Somebody who may do everything, where bea and carl both have a past, and an event of nobody waits by a cookie."""
    await served.define(Catalog.model_validate(CATALOG))
    client = await served.client()
    await carry_out(client, "setGoal", "carl", WHOLE)
    await carry_out(client, "identify", "carl", {"identifier": TABLET})
    await observe(client, called("1", "bea"), called("2", "carl"), called("3", None, COOKIE), called("4", None, TABLET))
    return client


@pytest.mark.parametrize("name", COMMANDS)
async def test_a_receipt_shows_what_moved_in_the_twin_that_it_names_and_nothing_else(writer: Client, name: str) -> None:
    receipt = await carry_out(writer, name, "carl", COMMANDS[name])
    assert (receipt["status"], receipt["twin"]) == ("ACCEPTED", "carl")
    assert any(receipt[kind] for kind in MOVED)
    shown = {read_id(change["belief"]["id"]).twin for change in receipt["beliefs"]}
    shown |= {read_id(change["goal"]["id"]).twin for change in receipt["goals"]}
    assert shown <= {"carl"}
    if name != "identify":  # which is a commit of its own, and one for what waited
        (change,) = (await writer.data(CHANGES, twin="carl", rev=receipt["rev"] - 1))["changes"]
        assert {kind: receipt[kind] for kind in MOVED} == change


async def test_identifying_shows_what_moved_in_that_twin_alone_of_every_kind(served: Service, writer: Client) -> None:
    """The last event that is taken in by the same identifier is about somebody else."""
    june = {"validTo": START.isoformat()}
    await carry_out(writer, "identify", "bea", {"identifier": {**COOKIE, "value": "shared"}, **june})
    early = {"time": "2026-01-01T00:00:00Z", "type": "pharmacy"}
    shared = {**COOKIE, "value": "shared"}
    waiting = await observe(writer, called("5", None, shared), called("6", None, shared, **early))
    assert [(each["code"], each["twin"]) for each in waiting] == [
        ("unknown-identifier", None),
        ("no-interpretation", "bea"),
    ]
    await served.define(Catalog.model_validate(LATER))
    receipt = await carry_out(writer, "identify", "carl", {"identifier": shared, "validFrom": START.isoformat()})
    moved = {change["belief"]["statement"] for change in receipt["beliefs"]}
    assert moved == {"They are interested."}
    assert {read_id(change["belief"]["id"]).twin for change in receipt["beliefs"]} == {"carl"}
    assert [(m["before"]["value"], m["after"]["value"]) for m in receipt["metrics"]] == [(2, 3)]


async def test_a_key_that_may_only_write_gets_the_rev_and_no_beliefs(served: Service, writer: Client) -> None:
    blind = await served.client("write", "correct")
    receipts = await observe(blind, called("7", "carl"), called("8", None, {**COOKIE, "value": "new"}))
    for name, given in COMMANDS.items():
        receipts.append(await carry_out(blind, name, "carl", given))
    receipts += (await blind.data(f"mutation {{ replayQuarantine {RECEIPT} }}"))["replayQuarantine"]
    assert [receipt["rev"] for receipt in receipts if receipt["status"] == "ACCEPTED"]
    assert all(receipt[kind] == [] for receipt in receipts for kind in MOVED)
    assert (await carry_out(writer, "assertBelief", "carl", COMMANDS["assertBelief"]))["beliefs"]


async def test_a_malformed_event_among_several_is_rejected_and_the_others_are_taken_in(writer: Client) -> None:
    receipts = await observe(
        writer,
        called("7", "carl"),
        called("8", "carl", data=["no object"]),
        called("9", "carl", data=None),
    )
    assert [(each["id"], each["status"], each["code"]) for each in receipts] == [
        ("7", "ACCEPTED", None),
        ("8", "REJECTED", "invalid-input"),
        ("9", "ACCEPTED", None),
    ]
