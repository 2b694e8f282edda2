"""The person contests evidence about them: both stand, it is marked wherever it is shown, and that survives."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from tests.conftest import StoppedClock
from tests.web.service import Client, Service, service
from tests.world import CATALOG, rated

from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring

QUESTION = """{ belief(twin: "lena", key: {attribute: "world.alone"}) {
  confidence contestedEvidence evidence { contested evidence { id source } }
} }"""
WHY = """{
  explanation(twin: "lena", key: {attribute: "world.alone"}) { contributions { contested evidence { source } } }
  history(twin: "lena", key: {attribute: "world.alone"}) { nodes { rev: revFrom contestedEvidence } }
  changes(twin: "lena", afterRev: 0) { cause beliefs { before { revFrom } } }
}"""
CONTEST = """mutation C($e: String!, $contested: Boolean! = true) {
  contest(input: {twin: "lena", evidence: $e, contested: $contested}) { status rev }
}"""


@pytest_asyncio.fixture
async def shop(graph: Graph, keyring: Keyring, clock: StoppedClock, tenant: str) -> AsyncIterator[Service]:
    """A service in which a shop said two things of Lena."""
    async with service(graph, keyring, clock, tenant) as running:
        await running.define()
        yield running


async def marks(client: Client) -> tuple[float, int, dict[str, bool]]:
    """What a belief is, how much evidence on it is contested, and which."""
    found: dict[str, Any] = (await client.data(QUESTION))["belief"]
    which = {each["evidence"]["source"]: each["contested"] for each in found["evidence"]}
    return found["confidence"], found["contestedEvidence"], which


async def test_contested_evidence_stays_in_force_and_is_marked_wherever_it_is_shown(shop: Service) -> None:
    seller, lena = await shop.client("read", "write"), await shop.client(person="lena")
    await seller.observe(rated("1", 2.0, by="ada"))
    await seller.observe(rated("2", 1.0, day=1, by="bo"))
    before, none, _ = await marks(seller)
    evidence = (await lena.data(QUESTION))["belief"]["evidence"][0]["evidence"]["id"]
    assert (await seller.refused(CONTEST, e=evidence))["code"] == "missing-scope"
    assert (await lena.refused(CONTEST, e="11111111-1111-4111-8111-111111111111"))["code"] == "not-found"

    await lena.data(CONTEST, e=evidence)

    assert none == 0
    assert await marks(seller) == (before, 1, {"ada": True, "bo": False})
    why = await seller.data(WHY)
    told = {each["evidence"]["source"]: each["contested"] for each in why["explanation"]["contributions"]}
    assert told == {"ada": True, "bo": False}
    assert [each["contestedEvidence"] for each in why["history"]["nodes"]] == [1, 1]
    assert [each["cause"] for each in why["changes"]] == ["OBSERVED", "OBSERVED", "CONTESTED"]

    await lena.data(CONTEST, e=evidence)
    assert await marks(seller) == (before, 1, {"ada": True, "bo": False})
    await lena.data(CONTEST, e=evidence, contested=False)
    assert await marks(seller) == (before, 0, {"ada": False, "bo": False})


async def test_it_stays_contested_when_it_is_withdrawn_and_sent_again_and_under_new_definitions(shop: Service) -> None:
    seller, lena = await shop.client("read", "write", "define"), await shop.client(person="lena")
    await seller.observe(rated("1", 2.0, by="ada"))
    evidence = (await lena.data(QUESTION))["belief"]["evidence"][0]["evidence"]["id"]
    await lena.data(CONTEST, e=evidence)
    marked = await marks(seller)
    withdraw = 'mutation W($e: String!) { withdraw(input: {twin: "lena", evidence: $e}) { status } }'
    await seller.data(withdraw, e=evidence)
    assert (await marks(seller))[1:] == (0, {})
    await seller.observe(rated("1", 2.0, by="ada"))
    assert await marks(seller) == marked
    newer = {**CATALOG.model_dump(mode="json", exclude_defaults=True), "version": "1.1.0"}
    await seller.data("mutation P($d: JSON!) { publishDefinitions(catalog: $d) { number } }", d=newer)
    await seller.observe(rated("2", 1.0, by="bo"))
    assert (await marks(seller))[1:] == (1, {"ada": True, "bo": False})
