"""Graded outcomes to test with: by a number of an event, by a metric, by the value of an attribute."""

from __future__ import annotations

from typing import Any

from beliefgraph.model.catalog import Catalog

SATISFACTION: dict[str, Any] = {
    "key": "satisfaction",
    "title": "How satisfied they say they are",
    "events": [{"type": "answered"}],
    "grades": {
        "of": [
            {"grade": "unhappy", "share": 0.2, "below": 4},
            {"grade": "content", "share": 0.5, "below": 8},
            {"grade": "delighted", "share": 0.3},
        ],
        "reached": "content",
        "value": "data.score",
    },
    "every": "P7D",
    "horizons": [{"within": "P14D", "expected": 0.8}],
    "indicator": {"attribute": "world.alone"},
    "segments": [{"key": "risky", "belief": {"attribute": "product.risky"}, "odds_ratio": 0.5}],
    "beliefs": [{"attribute": "world.alone"}],
}

BUSYNESS: dict[str, Any] = {
    "key": "busyness",
    "title": "How busy their week is",
    "grades": {
        "of": [
            {"grade": "none", "share": 0.5, "below": 1},
            {"grade": "some", "share": 0.3, "below": 3},
            {"grade": "many", "share": 0.2},
        ],
        "reached": "many",
        "metric": {"metric": "visits.week"},
    },
    "every": "P7D",
    "horizons": [{"within": "P14D", "expected": 0.2}],
}

PLAN: dict[str, Any] = {
    "key": "plan",
    "title": "Which plan they have",
    "grades": {
        "of": [
            {"grade": "free", "share": 0.6},
            {"grade": "team", "share": 0.3},
            {"grade": "enterprise", "share": 0.1},
        ],
        "reached": "team",
        "attribute": {"attribute": "account.plan"},
    },
    "every": "P7D",
    "horizons": [{"within": "P14D", "expected": 0.4}],
}

GRADED = Catalog.model_validate(
    {
        "catalog": "graded",
        "version": "1.0.0",
        "attributes": [
            {
                "key": "account.plan",
                "domain": "account",
                "values": {"free": 0.5, "team": 0.3, "enterprise": 0.1},
                "statement": "has the plan {value}",
            }
        ],
        "events": [
            {
                "type": "planned",
                "summary": "chose a plan",
                "bears_on": [{"attribute": "account.plan", "value_from": "data.plan", "log_likelihood_ratio": 6.0}],
            }
        ],
        "outcomes": [SATISFACTION, BUSYNESS, PLAN],
    }
)
