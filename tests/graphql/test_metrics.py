"""Metrics over HTTP: what is asked, what is told, and what is refused with nothing written."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_asyncio
from tests.metrics import METRICS
from tests.web.service import Client

WEEK = {"metric": "visits.week"}

METRIC = """query($key: MetricKeyInput!, $asOf: AsOf) {
  metric(twin: "lena", key: $key, asOf: $asOf) {
    name kind window value label band since due events says statement rev validTime
  }
}"""


@pytest_asyncio.fixture
async def lena(client: Client) -> Client:
    """A client whose tenant measures visits, of which Lena made three."""
    await client.data(
        "mutation($c: JSON!) { publishDefinitions(catalog: $c) { number } }", c=METRICS.model_dump(mode="json")
    )
    for day in (5, 6, 7):
        await observe(client, f"v{day}", "visited", day)
    return client


async def code(client: Client, query: str, **variables: Any) -> str:
    """The code with which a query is refused."""
    found: str = (await client.refused(query, **variables))["code"]
    return found


async def observe(client: Client, id_: str, type_: str, day: int, **data: Any) -> Any:
    event = {"id": id_, "source": "web", "type": type_, "time": f"2026-01-{day:02}T09:00:00Z", "twin": "lena"}
    (receipt,) = (
        await client.data(
            """mutation($e: EventInput!) { observe(events: [$e]) {
              status code reason metrics { metric { name } before { value } after { value band } }
            } }""",
            e={**event, "data": data},
        )
    )["observe"]
    return receipt


async def test_a_metric_is_answered_with_its_band_and_when_it_began(lena: Client) -> None:
    found = (await lena.data(METRIC, key=WEEK))["metric"]
    assert found == {
        "name": "visits.week",
        "kind": "COUNT",
        "window": "P7D",
        "value": 3.0,
        "label": None,
        "band": "at least 3",
        "since": "2026-01-07T09:00:00+00:00",
        "due": "2026-01-12T09:00:00+00:00",
        "events": 3,
        "says": "visits in 7 days: 3, at least 3",
        "statement": "visits in 7 days",
        "rev": 3,
        "validTime": "2026-01-07T09:00:00+00:00",
    }
    then = {"validTime": "2026-01-06T12:00:00Z"}
    assert (await lena.data(METRIC, key=WEEK, asOf=then))["metric"]["value"] == 2.0
    assert (await lena.data(METRIC, key=WEEK, asOf={"rev": 1}))["metric"]["value"] == 1.0


async def test_metrics_their_events_and_their_history_are_paged(lena: Client) -> None:
    page = (
        await lena.data(
            '{ metrics(twin: "lena", first: 2) { nodes { name says } pageInfo { hasNextPage endCursor } } }'
        )
    )["metrics"]
    assert [node["name"] for node in page["nodes"]] == ["visits.cadence", "visits.hour"]
    assert page["pageInfo"]["hasNextPage"]
    events = (
        await lena.data(
            """query($key: MetricKeyInput!) { metricEvents(twin: "lena", key: $key, first: 2) {
              totalCount nodes { value validFrom validTo evidence { summary source time } } } }""",
            key=WEEK,
        )
    )["metricEvents"]
    assert events["totalCount"] == 3
    assert events["nodes"][0]["validTo"] == "2026-01-14T09:00:00+00:00"
    assert events["nodes"][0]["evidence"]["source"] == "web"
    history = (
        await lena.data(
            """query($key: MetricKeyInput!) {
              metricHistory(twin: "lena", key: $key) { nodes { value band validFrom revFrom } } }""",
            key=WEEK,
        )
    )["metricHistory"]
    assert [(node["value"], node["band"], node["revFrom"]) for node in history["nodes"]] == [
        (3.0, 3.0, 3),
        (2.0, 1.0, 2),
        (1.0, 1.0, 1),
    ]


async def test_an_explanation_shows_the_metric_and_the_events_behind_it(lena: Client) -> None:
    (one,) = (
        await lena.data(
            """{ explanation(twin: "lena", key: {attribute: "world.alone"}) { contributions {
              contribution evidence { summary } metric { name value } events { evidence { time } } } } }"""
        )
    )["explanation"]["contributions"]
    assert one["metric"] == {"name": "visits.week", "value": 3.0}
    assert one["evidence"]["summary"] == "visits in 7 days: 3, at least 3"
    assert len(one["events"]) == 3


async def test_a_receipt_and_a_change_tell_which_metrics_moved(lena: Client) -> None:
    receipt = await observe(lena, "v8", "visited", 8)
    moved = {one["metric"]["name"]: (one["before"]["value"], one["after"]["value"]) for one in receipt["metrics"]}
    assert moved["visits.week"] == (3.0, 4.0)
    (change,) = (
        await lena.data('{ changes(twin: "lena", afterRev: 3) { rev metrics { metric { name } after { value } } } }')
    )["changes"]
    assert {one["metric"]["name"]: one["after"]["value"] for one in change["metrics"]}["visits.week"] == 4.0


async def test_an_event_that_a_metric_cannot_read_waits_with_the_reason_and_nothing_is_written(lena: Client) -> None:
    receipt = await observe(lena, "v9", "visited", 9, minutes="many")
    assert (receipt["status"], receipt["code"]) == ("QUARANTINED", "interpretation-failed")
    assert "value of the metric visits.minutes" in receipt["reason"]
    assert (await lena.data(METRIC, key=WEEK))["metric"]["rev"] == 3


async def test_definitions_tell_the_metrics_in_force(lena: Client) -> None:
    found = (await lena.data("{ definitions { metrics { key kind window bands { atLeast } } } }"))["definitions"]
    assert {m["key"] for m in found["metrics"]} == {m.key for m in METRICS.metrics}


async def test_bad_metrics_are_refused_and_nothing_is_written(lena: Client) -> None:
    sound = METRICS.model_dump(mode="json")["metrics"][0]
    for wrong in (
        {"window": "P0D"},
        {"window": "P99999D"},
        {"window": "P30D", "retention": "P7D"},
        {"bands": [{"at_least": 1, "bears_on": [{"attribute": "nobody.knows", "log_likelihood_ratio": 1}]}]},
    ):
        catalog = {"catalog": "bad", "version": "1.0.0", "metrics": [{**sound, "key": "bad.one", **wrong}]}
        refused = await code(lena, "mutation($c: JSON!) { publishDefinitions(catalog: $c) { number } }", c=catalog)
        assert refused == "invalid-definition", wrong
    changed = METRICS.model_dump(mode="json")
    changed["version"] = "1.1.0"
    changed["metrics"][0]["when"] = "data.minutes > 5"
    for metrics in (changed["metrics"], changed["metrics"][1:]):
        refused = await code(
            lena,
            "mutation($c: JSON!) { publishDefinitions(catalog: $c) { number } }",
            c={**changed, "metrics": metrics},
        )
        assert refused == "invalid-definition"
    assert (await lena.data("{ definitions { number } }"))["definitions"]["number"] == 2


async def test_questions_about_metrics_that_are_wrong_are_refused(lena: Client) -> None:
    assert await code(lena, METRIC, key={"metric": "visits.never"}) == "unknown-metric"
    assert await code(lena, METRIC, key={"metric": "Not A Name"}) == "invalid-input"
    assert await code(lena, METRIC, key=WEEK, asOf={"rev": 99}) == "not-found"
    assert await code(lena, '{ metrics(twin: "nobody") { nodes { name } } }') == "not-found"
    assert await code(lena, '{ metrics(twin: "lena", first: 0) { nodes { name } } }') == "invalid-input"
    assert await code(lena, '{ metrics(twin: "lena", after: "x") { nodes { name } } }') == "invalid-cursor"


async def test_a_level_is_answered_with_its_deviation_and_its_definition_with_its_thresholds(client: Client) -> None:
    level = {
        "key": "hours.level",
        "statement": "hours a week",
        "kind": "level",
        "events": ["reported"],
        "value": "data.hours",
        **{"mean": 10, "deviation": 5, "drift": 0, "noise": 5, "window": "P60D"},
        "above": [{"threshold": 15, "attribute": "world.alone"}],
    }
    publish = "mutation($c: JSON!) { publishDefinitions(catalog: $c) { number } }"
    await client.data(publish, c={"catalog": "levels", "version": "1.0.0", "metrics": [level]})
    await observe(client, "r1", "reported", 5, hours=16)
    found = (await client.data('{ metric(twin: "lena", key: {metric: "hours.level"}) { kind value deviation says } }'))[
        "metric"
    ]
    assert found == {
        "kind": "LEVEL",
        "value": pytest.approx(13.0),  # halfway, for one measurement is as good as the prior
        "deviation": pytest.approx(5 / 2**0.5),
        "says": "hours a week: 13 ± 3.5",
    }
    asked = "{ definitions { metrics { mean deviation drift noise above { threshold attribute value } } } }"
    (defined,) = (await client.data(asked))["definitions"]["metrics"]
    assert defined == {
        **{"mean": 10.0, "deviation": 5.0, "drift": 0.0, "noise": 5.0},
        "above": [{"threshold": 15.0, "attribute": "world.alone", "value": None}],
    }
    for wrong in ({"deviation": 0}, {"noise": None}, {"bands": [{"at_least": 1}]}):
        catalog = {"catalog": "bad", "version": "1.0.0", "metrics": [{**level, "key": "bad.one", **wrong}]}
        assert await code(client, publish, c=catalog) == "invalid-definition", wrong
