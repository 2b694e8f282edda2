"""Preferences over HTTP: stated, asked in a context, explained, corrected by the person, and refused."""

from __future__ import annotations

import pytest
from tests.preferences import PREFERENCES
from tests.web.service import Client, Json, Service

QUERY = """
query P($context: String, $kinds: [PreferenceKind!], $asOf: AsOf) {
  preferences(twin: "lena", context: $context, kinds: $kinds, asOf: $asOf) {
    rev nodes {
      attribute subject kind feature rule hard strength beyondPrior mean deviation heardIn quality
      belief { statement value confidence errorBar context }
      values { value probability belief { id } }
      conflicts { feature sentence constraints { subject confidence } }
      explanation { sentence contributions { contribution evidence { summary } on { context } } }
      history { confidence revFrom }
  } }
}"""


async def assert_belief(client: Client, belief: Json, confidence: float) -> None:
    query = "mutation A($input: AssertBeliefInput!) { assertBelief(input: $input) { status } }"
    await client.data(query, input={"twin": "lena", "belief": belief, "confidence": confidence})


async def ask(client: Client, **given: object) -> dict[str, Json]:
    nodes = (await client.data(QUERY, **given))["preferences"]["nodes"]
    return {f"{node['attribute']} {node['subject']}": node for node in nodes}


async def test_a_preference_is_stated_in_one_context_and_asked_in_a_narrower_one(
    served: Service, client: Client
) -> None:
    await served.define(PREFERENCES)
    await assert_belief(client, {"attribute": "contact.channel", "value": "call", "context": "work"}, 0.9)
    found = (await ask(client, context="work.mail", kinds=["STYLE"]))["contact.channel self"]
    assert (found["kind"], found["feature"], found["rule"], found["hard"]) == ("STYLE", "channel", None, False)
    assert found["belief"]["statement"] == "wants to be reached by call"
    assert (found["belief"]["context"], found["heardIn"], found["quality"]) == ("work.mail", "work", "EXACT")
    likely = {each["value"]: each["probability"] for each in found["values"]}
    assert found["strength"] == pytest.approx(likely["call"] - likely["mail"])
    assert found["beyondPrior"] == pytest.approx(likely["call"] - 0.2)
    assert [each["on"]["context"] for each in found["explanation"]["contributions"]] == ["work"]
    assert len(found["history"]) == 0  # nothing was published of a context that nobody spoke of
    there = (await ask(client, context="work", kinds=["STYLE"]))["contact.channel self"]
    assert [each["revFrom"] for each in there["history"]] == [1]
    assert there["history"][0]["confidence"] == pytest.approx(0.9, abs=0.003)


async def test_a_conflict_of_hard_constraints_is_shown_with_both(served: Service, client: Client) -> None:
    await served.define(PREFERENCES)
    await assert_belief(client, {"attribute": "contact.never", "subject": "call"}, 0.95)
    await assert_belief(client, {"attribute": "contact.only", "subject": "call"}, 0.9)
    found = await ask(client, context="work", kinds=["CONSTRAINT"])
    (conflict,) = found["contact.never call"]["conflicts"]
    assert [each["confidence"] for each in conflict["constraints"]] == pytest.approx([0.95, 0.9])
    assert conflict["sentence"] == (
        "No channel meets all of these: “refuses to be reached by call”; “insists on being reached by call”."
    )
    assert (found["contact.never call"]["rule"], found["contact.never call"]["hard"]) == ("NEVER", True)


async def test_a_twin_that_nobody_has_and_a_context_that_is_none_are_refused(served: Service, client: Client) -> None:
    await served.define(PREFERENCES)
    assert (await client.refused(QUERY))["code"] == "not-found"
    await assert_belief(client, {"attribute": "contact.never", "subject": "call"}, 0.95)
    assert (await client.refused(QUERY, context=""))["code"] == "invalid-input"
    assert (await client.refused(QUERY, asOf={"rev": 7}))["code"] == "not-found"


async def test_definitions_tell_what_makes_an_attribute_a_preference(served: Service, client: Client) -> None:
    await served.define(PREFERENCES)
    query = "{ definitions { attributes { key preference { kind feature scores inherits rule hard } } } }"
    found = {each["key"]: each["preference"] for each in (await client.data(query))["definitions"]["attributes"]}
    assert found["risk.tolerance"] == {
        "kind": "RISK",
        "feature": "risk",
        "scores": {"averse": -1.0, "neutral": 0.0, "seeking": 1.0},
        "inherits": 8.0,
        "rule": None,
        "hard": False,
    }
    assert found["needs.budget"] is None
