"""Decisions over HTTP: told, asked, refused, and told to subscribers."""

from __future__ import annotations

from typing import Any

from tests.web.service import Client, Json

TELL = """
mutation T($input: RecordDecisionInput!) { recordDecision(input: $input) {
  status rev decisions { decision { key } before { status } after { status chosen options { key features } } }
} }"""
ASK = """
{ decision(twin: "lena", key: "home") {
    key title status chosen surprise options { key title features goals }
    reasons { text goal belief { attribute subject context value } }
    expected { score text } actual { score text } evidence { id source summary }
} }"""
OPTIONS = [{"key": "berlin", "features": {"rent": 1200, "by": "train"}}, {"key": "stay"}]


async def record(client: Client, **fields: Any) -> Json:
    """Tell something of a decision of lena's; the receipt."""
    receipt: Json = (await client.data(TELL, input={"twin": "lena", "decision": "home", **fields}))["recordDecision"]
    return receipt


async def test_a_decision_is_recorded_and_read_with_its_texts(client: Client) -> None:
    opened = await record(client, title="Where to live", options=OPTIONS)
    assert opened["decisions"] == [
        {
            "decision": {"key": "home"},
            "before": None,
            "after": {
                "status": "OPEN",
                "chosen": None,
                "options": [
                    {"key": "berlin", "features": {"rent": 1200.0, "by": "train"}},
                    {"key": "stay", "features": {}},
                ],
            },
        }
    ]
    reasons = [{"text": "the work"}, {"belief": {"attribute": "needs.budget"}}]
    await record(client, chosen="berlin", reasons=reasons, expected={"score": 0.5, "text": "well"})
    await record(client, actual={"score": 1})
    found = (await client.data(ASK))["decision"]
    assert (found["title"], found["status"], found["chosen"], found["surprise"]) == (
        "Where to live",
        "DONE",
        "berlin",
        0.5,
    )
    assert found["reasons"] == [
        {"text": "the work", "goal": None, "belief": None},
        {
            "text": None,
            "goal": None,
            "belief": {"attribute": "needs.budget", "subject": "self", "context": "any", "value": None},
        },
    ]
    assert (found["expected"], found["actual"]) == ({"score": 0.5, "text": "well"}, {"score": 1.0, "text": None})
    assert {e["source"] for e in found["evidence"]} == {"tester"}
    first = found["evidence"][0]
    asked = await client.data("query N($id: ID!) { node(id: $id) { ... on Evidence { summary } } }", id=first["id"])
    assert asked["node"]["summary"] == first["summary"] == "tells of the decision “home”: actual result +1"
    listed = """{ decisions(twin: "lena", status: [DONE]) { totalCount nodes { key } }
                  decisionHistory(twin: "lena", key: "home") { nodes { status expected actual } }
                  changes(twin: "lena") { rev decisions { decision { key } after { status } } } }"""
    answer = await client.data(listed)
    assert answer["decisions"] == {"totalCount": 1, "nodes": [{"key": "home"}]}
    assert [row["status"] for row in answer["decisionHistory"]["nodes"]] == ["DONE", "DECIDED", "OPEN"]
    assert [c["decisions"][0]["after"]["status"] for c in answer["changes"]] == ["OPEN", "DECIDED", "DONE"]


async def test_bad_input_meets_a_clear_refusal(client: Client) -> None:
    await record(client, options=OPTIONS)
    given = {"twin": "lena", "decision": "home"}
    for fields, code in (
        ({"chosen": "rome"}, "unknown-option"),
        ({"options": [{"key": "a"}, {"key": "a"}]}, "invalid-input"),
        ({"options": [{"key": "a", "features": {"cheap": True}}]}, "invalid-input"),
        ({"actual": {"score": 2}}, "invalid-input"),
        ({"reasons": [{}]}, "invalid-input"),
    ):
        assert (await client.refused(TELL, input={**given, **fields}))["code"] == code
    assert (await client.refused('{ decision(twin: "lena", key: "no") { key } }'))["code"] == "unknown-decision"


CHECK = """
query C($input: CheckDecisionInput!, $asOf: AsOf) { checkDecision(input: $input, asOf: $asOf) {
  rev quality judged meanSurprise
  options { option { key } allowed score violation unknown { attribute feature reason }
    points { kind stance weight confidence sentence belief { attribute value } goal decision expected actual
             evidence { id summary contribution } } }
} }"""
VALUE = {
    "catalog": "values",
    "version": "1.0.0",
    "attributes": [
        {
            "key": "value.thrift",
            "domain": "values",
            "prior": 0.3,
            "statement": "They value thrift",
            "preference": {"kind": "value", "feature": "thrift"},
        }
    ],
}


async def test_options_are_checked_point_by_point_with_evidence_that_can_be_asked_for(client: Client) -> None:
    await client.data("mutation P($c: JSON!) { publishDefinitions(catalog: $c) { number } }", c=VALUE)
    said = {"twin": "lena", "belief": {"attribute": "value.thrift"}, "confidence": 0.8}
    await client.data("mutation A($i: AssertBeliefInput!) { assertBelief(input: $i) { rev } }", i=said)
    await record(client, options=OPTIONS, chosen="stay")
    options = [{"key": "dear", "features": {"thrift": -1}}, {"key": "cheap", "features": {"thrift": 0.5}}, {"key": "x"}]
    found = (await client.data(CHECK, input={"twin": "lena", "options": options}))["checkDecision"]
    assert [(o["option"]["key"], o["allowed"], round(o["score"], 9)) for o in found["options"]] == [
        ("cheap", True, 0.4),
        ("x", True, 0.0),
        ("dear", True, -0.8),
    ]
    (point,) = found["options"][0]["points"]
    assert (point["kind"], point["stance"], point["belief"]["attribute"]) == ("VALUE", "FOR", "value.thrift")
    (behind,) = point["evidence"]
    asked = await client.data("query N($id: ID!) { node(id: $id) { ... on Evidence { summary } } }", id=behind["id"])
    assert asked["node"]["summary"] == behind["summary"] == "says they are 80% sure: They value thrift"
    assert found["options"][1]["unknown"] == [
        {"attribute": "value.thrift", "feature": "thrift", "reason": "the option does not say"}
    ]
    before = (await client.data(CHECK, input={"twin": "lena", "options": options}, asOf={"rev": 1}))["checkDecision"]
    assert (before["rev"], found["rev"]) == (1, 2)


async def test_a_check_that_cannot_be_made_is_refused(client: Client) -> None:
    await record(client, options=OPTIONS)
    for twin, options, code in (
        ("lena", [], "invalid-input"),
        ("lena", [{"key": "a"}, {"key": "a"}], "invalid-input"),
        ("lena", [{"key": "a", "goals": {"nowhere": 1}}], "unknown-goal"),
        ("lena", [{"key": "a", "goals": {"nowhere": 2}}], "invalid-input"),
        ("mia", [{"key": "a"}], "not-found"),
    ):
        assert (await client.refused(CHECK, input={"twin": twin, "options": options}))["code"] == code
