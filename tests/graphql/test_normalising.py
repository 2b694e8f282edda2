"""A client that keeps answers by `__typename` and `id`, as the common ones do, never takes one answer for another."""

from __future__ import annotations

from typing import Any

import pytest_asyncio
from graphql import FieldNode, InlineFragmentNode, OperationDefinitionNode, SelectionSetNode, parse, print_ast
from tests.web.service import Client, Json, Service
from tests.world import START, event

from beliefgraph.graphql.ids import read_id
from beliefgraph.model.belief import probability
from beliefgraph.model.catalog import Catalog

CATALOG = {
    "catalog": "cached",
    "version": "1.0.0",
    "attributes": [
        {"key": "a.wants", "domain": "a", "prior": 0.3, "half_life": "P5D", "statement": "They want it."},
        {"key": "a.needs", "domain": "a", "prior": 0.4, "statement": "They need it."},
        {"key": "a.buys", "domain": "a", "prior": 0.45, "statement": "They buy."},
        {"key": "a.city", "domain": "a", "open_values": {"other": 0.4}, "half_life": "P9D", "statement": "In {value}."},
        {
            "key": "a.risk",
            "domain": "a",
            "values": {"averse": 0.5, "seeking": 0.3},
            "half_life": "P9D",
            "statement": "They are {value} about risk.",
            "preference": {"kind": "risk", "feature": "risk", "scores": {"averse": -1, "seeking": 1}},
        },
    ],
    "relations": [
        {"kind": "supports", "source": "a.wants", "target": "a.needs", "odds_ratio": 3.0},
        {"kind": "causes", "source": "a.needs", "target": "a.buys", "probability": 0.4},
        {"kind": "causes", "source": "a.wants", "target": "a.buys", "probability": 0.3},
    ],
    "events": [
        {
            "type": "said",
            "summary": "said so",
            "bears_on": [
                {"attribute": "a.wants", "log_likelihood_ratio": 1.3},
                {"attribute": "a.buys", "log_likelihood_ratio": 0.7},
                {"attribute": "a.city", "value_from": "data.city", "log_likelihood_ratio": 1.1},
                {"attribute": "a.risk", "value": "seeking", "log_likelihood_ratio": 0.9},
            ],
        }
    ],
    "metrics": [
        {
            "key": "said.week",
            "statement": "times in a week",
            "kind": "count",
            "events": ["said"],
            "window": "P7D",
            "bands": [{"at_least": 1, "bears_on": [{"attribute": "a.wants", "log_likelihood_ratio": 0.8}]}],
        }
    ],
}
BELIEF = """{
  __typename id confidence logOdds status
  relations { __typename id outgoing kind oddsRatio probability other { __typename id confidence logOdds } }
  evidence { heard counts logLikelihoodRatio evidence { __typename id summary source time } metric { value says } }
}"""
PLAIN = "{ __typename id confidence logOdds status }"
GOAL = """{
  __typename id title motivation importance progress
  parents { __typename id weight outgoing other: goal { __typename id title motivation } }
  parts { __typename id weight outgoing other: goal { __typename id title motivation } }
  motivatedBy { __typename id weight confidence belief { __typename id statement } }
  explanation { motivation blockedBy { __typename id motivation } reasons { goal { __typename id motivation } } }
}"""
EXPLANATION = f"""{{
  sentence belief {PLAIN}
  links {{ contribution parent belief {{ __typename id statement }} }}
  contributions {{ contribution without evidence {{ __typename id summary source time }} }}
}}"""
ASKED = f"""
  belief(twin: "lena", key: {{attribute: "a.wants"}} AS_OF) {BELIEF}
  beliefs(twin: "lena" AS_OF) {{ nodes {BELIEF} }}
  relations(twin: "lena", key: {{attribute: "a.needs"}} AS_OF) {{
    relations {{ __typename id outgoing kind oddsRatio probability other {PLAIN} }}
  }}
  evidence(twin: "lena", key: {{attribute: "a.wants"}} AS_OF) {{
    nodes {{ heard evidence {{ __typename id summary source time }} metric {{ value says }} }}
  }}
  explanation(twin: "lena", key: {{attribute: "a.needs"}} AS_OF) {EXPLANATION}
  distribution(twin: "lena", attribute: "a.city" AS_OF) {{ values {{ value probability belief {PLAIN} }} }}
  preferences(twin: "lena" AS_OF) {{ nodes {{ attribute strength belief {PLAIN} explanation {EXPLANATION} }} }}
  metric(twin: "lena", key: {{metric: "said.week"}} AS_OF) {{ value says }}
  metricEvents(twin: "lena", key: {{metric: "said.week"}} AS_OF) {{ nodes {{ evidence {{ __typename id summary }} }} }}
  goal(twin: "lena", key: "whole" AS_OF) {GOAL}
  goals(twin: "lena" AS_OF) {{ nodes {GOAL} }}
  checkDecision(input: {{twin: "lena", options: [
    {{key: "bold", features: {{risk: 1}}}}, {{key: "shy", features: {{risk: -1}}}}
  ]}} AS_OF) {{
    options {{ score points {{ logOdds evidence {{ __typename id contribution summary }} }} }}
  }}
  stored: interpret(input: {{twin: "lena", stored: {{id: "1", source: "test"}}}} AS_OF) OCCURRENCES
  unsent: interpret(
    input: {{
      twin: "lena"
      event: {{id: "x", source: "test", type: "said", time: "2026-01-20T09:00:00Z", data: {{city: "B"}}}}
    }}
    AS_OF
  ) OCCURRENCES
"""
OCCURRENCES = f"""{{
  occurrences {{ belief {PLAIN} hypotheses {{ responsibility belief {PLAIN} explanation {EXPLANATION} }} }}
}}"""


