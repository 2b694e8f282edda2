"""Forecasts and their record over GraphQL, from the catalog to the scores."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import pytest
from tests.conftest import StoppedClock
from tests.forecasts.graded import GRADED, SATISFACTION
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


async def test_when_it_comes_and_which_grade_are_answered_and_scored(
    served: Service, client: Client, week: StoppedClock
) -> None:
    await client.data(PUBLISH, catalog=METRICS.model_dump(mode="json", exclude_defaults=True))
    await client.data(PUBLISH, catalog=catalog())
    await client.data(PUBLISH, catalog=GRADED.model_dump(mode="json", exclude_defaults=True))
    await client.observe(rated("loud", 1.0), rated("other", -1.0, twin="tom"))
    await client.data(MAKE)
    ask = """{
      churn: forecast(twin: "lena", outcome: "churn", horizon: "P28D") {
        probability madeAt due curve { at probability } quantiles { share at } grades { grade }
      }
      graded: forecast(twin: "lena", outcome: "satisfaction") {
        probability logOdds baseline inputs { contribution } grades { grade probability atLeast } curve { at }
      }
    }"""
    found = await client.data(ask)
    churn, graded = found["churn"], found["graded"]
    assert [len(churn["curve"]), churn["curve"][-1]["at"], churn["grades"]] == [4, churn["due"], []]
    assert churn["curve"][-1]["probability"] == churn["probability"]
    assert [each["share"] for each in churn["quantiles"]] == [0.1, 0.25, 0.5, 0.75, 0.9]
    assert churn["quantiles"][-1]["at"] is None
    assert math.fsum(each["probability"] for each in graded["grades"]) == pytest.approx(1.0)
    assert graded["grades"][1]["atLeast"] == pytest.approx(graded["probability"])
    assert graded["curve"] == []
    week.advance(timedelta(days=30))
    await client.observe(event("answer", "answered", day=12, score=9), event("gone", "cancelled", day=12, final=True))
    await client.data(RESOLVE)
    scored = await client.data("""{
      churn: record(outcome: "churn", horizon: "P28D") {
        open early ungraded scores { count times { count crps skill covered claimed curve { within said happened } } }
      }
      graded: record(outcome: "satisfaction") {
        open ungraded
        scores { count brier grades { count rps skill logLoss ece shares { grade said came } } times { count } }
        byHistory { scores { grades { rps } } }
      }
      forecasts(twin: "lena", outcome: "satisfaction") { nodes { resolution { grade happened } } }
      definitions { outcomes { key grades { reached value of { grade share below } } } }
    }""")
    times = scored["churn"]["scores"]["times"]
    assert (scored["churn"]["early"], times["count"], times["curve"][0]["within"]) == (0, 2, "P7D")
    assert [point["happened"] for point in times["curve"]] == [0.5] * 4
    grades = scored["graded"]["scores"]["grades"]
    assert (scored["graded"]["ungraded"], grades["count"], scored["graded"]["scores"]["times"]) == (1, 1, None)
    assert [each["came"] for each in grades["shares"]] == [0.0, 0.0, 1.0]
    squared = [(each["atLeast"] - 1) ** 2 for each in graded["grades"][1:]]
    assert grades["rps"] == pytest.approx(sum(squared) / 2)
    (node,) = scored["forecasts"]["nodes"]
    assert node["resolution"] == {"grade": "delighted", "happened": True}
    (told,) = [each for each in scored["definitions"]["outcomes"] if each["key"] == "satisfaction"]
    assert told["grades"]["of"][0] == {"grade": "unhappy", "share": 0.2, "below": 4.0}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"horizons": [{"within": "P7D", "expected": 0.3}, {"within": "P14D", "expected": 0.2}]}, "less likely"),
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


WRONG_GRADES: list[tuple[dict[str, Any], str]] = [
    ({"reached": "happy"}, "no grade happy"),
    ({"reached": "unhappy"}, "always reached"),
    ({"value": None}, "grades of events need a value"),
    ({"value": "data.("}, "CEL"),
    ({"value": "'nine'"}, "number"),
    ({"metric": {"metric": "visits.week"}}, "one of the three"),
    ({"of": SATISFACTION["grades"]["of"][:1]}, "at least 2"),
    ({"of": [*SATISFACTION["grades"]["of"][:2], {"grade": "content", "share": 0.3}]}, "a grade twice"),
    ({"of": [*SATISFACTION["grades"]["of"][:2], {"grade": "delighted", "share": 0.4}]}, "sum to 1"),
    (
        {"of": [{"grade": "a", "share": 0.5, "below": 4}, {"grade": "content", "share": 0.5, "below": 8}]},
        "every grade but the highest",
    ),
    (
        {
            "of": [
                {"grade": "a", "share": 0.5, "below": 8},
                {"grade": "b", "share": 0.2, "below": 4},
                {"grade": "content", "share": 0.3},
            ]
        },
        "must ascend",
    ),
    ({"at_least": 0.3}, "between 0.5 and 1"),
]


async def test_grades_that_do_not_hold_together_are_refused_and_nothing_is_written(
    served: Service, client: Client
) -> None:
    await client.data(PUBLISH, catalog=METRICS.model_dump(mode="json", exclude_defaults=True))
    before = (await client.data("{ definitions { number } }"))["definitions"]
    for changes, said in WRONG_GRADES:
        grades = {name: value for name, value in {**SATISFACTION["grades"], **changes}.items() if value is not None}
        wrong = {"catalog": "graded", "version": "1.0.0", "outcomes": [{**SATISFACTION, "grades": grades}]}
        answer = await client.ask(PUBLISH, catalog=wrong)
        assert answer["errors"][0]["extensions"]["code"] == "invalid-definition", changes
        assert said in answer["errors"][0]["message"], changes
    assert (await client.data("{ definitions { number } }"))["definitions"] == before
