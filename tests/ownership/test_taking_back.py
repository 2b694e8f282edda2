"""The person takes back what others said of them, by the ids that answers give, and it stays so."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from tests.conftest import StoppedClock
from tests.web.service import Client, service
from tests.world import event, rated

from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring

QUESTION = """{ belief(twin: "lena", key: {attribute: "world.alone"}) {
  confidence evidence { evidence { id } }
} }"""
WITHDRAW = 'mutation W($e: String!) { withdraw(input: {twin: "lena", evidence: $e}) { status } }'


@pytest_asyncio.fixture
async def both(
    graph: Graph, keyring: Keyring, clock: StoppedClock, tenant: str
) -> AsyncIterator[tuple[Client, Client]]:
    """A shop that said something of Lena, and Lena herself."""
    async with service(graph, keyring, clock, tenant) as running:
        await running.define()
        shop = await running.client("read", "write")
        await shop.observe(rated("1", 2.0), event("2"))
        yield shop, await running.client(person="lena")


async def test_evidence_that_a_person_takes_back_lowers_the_confidence_and_stays_away(
    both: tuple[Client, Client],
) -> None:
    shop, lena = both
    before = (await lena.data(QUESTION))["belief"]
    evidence = before["evidence"][0]["evidence"]["id"]
    assert (await lena.data(WITHDRAW, e=evidence))["withdraw"]["status"] == "ACCEPTED"
    after = (await lena.data(QUESTION))["belief"]
    assert after["confidence"] == 0.5 < before["confidence"]
    assert after["evidence"] == []
    [again] = await shop.observe(rated("1", 2.0))
    assert again["status"] == "DUPLICATE"
    assert (await lena.data(QUESTION))["belief"] == after


async def test_what_a_source_took_back_itself_may_come_again(both: tuple[Client, Client]) -> None:
    shop, lena = both
    before = (await lena.data(QUESTION))["belief"]
    await shop.data(WITHDRAW, e=before["evidence"][0]["evidence"]["id"])
    [again] = await shop.observe(rated("1", 2.0))
    assert again["status"] == "ACCEPTED"
    assert (await lena.data(QUESTION))["belief"]["confidence"] == before["confidence"]