ROUNDED = 0.005 + 1e-9
"""How far what was published may be from what is not rounded: both are of now."""


class Cache:
    """What a normalising client keeps: the fields of every object with an id, by its type and id."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {}
        self.overwritten: list[tuple[str, str, object, object]] = []

    def take(self, query: str, data: Json) -> None:
        """Keep an answer, and note what it overwrites with something else."""
        (operation,) = parse(query).definitions
        assert isinstance(operation, OperationDefinitionNode)
        self._write(operation.selection_set, data)

    def _write(self, selections: SelectionSetNode | None, value: Any) -> Any:
        if isinstance(value, list):
            return [self._write(selections, each) for each in value]
        if value is None or selections is None:
            return value
        fields: dict[str, Any] = {}
        for field in _fields(selections):
            name = field.alias.value if field.alias else field.name.value
            if name in value:
                key = print_ast(FieldNode(name=field.name, arguments=field.arguments, directives=()))
                fields[key] = self._write(field.selection_set, value[name])
        if "id" not in value:
            return fields
        place = f"{value['__typename']}:{value['id']}"
        kept = self.kept.setdefault(place, {})
        now = not read_id(value["id"]).apart
        self.overwritten += [
            (place, key, kept[key], found)
            for key, found in fields.items()
            if not _alike(_shown(key, kept.get(key, found)), _shown(key, found), ROUNDED if now else 0.0)
        ]
        kept.update(fields)
        return place


def _shown(name: str, value: Any) -> Any:
    """A value as people see it: log-odds as a confidence, which is what is rounded evenly."""
    return probability(value) if name == "logOdds" and value is not None else value


def _alike(one: Any, other: Any, by: float) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_alike(one[key], other[key], by) for key in one)
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= by
    return bool(one == other)


def _fields(selections: SelectionSetNode) -> list[FieldNode]:
    found = []
    for each in selections.selections:
        if isinstance(each, InlineFragmentNode):
            found += _fields(each.selection_set)
        else:
            assert isinstance(each, FieldNode)
            found.append(each)
    return found


@pytest_asyncio.fixture
async def reader(served: Service) -> Client:
    """Somebody who asks about a twin that changed over some days."""
    await served.define(Catalog.model_validate(CATALOG))
    client = await served.client()
    for day in (0, 3, 10):
        await client.observe(event(str(day // 3), "said", day=day, city="A" if day else "B"))
    start = f'validFrom: "{START.isoformat()}"'
    await client.data(
        f"""mutation {{
          a: setGoal(input: {{twin: "lena", goal: "whole", title: "All", priority: 0.7, {start}}}) {{ rev }}
          b: setGoal(input: {{twin: "lena", goal: "part", title: "A part", partOf: ["whole"], {start}}}) {{ rev }}
          c: motivateGoal(input: {{twin: "lena", belief: {{attribute: "a.wants"}}, goal: "whole", {start}}}) {{ rev }}
        }}"""
    )
    return client


AS_OF = ("", ', asOf: {validTime: "2026-01-07T09:00:00Z"}', ", asOf: {rev: 2}", ", asOf: {rev: 6}")


def asked(as_of: str) -> list[str]:
    """The questions one by one: an object is told apart by its id alone, whatever it was asked with."""
    (operation,) = parse("{" + ASKED.replace("OCCURRENCES", OCCURRENCES).replace("AS_OF", as_of) + "}").definitions
    assert isinstance(operation, OperationDefinitionNode)
    return [f"{{ {print_ast(field)} }}" for field in operation.selection_set.selections]


async def test_no_answer_overwrites_another_in_a_cache_by_id(reader: Client) -> None:
    cache, taken = Cache(), 0
    for as_of in AS_OF:
        for query in asked(as_of):
            answer = await reader.ask(query)
            if "errors" in answer:  # of what nobody spoke yet
                assert answer["errors"][0]["extensions"]["code"] in ("unknown-goal", "not-found"), answer["errors"]
                continue
            cache.take(query, answer["data"])
            taken += 1
    assert taken > 3 * len(asked(""))
    assert cache.overwritten == []
    kinds = {place.partition(":")[0] for place in cache.kept}
    assert kinds == {
        "Belief",
        "Proposition",
        "Goal",
        "Evidence",
        "EvidenceBehind",
        "RelatedBelief",
        "RelatedGoal",
        "GoalMotive",
    }


async def test_what_was_answered_of_a_moment_is_a_node_and_is_still_so_after_the_twin_has_moved_on(
    reader: Client,
) -> None:
    query = """
    query N($id: ID!) { node(id: $id) { __typename id ... on Belief { confidence } ... on Goal { motivation } } }"""
    found = []
    for as_of in AS_OF:
        one = f"""{{
          belief(twin: "lena", key: {{attribute: "a.wants"}} {as_of}) {{ __typename id confidence }}
          explanation(twin: "lena", key: {{attribute: "a.needs"}} {as_of}) {{ belief {{ __typename id confidence }} }}
        }}"""
        answer = await reader.data(one)
        found += [answer["belief"], answer["explanation"]["belief"]]
    goal = '{ goal(twin: "lena", key: "whole", asOf: {rev: 6}) { __typename id motivation } }'
    found.append((await reader.data(goal))["goal"])
    plain, why, *others = found
    assert [read_id(each["id"]).apart for each in (plain, why)] == ["", ""]
    assert plain["id"] not in {each["id"] for each in others}
    await reader.observe(event("later", "said", day=11, city="A"))
    for each in others:
        assert (await reader.data(query, id=each["id"]))["node"] == each
    assert (await reader.data(query, id=plain["id"]))["node"]["confidence"] > plain["confidence"]


async def test_an_answer_about_what_was_supposed_is_no_node(reader: Client) -> None:
    (unsent,) = [query for query in asked("") if "unsent" in query]
    belief = (await reader.data(unsent))["unsent"]["occurrences"][0]["belief"]
    refused = await reader.refused("query N($id: ID!) { node(id: $id) { id } }", id=belief["id"])
    assert refused["code"] == "not-found"


async def test_a_relation_of_either_side_and_any_moment_is_retracted_by_its_id(reader: Client) -> None:
    relate = """mutation {
      relate(input: {
        twin: "lena", source: {attribute: "a.needs"}, target: {attribute: "a.city", value: "A"},
        kind: SUPPORTS, oddsRatio: 2
      }) { rev }
    }"""
    retract = "mutation R($input: RetractInput!) { retract(input: $input) { status } }"
    for side, as_of in (('{attribute: "a.needs"}', ""), ('{attribute: "a.city", value: "A"}', ", asOf: {rev: REV}")):
        rev = (await reader.data(relate))["relate"]["rev"]
        moment = as_of.replace("REV", str(rev))
        query = f'{{ relations(twin: "lena", key: {side} {moment}) {{ relations {{ id origin }} }} }}'
        (own,) = [each for each in (await reader.data(query))["relations"]["relations"] if each["origin"] == "PROVIDED"]
        given = {"twin": "lena", "relation": own["id"]}
        assert (await reader.data(retract, input=given))["retract"]["status"] == "ACCEPTED"
