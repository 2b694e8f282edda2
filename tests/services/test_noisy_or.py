"""Rival causes through definitions and services: each alone does it, and one explains the other away."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from tests.inference.oracle import Enumeration
from tests.reading import log_odds, refusal, stored
from tests.world import START, World, event, key

from beliefgraph.inference import Relation, Structure
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.command import Assumption, Correct, Intervention, Relate, WhatIf
from beliefgraph.services.commits.recheck import recheck
from beliefgraph.services.explanation.explain import Explanations
from beliefgraph.services.interpretation.rules import RuleInterpreter
from beliefgraph.services.learning.learn import learn_relations, propose_relations
from beliefgraph.services.learning.training_data import training_data
from beliefgraph.services.questions.what_if import WhatIfs
from beliefgraph.services.upkeep.refresh import Refresher

NAMES = ("burglar", "storm", "alarm", "dog")
PRIORS = (0.1, 0.2, 0.4, 0.3)
BURGLAR, STORM, ALARM = (key(f"house.{name}") for name in NAMES[:3])


def attribute(name: str, prior: float) -> dict[str, Any]:
    return {"key": f"house.{name}", "domain": "house", "prior": prior, "statement": f"has the {name}"}


def cause(source: str, **number: float) -> dict[str, Any]:
    return {"source": f"house.{source}", "kind": "causes", "target": "house.alarm", **number}


def house(version: str, *causes: dict[str, Any]) -> Catalog:
    return Catalog.model_validate(
        {
            "catalog": "house",
            "version": version,
            "attributes": [attribute(*each) for each in zip(NAMES, PRIORS, strict=True)],
            "relations": causes,
            "events": [
                {
                    "type": name,
                    "summary": f"noticed the {name}",
                    "bears_on": [{"attribute": f"house.{name}", "log_likelihood_ratio": 4.0}],
                }
                for name in NAMES
            ],
        }
    )


RIVALS = house("1.0.0", cause("burglar", probability=0.9), cause("storm", probability=0.5))


def enumerated(*own: Relation) -> Enumeration:
    """Every state of the house, with what the catalog and these relations of a twin's own say."""
    stated = [Relation("causes", 0, 2, 0.9), Relation("causes", 1, 2, 0.5), *own]
    return Enumeration.of(Structure(PRIORS, stated, noisy_or=[2]))


@pytest.fixture
async def home(world: World) -> World:
    """The small world with the house published, in which the alarm was heard."""
    await world.book.publish(world.caller, RIVALS)
    await world.intake.observe(world.caller, [event("1", "alarm")])
    return world


async def derived(home: World) -> list[float]:
    return [await log_odds(home, f"house.{name}") for name in NAMES]


async def agrees(home: World) -> bool:
    """Whether all that is published is what the stored rows give."""
    return [one.differing async for one in recheck(home.graph, home.book, home.caller.tenant)] == [()]


async def test_rival_causes_explain_each_other_away_as_enumeration_says(home: World) -> None:
    exact = enumerated()
    heard = await derived(home)
    np.testing.assert_allclose(heard, exact.log_odds([0, 0, 4.0, 0]), atol=1e-8)
    await home.intake.observe(home.caller, [event("2", "storm", day=1)])
    explained = await derived(home)
    np.testing.assert_allclose(explained, exact.log_odds([0, 4.0, 4.0, 0]), atol=1e-8)
    assert explained[0] < heard[0] - 0.3
    assert await agrees(home)


async def test_what_if_a_rival_is_learnt_of_or_brought_about(home: World) -> None:
    ask, exact, heard = WhatIfs(home.graph, home.book, RuleInterpreter()), enumerated(), [0, 0, 4.0, 0]
    asked: dict[str, Any]
    for position, belief in ((1, STORM), (2, ALARM)):
        for asked, given in (
            ({"assumptions": (Assumption(belief=belief, holds=True),)}, {"assume": {position: True}}),
            ({"interventions": (Intervention(belief=belief, holds=True),)}, {"do": {position: True}}),
        ):
            answer = await ask.what_if(home.caller, WhatIf(twin="lena", **asked))
            after = {d.belief.attribute: d.after for d in answer.value.beliefs}
            assert after["house.burglar"] == pytest.approx(exact.log_odds(heard, **given)[0], abs=1e-8)
    assert after["house.burglar"] == pytest.approx(
        np.log(0.1 / 0.9), abs=1e-8
    )  # who sets it off himself learns nothing


