"""How something went over a span and where it is heading, over HTTP, of a real Neo4j; and the projection alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from tests.preferences import PREFERENCES
from tests.trajectories.catalog import document
from tests.web.service import Client, Json, Service
from tests.world import START, event

from beliefgraph.errors import Incorrect
from beliefgraph.inference.foresight.projection import project
from beliefgraph.model.catalog import Catalog

ASK = """
query Series($key: SeriesOfInput!, $since: DateTime, $until: DateTime, $points: Int, $project: Duration, $asOf: AsOf) {
  series(twin: "lena", key: $key, since: $since, until: $until, points: $points, project: $project, asOf: $asOf) {
    title trend rev validTime points { time value low high } projected { time value low high }
  }
}"""
BELIEF = {"belief": {"attribute": "deal.stage", "value": "evaluation"}}
CLICKS = {
    "key": "clicks",
    "statement": "clicks in thirty days",
    "kind": "count",
    "events": ["staged"],
    "window": "P30D",
}


def on(day: float) -> str:
    """The valid time of a day."""
    return (START + timedelta(days=day)).isoformat()


async def asked(client: Client, **variables: Any) -> Json:
    """The series."""
    found: Json = (await client.data(ASK, **variables))["series"]
    return found


async def test_every_point_of_a_series_is_the_confidence_of_its_moment(client: Client) -> None:
    await client.observe(*(event(str(n), "staged", day=9 * n, stage="evaluation", llr=1.0) for n in range(6)))
    found = await asked(client, key=BELIEF, since=on(-5), until=on(45), points=11)
    assert (found["title"], len(found["points"]), found["projected"]) == ("The deal is in evaluation.", 11, [])
    belief = """query B($key: BeliefKeyInput!, $asOf: AsOf) {
      belief(twin: "lena", key: $key, asOf: $asOf) { confidence }
    }"""
    for point in found["points"]:
        then = await client.data(belief, key=BELIEF["belief"], asOf={"validTime": point["time"]})
        assert point["value"] == pytest.approx(then["belief"]["confidence"]), point["time"]
        assert (point["low"], point["high"]) == (None, None)
    assert found["points"][0]["value"] == pytest.approx(0.6), "its prior, before there was any evidence"
    assert found["trend"] > 0


async def test_a_series_sees_nothing_that_came_after_what_is_read(client: Client) -> None:
    await client.observe(event("1", "staged", stage="evaluation"))
    await client.observe(event("2", "staged", day=30, stage="procurement"))
    span = {"key": BELIEF, "since": on(0), "until": on(30), "points": 7}
    known = await asked(client, **span, asOf={"rev": 2})
    await client.observe(event("3", "staged", day=10, stage="procurement", llr=5.0))
    assert (await asked(client, **span, asOf={"rev": 2}))["points"] == known["points"]
    assert (await asked(client, **span))["points"] != known["points"]
    late = await client.refused(ASK, key=BELIEF, since=on(0), until=on(31))
    assert late["code"] == "invalid-input"


async def test_a_projection_goes_on_from_the_last_point_with_an_interval_that_widens(client: Client) -> None:
    await client.observe(*(event(str(n), "staged", day=7 * n, stage="evaluation", llr=0.5) for n in range(9)))
    found = await asked(client, key=BELIEF, since=on(0), until=on(56), points=9, project="P28D")
    ahead = found["projected"]
    assert [point["time"] for point in ahead] == [on(63), on(70), on(77), on(84)]
    widths = [point["high"] - point["low"] for point in ahead]
    assert all(0 < point["low"] < point["value"] < point["high"] < 1 for point in ahead)
    assert widths[0] < widths[1] < widths[2]
    refused = await client.refused(ASK, key=BELIEF, points=7, project="P28D")
    assert (
        "points lies between 8" in (await client.ask(ASK, key=BELIEF, points=7, project="P28D"))["errors"][0]["message"]
    )
    assert refused["code"] == "invalid-input"


async def test_metrics_and_the_progress_of_goals_are_series_too(served: Service, client: Client) -> None:
    await served.define(Catalog.model_validate(document(version="1.1.0", metrics=[CLICKS])))
    await client.observe(*(event(str(n), "staged", day=n, stage="evaluation") for n in range(10)))
    metric = {"metric": {"metric": "clicks"}}
    found = await asked(client, key=metric, since=on(0), until=on(9), points=10)
    assert [point["value"] for point in found["points"]] == list(range(1, 11))
    assert found["trend"] == pytest.approx(30.0)
    ahead = (await asked(client, key=metric, since=on(0), until=on(9), points=10, project="P2D"))["projected"]
    assert [point["value"] for point in ahead] == pytest.approx([11.0, 12.0])

    for day, progress in ((2, 0.2), (6, 0.7)):
        await client.data(
            """mutation G($at: DateTime!, $progress: Float!) {
              setGoal(input: {twin: "lena", goal: "close", progress: $progress, validFrom: $at}) { rev }
            }""",
            at=on(day),
            progress=progress,
        )
    found = await asked(client, key={"goal": "close"}, since=on(1), until=on(9), points=5)
    assert [point["value"] for point in found["points"]][1:] == pytest.approx([0.2, 0.2, 0.7, 0.7])
    span = {"since": on(2), "until": on(9), "points": 8, "project": "P2D"}
    found = await asked(client, key={"goal": "close"}, **span)
    assert found["trend"] > 0
    assert [point["time"] for point in found["projected"]] == [on(10), on(11)]
    assert all(0 < point["low"] < point["value"] < point["high"] < 1 for point in found["projected"])


async def test_a_preference_is_followed_by_its_mean_score_or_by_its_strength(served: Service, client: Client) -> None:
    await served.define(PREFERENCES)
    says = """mutation A($at: DateTime!, $belief: BeliefKeyInput!, $confidence: Float!) {
      assertBelief(input: {twin: "lena", belief: $belief, confidence: $confidence, validTime: $at}) { rev }
    }"""
    risk = {"attribute": "risk.tolerance", "value": "seeking"}
    await client.observe(event("0", "staged", stage="evaluation"))
    for day, belief, confidence in ((2, risk, 0.4), (6, risk, 0.7), (6, {"attribute": "learns.by_doing"}, 0.95)):
        await client.data(says, at=on(day), belief=belief, confidence=confidence)
    span = {"since": on(0), "until": on(8), "points": 9, "asOf": {"validTime": on(8)}}
    shown = """query P($asOf: AsOf, $kinds: [PreferenceKind!]) {
      preferences(twin: "lena", context: "any", asOf: $asOf, kinds: $kinds) { nodes { attribute mean strength } }
    }"""
    for attribute, of, kind in (("risk.tolerance", "mean", "RISK"), ("learns.by_doing", "strength", "LEARNING")):
        found = await asked(client, key={"preference": {"attribute": attribute}}, **span)
        values = [point["value"] for point in found["points"]]
        assert values[8] > values[0]
        for place in (1, 4, 8):
            answer = await client.data(shown, asOf={"validTime": on(place)}, kinds=[kind])
            (now,) = answer["preferences"]["nodes"]
            assert now["attribute"] == attribute
            assert values[place] == pytest.approx(now[of]), (attribute, place)
    scored = {"preference": {"attribute": "risk.tolerance"}}
    ahead = (await asked(client, key=scored, **span, project="P3D"))["projected"]
    assert all(-1 < point["low"] < point["value"] < point["high"] < 1 for point in ahead)
    unknown = {"preference": {"attribute": "liking", "subject": "tea"}}
    assert {point["value"] for point in (await asked(client, key=unknown, **span))["points"]} == {None}
    assert (await client.refused(ASK, key={"preference": {"attribute": "deal.urgent"}}))["code"] == "invalid-input"


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"key": {}}, "invalid-input"),
        ({"key": {**BELIEF, "goal": "close"}}, "invalid-input"),
        ({"key": {"goal": "close"}}, "unknown-goal"),
        ({"key": {"metric": {"metric": "steps"}}}, "unknown-metric"),
        ({"key": {"belief": {"attribute": "deal.size"}}}, "unknown-attribute"),
        ({"key": BELIEF, "points": 1}, "invalid-input"),
        ({"key": BELIEF, "points": 201}, "invalid-input"),
        ({"key": BELIEF, "since": on(0), "until": on(0)}, "invalid-input"),
        ({"key": BELIEF, "project": "PT1M"}, "invalid-input"),
        ({"key": BELIEF, "project": "P9000D"}, "invalid-input"),
    ],
)
async def test_a_series_of_nothing_or_without_end_is_refused(client: Client, variables: Json, code: str) -> None:
    await client.observe(event("1", "staged", stage="evaluation"))
    assert (await client.refused(ASK, **variables))["code"] == code


@pytest.mark.parametrize("jumps", [False, True])
def test_the_interval_of_a_projection_covers_what_comes(jumps: bool) -> None:
    draw = np.random.default_rng(11)
    curves, seen, ahead = 2_000, 30, 10
    steps = draw.normal(0.05, 0.3, (curves, seen + ahead))
    if jumps:  # evidence that comes in one step of three, as it does in a twin
        steps *= draw.random(steps.shape) < 1 / 3
    paths = np.cumsum(steps, axis=1)
    inside = np.zeros(ahead)
    for path in paths:
        found = project(path[:seen], ahead, 0.9)
        inside += (found[:, 1] <= path[seen:]) & (path[seen:] <= found[:, 2])
    assert inside / curves == pytest.approx(np.full(ahead, 0.9), abs=0.03)


def test_a_curve_too_short_to_project_is_refused() -> None:
    for values in (np.arange(3.0), np.array([1.0, 2.0, 3.0, 4.0, np.nan])):
        with pytest.raises(Incorrect):
            project(values, 2, 0.9)
