"""Attributes with values: what may be defined of them, and what is refused before it is in force."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beliefgraph.errors import BeliefgraphError
from beliefgraph.model.attribute import MOST_VALUES, OTHER, Attribute
from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.definition import Definitions
from beliefgraph.model.identity import belief_id

ROLE = {
    "key": "role",
    "domain": "role",
    "values": {"manager": 0.25, "analyst": 0.5},
    "statement": "{subject} works as {value}",
}
CITY = {"key": "city", "domain": "world", "open_values": {"other": 0.5}, "statement": "lives in {value}"}
BUYS = {"key": "buys", "domain": "world", "prior": 0.3, "statement": "buys"}


def attribute(**changed: Any) -> Attribute:
    """The role, but for what is changed; None takes a field away."""
    return Attribute.model_validate({k: v for k, v in {**ROLE, **changed}.items() if v is not None})


def define(*, relations: list[dict[str, Any]] | None = None, bears_on: dict[str, Any] | None = None) -> Definitions:
    catalog = {
        "catalog": "test",
        "version": "1.0.0",
        "attributes": [ROLE, CITY, BUYS],
        "relations": relations or [],
        "events": [{"type": "seen", "summary": "seen", "bears_on": [bears_on] if bears_on else []}],
    }
    return Definitions(tenant="acme", number=1, catalogs=(Catalog.model_validate(catalog),))


def refused(make: Callable[[], object]) -> BeliefgraphError:
    with pytest.raises(BeliefgraphError) as caught:
        make()
    return caught.value


def test_other_has_what_the_values_leave_and_is_always_there() -> None:
    assert attribute().value_priors == {"analyst": 0.5, "manager": 0.25, "other": 0.25}
    assert attribute(values=None, open_values={"other": 0.3}).value_priors == {"other": 0.3}
    assert attribute(values=None, prior=0.4, statement="is one").value_priors == {}


def test_a_statement_names_its_value_and_what_is_other_is_something_else() -> None:
    told = [attribute().say(BeliefKey(attribute="role", subject="Ada", value=v)) for v in ("manager", OTHER)]
    assert told == ["Ada works as manager", "Ada works as something else"]
    curious = BeliefKey(attribute="role", subject="{value}", value="{subject}")
    assert attribute().say(curious) == "{value} works as {subject}"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"values": None}, "one of prior, values and open_values"),
        ({"prior": 0.5}, "one of prior, values and open_values"),
        ({"open_values": {"other": 0.5}}, "one of prior, values and open_values"),
        ({"values": {}}, "names none"),
        ({"values": {"other": 0.2, "manager": 0.3}}, "other is always a value"),
        ({"values": {"manager": 0.5, "analyst": 0.5}}, "sum to less than 1"),
        ({"values": {"manager": 0.7, "analyst": 0.2, "cook": 0.1}}, "sum to less than 1"),
        ({"values": {"manager": 0.9, "analyst": 0.9}}, "sum to less than 1"),
        ({"values": {str(n): 1e-4 for n in range(MOST_VALUES)}}, "1,024 values, other among them; this is 1,025"),
        ({"statement": "has a role"}, "must name {value}"),
    ],
)
def test_an_attribute_that_cannot_be_is_refused_and_says_why(changed: dict[str, Any], why: str) -> None:
    error = refused(lambda: attribute(**changed))
    assert error.code == "invalid-definition"
    assert why in error.message


def test_as_many_values_as_may_be_are_allowed() -> None:
    made = attribute(values={str(n): 1e-4 for n in range(MOST_VALUES - 1)})
    assert len(made.value_priors) == MOST_VALUES


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 100), min_size=1), st.integers(1, 100))
def test_the_priors_of_all_values_sum_to_one(weights: dict[str, int], other: int) -> None:
    whole = sum(weights.values()) + other
    priors = attribute(values={value: weight / whole for value, weight in weights.items()}).value_priors
    assert set(priors) == {*weights, OTHER}
    assert sum(priors.values()) == pytest.approx(1.0, abs=1e-12)
    assert priors[OTHER] == pytest.approx(other / whole, abs=1e-12)


@pytest.mark.parametrize(
    ("belief", "code", "why"),
    [
        ({"attribute": "role"}, "invalid-input", "role is categorical: name one of its values"),
        ({"attribute": "role", "value": "cook"}, "unknown-value", "it has analyst, manager, other"),
        ({"attribute": "buys", "value": "yes"}, "invalid-input", "it has no values"),
        ({"attribute": "nothing", "value": "yes"}, "unknown-attribute", "nothing"),
    ],
)
def test_a_belief_must_name_a_value_where_there_are_values_and_only_there(
    belief: dict[str, str], code: str, why: str
) -> None:
    error = refused(lambda: define().attribute_of(BeliefKey(**belief)))
    assert error.code == code
    assert why in error.message


def test_a_value_of_an_open_attribute_may_be_anything() -> None:
    assert define().attribute_of(BeliefKey(attribute="city", value="Bonn")).key == "city"


@pytest.mark.parametrize(
    ("relation", "why"),
    [
        ({"source": "role", "target": "buys"}, "without the value meant"),
        ({"source": "buys", "target": "role"}, "without the value meant"),
        ({"source": "role", "source_value": "cook", "target": "buys"}, "role has no value cook"),
        ({"source": "buys", "source_value": "yes", "target": "role", "target_value": "manager"}, "it has no values"),
        ({"source": "city", "source_value": "Bonn", "target": "buys"}, "not known in advance"),
        ({"source": "role", "source_value": "manager", "target": "role", "target_value": "analyst"}, "to itself"),
        ({"kind": "causes", "source": "buys", "target": "role", "target_value": "manager"}, "A value has no causes"),
    ],
)
def test_a_relation_that_joins_no_two_beliefs_is_refused(relation: dict[str, Any], why: str) -> None:
    error = refused(lambda: define(relations=[{"kind": "supports", "odds_ratio": 2, **relation}]))
    assert error.code == "invalid-definition"
    assert why in error.message


def test_two_values_may_be_related_to_one_belief_and_a_value_may_be_a_cause() -> None:
    supports = {"kind": "supports", "source": "role", "target": "buys", "odds_ratio": 2}
    causes = {"kind": "causes", "source": "role", "source_value": OTHER, "target": "buys", "odds_ratio": 2}
    both = [{**supports, "source_value": value} for value in ("manager", "analyst")]
    assert len(list(define(relations=[*both, causes]).relations())) == 3
    error = refused(lambda: define(relations=[both[0], both[0]]))
    assert "the relation role=manager supports buys twice" in error.message


@pytest.mark.parametrize(
    ("bearing", "why"),
    [
        ({"attribute": "role", "log_likelihood_ratio": 1}, "role is categorical: name one of its values"),
        ({"attribute": "role", "value": "cook", "log_likelihood_ratio": 1}, "role has no value cook"),
        ({"attribute": "buys", "value": "yes", "log_likelihood_ratio": 1}, "it has no values"),
        ({"attribute": "buys", "value_from": "data.a", "log_likelihood_ratio": 1}, "drop value_from"),
        ({"attribute": "role", "value": "manager", "value_from": "data.a", "log_likelihood_ratio": 1}, "in two ways"),
        ({"attribute": "role", "value": "manager"}, "needs either"),
        ({"attribute": "role", "likelihoods_by_value": {"manager": 0.6}}, "if other holds"),
        ({"attribute": "role", "likelihoods_by_value": {"cook": 0.6, "other": 0.1}}, "role has no value cook"),
        ({"attribute": "buys", "likelihoods_by_value": {"yes": 0.6, "other": 0.1}}, "it has no values"),
        (
            {"attribute": "role", "value": "manager", "likelihoods_by_value": {"manager": 0.6, "other": 0.1}},
            "cannot name one beside",
        ),
        (
            {"attribute": "role", "log_likelihood_ratio": 1, "likelihoods_by_value": {"manager": 0.6, "other": 0.1}},
            "needs either",
        ),
    ],
)
def test_a_rule_that_bears_on_no_belief_is_refused(bearing: dict[str, Any], why: str) -> None:
    error = refused(lambda: define(bears_on=bearing))
    assert error.code == "invalid-definition"
    assert why in error.message


def test_ids_of_beliefs_without_a_value_are_what_they_always_were_and_values_have_their_own() -> None:
    key = BeliefKey(attribute="needs.budget", subject="Ada", context="work")
    assert belief_id("twin", key) == "dfe99bf7-2d47-550b-8f60-57d04633ac6e"
    values = [key.model_copy(update={"value": value}) for value in ("a", "b", OTHER)]
    assert len({belief_id("twin", each) for each in [key, *values]}) == 4
