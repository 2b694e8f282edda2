"""How good a confidence is: its error bar, and between what it lies for certain, over HTTP, of a real Neo4j."""

from __future__ import annotations

import pytest
from tests import wide
from tests.web.service import Client, Service
from tests.world import event, rated

from beliefgraph.model.belief import logit, probability
from beliefgraph.model.evidence import CORRECTION_LOG_ODDS
from beliefgraph.services.derivation.derive import PINNED

INTERVAL = """
query Interval($key: BeliefKeyInput!, $asOf: AsOf, $atLeastRev: Int) {
  interval(twin: "lena", key: $key, asOf: $asOf, atLeastRev: $atLeastRev) {
    low high confidence errorBar quality reason personsWord logOdds lowLogOdds highLogOdds validTime rev
  }
}"""

ERROR_BAR = """
query ErrorBar($key: BeliefKeyInput!) {
  belief(twin: "lena", key: $key) { exactConfidence confidence errorBar quality }
  history(twin: "lena", key: $key) { nodes { confidence errorBar quality } }
}"""

CORRECT = """
mutation Correct($belief: BeliefKeyInput!) { correct(input: {twin: "lena", belief: $belief, holds: true}) { rev } }"""

TOLD, OTHER = ({"attribute": name} for name in wide.NAMES[:2])
BUYS = {"attribute": "world.buys"}


async def test_an_exact_confidence_lies_in_a_narrow_interval(client: Client) -> None:
    await client.observe(event("1"), event("2", "audited"))
    found = (await client.data(INTERVAL, key=BUYS, atLeastRev=1))["interval"]
    assert found["low"] <= found["confidence"] <= found["high"]
    assert 0.0 < found["high"] - found["low"] < 1e-5
    assert (found["quality"], found["errorBar"], found["reason"], found["personsWord"]) == ("EXACT", 0.0, None, None)
    for bound, log_odds in (("low", "lowLogOdds"), ("high", "highLogOdds"), ("confidence", "logOdds")):
        assert logit(found[bound]) == pytest.approx(found[log_odds], abs=1e-9)
    assert (found["rev"], found["validTime"]) == (1, "2026-01-05T09:00:00+00:00")


async def test_an_interval_is_answered_as_of_a_rev_and_a_valid_time(client: Client) -> None:
    await client.observe(rated("1", 1.0))
    await client.observe(rated("2", 2.0, day=3))
    for as_of, expected, rev in (
        ({"rev": 1}, 1.0, 1),
        ({"validTime": "2026-01-06T00:00:00Z"}, 1.0, 2),
        ({}, 3.0, 2),
        (None, 3.0, 2),
    ):
        found = (await client.data(INTERVAL, key={"attribute": "world.alone"}, asOf=as_of))["interval"]
        assert (found["low"], found["high"]) == pytest.approx((probability(expected),) * 2, abs=1e-12), as_of
        assert found["rev"] == rev


@pytest.mark.parametrize(("odds_ratio", "quality"), [(1.02, "APPROXIMATE"), (1.3, "UNRELIABLE")])
async def test_where_it_is_not_exact_an_interval_and_an_error_bar_say_how_far_off_it_may_be(
    served: Service, client: Client, odds_ratio: float, quality: str
) -> None:
    await served.define(wide.catalog(odds_ratio))
    await client.data(CORRECT, belief=TOLD)
    truth = probability(wide.truth(odds_ratio, CORRECTION_LOG_ODDS)[1])

    found = (await client.data(INTERVAL, key=OTHER))["interval"]
    assert found["quality"] == quality
    assert found["low"] <= truth <= found["high"]
    assert 0.0 < found["low"] < found["high"] < 1.0

    told = await client.data(ERROR_BAR, key=OTHER)
    belief, exact = told["belief"], told["belief"].pop("exactConfidence")
    noticed = abs(exact - 0.5) > 0.02
    assert told["history"]["nodes"] == ([belief] if noticed else [])
    assert belief["quality"] == quality
    assert 0.0 < belief["errorBar"] < 1.0
    if quality == "APPROXIMATE":
        assert abs(exact - truth) <= belief["errorBar"]


async def test_a_correction_by_the_person_bounds_the_interval(served: Service, client: Client) -> None:
    await served.define(wide.catalog(1.3))
    await client.data(CORRECT, belief=TOLD)
    assert (await client.data(INTERVAL, key=TOLD))["interval"]["low"] < probability(PINNED)
    person = await served.client("read", "correct", person="lena")
    await person.data(CORRECT, belief=TOLD)
    found = (await client.data(INTERVAL, key=TOLD))["interval"]
    assert found["low"] == found["personsWord"] == pytest.approx(probability(PINNED))
    assert found["low"] <= found["confidence"] <= found["high"]


async def test_where_no_interval_is_known_the_reason_is(client: Client) -> None:
    await client.observe(event("1"))
    relate = """
    mutation { relate(input: {
      twin: "lena", source: {attribute: "world.alone"}, target: {attribute: "world.buys"}, kind: CAUSES, oddsRatio: 2.0
    }) { rev } }"""
    await client.data(relate)
    found = (await client.data(INTERVAL, key=BUYS))["interval"]
    assert (found["low"], found["high"], found["reason"]) == (None, None, "SEVERAL_CAUSES")
    assert found["confidence"] > 0.25
