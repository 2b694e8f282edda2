"""`me`: everything that is held of the person who calls, in one query with their own key."""

from __future__ import annotations

from tests.person_page.browser import WORDS
from tests.web.service import Service
from tests.world import event

EVERYTHING = """
{
  me {
    twin { name rev }
    beliefs(first: 2, order: {by: ATTRIBUTE, descending: false}) {
      totalCount nodes { statement confidence evidence { evidence { summary } } } pageInfo { hasNextPage endCursor }
    }
    evidence { nodes { withdrawn evidence { id summary source verbatim } } }
    events { nodes { id rev storedAt withdrawn event { type source data } } }
    waiting { nodes { code event { type } } }
    identifiers { scheme validFrom }
    goals { nodes { title } }
    preferences { nodes { attribute } }
    decisions { nodes { title } }
    metrics { nodes { value } }
    forecasts { nodes { outcome } }
    trajectories { key }
    permissions { purpose category allowed statedBy }
    restricted
    accesses { actor asked refused person }
  }
}
"""


async def test_a_person_gets_everything_that_is_held_of_them_with_the_words_and_who_read_it(lena: Service) -> None:
    everything, own = await lena.client(), await lena.client(person="lena")
    await everything.data(
        'mutation { identify(input: {twin: "lena", identifier: {scheme: "crm", value: "4711"}}) { rev } }'
    )
    await own.data('mutation { permit(input: {twin: "lena", purpose: "advice", allowed: true}) { rev } }')

    me = (await own.data(EVERYTHING))["me"]

    assert me["twin"]["name"] == "lena"
    assert [each["statement"] for each in me["beliefs"]["nodes"]] == ["has a budget", "needs it soon"]
    assert me["beliefs"]["totalCount"] == 5
    assert me["beliefs"]["nodes"][0]["evidence"] == [{"evidence": {"summary": "looked at the prices"}}]
    said = {each["evidence"]["summary"]: each["evidence"] for each in me["evidence"]["nodes"]}
    assert said["said something about it"]["verbatim"] == WORDS
    assert said["said something about it"]["source"] == "ada"
    assert {each["event"]["type"] for each in me["events"]["nodes"]} == {
        *("priced", "said", "rated"),
        *(f"beliefgraph.{each}" for each in ("SetGoal", "RecordDecision", "Identify", "Permit")),
    }
    assert next(e for e in me["events"]["nodes"] if e["event"]["type"] == "said")["event"]["data"]["text"] == WORDS
    assert [each["scheme"] for each in me["identifiers"]] == ["crm"]
    assert me["goals"]["nodes"] == [{"title": "ship it"}]
    assert me["decisions"]["nodes"] == [{"title": "which supplier"}]
    assert me["permissions"] == [{"purpose": "advice", "category": None, "allowed": True, "statedBy": "PERSON"}]
    assert me["restricted"] is False
    assert {"actor": "tester", "asked": "me", "refused": None, "person": True} in me["accesses"]
    for empty in ("waiting", "metrics", "forecasts", "preferences"):
        assert me[empty]["nodes"] == []


async def test_what_was_withdrawn_and_what_waits_is_held_and_shown(lena: Service) -> None:
    everything, own = await lena.client(), await lena.client(person="lena")
    asked = """{ me {
      restricted waiting { nodes { code event { id } } } evidence { nodes { withdrawn evidence { id summary } } }
    } }"""
    found = (await own.data(asked))["me"]["evidence"]["nodes"]
    (rated,) = [each["evidence"]["id"] for each in found if each["evidence"]["summary"] == "rated"]
    await own.data('mutation($e: String!) { withdraw(input: {twin: "lena", evidence: $e}) { rev } }', e=rated)
    await own.data('mutation { restrict(input: {twin: "lena", restricted: true}) { rev } }')
    await everything.observe(event("later", "audited", day=3))

    me = (await own.data(asked))["me"]

    assert {each["evidence"]["summary"] for each in me["evidence"]["nodes"] if each["withdrawn"]} == {"rated"}
    assert me["restricted"] is True
    assert [(each["code"], each["event"]["id"]) for each in me["waiting"]["nodes"]] == [("restricted", "later")]


async def test_what_was_received_comes_in_pages_and_each_once(lena: Service) -> None:
    everything, own = await lena.client(), await lena.client(person="lena")
    await everything.observe(*(event(f"more {n}", "audited", day=4) for n in range(7)))  # of one moment
    for field, part in (("evidence", "evidence { id }"), ("events", "event { id }")):
        seen, after = [], None
        while True:
            info = "pageInfo { hasNextPage endCursor }"
            asked = f"query($a: String) {{ me {{ {field}(first: 3, after: $a) {{ nodes {{ {part} }} {info} }} }} }}"
            page = (await own.data(asked, a=after))["me"][field]
            seen += [str(node) for node in page["nodes"]]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        assert len(seen) == len(set(seen)) == 12
    refused = await own.refused("query($a: String) { me { events(after: $a) { nodes { rev } } } }", a=f"{after}x")
    assert refused["code"] == "invalid-cursor"


async def test_only_a_persons_own_key_has_a_me_and_nobody_else_is_in_it(lena: Service) -> None:
    everything, omar = await lena.client(), await lena.client(person="omar")
    assert (await everything.refused("{ me { twin { name } } }"))["code"] == "missing-scope"
    assert (await omar.refused("{ me { twin { name } } }"))["code"] == "not-found"
    writer = await lena.client("write", person="lena")
    assert (await writer.refused("{ me { twin { name } } }"))["code"] == "missing-scope"


async def test_what_me_asks_for_is_bounded_as_everywhere(lena: Service) -> None:
    own = await lena.client(person="lena")
    too_long = await own.refused("{ me { evidence(first: 201) { nodes { withdrawn } } } }")
    assert too_long["code"] == "too-large"
    wide = "{ me { beliefs(first: 2000) { nodes { relations { other { relations { kind } } } } } } }"
    assert (await own.refused(wide))["code"] == "too-complex"