async def test_the_graph_and_the_explanation_show_the_probability(home: World) -> None:
    await home.intake.observe(home.caller, [event("2", "burglar", day=1)])
    drawn = {(r.strength.kind, r.strength.probability, r.strength.odds_ratio) for r in (await stored(home)).relations}
    assert drawn == {("causes", 0.9, None), ("causes", 0.5, None)}
    async with home.graph._driver.session() as session:
        found = await session.run(
            "MATCH (:Catalog {tenant: $tenant, catalog: 'house'})-[:DEFINES]->(d)-[c:CAUSES]->(:Definition)"
            " RETURN d.key AS source, c.probability AS probability, c.odds_ratio AS odds_ratio ORDER BY source",
            tenant=home.caller.tenant,
        )
        assert await found.values() == [["house.burglar", 0.9, None], ["house.storm", 0.5, None]]
    why = await Explanations(home.graph, home.keyring, home.book).explain(home.caller, "lena", ALARM)
    assert [link.relation.probability for link in why.links if link.relation] == [0.9]


async def test_a_relation_of_the_twins_own_may_be_a_rival_but_not_with_another_kind_of_strength(home: World) -> None:
    dog: dict[str, Any] = {"twin": "lena", "source": key("house.dog"), "target": ALARM, "kind": "causes"}
    assert await refusal(home.commands.relate(home.caller, Relate(**dog, odds_ratio=3.0))) == "invalid-input"
    await home.commands.relate(home.caller, Relate(**dog, probability=0.3, valid_from=START))
    exact = enumerated(Relation("causes", 3, 2, 0.3))
    np.testing.assert_allclose(await derived(home), exact.log_odds([0, 0, 4.0, 0]), atol=1e-8)
    assert await agrees(home)


async def test_causes_that_alone_do_more_than_is_stated_are_refused(home: World) -> None:
    beyond = house(
        "1.1.0", cause("burglar", probability=0.99), cause("dog", probability=0.99), cause("storm", probability=0.99)
    )
    assert await refusal(home.book.publish(home.caller, beyond)) == "infeasible-statements"


async def test_a_newer_version_with_the_other_kind_of_strength_is_adopted(home: World) -> None:
    before = await derived(home)
    logistic = house("2.0.0", cause("burglar", odds_ratio=9.0), cause("storm", odds_ratio=3.0))
    await home.book.publish(home.caller, logistic)
    await Refresher(home.updater, home.intake, interval=timedelta(hours=1)).adopt(home.caller.tenant)
    stated = [Relation("causes", 0, 2, 9.0), Relation("causes", 1, 2, 3.0)]
    exact = Enumeration.of(Structure(PRIORS, stated)).log_odds([0, 0, 4.0, 0])
    np.testing.assert_allclose(await derived(home), exact, atol=1e-8)
    assert abs(exact[0] - before[0]) > 0.01
    assert await agrees(home)


async def corrected(home: World) -> None:
    """Ten twins in each of which a burglar and a sale turned out alike, every other time to be so."""
    for each in range(10):
        twin, holds = f"twin-{each}", each % 2 == 0
        await home.intake.observe(home.caller, [event("1", "alarm", twin=twin), event("2", twin=twin)])
        for belief in (key("world.buys"), BURGLAR):
            at = START + timedelta(days=2 + each)
            corrected = Correct(twin=twin, belief=belief, holds=holds, valid_from=at)
            await home.commands.correct(home.person(twin), corrected)


async def test_a_noisy_or_that_nothing_follows_from_is_left_out_of_learning_alone(home: World) -> None:
    await corrected(home)
    read = await training_data(home.caller, home.graph, home.book)
    assert read.left_out == ("house.alarm",)
    found = learn_relations(read, deviation=1.0)
    assert found.labels == 20
    assert {each.stated.target for each in found.relations} == {"world.buys", "product.fits"}
    assert np.isfinite(found.log_loss)
    assert "house.alarm" not in {end for p in propose_relations(read) for end in (p.source, p.target)}


async def test_what_is_joined_to_a_noisy_or_is_left_out_of_learning_and_the_rest_is_learned(home: World) -> None:
    barks = {"source": "house.alarm", "kind": "supports", "target": "house.dog", "odds_ratio": 2.0}
    await home.book.publish(home.caller, house("1.1.0", *RIVALS.model_dump()["relations"], barks))
    await corrected(home)
    read = await training_data(home.caller, home.graph, home.book)
    assert set(read.left_out) == {"house.alarm", "house.burglar", "house.storm", "house.dog"}
    assert len(read.labels) == 20

    found = learn_relations(read, deviation=1.0)
    assert found.labels == 10
    assert {each.stated.target for each in found.relations} == {"world.buys", "product.fits"}
    assert np.isfinite(found.log_loss)
    assert not {"house.alarm", "house.burglar"} & {end for p in propose_relations(read) for end in (p.source, p.target)}
