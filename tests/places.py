"""A catalog with a personal attribute, and what a person says of it."""

from __future__ import annotations

from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.catalog import Catalog

CITY, FRIEND = "Rosengarten an der Elbe", "aunt-margarethe"

PLACES = Catalog.model_validate(
    {
        "catalog": "places",
        "version": "1.0.0",
        "attributes": [
            {
                "key": "places.home",
                "domain": "places",
                "personal": True,
                "open_values": {"other": 0.5},
                "statement": "{subject} lives in {value}",
            },
        ],
        "events": [
            {
                "type": "moved",
                "summary": "moved",
                "bears_on": [
                    {
                        "attribute": "places.home",
                        "subject": "data.who",
                        "value_from": "data.city",
                        "log_likelihood_ratio": 2.0,
                    }
                ],
            }
        ],
    }
)

HOME = BeliefKey(attribute="places.home", subject=FRIEND, value=CITY)
