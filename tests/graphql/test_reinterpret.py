"""Stored events are read again over GraphQL."""

from __future__ import annotations

import pytest
from tests.reinterpretation.conftest import republish, with_rule
from tests.web.service import Service
from tests.world import World, rated

READ_AGAIN = """
mutation ($input: ReinterpretInput!) {
  reinterpret(input: $input) {
    twins events changed commits quarantined moved most { twin attribute before after } next
  }
}
"""
"""The mutation, as clients send it."""


async def test_a_client_reads_events_again_and_sees_why_the_twin_changed(world: World, served: Service) -> None:
    client = await served.client()
    await client.observe(rated("1", 2.0))
    await republish(world, "1.1.0", with_rule("rated", "-2.0"))
    predicted = (await client.data(READ_AGAIN, input={"dryRun": True, "types": ["rated"]}))["reinterpret"]
    done = (await client.data(READ_AGAIN, input={"twin": "lena"}))["reinterpret"]
    assert predicted == done
    (move,) = done["most"]
    assert (move["twin"], move["attribute"], move["before"], move["after"]) == (
        "lena",
        "world.alone",
        pytest.approx(0.881, abs=5e-4),
        pytest.approx(0.119, abs=5e-4),
    )
    changes = await client.data('{ changes(twin: "lena", afterRev: 1) { rev cause beliefs { belief { attribute } } } }')
    assert changes == {
        "changes": [{"rev": 2, "cause": "REINTERPRETED", "beliefs": [{"belief": {"attribute": "world.alone"}}]}]
    }


async def test_a_key_without_the_scope_is_refused(served: Service) -> None:
    client = await served.client("read", "write")
    assert (await client.refused(READ_AGAIN, input={}))["code"] == "missing-scope"
