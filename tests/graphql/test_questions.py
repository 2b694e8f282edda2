"""What can be asked, over HTTP, of a real Neo4j."""

from __future__ import annotations

import asyncio

import pytest
from tests import values
from tests.web.service import Client, Service
from tests.world import event, rated

from beliefgraph.model.belief import logit
from beliefgraph.services.derivation.grid import published

ALONE = {"attribute": "world.alone"}
BUYS = {"attribute": "world.buys"}

BELIEF = """
query Belief($twin: String!, $key: BeliefKeyInput!, $asOf: AsOf, $atLeastRev: Int) {
  belief(twin: $twin, key: $key, asOf: $asOf, atLeastRev: $atLeastRev) {
    id attribute subject context domain statement confidence logOdds prior status quality validTime rev changedAtRev
  }
}"""


async def test_a_belief_says_what_it_is_and_how_sure_the_twin_is(client: Client) -> None:
    await client.observe(rated("1", 1.5))
    belief = (await client.data(BELIEF, twin="lena", key=ALONE))["belief"]
    assert belief["statement"] == "stands alone"
    assert (belief["attribute"], belief["domain"], belief["subject"], belief["context"]) == (
        "world.alone",
        "world",
        "self",
        "any",
    )
    assert belief["logOdds"] == published(1.5)
    assert logit(belief["confidence"]) == pytest.approx(belief["logOdds"])
    assert (belief["prior"], belief["status"], belief["quality"]) == (0.5, "FORMING", "EXACT")
    assert (belief["rev"], belief["changedAtRev"]) == (1, 1)
    assert belief["validTime"] == "2026-01-05T09:00:00+00:00"


async def test_a_belief_of_which_nothing_is_known_answers_with_its_prior(client: Client) -> None:
    await client.observe(rated("1", 1.5))
    key = {"attribute": "product.fits", "subject": "the app"}
    belief = (await client.data(BELIEF, twin="lena", key=key))["belief"]
    assert belief["confidence"] == pytest.approx(0.5)
    assert belief["statement"] == "thinks the app fits"
    assert belief["changedAtRev"] is None


async def test_a_belief_is_answered_as_of_a_rev_a_valid_time_and_a_recorded_time(client: Client) -> None:
    await client.observe(rated("1", 1.0))
    await client.observe(rated("2", 2.0, day=3))
    for as_of, expected in (
        ({"rev": 1}, 1.0),
        ({"validTime": "2026-01-06T00:00:00Z"}, 1.0),
        ({"recordedAt": "2026-10-01T12:00:00Z"}, 3.0),
        ({}, published(3.0)),
        (None, published(3.0)),
    ):
        belief = (await client.data(BELIEF, twin="lena", key=ALONE, asOf=as_of))["belief"]
        assert belief["logOdds"] == pytest.approx(expected, abs=1e-6), as_of


async def test_beliefs_are_filtered_ordered_and_paged_with_cursors_that_hold(client: Client) -> None:
    await client.observe(event("1"), rated("2", 3.0), event("3", "audited"))
    query = """
    query Page($after: String, $filter: BeliefFilterInput, $order: BeliefOrderInput) {
      beliefs(twin: "lena", first: 2, after: $after, filter: $filter, order: $order) {
        rev totalCount
        edges { cursor node { attribute confidence } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    }"""
    seen: list[tuple[str, float]] = []
    after, pages = None, 0
    while True:
        page = (await client.data(query, after=after))["beliefs"]
        pages += 1
        seen += [(edge["node"]["attribute"], edge["node"]["confidence"]) for edge in page["edges"]]
        assert page["pageInfo"]["endCursor"] == page["edges"][-1]["cursor"]
        assert page["pageInfo"]["hasPreviousPage"] is (pages > 1)
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
        await client.observe(rated(f"more-{pages}", -4.0))  # what is written meanwhile does not move the pages
    assert len(seen) == len(dict(seen)) == page["totalCount"]
    assert [confidence for _, confidence in seen] == sorted((c for _, c in seen), reverse=True)
    assert seen[0][0] == "world.alone"

    only = await client.data(query, filter={"domains": ["needs"]}, order={"by": "ATTRIBUTE", "descending": False})
    assert [edge["node"]["attribute"] for edge in only["beliefs"]["edges"]] == ["needs.budget", "needs.urgent"]


