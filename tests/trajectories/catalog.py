"""A catalog in which accounts evaluate, make a business case and procure."""

from __future__ import annotations

from typing import Any

from beliefgraph.model.catalog import Catalog

STAGES: list[dict[str, Any]] = [
    {"value": "evaluation", "stay": "P28D"},
    {"value": "business case", "stay": "P42D", "back": 0.2},
    {"value": "procurement", "stay": "P30D"},
]


def trajectory(**changed: Any) -> dict[str, Any]:
    """The trajectory as a catalog states it, with some of it changed."""
    stated = {"key": "buying", "title": "Buying", "attribute": "deal.stage", "stages": STAGES, "phases": 2}
    return {**stated, **changed}


def document(**changed: Any) -> dict[str, Any]:
    """The catalog, with some of its sections changed."""
    stated = {
        "catalog": "deals",
        "version": "1.0.0",
        "attributes": [
            {
                "key": "deal.stage",
                "domain": "deal",
                "values": {"evaluation": 0.6, "business case": 0.2, "procurement": 0.1},
                "statement": "The deal is in {value}.",
                "half_life": "P30D",
            },
            {"key": "deal.urgent", "domain": "deal", "prior": 0.3, "statement": "It is urgent."},
        ],
        "events": [
            {
                "type": "staged",
                "summary": "A sign of a stage.",
                "bears_on": [
                    {
                        "attribute": "deal.stage",
                        "value_from": "data.stage",
                        "log_likelihood_ratio": "'llr' in data ? double(data.llr) : 2.0",
                    }
                ],
            }
        ],
        "trajectories": [trajectory()],
    }
    return {**stated, **changed}


def catalog(**changed: Any) -> Catalog:
    """The catalog, with some of its sections changed."""
    return Catalog.model_validate(document(**changed))
