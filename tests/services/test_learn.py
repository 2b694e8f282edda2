from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from tests.world import START, World, event, key, rated

from beliefgraph.cli.learn_relations import draft
from beliefgraph.ingest.catalogs import parse_catalogs
from beliefgraph.model.belief import probability
from beliefgraph.model.catalog import RelationDefinition
from beliefgraph.model.command import Correct
from beliefgraph.model.parameters import BinaryRates, LearnedCalibration, ParameterSet, Scope, SharedError, SourceRates
from beliefgraph.model.time import NOW, AsOf
from beliefgraph.services.commits.recheck import recheck
from beliefgraph.services.derivation.grid import published
from beliefgraph.services.learning.learn import LearnedRelations, learn_calibrations, learn_relations, propose_relations
from beliefgraph.services.learning.training_data import TrainingData, training_data
from beliefgraph.services.questions.beliefs import Questions
from beliefgraph.services.upkeep.refresh import Refresher


async def training(world: World) -> TrainingData:
    return await training_data(world.caller, world.graph, world.book)


async def correct(world: World, twin: str, attribute: str, holds: bool, day: float) -> None:
    at = START + timedelta(days=day)
    await world.commands.correct(
        world.person(twin), Correct(twin=twin, belief=key(attribute), holds=holds, valid_from=at)
    )


def columns(found: TrainingData, row: int) -> dict[str, float]:
    heard = found.labels.log_likelihood[row]
    return {found.attributes[at]: float(heard[at]) for at in np.flatnonzero(heard)}


async def test_a_label_has_the_evidence_before_it_and_nothing_later(world: World) -> None:
    await world.intake.observe(
        world.caller,
        [event("1", day=1), event("2", "said", day=2, by="omar", llr=0.5, text="maybe"), event("3", "audited", day=9)],
    )
    await correct(world, "lena", "world.buys", True, day=5)

    found = await training(world)

    assert (found.twins, len(found.labels)) == (1, 1)
    assert columns(found, 0) == pytest.approx({"needs.budget": 0.8, "needs.urgent": 0.4, "world.buys": 0.5})
    assert found.attributes[found.column[0]] == "world.buys"
    assert found.happened.tolist() == [1.0]
    assert np.isnan(found.labels.truth).sum() == len(found.attributes) - 1
    before = AsOf(valid_time=START + timedelta(days=5) - timedelta(microseconds=1))
    asked = Questions(world.graph, world.keyring, world.book)
    served = (await asked.belief(world.caller, "lena", key("world.buys"), as_of=before)).state.log_odds
    assert found.derived_log_odds[0] == pytest.approx(served, abs=1e-12)


async def test_conclusive_evidence_is_a_label_too_and_current_evidence_a_row(world: World) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0, day=1), rated("2", -6.5, day=3, by="the ledger")])
    await world.intake.observe(world.caller, [event("1", twin="omar")])

    found = await training(world)

    assert found.happened.tolist() == [0.0]
    assert columns(found, 0) == {"world.alone": pytest.approx(1.0)}
    assert len(found.current) == 2
    assert found.current.log_likelihood[:, found.attributes.index("world.alone")].tolist() == pytest.approx([0.0, -5.5])


async def test_labels_come_in_the_order_of_time_whatever_the_twins_are_called(world: World) -> None:
    for day, twin in ((9, "anna"), (3, "zoe"), (6, "mia")):
        await world.intake.observe(world.caller, [event("1", twin=twin)])
        await correct(world, twin, "world.buys", twin != "mia", day=day)
    assert (await training(world)).happened.tolist() == [1.0, 0.0, 1.0]


