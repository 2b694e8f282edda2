"""Goals over HTTP: stated, related, asked, explained, corrected by the person, and told to subscribers."""

from __future__ import annotations

from typing import Any

import pytest
from tests.web.service import Client, Json, Service

RECEIPT = "{ status rev goals { goal { key id } before { status } after { status progress motivation reason } } }"


async def command(client: Client, name: str, **given: Any) -> Json:
    """Carry out a command about lena's goals; its receipt."""
    kind = f"{name[0].upper()}{name[1:]}Input"
    query = f"mutation C($input: {kind}!) {{ {name}(input: $input) {RECEIPT} }}"
    receipt: Json = (await client.data(query, input={"twin": "lena", **given}))[name]
    return receipt


async def plant(client: Client) -> None:
    """A garden made of beds and seeds; the seeds wait for the beds."""
    await command(client, "setGoal", goal="garden", title="A garden", priority=0.8)
    await command(client, "setGoal", goal="beds", title="Raise the beds", partOf=["garden"])
    await command(client, "setGoal", goal="seeds", title="Sow", partOf=["garden"], dependsOn=["beds"])


async def test_a_goal_is_asked_with_all_that_hangs_together_with_it_and_why(client: Client) -> None:
    await plant(client)
    await command(client, "motivateGoal", belief={"attribute": "needs.budget"}, goal="garden", weight=0.5)
    await command(client, "relateGoals", source="beds", kind="COMPETES_WITH", target="seeds", weight=0.1)
    query = """
    { goal(twin: "lena", key: "beds") {
        id key title status progress importance motivation reason priority deadline
        parents { goal { key } } parts { goal { key } } dependsOn { goal { key } }
        blocks { goal { key status } } competesWith { weight goal { key } }
        explanation { sentence motivation pursued urgency left share blockedBy { key }
          reasons { kind strength contribution silent goal { key } belief { attribute } } }
    } }"""
    goal = (await client.data(query))["goal"]
    assert (goal["title"], goal["status"], goal["progress"]) == ("Raise the beds", "ACTIVE", 0.0)
    assert [p["goal"]["key"] for p in goal["parents"]] == ["garden"]
    assert (goal["parts"], goal["dependsOn"]) == ([], [])
    assert goal["blocks"] == [{"goal": {"key": "seeds", "status": "BLOCKED"}}]
    assert goal["competesWith"] == [{"weight": 0.1, "goal": {"key": "seeds"}}]
    told = goal["explanation"]
    assert {r["kind"]: r["goal"]["key"] for r in told["reasons"]} == {"WHOLE": "garden", "WAITING": "seeds"}
    assert sum(r["contribution"] for r in told["reasons"]) == pytest.approx(told["motivation"])
    assert told["motivation"] == pytest.approx(goal["motivation"], abs=0.005)
    again = (await client.data("query N($id: ID!) { node(id: $id) { id ... on Goal { key } } }", id=goal["id"]))["node"]
    assert again == {"id": goal["id"], "key": "beds"}


async def test_goals_of_a_status_are_listed_in_pages_what_calls_for_most_work_first(client: Client) -> None:
    await plant(client)
    query = """
    query G($status: [GoalStatus!], $after: String) {
      goals(twin: "lena", status: $status, first: 1, after: $after) {
        totalCount rev nodes { key motivation parents { goal { key } } } pageInfo { hasNextPage endCursor }
    } }"""
    first = (await client.data(query, status=["ACTIVE"]))["goals"]
    assert ([n["key"] for n in first["nodes"]], first["totalCount"]) == (["beds"], 2)
    assert first["nodes"][0]["parents"] == [{"goal": {"key": "garden"}}]
    rest = (await client.data(query, status=["ACTIVE"], after=first["pageInfo"]["endCursor"]))["goals"]
    assert ([n["key"] for n in rest["nodes"]], rest["pageInfo"]["hasNextPage"]) == (["garden"], False)
    blocked = (await client.data('{ goals(twin: "lena", status: BLOCKED) { nodes { key } } }'))["goals"]
    assert blocked["nodes"] == [{"key": "seeds"}]
    cursor = first["pageInfo"]["endCursor"]
    assert (await client.refused(query, status=["BLOCKED"], after=cursor))["code"] == "invalid-cursor"


