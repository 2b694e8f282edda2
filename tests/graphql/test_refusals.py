"""Every way to ask wrongly: a clear error with its code, and nothing written."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import Any

import orjson
import pytest
from graphql import is_non_null_type
from tests.web.service import Client, Service
from tests.world import event, rated

from beliefgraph.graphql.ids import write_id
from beliefgraph.graphql.schema import make_schema

BELIEF = """
query B($twin: String!, $key: BeliefKeyInput!, $asOf: AsOf) { belief(twin: $twin, key: $key, asOf: $asOf) { rev } }"""
ASSERT = "mutation A($input: AssertBeliefInput!) { assertBelief(input: $input) { rev } }"
CORRECT = "mutation C($input: CorrectInput!) { correct(input: $input) { rev } }"
RELATE = "mutation R($input: RelateInput!) { relate(input: $input) { rev } }"
OBSERVE = "mutation O($events: [EventInput!]!) { observe(events: $events) { status } }"
PAGE = 'query P($after: String, $first: Int! = 5) { beliefs(twin: "lena", first: $first, after: $after) { rev } }'
WHAT_IF = "query W($input: WhatIfInput!) { whatIf(input: $input) { rev } }"
TWIN = '{ twin(name: "lena") { rev } }'

KEY = {"attribute": "world.alone"}
LENA_ALONE = 'twin: "lena", belief: {attribute: "world.alone"}'


def asserted(**more: Any) -> dict[str, Any]:
    return {"input": {"twin": "lena", "belief": KEY, "confidence": 0.5, **more}}


def corrected(**more: Any) -> dict[str, Any]:
    return {"input": {"twin": "lena", "belief": KEY, "holds": True, **more}}


def sent(**more: Any) -> dict[str, Any]:
    return {
        "events": [{"id": "x", "source": "s", "type": "rated", "time": "2026-01-09T00:00:00Z", "twin": "lena", **more}]
    }


MB = "a" * 1_000_000

WRONG: dict[str, tuple[str, dict[str, Any], str, str | None]] = {
    "an unknown twin": (BELIEF, {"twin": "nobody", "key": KEY}, "not-found", None),
    "an unknown attribute": (BELIEF, {"twin": "lena", "key": {"attribute": "no.such"}}, "unknown-attribute", None),
    "an attribute that is no name": (
        BELIEF,
        {"twin": "lena", "key": {"attribute": "No Such"}},
        "invalid-input",
        "key.attribute",
    ),
    "a rev that never was": (BELIEF, {"twin": "lena", "key": KEY, "asOf": {"rev": 99}}, "not-found", None),
    "a rev and a recorded time": (
        BELIEF,
        {"twin": "lena", "key": KEY, "asOf": {"rev": 1, "recordedAt": "2026-01-01T00:00:00Z"}},
        "invalid-input",
        None,
    ),
    "a negative rev": (BELIEF, {"twin": "lena", "key": KEY, "asOf": {"rev": -1}}, "invalid-input", "asOf.rev"),
    "a naive datetime": (
        BELIEF,
        {"twin": "lena", "key": KEY, "asOf": {"validTime": "2026-01-01T00:00:00"}},
        "naive-datetime",
        None,
    ),
    "no datetime": (BELIEF, {"twin": "lena", "key": KEY, "asOf": {"validTime": "soon"}}, "invalid-input", None),
    "a number for a datetime": (BELIEF, {"twin": "lena", "key": KEY, "asOf": {"validTime": 5}}, "invalid-input", None),
    "a datetime past the calendar": (
        BELIEF,
        {"twin": "lena", "key": KEY, "asOf": {"validTime": "0001-01-01T00:00:00+14:00"}},
        "invalid-input",
        None,
    ),
    "a cursor that is none": (PAGE, {"after": "x"}, "invalid-cursor", None),
    "a page of none": (PAGE, {"first": 0}, "invalid-input", None),
    "a page too long": (PAGE, {"first": 2_001}, "too-large", None),
    "a confidence above 1": (ASSERT, asserted(confidence=1.01), "not-a-probability", "input.confidence"),
    "a confidence below 0": (ASSERT, asserted(confidence=-0.1), "not-a-probability", "input.confidence"),
    "a confidence that is a text": (ASSERT, asserted(confidence="high"), "invalid-input", None),
    "no confidence": (ASSERT, {"input": {"twin": "lena", "belief": KEY}}, "invalid-input", None),
    "a verbatim of a megabyte": (ASSERT, asserted(verbatim=MB), "too-large", None),
    "a twin's name of a megabyte": (ASSERT, asserted(twin=MB), "too-large", None),
    "a twin's name of two lines": (ASSERT, asserted(twin="a\nb"), "invalid-input", "input.twin"),
    "an empty twin's name": (ASSERT, asserted(twin=""), "invalid-input", "input.twin"),
    "a goal with a blank title": (
        "mutation S($input: SetGoalInput!) { setGoal(input: $input) { rev } }",
        {"input": {"twin": "lena", "goal": "ship", "title": "  "}},
        "invalid-input",
        "input.title",
    ),
    "a definition that says nothing": (
        "mutation P($catalog: JSON!) { publishDefinitions(catalog: $catalog) { number } }",
        {
            "catalog": {
                "catalog": "blank",
                "version": "1.0.0",
                "attributes": [{"key": "a.b", "domain": "a", "prior": 0.5, "statement": " \n"}],
            }
        },
        "invalid-definition",
        "attributes.0.statement",
    ),
    "a field that is not there": (ASSERT, asserted(colour="red"), "invalid-input", None),
    "a command from the future": (ASSERT, asserted(validTime="2030-01-01T00:00:00Z"), "invalid-input", None),
    "an interval that ends before it begins": (
        CORRECT,
        corrected(validFrom="2026-02-01T00:00:00Z", validTo="2026-01-01T00:00:00Z"),
        "invalid-interval",
        None,
    ),
    "an interval that ends as it begins": (
        CORRECT,
        corrected(validFrom="2026-02-01T00:00:00Z", validTo="2026-02-01T00:00:00Z"),
        "invalid-interval",
        None,
    ),
    "a naive datetime in a command": (CORRECT, corrected(validFrom="2026-02-01T00:00:00"), "naive-datetime", None),
    "an event without a zone": (OBSERVE, sent(time="2026-01-09T00:00:00"), "naive-datetime", None),
    "an event's id of a megabyte": (OBSERVE, sent(id=MB), "too-large", None),
    "data that is no object": (OBSERVE, sent(data=[1]), "invalid-input", "events.0.data"),
    "a support that is none": (
        RELATE,
        {
            "input": {
                "twin": "lena",
                "source": KEY,
                "target": {"attribute": "world.buys"},
                "kind": "SUPPORTS",
                "oddsRatio": 0.5,
            }
        },
        "invalid-input",
        None,
    ),
    "a relation of an unknown kind": (
        RELATE,
        {"input": {"twin": "lena", "source": KEY, "target": {"attribute": "world.buys"}, "kind": "LIKES"}},
        "invalid-input",
        None,
    ),
    "hypothetical evidence beyond all bounds": (
        WHAT_IF,
        {"input": {"twin": "lena", "evidence": [{"belief": KEY, "logLikelihoodRatio": 31}]}},
        "invalid-input",
        "input.evidence.0.logLikelihoodRatio",
    ),
    "too many hypotheses": (
        WHAT_IF,
        {"input": {"twin": "lena", "assumptions": [{"belief": KEY, "holds": True}] * 101}},
        "too-large",
        "assumptions",
    ),
    "a retraction of nothing": (
        "mutation R($input: RetractInput!) { retract(input: $input) { rev } }",
        {"input": {"twin": "lena"}},
        "invalid-input",
        None,
    ),
    "a withdrawal of evidence that is not there": (
        "mutation W($input: WithdrawInput!) { withdraw(input: $input) { rev } }",
        {"input": {"twin": "lena", "evidence": "no-such"}},
        "not-found",
        None,
    ),
}


@pytest.mark.parametrize("what", WRONG)
async def test_what_is_wrong_is_refused_with_its_code_and_nothing_is_written(client: Client, what: str) -> None:
    query, variables, code, field = WRONG[what]
    await client.observe(rated("1", 1.0))
    answer = await client.ask(query, **variables)
    [error] = answer["errors"]
    assert error["extensions"]["code"] == code, error
    assert error["extensions"].get("ids", {}).get("field") == field
    assert len(error["message"]) <= 500
    assert (await client.data(TWIN))["twin"]["rev"] == 1


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
async def test_numbers_that_are_none_are_refused(client: Client, number: str) -> None:
    variables = orjson.dumps(asserted(confidence=0.5)).decode().replace("0.5", number)
    body = f'{{"query": "{ASSERT}", "variables": {variables}}}'
    answer = (await client.post(body.encode())).json()
    assert answer["errors"][0]["extensions"]["code"] in ("invalid-query", "invalid-input", "not-a-probability")
    literal = f"mutation {{ assertBelief(input: {{{LENA_ALONE}, confidence: {number}}}) {{ rev }} }}"
    assert (await client.refused(literal))["kind"] == "incorrect"
    assert (await client.refused(TWIN))["code"] == "not-found"


async def test_an_integer_beyond_all_bounds_in_an_events_data_is_refused(client: Client) -> None:
    query = """mutation {
      observe(events: [{id: "1", source: "s", type: "t", time: "2026-01-01T00:00:00Z", twin: "lena",
                        data: {n: 123456789012345678901234567890}}]) { status }
    }"""
    assert (await client.refused(query))["code"] == "invalid-input"


@pytest.mark.parametrize(
    "id_",
    [
        "",
        "x",
        "%%%",
        "a" * 5_000,
        write_id("Belief", "lena", "no-such"),
        write_id("Nothing", "lena", "x"),
        write_id("Twin", "nobody"),
    ],
)
async def test_ids_that_name_nothing_are_not_found(client: Client, id_: str) -> None:
    await client.observe(rated("1", 1.0))
    refusal = await client.refused("query N($id: ID!) { node(id: $id) { id } }", id=id_)
    assert refusal["code"] == "not-found"


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-01T00:00:00"])
async def test_a_cursor_beyond_the_calendar_is_refused(client: Client, moment: str) -> None:
    query = "query Q($after: String!) { quarantine(after: $after) { nodes { id } } }"
    cursor = urlsafe_b64encode(f"{moment}\x1fx".encode()).decode()
    assert (await client.refused(query, after=cursor))["code"] in ("invalid-cursor", "naive-datetime")


async def test_a_cursor_of_another_question_is_refused(client: Client) -> None:
    await client.observe(event("1"))
    found = await client.data('{ beliefs(twin: "lena", first: 1) { pageInfo { endCursor } } }')
    cursor = found["beliefs"]["pageInfo"]["endCursor"]
    for query in (
        'query C($after: String) { beliefs(twin: "lena", first: 1, after: $after, order: {by: CHANGED}) { rev } }',
        "query C($after: String) { twins(after: $after) { nodes { name } } }",
        'query C($after: String) { history(twin: "lena", key: {attribute: "needs.budget"}, after: $after) { rev } }',
        "query C($after: String) { quarantine(after: $after) { nodes { id } } }",
    ):
        assert (await client.refused(query, after=cursor))["code"] == "invalid-cursor", query


@pytest.mark.parametrize(
    ("scope", "query"),
    [
        ("read", TWIN),
        ("read", "{ twins { nodes { name } } }"),
        ("read", "{ definitions { number } }"),
        ("read", '{ changes(twin: "lena") { rev } }'),
        ("read", '{ explanation(twin: "lena", key: {attribute: "world.alone"}) { rev } }'),
        ("read", '{ interval(twin: "lena", key: {attribute: "world.alone"}) { rev } }'),
        ("read", '{ whatIf(input: {twin: "lena"}) { rev } }'),
        (
            "write",
            f"mutation {{ assertBelief(input: {{{LENA_ALONE}, confidence: 0.5}}) {{ rev }} }}",
        ),
        ("write", "mutation { observe(events: []) { status } }"),
        (
            "correct",
            'mutation { correct(input: {twin: "lena", belief: {attribute: "world.alone"}, holds: true}) { rev } }',
        ),
        ("define", 'mutation { publishDefinitions(catalog: {catalog: "x", version: "1.0.0"}) { number } }'),
        ("define", "{ quarantine { nodes { id } } }"),
        ("erase", 'mutation { eraseTwin(twin: "lena") { rows } }'),
    ],
)
async def test_a_key_without_the_scope_is_refused(served: Service, client: Client, scope: str, query: str) -> None:
    await client.observe(rated("1", 1.0))
    others: Any = [each for each in ("read", "write", "correct", "define", "erase") if each != scope]
    refusal = await (await served.client(*others)).refused(query)
    assert (refusal["code"], refusal["kind"], refusal["ids"]["scope"]) == ("missing-scope", "forbidden", scope)


async def test_another_tenants_twin_cannot_be_distinguished_from_none(served: Service, client: Client) -> None:
    await client.observe(rated("1", 1.0))
    ids = await client.data(
        '{ twin(name: "lena") { id } belief(twin: "lena", key: {attribute: "world.alone"}) { id } }'
    )
    stranger = await served.client(tenant=f"{served.tenant}-other")
    for query in (
        TWIN,
        '{ belief(twin: "lena", key: {attribute: "world.alone"}) { confidence } }',
        '{ beliefs(twin: "lena") { rev } }',
        '{ history(twin: "lena", key: {attribute: "world.alone"}) { rev } }',
        '{ evidence(twin: "lena", key: {attribute: "world.alone"}) { rev } }',
        '{ explanation(twin: "lena", key: {attribute: "world.alone"}) { rev } }',
        '{ interval(twin: "lena", key: {attribute: "world.alone"}) { rev } }',
        '{ changes(twin: "lena") { rev } }',
        '{ compare(twin: "lena", asOfA: {rev: 1}) { rev } }',
        'mutation { eraseTwin(twin: "lena") { rows } }',
    ):
        theirs = await stranger.ask(query)
        nobodys = await stranger.ask(query.replace("lena", "none"))
        assert theirs["errors"][0]["extensions"]["code"] in ("not-found", "unknown-attribute"), query
        assert str(theirs).replace("lena", "none") == str(nobodys), query
    for id_ in (ids["twin"]["id"], ids["belief"]["id"]):
        assert (await stranger.refused("query N($id: ID!) { node(id: $id) { id } }", id=id_))["code"] == "not-found"
    assert (await stranger.data("{ twins { nodes { name } } }"))["twins"]["nodes"] == []
    assert (await client.data(TWIN))["twin"]["rev"] == 1


async def test_a_persons_key_reaches_no_twin_but_theirs(served: Service, client: Client) -> None:
    await client.observe(rated("1", 1.0), rated("1", 1.0, twin="omar"))
    omars = await client.data('{ belief(twin: "omar", key: {attribute: "world.alone"}) { id } }')
    lena = await served.client(person="lena")
    assert (await lena.data(TWIN))["twin"]["rev"] == 1
    assert (await lena.data("{ twins { nodes { name } } }"))["twins"]["nodes"] == [{"name": "lena"}]
    for query in (
        '{ twin(name: "omar") { rev } }',
        '{ beliefs(twin: "omar") { rev } }',
        'mutation { correct(input: {twin: "omar", belief: {attribute: "world.alone"}, holds: true}) { rev } }',
        'mutation { eraseTwin(twin: "omar") { rows } }',
    ):
        assert (await lena.refused(query))["code"] == "not-found", query
    by_id = await lena.refused("query N($id: ID!) { node(id: $id) { id } }", id=omars["belief"]["id"])
    assert by_id["code"] == "not-found"


async def test_an_unexpected_fault_does_not_show_its_message(
    served: Service, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr(served.services.questions, "twin", broken)
    answer = await client.post({"query": TWIN}, **{"x-request-id": "request-7"})
    [error] = answer.json()["errors"]
    assert (error["extensions"]["code"], error["extensions"]["ids"]) == ("fault", {"request": "request-7"})
    assert "hunter2" not in answer.text
    assert "request-7" in error["message"]


async def test_one_refused_field_leaves_the_others_of_a_question_and_of_a_command(client: Client) -> None:
    stated = await client.ask(
        """mutation {
          a: setGoal(input: {twin: "lena", goal: "roll-out", title: "Roll out"}) { status }
          b: setGoal(input: {twin: "lena", goal: "part", partOf: ["nope"]}) { status }
          c: setGoal(input: {twin: "lena", goal: "learn", title: "Learn"}) { status }
        }"""
    )
    assert stated["data"] == {"a": {"status": "ACCEPTED"}, "b": None, "c": {"status": "ACCEPTED"}}
    assert [(error["path"], error["extensions"]["code"]) for error in stated["errors"]] == [(["b"], "unknown-goal")]
    asked = '{ a: goal(twin: "lena", key: "roll-out") { title } b: goal(twin: "lena", key: "nope") { title } }'
    answer = await client.ask(asked)
    assert answer["data"] == {"a": {"title": "Roll out"}, "b": None}
    assert [(error["path"], error["extensions"]["code"]) for error in answer["errors"]] == [(["b"], "unknown-goal")]


def test_every_root_field_may_be_null() -> None:
    schema = make_schema()._schema
    for root in (schema.query_type, schema.mutation_type):
        assert root is not None
        assert [name for name, field in root.fields.items() if is_non_null_type(field.type)] == []


@pytest.mark.parametrize(
    ("command", "field"),
    [
        ('setGoal(input: {twin: "lena", goal: "k", title: "K", FIELD: null})', name)
        for name in ("deadline", "priority", "progress", "status")
    ]
    + [
        ('recordDecision(input: {twin: "lena", decision: "k", title: "K", FIELD: null})', name)
        for name in ("options", "chosen", "reasons", "expected", "actual")
    ],
)
async def test_null_is_refused_where_leaving_a_field_out_is_meant(client: Client, command: str, field: str) -> None:
    refused = await client.refused(f"mutation {{ {command.replace('FIELD', field)} {{ status }} }}")
    assert (refused["code"], refused["ids"]["field"]) == ("invalid-input", field)
    left_out = f"mutation {{ {command.replace(', FIELD: null', '')} {{ status }} }}"
    assert (await client.data(left_out)).popitem()[1] == {"status": "ACCEPTED"}
