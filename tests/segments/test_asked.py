"""Segments as callers meet them: by GraphQL, and on the command line."""

from __future__ import annotations

from tests.cli.conftest import environ, key
from tests.graphql.conftest import client, served
from tests.segments.conftest import ENTERPRISE, catalog
from tests.terminal import beliefgraph
from tests.web.service import Client, Service
from tests.world import World, event

__all__ = ["client", "environ", "key", "served"]

PUBLISH = "mutation P($catalog: JSON!) { publishDefinitions(catalog: $catalog) { segments { key title } } }"
ASK = """
query Segment($twin: String!) {
  segment(twin: $twin) {
    segment { key holds { belief { attribute } atLeast } lacks { atLeast } }
    parameters
    baseRates { learned }
    rates { rate }
  }
}"""
RECORD = 'query R($segment: String) { record(outcome: "leaves", segment: $segment) { open scores { count } } }'


async def test_a_segment_is_defined_asked_for_and_looked_up_in_the_record(served: Service, client: Client) -> None:
    published = await client.data(PUBLISH, catalog=catalog().model_dump(mode="json", exclude_defaults=True))
    assert published["publishDefinitions"]["segments"] == [{"key": "enterprise", "title": "Enterprises"}]
    await client.observe(event("a", "joined", twin="large", enterprise=True))
    await client.observe(event("b", "joined", twin="tiny", enterprise=False))
    found = (await client.data(ASK, twin="large"))["segment"]
    assert found == {
        "segment": {
            "key": "enterprise",
            "holds": [{"belief": {"attribute": "account.enterprise"}, "atLeast": 0.5}],
            "lacks": [],
        },
        "parameters": None,
        "baseRates": [],
        "rates": [],
    }
    assert (await client.data(ASK, twin="tiny"))["segment"] is None
    assert (await client.data(RECORD, segment="enterprise"))["record"]["scores"]["count"] == 0
    refused = await client.refused(RECORD, segment="rich")
    assert refused["code"] == "invalid-input"
    unknown = {**ENTERPRISE, "key": "other", "holds": [{"belief": {"attribute": "account.enterprize"}}]}
    wrong = catalog(segments=[unknown], version="1.1.0").model_dump(mode="json", exclude_defaults=True)
    assert (await client.refused(PUBLISH, catalog=wrong))["code"] == "invalid-definition"


async def test_learning_segments_of_few_twins_says_why_nothing_is_put_in_force(
    world: World, key: str, environ: dict[str, str]
) -> None:
    await world.book.publish(world.caller, catalog())
    await world.intake.observe(world.caller, [event("1", "joined", enterprise=True)])
    done = beliefgraph("learn", "segments", "--key", key, "--dry-run", environ={**environ, "COLUMNS": "180"})
    assert done.returncode == 0, done.stderr
    said = done.stdout.decode()
    assert "leaves within 28 days" in said
    assert "not adopted: fewer than 50 twins" in said
    assert "Nothing was put in force." in said
