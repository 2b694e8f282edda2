"""Preferences: what may be defined of them, and what is refused before it is in force."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from beliefgraph.errors import Incorrect
from beliefgraph.model.attribute import Attribute
from beliefgraph.model.belief import BeliefKey, broader
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.definition import Definitions

CHANNEL = {
    "key": "contact.channel",
    "values": {"mail": 0.4, "call": 0.2, "chat": 0.3},
    "statement": "wants to be reached by {value}",
    "preference": {"kind": "style", "feature": "channel", "inherits": 8},
}
RISK = {
    "key": "risk",
    "values": {"averse": 0.3, "neutral": 0.4, "seeking": 0.2},
    "statement": "is {value} of risk",
    "preference": {"kind": "risk", "feature": "risk", "scores": {"averse": -1, "neutral": 0, "seeking": 1}},
}
NEVER = {
    "key": "contact.never",
    "prior": 0.02,
    "statement": "refuses to be contacted by {subject}",
    "preference": {"kind": "constraint", "feature": "channel", "rule": "never", "hard": True},
}
BUDGET = {
    "key": "budget.most",
    "prior": 0.02,
    "statement": "spends {subject} at most",
    "preference": {"kind": "constraint", "feature": "price", "rule": "at_most", "hard": True},
}
STRESSED = {
    "key": "mood.stressed",
    "prior": 0.1,
    "half_life": "PT6H",
    "statement": "is stressed",
    "preference": {"kind": "state"},
}
PRIVACY = {
    "key": "value.privacy",
    "prior": 0.3,
    "statement": "holds to privacy",
    "preference": {"kind": "value", "feature": "privacy"},
}


def attribute(base: dict[str, Any], **changed: Any) -> Attribute:
    """An attribute, but for what is changed in it; None takes a field away."""
    merged = {"domain": "preference", **base, **changed}
    return Attribute.model_validate({field: value for field, value in merged.items() if value is not None})


def preferring(base: dict[str, Any], **changed: Any) -> Attribute:
    """An attribute with another preference; None takes a field away."""
    merged = {**base["preference"], **changed}
    return attribute(base, preference={field: value for field, value in merged.items() if value is not None})


def define(*, bears_on: dict[str, Any] | None = None, metric: dict[str, Any] | None = None) -> Definitions:
    catalog = {
        "catalog": "test",
        "version": "1.0.0",
        "attributes": [{"domain": "preference", **each} for each in (CHANNEL, RISK, NEVER, BUDGET, STRESSED, PRIVACY)],
        "events": [{"type": "said", "summary": "said", "bears_on": [bears_on] if bears_on else []}],
        "metrics": [metric] if metric else [],
    }
    return Definitions(tenant="acme", number=1, catalogs=(Catalog.model_validate(catalog),))


@pytest.mark.parametrize("sound", [CHANNEL, RISK, NEVER, BUDGET, STRESSED, PRIVACY])
def test_every_kind_can_be_stated(sound: dict[str, Any]) -> None:
    assert attribute(sound).preference is not None


@pytest.mark.parametrize(
    ("base", "changed", "why"),
    [
        (NEVER, {"rule": None, "hard": None}, "a constraint needs a rule"),
        (CHANNEL, {"rule": "never"}, "a constraint needs a rule"),
        (NEVER, {"feature": None}, "names the feature"),
        (PRIVACY, {"feature": None}, "names the feature"),
        (CHANNEL, {"hard": True}, "only a constraint is hard"),
        (STRESSED, {"feature": "channel"}, "not about a feature"),
        (CHANNEL, {"inherits": 1.0}, "above 1"),
        (CHANNEL, {"inherits": 0.5}, "above 1"),
        (STRESSED, {"inherits": 8}, "the same in every context"),
        (NEVER, {"inherits": 8}, "as it stands"),
        (RISK, {"kind": "valence", "scores": None}, "needs the scores"),
        (NEVER, {"scores": {"a": 1, "b": 0}}, "no use for scores"),
        (STRESSED, {"scores": {"a": 1, "b": 0}}, "no use for scores"),
        (RISK, {"scores": {"averse": 0.5, "neutral": 0.5, "seeking": 0.5}}, "all the same"),
        (RISK, {"scores": {}}, "all the same"),
        (RISK, {"scores": {"averse": -1, "neutral": 0}}, "must name its values"),
        (RISK, {"scores": {"averse": -1, "neutral": 0, "seeking": 1, "other": 0}}, "must name its values"),
        (RISK, {"scores": {"averse": -1, "neutral": 0, "greedy": 1}}, "must name its values"),
    ],
)
def test_a_preference_that_cannot_be_is_refused_and_says_why(
    base: dict[str, Any], changed: dict[str, Any], why: str
) -> None:
    with pytest.raises(Incorrect) as refused:
        preferring(base, **changed)
    assert refused.value.code == "invalid-definition"
    assert why in refused.value.message


@pytest.mark.parametrize(
    ("base", "changed", "why"),
    [
        (NEVER, {"prior": None, "values": {"a": 0.5}, "statement": "{value}"}, "a constraint holds or does not"),
        (PRIVACY, {"prior": None, "values": {"a": 0.5}, "statement": "{value}"}, "a value holds or does not"),
        (STRESSED, {"half_life": None}, "a state passes"),
        (CHANNEL, {"values": None, "open_values": {"other": 0.5}}, "its values are open"),
        (CHANNEL, {"values": {str(n): 0.01 for n in range(32)}}, "may have 32 values"),
        (RISK, {"values": None, "prior": 0.5}, "must name its values"),
        (RISK, {"values": None, "open_values": {"other": 0.5}}, "must name its values"),
    ],
)
def test_an_attribute_that_cannot_be_such_a_preference_is_refused(
    base: dict[str, Any], changed: dict[str, Any], why: str
) -> None:
    with pytest.raises(Incorrect) as refused:
        attribute(base, **changed)
    assert refused.value.code == "invalid-definition"
    assert base["key"] in refused.value.message
    assert why in refused.value.message


@pytest.mark.parametrize("score", [1.5, -1.01, math.nan, math.inf, "high"])
def test_a_score_lies_between_minus_one_and_one(score: object) -> None:
    with pytest.raises(ValidationError):
        preferring(RISK, scores={"averse": -1, "neutral": 0, "seeking": score})


@pytest.mark.parametrize("wrong", [{"kind": "hobby"}, {"rule": "seldom"}, {"inherits": math.inf}, {"feature": "A B"}])
def test_what_is_no_kind_rule_number_or_name_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        preferring(NEVER, **wrong)


@pytest.mark.parametrize(
    ("belief", "why"),
    [
        ({"attribute": "contact.never"}, "state as its subject what channel"),
        ({"attribute": "budget.most", "subject": "cheap"}, "'cheap' is none"),
        ({"attribute": "budget.most", "subject": "nan"}, "'nan' is none"),
        ({"attribute": "budget.most", "subject": "1_000"}, "'1_000' is none"),
        ({"attribute": "budget.most", "subject": "1e999"}, "'1e999' is none"),
        ({"attribute": "contact.channel", "value": "mail", "context": "work..mail"}, "has an empty part"),
        ({"attribute": "contact.channel", "value": "mail", "context": "work."}, "has an empty part"),
        ({"attribute": "mood.stressed", "context": "work"}, "the same in every context"),
        ({"attribute": "mood.stressed", "subject": "Ada"}, "the same in every context"),
    ],
)
def test_a_preference_stands_only_where_it_can_be_read(belief: dict[str, str], why: str) -> None:
    with pytest.raises(Incorrect) as refused:
        define().attribute_for(BeliefKey(**belief))
    assert refused.value.code == "invalid-input"
    assert why in refused.value.message


@pytest.mark.parametrize(
    "belief",
    [
        {"attribute": "contact.never", "subject": "call", "context": "work"},
        {"attribute": "budget.most", "subject": "1e3"},
        {"attribute": "mood.stressed"},
        {"attribute": "contact.channel", "value": "mail", "subject": "Ada", "context": "work.mail"},
    ],
)
def test_what_can_be_stated_is_not_refused(belief: dict[str, str]) -> None:
    assert define().attribute_for(BeliefKey(**belief)).key == belief["attribute"]


@pytest.mark.parametrize(
    ("speaks", "why"),
    [
        ({"attribute": "contact.never"}, "without the subject"),
        ({"attribute": "mood.stressed", "context": "data.where"}, "with a subject or a context"),
        ({"attribute": "mood.stressed", "subject": "data.who"}, "with a subject or a context"),
    ],
)
def test_a_rule_that_bears_on_no_such_belief_is_refused(speaks: dict[str, Any], why: str) -> None:
    with pytest.raises(Incorrect) as refused:
        define(bears_on={"log_likelihood_ratio": 1, **speaks})
    assert refused.value.code == "invalid-definition"
    assert why in refused.value.message


@pytest.mark.parametrize(
    ("speaks", "why"),
    [
        ({"attribute": "risk", "reading": 0.5}, "a reading and its noise"),
        ({"attribute": "risk", "noise": 0.5, "log_likelihood_ratio": 1, "value": "averse"}, "a reading and its noise"),
        ({"attribute": "risk", "reading": 0.5, "noise": 0.5, "value": "averse"}, "cannot name one beside"),
        ({"attribute": "risk", "reading": 0.5, "noise": 0.5, "log_likelihood_ratio": 1}, "needs either"),
        ({"attribute": "contact.channel", "reading": 0.5, "noise": 0.5}, "no scale for a reading"),
        ({"attribute": "value.privacy", "reading": 0.5, "noise": 0.5}, "no scale for a reading"),
    ],
)
def test_a_reading_that_measures_nothing_is_refused(speaks: dict[str, Any], why: str) -> None:
    with pytest.raises(Incorrect) as refused:
        define(bears_on=speaks)
    assert refused.value.code == "invalid-definition"
    assert why in refused.value.message


@pytest.mark.parametrize("wrong", [{"noise": 0.0}, {"noise": 0.01}, {"noise": math.inf}, {"reading": 1.5}])
def test_a_reading_lies_on_the_scale_and_is_never_without_error(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        define(bears_on={"attribute": "risk", "reading": 0.5, "noise": 0.5, **wrong})


@given(st.floats(-1, 1), st.floats(0.05, 10))
def test_a_reading_moves_the_values_as_bayes_says_and_leaves_other_where_it_is(reading: float, noise: float) -> None:
    risk = attribute(RISK)
    ratios = risk.read(reading, noise)
    normal = {"averse": reading + 1, "neutral": reading, "seeking": reading - 1}
    for one, two in (("averse", "neutral"), ("neutral", "seeking")):
        expected = (normal[two] ** 2 - normal[one] ** 2) / (2 * noise**2)
        assert ratios[one] - ratios[two] == pytest.approx(expected, abs=1e-9)
    weights = {value: prior * math.exp(ratios.get(value, 0.0)) for value, prior in risk.value_priors.items()}
    assert weights["other"] / sum(weights.values()) == pytest.approx(0.1)


def test_a_metric_that_bears_on_a_constraint_without_operand_is_refused() -> None:
    on = {"attribute": "contact.never", "log_likelihood_ratio": 1}
    metric = {
        "key": "complaints",
        "statement": "complained",
        "kind": "count",
        "events": ["said"],
        "window": "P7D",
        "bands": [{"at_least": 1, "bears_on": [on]}],
    }
    with pytest.raises(Incorrect) as refused:
        define(metric=metric)
    assert "without the subject" in refused.value.message
    assert define(metric={**metric, "subject": "data.channel"}).metrics.keys() == {"complaints"}


@pytest.mark.parametrize(
    ("context", "next_broader"),
    [("work.mail.urgent", "work.mail"), ("work.mail", "work"), ("work", "any"), ("any", None), (".work", "any")],
)
def test_a_dotted_context_lies_in_the_one_before_its_last_dot(context: str, next_broader: str | None) -> None:
    assert broader(context) == next_broader