async def test_achieving_tells_what_moved_and_why_and_history_keeps_it(client: Client) -> None:
    await plant(client)
    receipt = await command(client, "setGoal", goal="beds", status="ACHIEVED", id="done")
    told = {change["goal"]["key"]: change["after"]["reason"] for change in receipt["goals"]}
    assert told == {
        "beds": "It is achieved now; “Sow” no longer waits for it.",
        "garden": "50% of it is done, after 0%.",
        "seeds": "It no longer waits for “Raise the beds”.",
    }
    assert (await command(client, "setGoal", goal="beds", status="ACHIEVED", id="done"))["status"] == "DUPLICATE"
    history = '{ goalHistory(twin: "lena", key: "seeds") { nodes { status reason revFrom revTo } } }'
    nodes = (await client.data(history))["goalHistory"]["nodes"]
    assert [(n["status"], n["revTo"]) for n in nodes] == [("ACTIVE", None), ("BLOCKED", receipt["rev"])]
    changes = '{ changes(twin: "lena", afterRev: 3) { cause goals { goal { key } before { status } } } }'
    (change,) = (await client.data(changes))["changes"]
    assert (change["cause"], len(change["goals"])) == ("PURSUED", 3)
    then = '{ goal(twin: "lena", key: "seeds", asOf: {rev: 3}) { status motivation importance } }'
    assert (await client.data(then))["goal"] == {"status": "BLOCKED", "motivation": 0.0, "importance": 0.8}


@pytest.mark.parametrize(
    ("name", "given", "code"),
    [
        ("setGoal", {"goal": "x", "progress": 1.5}, "not-a-probability"),
        ("setGoal", {"goal": "x", "priority": -0.1}, "not-a-probability"),
        ("setGoal", {"goal": "x", "partOf": ["garden", "garden"]}, "invalid-input"),
        ("setGoal", {"goal": "x", "partOf": ["nowhere"]}, "unknown-goal"),
        ("relateGoals", {"source": "garden", "kind": "PART_OF", "target": "seeds"}, "cyclic-goals"),
        ("relateGoals", {"source": "beds", "kind": "DEPENDS_ON", "target": "beds"}, "cyclic-goals"),
        ("relateGoals", {"source": "beds", "kind": "DEPENDS_ON", "target": "nowhere"}, "unknown-goal"),
        ("motivateGoal", {"belief": {"attribute": "no.such"}, "goal": "beds"}, "unknown-attribute"),
        ("motivateGoal", {"belief": {"attribute": "needs.budget"}, "goal": "nowhere"}, "unknown-goal"),
        ("setGoal", {"goal": "beds", "expectedRev": 1}, "rev-conflict"),
    ],
)
async def test_bad_input_is_refused_with_its_code_and_nothing_is_written(
    client: Client, name: str, given: dict[str, Any], code: str
) -> None:
    await plant(client)
    query = f"mutation C($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{ rev }} }}"
    assert (await client.refused(query, input={"twin": "lena", **given}))["code"] == code
    assert (await client.data('{ twin(name: "lena") { rev } }'))["twin"]["rev"] == 3


async def test_unknown_goals_are_not_found_and_further_levels_are_refused(client: Client) -> None:
    await plant(client)
    assert (await client.refused('{ goal(twin: "lena", key: "no") { key } }'))["code"] == "unknown-goal"
    assert (await client.refused('{ goalHistory(twin: "lena", key: "no") { nodes { status } } }'))["code"] == (
        "unknown-goal"
    )
    deep = '{ goal(twin: "lena", key: "beds") { parents { goal { parts { goal { key } } } } } }'
    assert (await client.refused(deep))["code"] == "too-complex"


async def test_the_person_states_their_goals_with_their_own_key_and_it_stands(served: Service, client: Client) -> None:
    await plant(client)
    person = await served.client("read", "correct", person="lena")
    receipt = await command(person, "setGoal", goal="garden", status="ABANDONED", verbatim="I never wanted it.")
    assert receipt["status"] == "ACCEPTED"
    query = 'mutation { setGoal(input: {twin: "lena", goal: "garden", status: ACTIVE}) { rev } }'
    assert (await client.refused(query))["code"] == "correction-stands"
    reader = await served.client("read")
    assert (await reader.refused(query))["code"] == "missing-scope"