async def test_beliefs_can_be_filtered_by_every_field(client: Client) -> None:
    await client.observe(event("1"), rated("2", 3.0))
    query = 'query F($f: BeliefFilterInput) { beliefs(twin: "lena", filter: $f) { nodes { attribute } } }'
    for given, expected in (
        ({"attributes": ["world.alone"]}, {"world.alone"}),
        ({"minConfidence": 0.9}, {"world.alone"}),
        ({"maxConfidence": 0.9, "domains": ["world"]}, {"world.buys"}),
        ({"statuses": ["ESTABLISHED"]}, {"world.alone"}),
        ({"subjects": ["nobody"]}, set()),
        ({"contexts": ["any"], "attributes": ["world.alone", "needs.budget"]}, {"world.alone", "needs.budget"}),
    ):
        nodes = (await client.data(query, f=given))["beliefs"]["nodes"]
        assert {node["attribute"] for node in nodes} == expected, given


async def test_evidence_and_two_levels_of_relations_come_with_the_beliefs(client: Client) -> None:
    await client.observe(event("1"), event("2", "said", llr=1.0, by="Kim", text="We will buy it."))
    query = """
    query Walk {
      belief(twin: "lena", key: {attribute: "needs.budget"}) {
        evidence { stance logLikelihoodRatio counts evidence { id summary source time } }
        relations(kinds: [SUPPORTS]) {
          kind outgoing oddsRatio
          other { attribute relations { kind other { attribute } } }
        }
      }
    }"""
    belief = (await client.data(query))["belief"]
    [seen] = belief["evidence"]
    assert (seen["stance"], seen["logLikelihoodRatio"], seen["counts"]) == ("OBSERVATION", 0.8, True)
    assert seen["evidence"]["summary"] == "looked at the prices"
    [supports] = belief["relations"]
    assert (supports["kind"], supports["outgoing"], supports["oddsRatio"]) == ("SUPPORTS", True, 4.0)
    assert supports["other"]["attribute"] == "world.buys"
    assert {each["kind"] for each in supports["other"]["relations"]} >= {"SUPPORTS", "IMPLIES"}


async def test_relations_of_some_kinds_are_given_wherever_the_kinds_are_named(client: Client) -> None:
    await client.observe(event("1"), event("2", "audited"))
    query = """
    query Kinds($first: [RelationKind!], $second: [RelationKind!]) {
      belief(twin: "lena", key: {attribute: "world.buys"}) {
        some: relations(kinds: $first) { kind other { attribute relations(kinds: $second) { kind } } }
        one: relations(kinds: SUPPORTS) { kind }
        none: relations(kinds: []) { kind }
      }
    }"""
    for first, second, kinds, beyond in (
        (["IMPLIES"], ["IMPLIES"], {"IMPLIES"}, {"IMPLIES"}),
        (["CAUSES"], ["CONTRADICTS"], {"CAUSES"}, {"CONTRADICTS"}),
        (None, ["EXCLUDES"], {"SUPPORTS", "IMPLIES", "CAUSES"}, set()),
        (["SUPPORTS", "IMPLIES"], None, {"SUPPORTS", "IMPLIES"}, {"SUPPORTS", "IMPLIES"}),
    ):
        belief = (await client.data(query, first=first, second=second))["belief"]
        assert {each["kind"] for each in belief["some"]} == kinds
        assert {each["kind"] for relation in belief["some"] for each in relation["other"]["relations"]} == beyond
        assert {each["kind"] for each in belief["one"]} == {"SUPPORTS"}
        assert belief["none"] == []


async def test_the_chain_of_a_belief_and_its_relations_can_be_asked_for_alone(client: Client) -> None:
    await client.observe(rated("1", 1.0), rated("2", 0.5, day=1), event("3"))
    chain = """
    query Chain($after: String) {
      evidence(twin: "lena", key: {attribute: "world.alone"}, first: 1, after: $after) {
        rev nodes { logLikelihoodRatio evidence { source } } pageInfo { hasNextPage endCursor }
      }
    }"""
    first = (await client.data(chain))["evidence"]
    second = (await client.data(chain, after=first["pageInfo"]["endCursor"]))["evidence"]
    assert [page["nodes"][0]["logLikelihoodRatio"] for page in (first, second)] == [1.0, 0.5]
    assert (first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]) == (True, False)
    related = """{
      relations(twin: "lena", key: {attribute: "needs.budget"}) {
        rev relations { kind other { attribute relations { kind } } }
      }
    }"""
    found = (await client.data(related))["relations"]
    assert [(each["kind"], each["other"]["attribute"]) for each in found["relations"]] == [("SUPPORTS", "world.buys")]


