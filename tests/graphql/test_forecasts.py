"""Forecasts and their record over GraphQL, from the catalog to the scores."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import pytest
from tests.conftest import StoppedClock
from tests.forecasts.outcomes import CHURN
from tests.metrics import METRICS
from tests.web.service import Client, Service
from tests.world import START, event, rated

from beliefgraph.model.catalog import Catalog

PUBLISH = "mutation Publish($catalog: JSON!) { publishDefinitions(catalog: $catalog) { outcomes { key title once } } }"
MAKE = "mutation { makeForecasts { stored known twins } }"
RESOLVE = "mutation { resolveForecasts { resolved changed twins } }"
FORECASTS = """
query Forecasts($twin: String!) {
  forecasts(twin: $twin, outcome: "churn", horizon: "P14D") {
    nodes {
      id outcome horizon madeAt due probability logOdds baseline basis segment rev storedAt retrospective
      inputs { input value contribution }
      resolution { happened at number rev }
      resolutions { number happened }
    }
  }
}"""
RECORD = """
query Record($segment: String) {
  record(outcome: "churn", segment: $segment) {
    outcome horizon open
    scores { count baseRate mean brier skill logLoss auc ece sharpness reliability { low high count said happened } }
    bySegment { key scores { count brier } }
    byMonth { key scores { count } }
    byHistory { key scores { count } }
    byBasis { key scores { count } }
  }
}"""


def catalog(**changes: Any) -> dict[str, Any]:
    """A catalog with one outcome, churn, changed so."""
    return {"catalog": "outcomes", "version": "1.0.0", "outcomes": [{**CHURN, **changes}]}


@pytest.fixture
def week(clock: StoppedClock) -> StoppedClock:
    clock.at = START + timedelta(days=10)
    return clock


async def test_the_record_is_what_follows_from_the_stored_forecasts(
    served: Service, client: Client, week: StoppedClock
) -> None:
    metrics = Catalog.model_dump(METRICS, mode="json", exclude_defaults=True)
    await client.data(PUBLISH, catalog=metrics)
    published = await client.data(PUBLISH, catalog=catalog())
    assert published["publishDefinitions"]["outcomes"] == [
        {"key": "churn", "title": "The account leaves", "once": True}
    ]
    twins = [f"twin-{n}" for n in range(6)]
    await client.observe(*(event(f"first-{t}", twin=t) for t in twins))
    await client.observe(*(rated(f"loud-{n}", 1.0 + n, twin=twins[n]) for n in range(3)))
    await client.observe(*(event(f"risk-{n}-{t}", "audited", twin=t) for t in twins[:2] for n in range(2)))
    assert (await client.data(MAKE))["makeForecasts"] == {"stored": 12, "known": 0, "twins": 6}
    assert (await client.data(MAKE))["makeForecasts"]["stored"] == 0
    week.advance(timedelta(days=30))
    gone = [twins[0], twins[2], twins[5]]
    await client.observe(*(event(f"gone-{t}", "cancelled", day=12, twin=t, final=True) for t in gone))
    assert (await client.data(RESOLVE))["resolveForecasts"] == {"resolved": 12, "changed": 0, "twins": 6}

    said, came = [], []
    for twin in twins:
        (one,) = (await client.data(FORECASTS, twin=twin))["forecasts"]["nodes"]
        total = one["baseline"] + math.fsum(each["contribution"] for each in one["inputs"])
        assert total == pytest.approx(one["logOdds"], abs=1e-12)
        assert one["resolution"]["happened"] == (twin in gone)
        said.append(one["probability"])
        came.append(float(twin in gone))
    found = (await client.data(RECORD))["record"]
    n, rate = len(said), sum(came) / len(came)
    brier = sum((p - y) ** 2 for p, y in zip(said, came, strict=True)) / n
    scores = found["scores"]
    assert (found["open"], scores["count"], scores["baseRate"]) == (0, 6, rate)
    assert scores["brier"] == pytest.approx(brier)
    assert scores["skill"] == pytest.approx(1 - brier / (rate * (1 - rate)))
    loss = -sum(math.log(p if y else 1 - p) for p, y in zip(said, came, strict=True)) / n
    assert scores["logLoss"] == pytest.approx(loss)
    mean = sum(said) / n
    assert scores["sharpness"] == pytest.approx(sum((p - mean) ** 2 for p in said) / n)
    bins: dict[int, list[tuple[float, float]]] = {}
    for p, y in zip(said, came, strict=True):
        bins.setdefault(min(int(p * 10), 9), []).append((p, y))
    gaps = [abs(sum(p - y for p, y in each)) for each in bins.values()]
    assert scores["ece"] == pytest.approx(sum(gaps) / n)
    assert [b["count"] for b in scores["reliability"]] == [len(bins.get(i, ())) for i in range(10)]
    assert {each["key"]: each["scores"]["count"] for each in found["bySegment"]} == {"none": 4, "risky": 2}
    assert {each["key"]: each["scores"]["count"] for each in found["byMonth"]} == {"2026-01": 6}
    assert {each["key"]: each["scores"]["count"] for each in found["byHistory"]} == {"00": 6}
    assert {each["key"]: each["scores"]["count"] for each in found["byBasis"]} == {"belief": 3, "stated": 3}
    assert (await client.data(RECORD, segment="risky"))["record"]["scores"]["count"] == 2
    assert (await client.refused(RECORD, segment="rich"))["code"] == "invalid-input"
    assert (await client.refused('{ record(outcome: "rain") { open } }'))["code"] == "unknown-outcome"


async def test_a_forecast_is_worked_out_where_none_is_stored(
    served: Service, client: Client, week: StoppedClock
) -> None:
    await client.data(PUBLISH, catalog=METRICS.model_dump(mode="json", exclude_defaults=True))
    await client.data(PUBLISH, catalog=catalog())
    await client.observe(rated("loud", 1.0))
    ask = """
    query Ask($asOf: AsOf) {
      forecast(twin: "lena", outcome: "churn", asOf: $asOf) { probability basis storedAt madeAt resolution { at } }
    }"""
    first = (await client.data(ask))["forecast"]
    assert (first["basis"], first["storedAt"], first["resolution"]) == ("BELIEF", None, None)
    await client.data(MAKE)
    second = (await client.data(ask))["forecast"]
    assert second["storedAt"] is not None
    assert second["probability"] == first["probability"]
    past = (await client.data(ask, asOf={"validTime": "2026-01-06T00:00:00Z"}))["forecast"]
    assert past["madeAt"] == "2026-01-06T00:00:00+00:00"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"events": []}, "what resolves it"),
        ({"metric": {"metric": {"metric": "visits.week"}, "at_least": 1}}, "what resolves it"),
        ({"horizons": [{"within": "PT0S", "expected": 0.1}]}, "longer than nothing"),
        ({"horizons": [{"within": "P9999Y", "expected": 0.1}]}, "at most 3660 days"),
        ({"horizons": [{"within": "P10D", "expected": 0.1}]}, "whole number of its periods"),
        ({"every": "PT0S"}, "cadence"),
        ({"horizons": []}, "at least 1 item"),
        ({"horizons": [{"within": "P7D", "expected": 1.0}]}, "less than 1"),
        ({"metrics": [{"metric": "visits.weekly"}]}, "did you mean visits.week"),
        ({"beliefs": [{"attribute": "world.alon"}]}, "did you mean world.alone"),
        ({"indicator": {"attribute": "world.alone", "value": "x"}}, "true or false"),
        ({"segments": [{"key": "a", "belief": {"attribute": "nobody"}, "odds_ratio": 2}]}, "no catalog defines"),
        ({"events": [{"type": "cancelled", "when": "data.("}]}, "CEL"),
    ],
)
async def test_an_outcome_that_cannot_be_forecast_or_resolved_is_refused_with_its_place(
    served: Service, client: Client, changes: dict[str, Any], said: str
) -> None:
    await client.data(PUBLISH, catalog=METRICS.model_dump(mode="json", exclude_defaults=True))
    answer = await client.ask(PUBLISH, catalog=catalog(**changes))
    assert answer["errors"][0]["extensions"]["code"] == "invalid-definition"
    assert said in answer["errors"][0]["message"]


async def test_what_counts_as_an_outcome_cannot_change_and_an_outcome_cannot_be_dropped(
    served: Service, client: Client
) -> None:
    await client.data(PUBLISH, catalog=METRICS.model_dump(mode="json", exclude_defaults=True))
    await client.data(PUBLISH, catalog=catalog())
    other = {**catalog(events=[{"type": "left"}]), "version": "1.1.0"}
    assert (await client.refused(PUBLISH, catalog=other))["code"] == "invalid-definition"
    dropped = {"catalog": "outcomes", "version": "1.1.0", "outcomes": []}
    assert (await client.refused(PUBLISH, catalog=dropped))["code"] == "invalid-definition"
    await client.data(PUBLISH, catalog={**catalog(title="Leaves"), "version": "1.1.0"})
