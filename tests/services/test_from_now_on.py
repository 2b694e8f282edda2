"""A rule may mark a change: what was said before of other values no longer counts from then on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.reading import held, stored
from tests.services.test_recheck import checked
from tests.world import START, World, event, key

from beliefgraph.model.catalog import Catalog
from beliefgraph.model.command import Correct, Withdraw
from beliefgraph.model.event import EventName
from beliefgraph.model.identity import event_id
from beliefgraph.model.time import NOW, AsOf
from beliefgraph.services.derivation.grid import published
from beliefgraph.services.explanation.explain import Explanations
from beliefgraph.services.questions.beliefs import Questions


async def shares(world: World, as_of: AsOf = NOW) -> dict[str, float]:
    """How likely each city is."""
    asked = Questions(world.graph, world.keyring, world.book)
    found = await asked.distribution(world.caller, "lena", LIVES, as_of=as_of)
    return {each.value: each.probability for each in found.values if each.probability is not None}


def changing_catalog() -> Catalog:
    """Where somebody lives, as events tell it, and as a move changes it; and whether they are at home."""
    city = {"attribute": "home.city", "value_from": "data.city", "log_likelihood_ratio": 3.0}
    home = {"attribute": "home.there", "log_likelihood_ratio": "double(data.llr)"}
    return Catalog.model_validate(
        {
            "catalog": "moving",
            "version": "1.0.0",
            "attributes": [
                {
                    "key": "home.city",
                    "domain": "home",
                    "open_values": {"other": 0.3},
                    "half_life": "P365D",
                    "statement": "lives in {value}",
                },
                {"key": "home.there", "domain": "home", "prior": 0.5, "statement": "is at home"},
            ],
            "events": [
                {"type": "told", "summary": "told", "bears_on": [city]},
                {"type": "moved", "summary": "moved", "bears_on": [{**city, "from_now_on": True}]},
                {"type": "seen", "summary": "seen", "bears_on": [home]},
                {"type": "left", "summary": "left", "bears_on": [{**home, "from_now_on": True}]},
            ],
        }
    )


LIVES = key("home.city")
MOVED = 200.0
"""The day of the move."""


@pytest.mark.parametrize("reverse", [False, True])
async def test_a_change_ends_what_spoke_for_other_values_and_as_of_before_it_still_counts(
    world: World, reverse: bool
) -> None:
    await world.book.publish(world.caller, changing_catalog())
    events = [event(str(n), "told", day=MOVED - (5 - n) * 146, city="Berlin") for n in range(5)]
    events.append(event("moved", "moved", day=MOVED, city="Hamburg"))
    for each in reversed(events) if reverse else events:
        await world.intake.observe(world.caller, [each])
    now = await shares(world)
    assert now["Hamburg"] > 0.9
    assert "Berlin" not in now
    then = await shares(world, AsOf(valid_time=START + timedelta(days=MOVED - 1)))
    assert then["Berlin"] > 0.9
    assert not (await checked(world))["lena"].differ


async def test_statements_after_a_change_count_and_a_withdrawn_change_has_no_effect(world: World) -> None:
    await world.book.publish(world.caller, changing_catalog())
    await world.intake.observe(world.caller, [event(str(n), "told", day=n, city="Berlin") for n in range(3)])
    before = await shares(world)
    await world.intake.observe(world.caller, [event("moved", "moved", day=3, city="Hamburg")])
    await world.intake.observe(world.caller, [event("back", "told", day=4, city="Berlin")])
    both = await shares(world)
    assert both["Berlin"] == pytest.approx(both["Hamburg"], abs=0.01)
    why = await Explanations(world.graph, world.keyring, world.book).explain(
        world.caller, "lena", key("home.city", value="Hamburg")
    )
    assert {each.evidence.event for each in why.contributions} >= {
        event_id((await stored(world)).id, "test", id_) for id_ in ("moved", "back")
    }
    for gone in ("moved", "back"):
        await world.commands.withdraw(world.caller, Withdraw(twin="lena", event=EventName(id=gone, source="test")))
    after = await shares(world)
    assert after.keys() == before.keys()
    assert after == pytest.approx(before, abs=0.01)  # two days older


async def test_a_change_of_a_binary_belief_ends_all_earlier_evidence_but_a_correction(world: World) -> None:
    await world.book.publish(world.caller, changing_catalog())
    await world.intake.observe(world.caller, [event(str(n), "seen", day=n, llr=2.0) for n in range(5)])
    await world.intake.observe(world.caller, [event("left", "left", day=9, llr=-1.5)])
    assert held(await stored(world), "home.there") == published(-1.5)
    explanations = Explanations(world.graph, world.keyring, world.book)
    why = await explanations.explain(world.caller, "lena", key("home.there"))
    assert why.sentence.endswith(" It changed as of 14 January 2026: earlier evidence no longer counts.")
    before = AsOf(valid_time=START + timedelta(days=8))
    why = await explanations.explain(world.caller, "lena", key("home.there"), as_of=before)
    assert "changed" not in why.sentence
    right = Correct(twin="lena", belief=key("home.there"), holds=True, valid_from=START + timedelta(days=1))
    await world.commands.correct(world.person("lena"), right)
    assert held(await stored(world), "home.there") == published(12.0)