async def test_history_tells_what_was_published_the_newest_first(client: Client) -> None:
    for number in range(3):
        await client.observe(rated(str(number), 1.0, day=number))
    query = """{
      history(twin: "lena", key: {attribute: "world.alone"}, first: 10) {
        nodes { revFrom revTo logOdds confidence status }
      }
    }"""
    nodes = (await client.data(query))["history"]["nodes"]
    assert [(node["revFrom"], node["revTo"]) for node in nodes] == [(3, None), (2, 3), (1, 2)]
    assert [node["logOdds"] for node in nodes] == [published(3.0), published(2.0), published(1.0)]


async def test_an_explanation_is_a_tree_whose_contributions_sum_to_the_move(client: Client) -> None:
    await client.observe(event("1"), rated("2", 1.0))
    query = """{
      explanation(twin: "lena", key: {attribute: "world.buys"}) {
        rev sentence priorLogOdds residual
        belief { id logOdds statement }
        links { belief { id } parent contribution relation { kind oddsRatio probability } }
        contributions { contribution without logLikelihoodRatio on { attribute } evidence { id summary source } }
      }
    }"""
    found = (await client.data(query))["explanation"]
    assert "will buy" in found["sentence"]
    ids = {link["belief"]["id"] for link in found["links"]}
    roots = [link for link in found["links"] if link["parent"] is None]
    assert [root["belief"]["id"] for root in roots] == [found["belief"]["id"]]
    assert {link["parent"] for link in found["links"]} - {None} <= ids
    total = sum(each["contribution"] for each in found["contributions"])
    assert total + found["residual"] == pytest.approx(found["belief"]["logOdds"] - found["priorLogOdds"], abs=0.01)
    assert {each["evidence"]["source"] for each in found["contributions"]} == {"test"}


async def test_two_moments_are_compared(client: Client) -> None:
    await client.observe(rated("1", 1.0))
    await client.observe(rated("2", 1.0, day=1))
    query = """{
      compare(twin: "lena", asOfA: {rev: 1}) {
        rev validTime beliefs { belief { attribute } before after beforeConfidence afterConfidence afterStatus }
      }
    }"""
    found = (await client.data(query))["compare"]
    assert found["rev"] == 2
    [moved] = found["beliefs"]
    assert moved["belief"]["attribute"] == "world.alone"
    assert (moved["before"], moved["after"]) == (pytest.approx(1.0), pytest.approx(2.0))
    assert logit(moved["afterConfidence"]) == pytest.approx(2.0)


async def test_what_if_answers_and_stores_nothing(client: Client) -> None:
    await client.observe(event("1"))
    query = """
    query WhatIf($input: WhatIfInput!) {
      whatIf(input: $input) { rev beliefs { belief { attribute } beforeConfidence afterConfidence } }
    }"""
    key = {"attribute": "needs.budget"}
    for more in (
        {"assumptions": [{"belief": key, "holds": True}]},
        {"interventions": [{"belief": key, "holds": True}]},
        {"evidence": [{"belief": key, "logLikelihoodRatio": 2.0}]},
        {"events": [{"id": "x", "source": "test", "type": "priced", "time": "2026-02-01T00:00:00Z", "data": {}}]},
    ):
        found = (await client.data(query, input={"twin": "lena", **more}))["whatIf"]
        moves = {each["belief"]["attribute"]: each for each in found["beliefs"]}
        assert moves["needs.budget"]["afterConfidence"] > moves["needs.budget"]["beforeConfidence"], more
    assert (await client.data('{ twin(name: "lena") { rev } }'))["twin"]["rev"] == 1


