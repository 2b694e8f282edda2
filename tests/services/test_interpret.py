"""Interpretation: an event becomes evidence by the rules, or says why it cannot."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest

from beliefgraph.errors import BeliefgraphError, Incorrect, Unsupported
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.definition import Definitions
from beliefgraph.model.event import Event
from beliefgraph.services.interpretation import expressions
from beliefgraph.services.interpretation.check import check_catalog
from beliefgraph.services.interpretation.protocol import Interpretation, SourceStatement
from beliefgraph.services.interpretation.rules import RuleInterpreter

DAY = 86_400.0


def catalog(*rules: dict[str, Any]) -> Catalog:
    return Catalog.model_validate(
        {
            "catalog": "buying",
            "version": "1.0.0",
            "attributes": [
                {"key": "needs.sso", "domain": "needs", "prior": 0.2, "statement": "needs SSO", "half_life": 90 * DAY},
                {"key": "budget.approved", "domain": "needs", "prior": 0.3, "statement": "has a budget"},
            ],
            "events": [{"type": "note", "summary": "A note was taken.", **rule} for rule in rules],
        }
    )


def event(data: dict[str, Any] | None = None, **attributes: Any) -> Event:
    return Event.model_validate(
        {"id": "1", "source": "/crm", "type": "note", "time": "2026-01-05T10:00:00Z", "data": data or {}, **attributes}
    )


def interpret(event: Event, *rules: dict[str, Any]) -> Interpretation:
    definitions = Definitions(tenant="acme", number=1, catalogs=(catalog(*rules),))
    return RuleInterpreter().interpret(event, definitions)


def only(interpretation: Interpretation) -> SourceStatement:
    (spoken,) = interpretation.statements
    return spoken


def bears(attribute: str = "needs.sso", ratio: float | str = 1.0, **more: Any) -> dict[str, Any]:
    return {"attribute": attribute, "log_likelihood_ratio": ratio, **more}


def test_a_rule_turns_an_event_into_evidence_from_the_event_s_own_source() -> None:
    spoken = only(interpret(event(), {"bears_on": [bears(ratio=1.5)]}))
    assert (spoken.source, spoken.summary, spoken.verbatim) == ("/crm", "A note was taken.", None)
    (bearing,) = spoken.bearings
    assert (bearing.belief.attribute, bearing.belief.subject, bearing.belief.context) == ("needs.sso", "self", "any")
    assert bearing.log_likelihood_ratio == 1.5


def test_likelihoods_bear_with_the_log_of_their_ratio() -> None:
    rule = {"bears_on": [{"attribute": "needs.sso", "likelihoods": {"holds": 0.6, "otherwise": 0.2}}]}
    assert only(interpret(event(), rule)).bearings[0].log_likelihood_ratio == pytest.approx(math.log(3))


def test_the_half_life_is_the_rule_s_or_else_the_attribute_s_or_none() -> None:
    rule = {
        "bears_on": [
            bears(half_life=7 * DAY),
            bears(context="'mobile'"),
            bears("budget.approved"),
        ]
    }
    assert [b.half_life for b in only(interpret(event(), rule)).bearings] == [7 * DAY, 90 * DAY, None]


def test_a_rule_may_say_that_its_evidence_does_not_age() -> None:
    (bearing,) = only(interpret(event(), {"bears_on": [bears(half_life="never")]})).bearings
    assert bearing.half_life is None


def test_expressions_see_the_event_its_time_and_its_data() -> None:
    rule = {
        "when": "event.type == 'note' && event.time < timestamp('2026-02-01T00:00:00Z') && event.data == data",
        "source": "'colleague:' + data.author",
        "verbatim": "data.text",
        "bears_on": [bears(ratio="data.stars - 3.0", subject="data.about", context="event.channel")],
    }
    data = {"author": "ida", "text": "They asked for SSO.", "stars": 4.5, "about": "team-b"}
    spoken = only(interpret(event(data, channel="mail"), rule))
    assert (spoken.source, spoken.verbatim) == ("colleague:ida", "They asked for SSO.")
    (bearing,) = spoken.bearings
    assert (bearing.belief.subject, bearing.belief.context) == ("team-b", "mail")
    assert bearing.log_likelihood_ratio == 1.5


def test_every_rule_whose_condition_holds_applies_with_one_statement_per_source() -> None:
    rules = (
        {"source": "'a'", "summary": "First.", "bears_on": [bears(ratio=1.0)]},
        {"source": "'b'", "summary": "Second.", "bears_on": [bears(ratio=-2.0)]},
        {"source": "'a'", "summary": "Third.", "bears_on": [bears(ratio=0.5), bears("budget.approved", 2.0)]},
        {"source": "'c'", "when": "false", "bears_on": [bears()]},
    )
    a, b = interpret(event(), *rules).statements
    assert (a.source, a.summary) == ("a", "First.; Third.")
    ratios = [(x.belief.attribute, x.log_likelihood_ratio) for x in a.bearings]
    assert ratios == [("needs.sso", 1.5), ("budget.approved", 2.0)]
    assert (b.source, b.summary, b.bearings[0].log_likelihood_ratio) == ("b", "Second.", -2.0)


def test_two_bearings_of_one_source_on_a_belief_add_up_within_the_bound_and_the_stronger_ages_them() -> None:
    rule = {"bears_on": [bears(ratio=20.0, half_life=7 * DAY), bears(ratio=25.0, half_life=DAY)]}
    (bearing,) = only(interpret(event(), rule)).bearings
    assert (bearing.log_likelihood_ratio, bearing.half_life) == (30.0, DAY)


def test_one_text_picked_by_two_rules_is_kept_once() -> None:
    rules = ({"verbatim": "data.text", "bears_on": [bears(a)]} for a in ("needs.sso", "budget.approved"))
    assert only(interpret(event({"text": "So be it."}), *rules)).verbatim == "So be it."


def test_a_bearing_s_own_condition_leaves_the_others_alone() -> None:
    rule = {"bears_on": [bears(when="has(data.sso)"), bears("budget.approved", when="!has(data.sso)")]}
    assert [b.belief.attribute for b in only(interpret(event(), rule)).bearings] == ["budget.approved"]


@pytest.mark.parametrize("rule", [{"when": "false", "bears_on": [bears()]}, {}, {"bears_on": [bears(when="false")]}])
def test_an_event_whose_rules_do_not_apply_is_understood_and_bears_on_nothing(rule: dict[str, Any]) -> None:
    assert interpret(event(), rule).statements == ()


def test_an_event_of_a_type_without_rules_cannot_be_interpreted() -> None:
    with pytest.raises(Unsupported) as caught:
        interpret(event(type="unheard.of"), {"bears_on": [bears()]})
    assert caught.value.code == "no-interpretation"


@pytest.mark.parametrize(
    ("rule", "cause"),
    [
        ({"when": "data.missing == 1"}, "no field missing"),
        ({"when": "data.n + 'a' == 'a'"}, "wrong type"),
        ({"when": "data.n"}, "neither true nor false"),
        ({"when": "data.n / 0 == 1"}, "divides by zero"),
        ({"when": "data.list[7] == 1"}, "list is shorter"),
        ({"when": "data.n * 9223372036854775807 > 0"}, "too large"),
        ({"when": "int(data.text) > 0"}, "a function does not take"),
        ({"when": "{'a': 1}[data.text] == 1"}, "a field it looks up is missing"),
        ({"source": "data.n"}, "one line"),
        ({"source": "''"}, "one line"),
        ({"source": "'a\\nb'"}, "one line"),
        ({"verbatim": "data.n"}, "10,000 characters"),
        ({"verbatim": "data.long"}, "10,000 characters"),
        ({"bears_on": [bears(ratio="data.text")]}, "not a number"),
        ({"bears_on": [bears(ratio="true")]}, "not a number"),
        ({"bears_on": [bears(ratio="0.0 / 0.0")]}, "within ±30"),
        ({"bears_on": [bears(ratio="1.0 / 0.0")]}, "within ±30"),
        ({"bears_on": [bears(ratio="data.n * 20")]}, "within ±30"),
        ({"bears_on": [bears(subject="data.n")]}, "one line"),
        ({"bears_on": [bears(context="null")]}, "one line"),
    ],
)
def test_an_expression_that_fails_says_which_and_why_but_no_value(rule: dict[str, Any], cause: str) -> None:
    data = {"n": 2, "text": "a private remark", "list": [1], "long": "x" * 10_001}
    with pytest.raises(Incorrect) as caught:
        interpret(event(data), {"bears_on": [bears()], **rule})
    assert caught.value.code == "interpretation-failed"
    assert cause in caught.value.message
    assert "'A note was taken.'" in caught.value.message
    assert "private" not in caught.value.message


def test_a_fault_of_the_evaluator_is_one_more_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_variables: object) -> object:
        raise RuntimeError("a private remark")

    monkeypatch.setattr(expressions, "_compiled", lambda _expression: broken)
    with pytest.raises(Incorrect, match="the evaluator broke"):
        interpret(event(), {"when": "true", "bears_on": [bears()]})


@pytest.mark.parametrize(
    ("expression", "wrong"),
    [
        ("data.x ==", "not valid CEL"),
        ("dta.x == 1", "names dta"),
        ("lower(data.x) == 'a'", "calls lower"),
        ("data.a.map(x, x)[0] == 1", "quadratic"),
        ("data.a.filter(x, x > 1).size() > 1", "quadratic"),
        ("data.a.all(x, x.all(y, y > 1))", "macro inside all"),
        ("data.a . exists( x , x.all ( y, y > 1))", "macro inside exists"),
        ("data.a.all(x, // )\n x in data.a)", "names data inside all"),
        ("data.a.exists_one(data, data > 1)", "already means something"),
    ],
)
def test_an_expression_that_cannot_work_or_costs_too_much_is_refused_at_publishing(expression: str, wrong: str) -> None:
    with pytest.raises(BeliefgraphError) as caught:
        check_catalog(catalog({}, {"bears_on": [bears(), bears("budget.approved", when=expression)]}))
    assert caught.value.code == "invalid-definition"
    assert caught.value.message.startswith("buying@1.0.0 events[1].bears_on[1].when: ")
    assert wrong in caught.value.message


def test_every_place_for_an_expression_is_checked() -> None:
    for field in ("when", "source", "verbatim"):
        with pytest.raises(Incorrect, match=rf"events\[0\]\.{field}"):
            check_catalog(catalog({field: "1 +"}))
    for field in ("when", "subject", "context", "log_likelihood_ratio"):
        with pytest.raises(Incorrect, match=rf"bears_on\[0\]\.{field}"):
            check_catalog(catalog({"bears_on": [{**bears(), field: "1 +"}]}))


def test_likelihoods_that_amount_to_certainty_are_refused() -> None:
    with pytest.raises(Incorrect, match="likelihoods"):
        check_catalog(
            catalog({"bears_on": [{"attribute": "needs.sso", "likelihoods": {"holds": 0.9, "otherwise": 1e-20}}]})
        )


@pytest.mark.parametrize(
    "expression",
    [
        "has(data.a) && data.a.exists(x, x.role == 'cto (interim)') || data.b.all(y, y.data > 1)",
        "data.text.matches(r'(?i)\\bbudget\\b') && !data.text.contains('data.map(x, x)')",
        "-1 + 2 * 3 / 4 % 5 - 6 < 1 ? 1 : [2][0]",
        "event.time.getHours() in [1, 2] && {'data': 1}.size() == 1 && data.n != 2.0 && data.n <= 3 && data.n >= 1",
        'event.time - timestamp("2025-01-01T00:00:00Z") > duration("24h")',
    ],
)
def test_ordinary_expressions_pass(expression: str) -> None:
    assert expressions.check(expression) is None


def test_every_function_on_the_list_is_one_the_evaluator_has() -> None:
    moment, span = "timestamp('2026-01-05T10:00:00Z')", "duration('90m')"
    arguments = {
        "size": "size('a')",
        **{f: f"'abc'.{f}('b')" for f in ("contains", "startsWith", "endsWith", "matches")},
        **{f: f"{f}(1)" for f in ("type", "dyn", "double", "int", "string", "uint")},
        **{"bytes": "bytes('a')", "duration": span, "timestamp": moment},
        **{f: f"{moment}.{f}()" for f in expressions.FUNCTIONS if f.startswith("get")},
    }
    assert set(arguments) == expressions.FUNCTIONS
    for expression in arguments.values():
        assert expressions.check(expression) is None
        expressions.evaluate(expression, expressions.variables({}))


def test_the_dearest_expression_that_is_allowed_stays_cheap_on_the_largest_event() -> None:
    data = {"list": [[n] for n in range(9_000)]}  # about 64 KiB of JSON
    rule = {"when": "data.list.all(x, x[0] >= 0 && x[0] < 10000 && size(x) == 1)", "bears_on": [bears()]}
    started = time.process_time()
    assert only(interpret(event(data), rule)).bearings
    assert time.process_time() - started < 1.0


ROLE = {"key": "role", "domain": "role", "values": {"manager": 0.2, "analyst": 0.5}, "statement": "is {value}"}
CITY = {"key": "city", "domain": "world", "open_values": {"other": 0.5}, "statement": "lives in {value}"}


def of_values(rule: dict[str, Any], data: dict[str, Any] | None = None) -> dict[str | None, float]:
    """What a rule says on a categorical attribute, by value."""
    about = Catalog.model_validate(
        {
            "catalog": "values",
            "version": "1.0.0",
            "attributes": [ROLE, CITY],
            "events": [{"type": "note", "summary": "A note was taken.", "bears_on": [rule]}],
        }
    )
    definitions = Definitions(tenant="acme", number=1, catalogs=(about,))
    spoken = only(RuleInterpreter().interpret(event(data), definitions))
    return {bearing.belief.value: bearing.log_likelihood_ratio for bearing in spoken.bearings}


def test_a_rule_bears_on_the_value_that_it_names_or_that_its_expression_gives() -> None:
    assert of_values({"attribute": "role", "value": "manager", "log_likelihood_ratio": 1.5}) == {"manager": 1.5}
    rule = {"attribute": "role", "value_from": "data.job", "likelihoods": {"holds": 0.6, "otherwise": 0.2}}
    assert of_values(rule, {"job": "analyst"}) == {"analyst": pytest.approx(math.log(3))}
    assert of_values(rule, {"job": "other"}) == {"other": pytest.approx(math.log(3))}


def test_an_open_attribute_takes_any_value_that_an_event_gives() -> None:
    rule = {"attribute": "city", "value_from": "data.city", "log_likelihood_ratio": 2.0}
    assert of_values(rule, {"city": "Bonn am Rhein"}) == {"Bonn am Rhein": 2.0}


def test_likelihoods_by_value_bear_on_each_against_other_and_say_nothing_of_those_they_do_not_name() -> None:
    rule = {"attribute": "role", "likelihoods_by_value": {"manager": 0.6, "other": 0.1}}
    assert of_values(rule) == {"manager": pytest.approx(math.log(6))}
    both = {"attribute": "role", "likelihoods_by_value": {"manager": 0.6, "analyst": 0.05, "other": 0.1}}
    assert of_values(both) == {"manager": pytest.approx(math.log(6)), "analyst": pytest.approx(math.log(0.5))}


def test_a_value_that_a_closed_attribute_does_not_have_is_refused_by_what_it_has_and_not_by_what_came() -> None:
    rule = {"attribute": "role", "value_from": "data.job", "log_likelihood_ratio": 1.0}
    with pytest.raises(Incorrect) as caught:
        of_values(rule, {"job": "spy"})
    assert caught.value.code == "interpretation-failed"
    assert "it is not one of its values: analyst, manager, other" in caught.value.message
    assert "spy" not in caught.value.message
    with pytest.raises(Incorrect, match="not a text of one line"):
        of_values(rule, {"job": 7})


def test_an_expression_for_a_value_and_likelihoods_by_value_are_checked_at_publishing() -> None:
    with pytest.raises(Incorrect, match=r"bears_on\[0\]\.value_from"):
        check_catalog(catalog({"bears_on": [{**bears(), "value_from": "1 +"}]}))
    sure = {"attribute": "role", "likelihoods_by_value": {"manager": 0.9, "other": 1e-20}}
    with pytest.raises(Incorrect, match="likelihoods_by_value: their log-ratio is beyond"):
        check_catalog(catalog({"bears_on": [sure]}))


def test_a_value_is_the_same_composed_or_decomposed_and_with_blanks_around_it() -> None:
    rule = {"attribute": "city", "value_from": "data.city", "log_likelihood_ratio": 2.0}
    for typed in ("Köln", "Ko\u0308ln", " Köln\u00a0", "Köln\u200b"):
        assert of_values(rule, {"city": typed}) == {"Köln": 2.0}
