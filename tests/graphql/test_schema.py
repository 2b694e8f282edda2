"""The schema as it is printed, and the compiled way of completing values against graphql-core's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.graphql.test_statements import ONE_STATEMENT
from tests.web.service import Client, Service
from tests.world import event, rated

from beliefgraph.graphql.executor import CompiledExecutor
from beliefgraph.graphql.ids import write_id
from beliefgraph.graphql.print import printed

PRINTED = Path(__file__).parents[2] / "docs" / "schema.graphql"


def test_the_printed_schema_is_current() -> None:
    assert PRINTED.read_text(encoding="utf-8") == printed(), "python -m beliefgraph.graphql.print > docs/schema.graphql"


QUERIES = {
    **ONE_STATEMENT,
    "an explanation": """{
      explanation(twin: "lena", key: {attribute: "world.buys"}) {
        __typename sentence residual belief { id __typename }
        links { parent relation { kind oddsRatio } contribution belief { statement } }
        contributions { contribution without bearing { belief stance validFrom validTo } evidence { id source } }
      }
    }""",
    "an interval": '{ interval(twin: "lena", key: {attribute: "world.buys"}) { low high confidence quality reason } }',
    "aliases and skips": """
    query A($yes: Boolean = true, $no: Boolean = false, $kinds: [RelationKind!] = [IMPLIES]) {
      beliefs(twin: "lena") {
        nodes {
          a: statement b: statement @skip(if: $yes) c: confidence @include(if: $no) ...D @include(if: $yes)
          some: relations(kinds: $kinds) { kind } all: relations { kind }
        }
      }
    }
    fragment D on Belief { __typename d: domain ... on Belief { status } ... on Node { id } }""",
    "a node": f'query N {{ node(id: "{write_id("Twin", "lena")}") {{ __typename id ... on Twin {{ name }} }} }}',
    "changes": '{ changes(twin: "lena") { at beliefs { before { status } after { validTo confidence } } } }',
    "definitions": "{ definitions { attributes { key halfLife deprecated } catalogs { document } } }",
    "an error within": """{
      explanation(twin: "lena", key: {attribute: "world.buys"}) { belief { evidence { counts } } }
    }""",
}


@pytest.mark.parametrize("what", QUERIES)
async def test_the_compiled_way_gives_the_answer_that_graphql_core_gives(
    served: Service, client: Client, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    await client.observe(event("1"), event("2", "said", llr=1.0, by="Kim", text="Yes."), rated("3", 2.0))
    compiled = (await client.post({"query": QUERIES[what]})).text
    again = (await client.post({"query": QUERIES[what]})).text
    monkeypatch.setattr(CompiledExecutor, "given_up", True)
    plain = (await client.post({"query": QUERIES[what]})).text
    assert compiled == again == plain


async def test_a_compiled_selection_does_not_remember_variables(client: Client) -> None:
    await client.observe(event("1"))
    query = """
    query V($kinds: [RelationKind!], $short: Boolean!) {
      belief(twin: "lena", key: {attribute: "world.buys"}) {
        statement @skip(if: $short) relations(kinds: $kinds) { kind }
      }
    }"""
    all_of_them = (await client.data(query, short=False))["belief"]
    some = (await client.data(query, kinds=["IMPLIES"], short=True))["belief"]
    assert {each["kind"] for each in all_of_them["relations"]} == {"SUPPORTS", "IMPLIES", "CAUSES"}
    assert some == {"relations": [{"kind": "IMPLIES"}]}
