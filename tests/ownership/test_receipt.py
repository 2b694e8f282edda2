"""A consent receipt is JSON-LD that anybody can read without fetching anything."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest_asyncio
from pyld import jsonld
from pyshacl import validate
from rdflib import Graph
from tests.ownership.policies import Enforcing, policy
from tests.world import World, event

from beliefgraph.services import permissions

SHAPES = Path(permissions.__file__).with_name("receipt.ttl")

DPV = "https://w3id.org/dpv#"


def nothing_is_fetched(url: str, _options: object) -> dict[str, Any]:
    raise AssertionError(f"the receipt needs {url}")


@pytest_asyncio.fixture
async def receipt(world: World) -> dict[str, Any]:
    """The receipt of somebody who permitted one thing, for a day, and refused another."""
    enforcing = Enforcing(world)
    await enforcing.policies.publish(world.caller, policy())
    await enforcing.intake.observe(world.caller, [event("1")])
    await enforcing.permit(valid_to=world.clock.now() + timedelta(days=1))
    await enforcing.permit(category="money", allowed=False)
    return await enforcing.sights.receipt(world.person("lena"), "lena")


def conforms(receipt: dict[str, Any]) -> bool:
    """Whether a receipt has the shape that is shipped."""
    said = Graph().parse(data=orjson.dumps(receipt), format="json-ld")
    found, _, _ = validate(said, shacl_graph=Graph().parse(SHAPES))
    return bool(found)


async def test_a_receipt_conforms_to_the_shapes_of_its_profile_and_one_that_lacks_something_does_not(
    receipt: dict[str, Any],
) -> None:
    assert conforms(receipt)
    assert not conforms({name: value for name, value in receipt.items() if name != "dct:created"})
    record = receipt["dpv:hasRecordOfActivity"][0]
    for name, wrong in (
        ("dpv:hasConsentStatus", "dpv:ConsentPerhaps"),
        ("dpv:isIndicatedAtTime", "yesterday"),
        ("dpv:hasProcess", {**record["dpv:hasProcess"], "dpv:hasLegalBasis": "eu-gdpr:A6-1-g"}),
        ("dpv:hasProcess", {**record["dpv:hasProcess"], "dpv:hasPurpose": "anything"}),
    ):
        assert not conforms({**receipt, "dpv:hasRecordOfActivity": [{**record, name: wrong}]}), (name, wrong)


async def test_a_receipt_says_in_dpv_what_was_permitted_and_what_refused(receipt: dict[str, Any]) -> None:
    jsonld.set_document_loader(nothing_is_fetched)
    (expanded,) = jsonld.expand(receipt)
    assert expanded["@type"] == [f"{DPV}ConsentReceipt"]
    records = expanded[f"{DPV}hasRecordOfActivity"]
    said = {
        record[f"{DPV}hasProcess"][0][f"{DPV}hasPersonalData"][0]["@value"]: record[f"{DPV}hasConsentStatus"][0]["@id"]
        for record in records
    }
    assert said == {"all but special categories": f"{DPV}ConsentGiven", "money": f"{DPV}ConsentRefused"}
    for record in records:
        process = record[f"{DPV}hasProcess"][0]
        assert process[f"{DPV}hasPurpose"] == [{"@id": f"{DPV}ServicePersonalisation"}]
        assert process[f"{DPV}hasLegalBasis"] == [{"@id": "https://w3id.org/dpv/legal/eu/gdpr#A6-1-a"}]
        assert record[f"{DPV}hasDataSubject"] == [{"@value": "lena"}]