async def test_what_if_and_compare_tell_of_goals(client: Client) -> None:
    grow = """mutation($input: SetGoalInput!) { setGoal(input: $input) { rev } }"""
    await client.data(grow, input={"twin": "lena", "goal": "grow", "priority": 0.8})
    await client.data(grow, input={"twin": "lena", "goal": "hire", "partOf": ["grow"]})
    moved = "goals { goal { key } before { status motivation } after { status motivation progress } reason }"
    query = f"query W($input: WhatIfInput!) {{ whatIf(input: $input) {{ {moved} }} }}"
    supposed = {"twin": "lena", "goals": [{"goal": "hire", "status": "ACHIEVED"}]}
    found = (await client.data(query, input=supposed))["whatIf"]["goals"]
    assert [each["goal"]["key"] for each in found] == ["hire", "grow"]
    assert found[1] == {
        "goal": {"key": "grow"},
        "before": {"status": "ACTIVE", "motivation": 0.8},
        "after": {"status": "ACTIVE", "motivation": 0.0, "progress": 1.0},
        "reason": "100% of it is done, after 0%.",
    }
    compared = (await client.data(f'{{ compare(twin: "lena", asOfA: {{rev: 1}}) {{ {moved} }} }}'))["compare"]["goals"]
    assert [(each["goal"]["key"], each["before"]) for each in compared] == [("hire", None)]


async def test_changes_are_listed_in_order_after_a_rev(client: Client) -> None:
    for number in range(4):
        await client.observe(rated(str(number), 1.0))
    query = """{
      changes(twin: "lena", afterRev: 1, first: 2) {
        rev cause twin actor purpose definitions at headTime
        beliefs { belief { attribute } before { logOdds } after { logOdds revFrom } }
      }
    }"""
    changes = (await client.data(query))["changes"]
    assert [(change["rev"], change["cause"], change["twin"]) for change in changes] == [
        (2, "OBSERVED", "lena"),
        (3, "OBSERVED", "lena"),
    ]
    assert {(change["actor"], change["purpose"]) for change in changes} == {("tester", "testing")}
    [moved] = changes[0]["beliefs"]
    assert moved["before"]["logOdds"] == pytest.approx(1.0, abs=0.01)
    assert moved["after"]["logOdds"] == pytest.approx(2.0, abs=0.01)


async def test_twins_are_listed_and_one_is_asked_for(client: Client) -> None:
    await client.observe(*(rated("1", 1.0, twin=name) for name in ("zoe", "ada", "kim")))
    listed = (await client.data("{ twins(first: 2) { nodes { name rev } pageInfo { hasNextPage endCursor } } }"))[
        "twins"
    ]
    assert [node["name"] for node in listed["nodes"]] == ["ada", "kim"]
    query = "query T($after: String) { twins(after: $after) { nodes { name } } }"
    rest = await client.data(query, after=listed["pageInfo"]["endCursor"])
    assert [node["name"] for node in rest["twins"]["nodes"]] == ["zoe"]
    twin = (await client.data('{ twin(name: "kim") { id name rev headTime lastUpdated definitions } }'))["twin"]
    assert (twin["rev"], twin["definitions"], twin["headTime"]) == (1, 1, "2026-01-05T09:00:00+00:00")


async def test_everything_with_an_id_is_found_again_by_it(client: Client) -> None:
    await client.observe(event("1", "said", llr=1.0, by="Kim", text="Yes."))
    query = """{
      twin(name: "lena") { id }
      belief(twin: "lena", key: {attribute: "world.buys"}) { id evidence { evidence { id } } }
    }"""
    found = await client.data(query)
    node = """
    query Node($id: ID!) {
      node(id: $id) {
        id __typename
        ... on Twin { name }
        ... on Belief { attribute relations { kind } }
        ... on Evidence { verbatim source bearings { belief logLikelihoodRatio } }
      }
    }"""
    twin = (await client.data(node, id=found["twin"]["id"]))["node"]
    assert twin == {"id": found["twin"]["id"], "__typename": "Twin", "name": "lena"}
    belief = (await client.data(node, id=found["belief"]["id"]))["node"]
    assert (belief["__typename"], belief["attribute"]) == ("Belief", "world.buys")
    evidence_id = found["belief"]["evidence"][0]["evidence"]["id"]
    evidence = (await client.data(node, id=evidence_id))["node"]
    assert (evidence["__typename"], evidence["verbatim"], evidence["source"]) == ("Evidence", "Yes.", "Kim")
    assert evidence["bearings"] == [{"belief": found["belief"]["id"], "logLikelihoodRatio": 1.0}]


