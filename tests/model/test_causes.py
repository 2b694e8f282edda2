"""Causes speak by odds ratios or by probabilities, and all causes of one effect in one of the two ways."""

from __future__ import annotations

from typing import Any

import pytest

from beliefgraph.errors import Incorrect
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.definition import Definitions
from beliefgraph.model.parameters import LearnedStrength, ParameterSet
from beliefgraph.model.relation import Strength


def house(name: str, *causes: tuple[str, dict[str, Any]]) -> Catalog:
    """A catalog of these causes of the alarm; the one called `house` defines the attributes."""
    names = ("burglar", "storm", "alarm") if name == "house" else ()
    return Catalog.model_validate(
        {
            "catalog": name,
            "version": "1.0.0",
            "attributes": [{"key": f"house.{n}", "domain": "house", "prior": 0.4, "statement": n} for n in names],
            "relations": [
                {"source": f"house.{source}", "kind": "causes", "target": "house.alarm", **number}
                for source, number in causes
            ],
        }
    )


ALONE, RATIO = {"probability": 0.5}, {"odds_ratio": 3.0}


def test_a_cause_has_an_odds_ratio_or_a_probability() -> None:
    assert not Strength(kind="causes", odds_ratio=3.0).into_noisy_or
    alone = Strength(kind="causes", probability=0.9)
    assert (alone.into_noisy_or, alone.parameter) == (True, 0.9)
    assert not Strength(kind="implies", probability=0.9).into_noisy_or


@pytest.mark.parametrize(
    "wrong", [{"kind": "causes"}, {"kind": "causes", **ALONE, **RATIO}, {"kind": "supports", **ALONE}]
)
def test_neither_both_and_another_kind_with_a_probability_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Incorrect) as refused:
        Strength.model_validate(wrong)
    assert refused.value.code == "invalid-input"


@pytest.mark.parametrize(
    "catalogs",
    [
        (house("house", ("burglar", ALONE), ("storm", RATIO)),),
        (house("house", ("burglar", RATIO)), house("weather", ("storm", ALONE))),
    ],
)
def test_causes_of_one_effect_with_two_kinds_of_strength_are_refused_by_its_name(catalogs: tuple[Catalog, ...]) -> None:
    with pytest.raises(Incorrect) as refused:
        Definitions(tenant="acme", number=1, catalogs=catalogs)
    assert refused.value.code == "invalid-definition"
    assert "house.alarm" in refused.value.message
    assert refused.value.ids["attribute"] == "house.alarm"


def test_a_strength_learned_as_an_odds_ratio_is_none_for_a_probability_of_the_same_number() -> None:
    learned = LearnedStrength(
        kind="causes",
        source="house.storm",
        target="house.alarm",
        stated=0.5,
        learned=0.7,
        low=0.6,
        high=0.8,
        observations=9,
    )
    definitions = Definitions(
        tenant="acme",
        number=1,
        catalogs=(house("house", ("storm", ALONE)),),
        parameters=ParameterSet(tenant="acme", strengths=(learned,)),
    )
    [(_, relation)] = definitions.relations()
    assert definitions.strength_of(relation) == Strength(kind="causes", probability=0.5)
