"""Where the evidence of a domain stopped being what it was, over HTTP, of a real Neo4j."""

from __future__ import annotations

from tests.web.service import Client
from tests.world import event

ASK = """
query Changes($asOf: AsOf) {
  changePoints(twin: "lena", asOf: $asOf) {
    rev domains { domain pieces probability since surprise usual found { id time probability surprise } }
    stages { kind domain pieces probability found { time } }
    goals { domain pieces course { time surprise untempered probability } }
  }
}"""


async def test_a_change_of_what_is_said_is_found_and_not_before_it_came(client: Client) -> None:
    await client.observe(*(event(str(n), "staged", day=n, stage="evaluation") for n in range(60)))
    (quiet,) = (await client.data(ASK))["changePoints"]["domains"]
    assert (quiet["domain"], quiet["pieces"], quiet["found"]) == ("deal", 60, [])
    assert quiet["probability"] < 0.1
    await client.observe(*(event(f"new {n}", "staged", day=60 + n, stage="procurement") for n in range(10)))
    (found,) = (await client.data(ASK))["changePoints"]["domains"]
    (change,) = found["found"]
    assert change["probability"] > 0.9
    assert found["since"] == "2026-03-06T09:00:00+00:00", "day 60"
    assert found["since"] <= change["time"]
    assert found["surprise"] > found["usual"]
    summary = await client.data("query N($id: ID!) { node(id: $id) { ... on Evidence { summary } } }", id=change["id"])
    assert summary["node"]["summary"] == "A sign of a stage."
    assert (await client.data(ASK, asOf={"rev": 1}))["changePoints"]["domains"] == [quiet]
    (then,) = (await client.data(ASK, asOf={"validTime": "2026-03-05T09:00:00Z"}))["changePoints"]["domains"]
    assert then == quiet, "what came later leaves no trace, in no surprise before"


async def test_evidence_that_stays_what_it_was_is_no_change(client: Client) -> None:
    stages = ("evaluation", "business case", "evaluation")
    await client.observe(*(event(str(n), "staged", day=n, stage=stages[n % 3]) for n in range(90)))
    (found,) = (await client.data(ASK))["changePoints"]["domains"]
    assert found["found"] == []


async def test_stages_and_goals_have_a_surprise_of_their_own(client: Client) -> None:
    stages = ["evaluation"] * 40 + ["procurement"] * 8
    await client.observe(*(event(str(n), "staged", day=n, stage=stage) for n, stage in enumerate(stages)))
    set_goal = """
    mutation Set($at: DateTime!, $status: GoalStatus!, $progress: Float) {
      setGoal(input: {twin: "lena", goal: "buy", status: $status, progress: $progress, validFrom: $at}) { rev }
    }"""
    for day, status in (("06", "ACTIVE"), ("07", "ACTIVE"), ("08", "ACTIVE"), ("09", "ABANDONED")):
        await client.data(set_goal, at=f"2026-01-{day}T00:00:00Z", status=status)
    found = (await client.data(ASK))["changePoints"]
    (buying,) = found["stages"]
    assert (buying["kind"], buying["domain"], buying["pieces"]) == ("STAGES", "buying", 48)
    assert buying["found"], "it moved on at once"
    course = found["goals"]["course"]
    assert (found["goals"]["pieces"], len(course)) == (4, 4)
    assert course[3]["surprise"] > course[2]["surprise"], "nobody expected that it would be abandoned"
    assert course[3]["untempered"] > 1.0
