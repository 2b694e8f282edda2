"""A consent receipt is JSON-LD that anybody can read without fetching anything."""

from __future__ import annotations

from typing import Any

from pyld import jsonld
from tests.ownership.policies import Enforcing, policy
from tests.world import World, event

DPV = "https://w3id.org/dpv#"


def nothing_is_fetched(url: str, _options: object) -> dict[str, Any]:
    raise AssertionError(f"the receipt needs {url}")


async def test_a_receipt_says_in_dpv_what_was_permitted_and_what_refused(world: World) -> None:
    enforcing = Enforcing(world)
    await enforcing.policies.publish(world.caller, policy())
    await enforcing.intake.observe(world.caller, [event("1")])
    await enforcing.permit()
    await enforcing.permit(category="money", allowed=False)

    receipt = await enforcing.sights.receipt(world.person("lena"), "lena")

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