async def test_the_definitions_in_force_can_be_read(client: Client) -> None:
    query = """{
      definitions {
        number
        attributes { key domain prior statement halfLife deprecated }
        catalogs { catalog version document relations { kind source target oddsRatio probability } }
      }
    }"""
    found = (await client.data(query))["definitions"]
    by_key = {attribute["key"]: attribute for attribute in found["attributes"]}
    assert by_key["product.risky"]["halfLife"] == "P30D"
    [catalog] = found["catalogs"]
    assert {relation["kind"] for relation in catalog["relations"]} == {"SUPPORTS", "IMPLIES", "CONTRADICTS", "CAUSES"}
    assert catalog["document"]["events"][1]["type"] == "priced"


async def test_a_read_waits_for_a_rev_that_is_about_to_come(client: Client) -> None:
    await client.observe(rated("1", 1.0))
    waiting = asyncio.create_task(client.data(BELIEF, twin="lena", key=ALONE, atLeastRev=2))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    await client.observe(rated("2", 1.0))
    assert (await waiting)["belief"]["rev"] >= 2


VALUES = """
query Which($asOf: AsOf) {
  distribution(twin: "lena", attribute: "person.role", asOf: $asOf) {
    attribute subject context quality rev validTime
    values {
      value probability
      belief { id value statement confidence status evidence { logLikelihoodRatio evidence { summary } } }
    }
  }
  beliefs(twin: "lena", filter: { attributes: ["person.role"] }) { nodes { value confidence } }
}"""


async def test_a_distribution_names_every_value_with_its_belief(served: Service, client: Client) -> None:
    await served.define(values.CATALOG)
    await client.observe(values.role_seen("1", "lead", 2.0))
    answer = await client.data(VALUES)
    found = answer["distribution"]
    assert (found["attribute"], found["subject"], found["context"]) == ("person.role", "self", "any")
    assert (found["quality"], found["rev"]) == ("EXACT", 1)
    shares = {each["value"]: each["probability"] for each in found["values"]}
    assert shares == pytest.approx(values.by_hand(values.ROLES, {"lead": 2.0}))
    lead = found["values"][0]["belief"]
    assert (lead["value"], lead["statement"]) == ("lead", "works as lead")
    assert lead["evidence"] == [{"logLikelihoodRatio": 2.0, "evidence": {"summary": "showed a role"}}]
    assert {node["value"] for node in answer["beliefs"]["nodes"]} == set(values.ROLES)
    key = {"attribute": "person.role", "value": "lead"}
    belief = (await client.data(BELIEF, twin="lena", key=key))["belief"]
    assert belief["id"] == lead["id"]
    assert belief["confidence"] == pytest.approx(shares["lead"], abs=0.002)
    early = (await client.data(VALUES, asOf={"validTime": "2026-01-01T00:00:00Z"}))["distribution"]
    assert {each["value"]: each["probability"] for each in early["values"]} == pytest.approx(values.ROLES)


async def test_a_definition_says_which_values_there_are(served: Service, client: Client) -> None:
    await served.define(values.CATALOG)
    asked = "{ definitions { attributes { key prior values { value prior } valuesAreOpen } } }"
    found = {each["key"]: each for each in (await client.data(asked))["definitions"]["attributes"]}
    assert {v["value"]: v["prior"] for v in found["person.role"]["values"]} == pytest.approx(values.ROLES)
    assert (found["person.role"]["prior"], found["person.role"]["valuesAreOpen"]) == (None, False)
    assert found["person.city"]["values"] == [{"value": "other", "prior": values.OTHER_CITY}]
    assert found["person.city"]["valuesAreOpen"]
    assert (found["world.alone"]["prior"], found["world.alone"]["values"]) == (0.5, None)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ('distribution(twin: "lena", attribute: "world.alone") { rev }', "invalid-input"),
        ('distribution(twin: "lena", attribute: "Not a name") { rev }', "invalid-input"),
        ('distribution(twin: "lena", attribute: "unheard.of") { rev }', "unknown-attribute"),
        ('distribution(twin: "nobody", attribute: "world.alone") { rev }', "not-found"),
        ('belief(twin: "lena", key: {attribute: "world.alone", value: "x"}) { rev }', "invalid-input"),
    ],
)
async def test_what_has_no_distribution_says_why(client: Client, asked: str, code: str) -> None:
    await client.observe(rated("1", 1.0))
    assert (await client.refused(f"{{ {asked} }}"))["code"] == code
