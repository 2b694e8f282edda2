"""What a metric may be: every definition that cannot work is refused, with the reason, before it is in force."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from beliefgraph.errors import BeliefgraphError
from beliefgraph.ingest.catalogs import parse_catalogs
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.definition import Definitions
from beliefgraph.model.metric import MetricDefinition
from beliefgraph.services.interpretation.check import check_catalog

SOUND: dict[str, Any] = {
    "key": "visits.week",
    "statement": "visits in 7 days",
    "kind": "count",
    "events": ["visited"],
    "window": "P7D",
}
ABSENCE = {**SOUND, "kind": "absence", "window": "P30D", "within": "P7D"}
LEVEL = {**SOUND, "kind": "level", "value": "data.x", "mean": 10, "deviation": 5, "drift": 0.5, "noise": 2}
LEVEL_NEEDS = ("value", "mean", "deviation", "drift", "noise")
ABOVE = {"threshold": 15, "attribute": "a"}


def made(**changes: Any) -> MetricDefinition:
    return MetricDefinition.model_validate({**SOUND, **changes})


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"window": "P0D"}, "sees no event"),
        ({"window": "-P1D"}, "sees no event"),
        ({"window": "P40000D"}, "never closes"),
        ({"window": "P7D", "retention": "P40000D"}, "never closes"),
        ({"window": "P30D", "retention": "P7D"}, "longer than its retention of 7 days"),
        ({"kind": "sum"}, "its kind, sum, needs value"),
        ({"unit": "visits"}, "its kind, count, has no use for unit"),
        ({"value": "1"}, "its kind, count, has no use for value"),
        ({"kind": "mode"}, "its kind, mode, needs label"),
        ({"label": "data.x"}, "its kind, count, has no use for label"),
        ({"kind": "streak"}, "its kind, streak, needs every"),
        ({"every": "day"}, "its kind, count, has no use for every"),
        ({"kind": "absence"}, "its kind, absence, needs within"),
        ({"within": "P1D"}, "its kind, count, has no use for within"),
        ({"follow_up": {"events": ["x"]}}, "its kind, count, has no use for follow_up"),
        ({**ABSENCE, "within": "P30D"}, "shorter than its window"),
        ({**ABSENCE, "within": "P0D"}, "longer than nothing"),
        ({**ABSENCE, "label": "data.x"}, "there is none"),
        ({**ABSENCE, "follow_up": {"events": ["x"], "label": "data.x"}}, "give both one, or neither"),
        ({"bands": [{"at_least": 1}, {"at_least": 1.0}]}, "two of its bands"),
        ({"bands": [{"at_least": 1, "label": "web"}]}, "only a mode has bands of one label"),
        *(({**LEVEL, field: None}, f"its kind, level, needs {field}") for field in LEVEL_NEEDS),
        *(({field: 1}, f"its kind, count, has no use for {field}") for field in LEVEL_NEEDS[1:]),
        ({"above": [ABOVE]}, "its kind, count, has no use for above"),
        ({**LEVEL, "bands": [{"at_least": 1}]}, "level, has no use for bands"),
        ({**LEVEL, "label": "data.x"}, "level, has no use for label"),
        ({**LEVEL, "above": [ABOVE, {**ABOVE, "threshold": 20}]}, "two of its thresholds bear on the same belief"),
    ],
)
def test_a_metric_that_cannot_work_is_refused_with_the_reason(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(BeliefgraphError, match=why) as refused:
        made(**changes)
    assert refused.value.code == "invalid-definition"


@pytest.mark.parametrize(
    "changes",
    [
        {"window": None},
        {"window": "a week"},
        {"kind": "median"},
        {"events": []},
        {"bands": [{"at_least": "nan"}]},
        {"bands": [{"at_least": 1, "bears_on": [{"attribute": "a", "log_likelihood_ratio": 31}]}]},
        {"every": "month"},
        {**LEVEL, "deviation": 0},
        {**LEVEL, "noise": 0},
        {**LEVEL, "noise": "data.noise"},
        {**LEVEL, "drift": -0.1},
        {**LEVEL, "mean": "nan"},
        {**LEVEL, "above": [{**ABOVE, "threshold": 1e300}]},
        {**LEVEL, "above": [{"threshold": 15}]},
        {"windows": "P7D"},
    ],
)
def test_a_metric_that_is_not_one_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        made(**changes)


def test_the_file_and_the_place_of_what_is_wrong_are_named() -> None:
    text = b"catalog: a\nversion: 1.0.0\nmetrics:\n  - {key: m, statement: m, kind: count, events: [e]}\n"
    with pytest.raises(
        BeliefgraphError, match=r"a.yaml, catalog 1 \(a\) metrics\[0\].window: it is missing"
    ) as refused:
        parse_catalogs(text, "a.yaml")
    assert refused.value.code == "invalid-definition"


def test_a_band_on_an_attribute_that_nobody_defines_and_two_metrics_of_one_name_are_refused() -> None:
    band = {"at_least": 1, "bears_on": [{"attribute": "nobody.knows", "log_likelihood_ratio": 1}]}
    above = {"threshold": 1, "attribute": "nobody.knows"}
    for metric in (made(bands=[band]), made(**{**LEVEL, "above": [above]})):
        catalog = Catalog(catalog="a", version="1.0.0", metrics=(metric,))
        with pytest.raises(BeliefgraphError, match=r"nobody\.knows, which no catalog defines"):
            Definitions(tenant="t", number=1, catalogs=(catalog,))
    with pytest.raises(BeliefgraphError, match=r"the metric visits\.week twice"):
        Catalog(catalog="a", version="1.0.0", metrics=(made(), made()))
    one, other = (Catalog(catalog=name, version="1.0.0", metrics=(made(),)) for name in "ab")
    with pytest.raises(BeliefgraphError, match=r"a@1\.0\.0 and b@1\.0\.0 both define the metric visits\.week"):
        Definitions(tenant="t", number=1, catalogs=(one, other))


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"when": "data.x =="}, r"metrics\[0\].when"),
        ({"when": "nobody.x"}, r"metrics\[0\].when"),
        ({"kind": "sum", "value": "now()"}, r"metrics\[0\].value"),
        (
            {**ABSENCE, "label": "data.x", "follow_up": {"events": ["x"], "label": "data.map(x, x)"}},
            r"metrics\[0\].follow_up.label",
        ),
    ],
)
def test_an_expression_that_cannot_work_is_refused_with_its_place(changes: dict[str, Any], place: str) -> None:
    with pytest.raises(BeliefgraphError, match=place) as refused:
        check_catalog(Catalog(catalog="a", version="1.0.0", metrics=(made(**changes),)))
    assert refused.value.code == "invalid-definition"


def test_the_band_is_the_highest_reached_and_one_of_its_own_label_comes_first() -> None:
    count = made(bands=[{"at_least": 3}, {"at_least": 1}])
    assert [b and b.at_least for b in (count.band(v, None) for v in (0.0, 1.0, 2.9, 3.0, 9.0))] == [None, 1, 1, 3, 3]
    assert count.band(None, None) is None
    mode = made(kind="mode", label="data.by", bands=[{"at_least": 0.5}, {"at_least": 0.2, "label": "web"}])
    assert mode.band(0.8, "web") == mode.bands[1]
    assert mode.band(0.8, "app") == mode.bands[0]
    assert mode.band(0.3, "app") is None


@pytest.mark.parametrize(
    ("changes", "value", "label", "said"),
    [
        ({}, 3.0, None, "3"),
        ({"kind": "recency"}, 0.0, None, "today"),
        ({"kind": "recency"}, 1.0, None, "1 day ago"),
        ({"kind": "recency"}, None, None, "unknown"),
        ({"kind": "streak", "every": "week"}, 2.0, None, "2 weeks"),
        ({"kind": "mode", "label": "data.x"}, 0.667, "web", "web (67%)"),
        ({"kind": "cadence"}, 2.5, None, "every 2.5 days"),
        (ABSENCE, 1.0, None, "yes"),
        ({**ABSENCE, "follow_up": {"events": ["x"]}}, 2.0, None, "2"),
        ({"kind": "sum", "value": "data.x", "unit": "minutes"}, 95.5, None, "95.5 minutes"),
        ({"kind": "sum", "value": "data.x", "unit": "minutes"}, None, None, "unknown"),
    ],
)
def test_a_value_is_described_in_words(
    changes: dict[str, Any], value: float | None, label: str | None, said: str
) -> None:
    assert made(**changes).show(value, label) == said