async def test_before_a_day_nothing_is_learned_from_what_came_later(world: World) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0, day=1), rated("2", 0.5, day=6), event("3", day=2)])
    await correct(world, "lena", "world.alone", True, day=3)
    await correct(world, "lena", "needs.budget", True, day=8)

    found = await training_data(world.caller, world.graph, world.book, before=START + timedelta(days=5))

    assert [found.attributes[column] for column in found.column] == ["world.alone"]
    assert columns(found, 0)["world.alone"] == pytest.approx(1.0)
    (now,) = found.current.log_likelihood
    assert now[found.attributes.index("needs.budget")] == pytest.approx(0.8)
    at_the_correction = await training_data(world.caller, world.graph, world.book, before=START + timedelta(days=3))
    assert len(at_the_correction.labels) == 0


async def test_strengths_follow_what_turned_out(world: World) -> None:
    """Those with a budget never buy: whatever was elicited, the odds ratio of 4 must fall."""
    found = await unlucky(world, 20)

    supports = next(k for k, relation in enumerate(found.training_data.stated) if relation.kind == "supports")
    assert found.learned.learned[supports] < np.log(4.0) - 0.3
    assert (found.labels, found.held_out) == (20, 6)
    assert found.log_loss < found.elicited
    assert found.better
    [calibrated] = learn_calibrations(found.training_data)
    assert (calibrated.attribute, calibrated.choice.calibration.kind) == ("world.buys", "identity")  # 20 labels


async def unlucky(world: World, number: int) -> LearnedRelations:
    """Those with a budget never buy, in so many twins."""
    for each in range(number):
        twin, holds = f"twin-{each:02}", each % 2 == 0
        more = [event("1", twin=twin)] * holds
        await world.intake.observe(world.caller, [*more, rated("2", 0.1, twin=twin)])
        await correct(world, twin, "world.buys", not holds, day=2 + each)
    return learn_relations(await training(world), deviation=1.0)


async def test_learned_strengths_are_put_in_force_as_a_numbered_set(world: World) -> None:
    found = await unlucky(world, 10)
    await world.intake.observe(world.caller, [event("1", twin="omar")])
    asked = Questions(world.graph, world.keyring, world.book)
    before = (await asked.belief(world.caller, "omar", key("world.buys"))).state

    definitions = await world.book.publish_parameters(world.caller, found.following)
    refresher = Refresher(world.updater, world.intake, interval=timedelta(hours=1))
    assert (await refresher.adopt(world.caller.tenant)).refreshed == 11

    assert definitions.parameters is not None
    strengths = definitions.parameters.strength_of
    budget = strengths["supports", "needs.budget", "world.buys"]
    assert budget.stated == 4.0
    assert budget.learned < 4.0
    assert budget.low < budget.learned < budget.high
    after = (await asked.belief(world.caller, "omar", key("world.buys"))).state
    assert before.log_odds is not None
    assert after.log_odds is not None
    assert after.log_odds < before.log_odds
    exactly = (await asked.belief(world.caller, "omar", key("world.buys"), as_of=AsOf(rev=1))).state
    assert exactly.log_odds == pytest.approx(before.log_odds, abs=0.006)  # as it was known then, unrounded
    assert [one.differing async for one in recheck(world.graph, world.book, world.caller.tenant)] == [()] * 11
    assert (await world.book.publish_parameters(world.caller, found.following)).number == definitions.number


async def test_a_learned_strength_counts_only_beside_the_number_it_was_learned_from(world: World) -> None:
    found = await unlucky(world, 10)
    definitions = await world.book.publish_parameters(world.caller, found.following)
    [relation] = [r for _, r in definitions.relations() if r.kind == "supports"]
    assert definitions.strength_of(relation).parameter < 4.0
    again = RelationDefinition(kind="supports", source=relation.source, target=relation.target, odds_ratio=5.0)
    assert definitions.strength_of(again).parameter == 5.0


