"""A catalog of attributes with values to test with, and what follows for them by hand."""

from __future__ import annotations

import math
from collections.abc import Mapping

from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.event import Event
from tests.world import event

ROLES = {"analyst": 0.5, "lead": 0.2, "other": 0.3}
"""The priors of `person.role`, `other` with what the stated ones leave."""

OTHER_CITY = 0.4
"""The prior of `other` for `person.city`, whose values are open."""

CATALOG = Catalog.model_validate(
    {
        "catalog": "people",
        "version": "1.0.0",
        "attributes": [
            {
                "key": "person.role",
                "domain": "person",
                "values": {role: prior for role, prior in ROLES.items() if role != "other"},
                "statement": "works as {value}",
            },
            {
                "key": "person.city",
                "domain": "person",
                "open_values": {"other": OTHER_CITY},
                "statement": "lives in {value}",
            },
            {"key": "person.chooses", "domain": "person", "prior": 0.25, "statement": "chooses the tools"},
            # the same twice, once as a belief and once as the only value of a categorical attribute
            {"key": "twice.alone", "domain": "twice", "prior": 0.2, "statement": "holds"},
            {"key": "twice.alone_tied", "domain": "twice", "prior": 0.4, "statement": "is tied"},
            {"key": "twice.value", "domain": "twice", "values": {"yes": 0.2}, "statement": "is {value}"},
            {"key": "twice.value_tied", "domain": "twice", "prior": 0.4, "statement": "is tied"},
        ],
        "relations": [
            {
                "kind": "supports",
                "source": "person.role",
                "source_value": "lead",
                "target": "person.chooses",
                "odds_ratio": 6.0,
            },
            {"kind": "supports", "source": "twice.alone", "target": "twice.alone_tied", "odds_ratio": 4.0},
            {
                "kind": "supports",
                "source": "twice.value",
                "source_value": "yes",
                "target": "twice.value_tied",
                "odds_ratio": 4.0,
            },
        ],
        "events": [
            {
                "type": "role.seen",
                "summary": "showed a role",
                "source": "data.by",
                "bears_on": [
                    {"attribute": "person.role", "value_from": "data.role", "log_likelihood_ratio": "double(data.llr)"}
                ],
            },
            {
                "type": "city.seen",
                "summary": "named a city",
                "source": "data.by",
                "bears_on": [
                    {"attribute": "person.city", "value_from": "data.city", "log_likelihood_ratio": "double(data.llr)"}
                ],
            },
            {
                "type": "desk.seen",
                "summary": "sat at a desk",
                "bears_on": [
                    {
                        "attribute": "person.role",
                        "likelihoods_by_value": {"analyst": 0.6, "lead": 0.3, "other": 0.1},
                    }
                ],
            },
            {
                "type": "twice.seen",
                "summary": "was seen",
                "source": "data.by",
                "bears_on": [
                    {
                        "attribute": f"twice.{a}",
                        "log_likelihood_ratio": "double(data.llr)",
                        "when": f"data.on == '{on}'",
                    }
                    | ({"value": "yes"} if a == "value" else {})
                    for on, both in (("it", ("alone", "value")), ("tied", ("alone_tied", "value_tied")))
                    for a in both
                ],
            },
        ],
    }
)


def role(value: str) -> BeliefKey:
    """That the person has this role."""
    return BeliefKey(attribute="person.role", value=value)


def city(value: str) -> BeliefKey:
    """That the person lives in this city."""
    return BeliefKey(attribute="person.city", value=value)


ROLE = BeliefKey(attribute="person.role")
CITY = BeliefKey(attribute="person.city")


def role_seen(id_: str, value: str, llr: float, *, day: float = 0, by: str = "a colleague") -> Event:
    """An event that bears on one role by exactly `llr`."""
    return event(id_, "role.seen", day=day, role=value, llr=llr, by=by)


def city_seen(id_: str, value: str, llr: float, *, day: float = 0, by: str = "a colleague") -> Event:
    """An event that names a city, by exactly `llr`."""
    return event(id_, "city.seen", day=day, city=value, llr=llr, by=by)


def by_hand(priors: Mapping[str, float], llrs: Mapping[str, float]) -> dict[str, float]:
    """The probabilities of values that exclude each other: each prior times e to its log-likelihood ratio, shared."""
    weights = {value: prior * math.exp(llrs.get(value, 0.0)) for value, prior in priors.items()}
    total = math.fsum(weights.values())
    return {value: weight / total for value, weight in weights.items()}


def cities(*named: str) -> dict[str, float]:
    """The priors of `person.city` where evidence names these."""
    return {"other": OTHER_CITY, **dict.fromkeys(named, (1 - OTHER_CITY) / len(named))} if named else {"other": 1.0}
