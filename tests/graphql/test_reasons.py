"""Why did it happen, over HTTP, of a real Neo4j."""

from __future__ import annotations

import pytest
from tests.services.test_reasons import CATALOG
from tests.web.service import Client, Service
from tests.world import event

WHY = """
query Why($input: InterpretInput!, $asOf: AsOf) {
  interpret(input: $input, asOf: $asOf) {
    rev validTime nothing
    occurrences {
      sentence beforeConfidence
      belief { statement confidence }
      somethingElse { responsibility alone }
      hypotheses {
        responsibility alone beforeConfidence before
        belief { id statement confidence }
        relation { kind probability }
        ...why
      }
    }
  }
}
fragment why on Hypothesis {
  explanation { sentence contributions { contribution evidence { id summary verbatim event } } links { contribution } }
}"""

BRIEF = """
query Brief($input: InterpretInput!) { interpret(input: $input) { nothing occurrences { sentence } } }"""

NODE = """query Node($id: ID!) { node(id: $id) { ... on Evidence { summary bearings { logLikelihoodRatio } } } }"""


@pytest.fixture
async def story(served: Service, client: Client) -> Client:
    await served.define(CATALOG)
    await client.observe(event("1", "money.asked", text="When does it come?"), event("2", "silence.noticed", day=1))
    return client


async def test_the_reasons_of_an_event_lead_to_the_evidence_for_each(story: Client) -> None:
    asked = {"twin": "lena", "stored": {"id": "2", "source": "test"}}
    found = (await story.data(WHY, input=asked))["interpret"]
    assert (found["rev"], found["nothing"]) == (1, None)
    (one,) = found["occurrences"]
    first, second = one["hypotheses"]
    assert first["belief"]["statement"] == "They wait for money."
    assert first["relation"] == {"kind": "CAUSES", "probability": 0.7}
    assert first["responsibility"] > one["somethingElse"]["responsibility"] > second["responsibility"] > 0
    assert first["beforeConfidence"] < first["belief"]["confidence"]
    assert one["sentence"].startswith("“They went silent.” stands at ")
    shares = first["explanation"]["contributions"]
    assert {share["evidence"]["verbatim"] for share in shares} == {"When does it come?", None}
    walked = (await story.data(NODE, id=shares[0]["evidence"]["id"]))["node"]
    assert walked["bearings"]
    (id_,) = {share["evidence"]["event"] for share in shares if share["evidence"]["verbatim"] is None}
    by_id = {"twin": "lena", "stored": {"id": id_}}
    assert (await story.data(WHY, input=by_id))["interpret"] == found


async def test_an_event_that_was_not_sent_a_metric_and_a_moment(story: Client) -> None:
    sent = {"id": "9", "source": "test", "type": "silence.noticed", "time": "2026-01-07T09:00:00Z", "data": {}}
    found = (await story.data(WHY, input={"twin": "lena", "event": sent}))["interpret"]
    assert (found["validTime"], len(found["occurrences"])) == ("2026-01-07T09:00:00+00:00", 1)
    metric = {"twin": "lena", "metric": {"metric": "visits.month"}}
    assert (await story.data(BRIEF, input=metric))["interpret"] == {"nothing": "SILENT", "occurrences": []}
    first = {"twin": "lena", "stored": {"id": "1", "source": "test"}}
    assert (await story.data(BRIEF, input=first))["interpret"]["nothing"] == "NO_CAUSES"
    early = {"validTime": "2026-01-01T00:00:00Z"}
    assert (await story.refused(WHY, input=first, asOf=early))["code"] == "not-found"


async def test_nothing_or_two_things_cannot_be_interpreted(story: Client) -> None:
    for asked in ({}, {"stored": {"id": "1"}, "metric": {"metric": "visits.month"}}):
        assert (await story.refused(BRIEF, input={"twin": "lena", **asked}))["code"] == "invalid-input"


async def test_a_persons_key_gets_no_reasons_of_another(served: Service, story: Client) -> None:
    person = await served.client("read", person="omar")
    asked = {"twin": "lena", "stored": {"id": "2", "source": "test"}}
    assert (await person.refused(BRIEF, input=asked))["code"] == "not-found"