async def test_a_calibrated_confidence_stands_beside_the_derived_one(world: World) -> None:
    await world.intake.observe(world.caller, [rated("1", 2.0), event("2")])
    await world.intake.observe(world.caller, [rated("1", 2.0, twin="omar")])
    await correct(world, "omar", "world.alone", True, day=1)
    halved = LearnedCalibration(attribute="world.alone", kind="platt", knots=((0.0, -0.5),), slope=0.5, labels=300)
    await world.book.publish_parameters(world.caller, lambda known: known.with_calibrations((halved,)))
    await Refresher(world.updater, world.intake, interval=timedelta(hours=1)).adopt(world.caller.tenant)
    asked = Questions(world.graph, world.keyring, world.book)

    for as_of in (NOW, AsOf(rev=2)):
        state = (await asked.belief(world.caller, "lena", key("world.alone"), as_of=as_of)).state
        said = published(2.0) if as_of is NOW else 2.0
        assert state.log_odds == pytest.approx(said)
        assert state.calibrated_confidence == pytest.approx(probability(said / 2 - 0.5))
    assert (await asked.belief(world.caller, "lena", key("needs.budget"))).state.calibrated_confidence is None
    before = (await asked.belief(world.caller, "lena", key("world.alone"), as_of=AsOf(rev=1))).state
    assert before.calibrated_confidence is None  # nothing was learned then
    unheard = (await asked.belief(world.caller, "lena", key("world.alone", subject="acme"))).state
    assert unheard.calibrated_confidence == pytest.approx(probability(-0.5))
    set_right = (await asked.belief(world.caller, "omar", key("world.alone"))).state
    assert set_right.calibrated_confidence == set_right.confidence
    assert [one.differing async for one in recheck(world.graph, world.book, world.caller.tenant)] == [()] * 2


def test_new_strengths_take_calibrations_away() -> None:
    calibration = LearnedCalibration(attribute="a", kind="platt", knots=((0.0, 0.0),), slope=0.5, labels=300)
    known = ParameterSet(tenant="acme").with_calibrations((calibration,))
    assert known.calibration_of == {"a": calibration}
    assert known.with_strengths(()).calibrations == ()


def test_new_reliabilities_of_sources_take_calibrations_away_and_the_same_again_do_not() -> None:
    calibration = LearnedCalibration(attribute="a", kind="platt", knots=((0.0, 0.0),), slope=0.5, labels=300)
    rates = BinaryRates(says_if_holds=0.8, says_if_not=0.3)
    sources = (SourceRates(source="omar", scope=Scope(), rates=rates),)
    known = ParameterSet(tenant="acme", sources=sources).with_calibrations((calibration,))
    assert known.with_sources(sources, ()).calibrations == (calibration,)
    heard_otherwise = (SourceRates(source="omar", scope=Scope(), rates=rates.model_copy(update={"says_if_not": 0.4})),)
    assert known.with_sources(heard_otherwise, ()).calibrations == ()
    shared = (SharedError(kind="wire", correlation=0.5),)
    assert known.with_sources(sources, shared).calibrations == ()


async def test_a_draft_of_proposals_is_a_catalog_to_look_at(world: World) -> None:
    """What is said of buying goes along with how they are rated: a relation that nobody stated."""
    for first in range(0, 160, 40):
        events = []
        for number in range(first, first + 40):
            llr, twin = 3.0 if number % 2 else -3.0, f"twin-{number:03}"
            events += [rated("1", llr, twin=twin), event("2", "said", twin=twin, by="omar", llr=llr, text="so")]
        await world.intake.observe(world.caller, events)

    found = propose_relations(await training(world))
    written = draft("proposed", found)

    assert [(each.kind, {each.source, each.target}) for each in found] == [("supports", {"world.alone", "world.buys"})]
    assert found[0].observations == 160
    [catalog] = parse_catalogs(written.encode(), "draft.yaml")
    assert (catalog.catalog, len(catalog.relations)) == ("proposed", 1)
    assert catalog.relations[0].odds_ratio == pytest.approx(found[0].odds_ratio, rel=0.01)
    assert "# gain:" in written
    assert "# observations: 160" in written


def test_no_proposals_are_a_catalog_too() -> None:
    [catalog] = parse_catalogs(draft("proposed", ()).encode(), "draft.yaml")
    assert catalog.relations == ()
