"""A catalog in which somebody's work may change at once, and their home does not."""

from __future__ import annotations

from typing import Any

from beliefgraph.model.catalog import Catalog

DOES = ("builds", "manages", "sells")


def document(**changed: Any) -> dict[str, Any]:
    """The catalog, with some of its sections changed."""
    stated = {
        "catalog": "work",
        "version": "1.0.0",
        "attributes": [
            {"key": "work.builds", "domain": "work", "prior": 0.5, "statement": "builds things"},
            {
                "key": "work.manages",
                "domain": "work",
                "prior": 0.3,
                "statement": "manages people",
                "half_life": "P30D",
            },
            {"key": "work.sells", "domain": "work", "prior": 0.2, "statement": "sells things"},
            {"key": "work.changed", "domain": "work", "prior": 0.05, "statement": "has just changed jobs"},
            {"key": "home.tidy", "domain": "home", "prior": 0.5, "statement": "keeps a tidy home"},
        ],
        "events": [
            {
                "type": "did",
                "summary": "did something",
                "bears_on": [
                    {
                        "attribute": f"work.{what}",
                        "log_likelihood_ratio": f"data.what == '{what}' ? 0.7 : -0.2",
                    }
                    for what in DOES
                ],
            },
            {
                "type": "moved",
                "summary": "said that the job is another",
                "bears_on": [{"attribute": "work.changed", "log_likelihood_ratio": 6.0}],
            },
            {
                "type": "cleaned",
                "summary": "cleaned up",
                "bears_on": [{"attribute": "home.tidy", "log_likelihood_ratio": 0.3}],
            },
        ],
        "changes": [{"domain": "work", "stated": "work.changed"}],
    }
    return {**stated, **changed}


def catalog(**changed: Any) -> Catalog:
    """The same as a record."""
    return Catalog.model_validate(document(**changed))
