"""Constraints that contradict each other: found by what is left that a feature could be."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beliefgraph.model.constraint import Requirement, contradictions


def demand(rule: str, operand: str, attribute: str = "", feature: str = "channel") -> Requirement:
    named = attribute or f"some.{rule}"
    return Requirement.model_validate({"attribute": named, "feature": feature, "rule": rule, "operand": operand})


def clashing(*demands: Requirement) -> list[tuple[int, ...]]:
    return list(contradictions(demands))


@pytest.mark.parametrize(
    ("demands", "expected"),
    [
        ([("never", "call"), ("never", "mail")], []),
        ([("only", "call"), ("never", "mail")], []),
        ([("only", "call"), ("never", "call")], [(0, 1)]),
        ([("only", "call"), ("only", "mail")], []),  # of one attribute: either is allowed
        ([("only", "call", "a"), ("only", "mail", "b")], [(0, 1)]),
        ([("only", "call"), ("only", "mail"), ("never", "call")], []),
        ([("only", "call"), ("only", "mail"), ("never", "call"), ("never", "mail")], [(0, 1, 2, 3)]),
        ([("only", "call", "a"), ("only", "mail", "a"), ("only", "mail", "b"), ("never", "mail")], [(2, 3)]),
        ([("at_most", "5"), ("at_least", "3")], []),
        ([("at_most", "3"), ("at_least", "5")], [(0, 1)]),
        ([("at_most", "5"), ("at_least", "5")], []),
        ([("at_most", "5"), ("at_least", "5"), ("never", "5.0")], [(0, 1, 2)]),
        ([("only", "7"), ("at_most", "5")], [(0, 1)]),
        ([("only", "cheap"), ("at_most", "5")], []),  # no number: it is not known to be more
        ([("at_most", "3"), ("at_most", "2"), ("at_least", "5")], [(0, 2), (1, 2)]),
        ([("only", "1"), ("never", "1.0")], [(0, 1)]),
    ],
)
def test_what_cannot_be_met_together_is_told_by_its_places(
    demands: list[tuple[str, ...]], expected: list[tuple[int, ...]]
) -> None:
    assert clashing(*(demand(*each) for each in demands)) == expected


def test_features_do_not_meet() -> None:
    assert clashing(demand("at_most", "3"), demand("at_least", "5", feature="price")) == []


DOMAIN = ["1", "2", "3"]
rules = st.sampled_from(["never", "only", "at_most", "at_least"])
some = st.lists(st.tuples(rules, st.sampled_from(DOMAIN), st.sampled_from(["a", "b"])), max_size=6, unique=True)


def meets(value: float, demands: list[Requirement]) -> bool:
    """Whether a number is what all of them ask for, tried out."""
    insisted = {each.attribute for each in demands if each.rule == "only"}
    for each in demands:
        operand = float(each.operand)
        if each.rule == "never" and value == operand:
            return False
        if (each.rule == "at_most" and value > operand) or (each.rule == "at_least" and value < operand):
            return False
    return all(
        any(each.rule == "only" and each.attribute == name and float(each.operand) == value for each in demands)
        for name in insisted
    )


@given(some)
def test_there_is_a_contradiction_exactly_where_no_number_meets_them(each: list[tuple[str, str, str]]) -> None:
    demands = [demand(rule, operand, f"{owner}.{rule}") for rule, operand, owner in each]
    tried = [x / 2 for x in range(-2, 12)]
    found = clashing(*demands)
    assert bool(found) == (not any(meets(x, demands) for x in tried))
    for places in found:
        chosen = [demands[place] for place in places]
        assert not any(meets(x, chosen) for x in tried)
        units = {(d.attribute, d.rule == "only" or place) for place, d in zip(places, chosen, strict=True)}
        for left_out in units:
            rest = [
                d
                for place, d in zip(places, chosen, strict=True)
                if (d.attribute, d.rule == "only" or place) != left_out
            ]
            assert any(meets(x, rest) for x in tried)
    for one, other in itertools.combinations(found, 2):
        assert set(one) != set(other)
