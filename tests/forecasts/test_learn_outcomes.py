"""Hazards learned from a tenant's past: adopted where they predict better, used from their end on, explained."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from tests.conftest import StoppedClock
from tests.forecasts.outcomes import Foresight, day
from tests.reading import refusal
from tests.world import START, World, event

from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.definition import Definitions
from beliefgraph.model.event import Event
from beliefgraph.model.identity import twin_id
from beliefgraph.model.outcome import OutcomeDefinition
from beliefgraph.model.parameters import ParameterSet
from beliefgraph.model.time import AsOf, microseconds
from beliefgraph.services.forecasts.forecast import forecast
from beliefgraph.services.forecasts.history import History, happened_in, history
from beliefgraph.services.forecasts.keeper import at_risk
from beliefgraph.services.forecasts.learn import following, learn, learn_outcomes
from beliefgraph.services.forecasts.learned_outcomes import LearnedOutcome
from beliefgraph.services.forecasts.record import record
from beliefgraph.services.upkeep.refresh import Refresher
from beliefgraph.store.forecasts import HistoryRows
from beliefgraph.store.keys import Keyring

WEEKS = 16
LEAVES: dict[str, Any] = {
    "key": "leaves",
    "title": "The account leaves",
    "events": [{"type": "left"}],
    "every": "P7D",
    "horizons": [{"within": "P28D", "expected": 0.3}],
    "once": True,
}
CATALOG = Catalog.model_validate(
    {
        "catalog": "leaving",
        "version": "1.0.0",
        "attributes": [{"key": "is.happy", "domain": "test", "prior": 0.5, "statement": "is happy"}],
        "outcomes": [{**LEAVES, "beliefs": [{"attribute": "is.happy"}]}],
    }
)


def lives(
    twins: int, seed: int, *, told: float = 1.0
) -> list[tuple[list[tuple[str, float]], list[tuple[float, float]]]]:
    """Events (type, day) and published log-odds (day, log-odds) of simulated twins: the less happy, the sooner gone.

    Visits stop a while before a twin leaves. With `told` 0 the belief has nothing to do with it.
    """
    draw = np.random.default_rng(seed)
    found = []
    for _ in range(twins):
        happy, quiet = 1.5 * draw.standard_normal(), False
        events: list[tuple[str, float]] = [("visited", float(draw.random()))]
        for week in range(1, WEEKS):
            quiet = quiet or draw.random() < 0.06
            at = 7.0 * week + float(draw.random())
            if not quiet:
                events.append(("visited", at))
            hazard = 1 / (1 + math.exp(-(-3.5 + 2.5 * quiet - told * happy)))
            if draw.random() < hazard:
                events.append(("left", at + 3))
                break
        found.append((events, [(0.0, float(happy))]))
    return found


def known(
    life: tuple[list[tuple[str, float]], list[tuple[float, float]]],
    name: str,
    keyring: Keyring,
    outcome: OutcomeDefinition = CATALOG.outcomes[0],
) -> History:
    """The history of a simulated twin; whoever left had been set right not to be happy, for two weeks."""
    events, said = life
    left = [at for type_, at in events if type_ == "left"]
    holdings = [["is.happy", None, "self", "any", microseconds(day(at)), None, value] for at, value in said]
    rows = HistoryRows(
        twin=twin_id("t", name),
        name=name,
        rev=1,
        definitions=1,
        events=[(type_, microseconds(day(at)), f"{name}-{at}", None) for type_, at in events],
        sealed=[],
        holdings=holdings,
        readings=[],
        pursuits=[],
        deliberations=[],
        forecasts=[],
        corrections=[
            ["is.happy", None, "self", "any", microseconds(day(at)), microseconds(day(at + 14)), False] for at in left
        ],
    )
    return history(rows, outcome, keyring)


def learned(keyring: Keyring, twins: int, seed: int, definitions: Definitions, **more: float) -> LearnedOutcome:
    """What is learned from simulated twins."""
    outcome = CATALOG.outcomes[0]
    histories = [known(life, f"twin-{n}", keyring) for n, life in enumerate(lives(twins, seed, **more))]
    return learn(histories, definitions, outcome, outcome.moment(day(7 * WEEKS)))


@pytest.fixture
def definitions() -> Definitions:
    return Definitions(tenant="t", number=1, catalogs=(CATALOG,))


def test_what_moves_an_outcome_is_found_and_adopted(keyring: Keyring, definitions: Definitions) -> None:
    found = learned(keyring, 400, 1, definitions)
    assert found.adopted
    assert found.gain > 3 * found.error
    assert found.hazard is not None
    slopes = dict(zip(found.hazard.columns, found.hazard.slopes[5 : 5 + len(found.hazard.columns)], strict=True))
    assert slopes["belief is.happy"] < -0.4


def test_an_outcome_that_is_a_correction_is_learned_from_when_somebody_set_it_right(
    keyring: Keyring, definitions: Definitions
) -> None:
    happy = BeliefKey.of(attribute="is.happy")
    wrong = {**LEAVES, "key": "wrong", "events": [], "once": False, "belief": {"belief": happy, "corrected": False}}
    outcome = OutcomeDefinition.model_validate(wrong)
    lived = [known(life, f"twin-{n}", keyring, outcome) for n, life in enumerate(lives(400, 1))]
    found = learn(lived, definitions, outcome, outcome.moment(day(7 * WEEKS)))
    assert found.adopted
    assert found.gain > 3 * found.error
    one = next(each for each in lived if each.corrections)
    (since, until), length = one.corrections[0], microseconds(day(7)) - microseconds(day(0))
    came = happened_in(one, outcome, np.array([since - 2 * length, since - length, until - length - 1, until - length]))
    assert came.tolist() == [False, True, True, False], "while it is valid at the end of a period"


def test_of_twins_not_seen_before_it_predicts_better_than_the_base_rate_and_as_often_as_it_says(
    keyring: Keyring, definitions: Definitions
) -> None:
    first = learned(keyring, 800, 1, definitions)
    assert first.hazard is not None
    earlier = replace(first, hazard=first.hazard.model_copy(update={"until": day(0)}))
    after, outcome = definitions.with_parameters(following([earlier], _none())), CATALOG.outcomes[0]
    said, came = [], []
    for n, life in enumerate(lives(800, 2)):
        one = known(life, f"other-{n}", keyring)
        for week in (4, 8):
            at = outcome.moment(day(7 * week))
            if at_risk(one, after, outcome, at):
                made = forecast(one, after, outcome, outcome.horizons[0], at, day(100))
                said.append(made.probability)
                came.append(float(len(one.happened) and one.happened[0] <= microseconds(made.due)))
    found = record(said, came)
    assert found.skill > 0.2
    assert found.ece < 0.04
    assert abs(found.drift) < 0.03


def test_where_what_is_stated_is_the_truth_nothing_is_adopted(keyring: Keyring) -> None:
    draw = np.random.default_rng(5)
    outcome = CATALOG.outcomes[0].model_copy(update={"beliefs": ()})
    definitions = Definitions(tenant="t", number=1, catalogs=(CATALOG.model_copy(update={"outcomes": (outcome,)}),))
    hazard = 1 - (1 - 0.3) ** (1 / 4)
    histories = []
    for n in range(150):
        first = float(draw.random())
        events = [("visited", first)]
        for week in range(WEEKS):
            if draw.random() < hazard:
                events.append(("left", first + 7.0 * week + 3.5))
                break
        histories.append(known((events, [(0.0, float(draw.standard_normal()))]), f"twin-{n}", keyring))
    found = learn(histories, definitions, outcome, outcome.moment(day(7 * WEEKS)))
    assert not found.adopted
    assert found.reason is not None
    assert "not predict" in found.reason


def test_from_history_that_came_in_one_call_nothing_is_learned_of_what_was_published_in_between(
    keyring: Keyring, definitions: Definitions
) -> None:
    outcome = CATALOG.outcomes[0]
    histories = [known(life, f"twin-{n}", keyring) for n, life in enumerate(lives(400, 1))]
    at_once = [replace(one, known=np.full(len(one.time), one.time[-1])) for one in histories]
    until = outcome.moment(day(7 * WEEKS))
    assert learn(histories, definitions, outcome, until).adopted
    found = learn(at_once, definitions, outcome, until)
    assert (found.hazard, found.happened) == (None, 0)
    plain = outcome.model_copy(update={"beliefs": ()})
    assert learn(at_once, definitions, plain, until).happened > 100


def test_of_few_twins_nothing_is_learned(keyring: Keyring, definitions: Definitions) -> None:
    found = learned(keyring, 30, 1, definitions)
    assert (found.adopted, found.hazard) == (False, None)
    assert found.reason is not None
    assert "fewer than" in found.reason


def test_what_is_in_force_is_replaced_only_by_what_later_periods_speak_for(
    keyring: Keyring, definitions: Definitions
) -> None:
    first = learned(keyring, 400, 1, definitions)
    after = definitions.with_parameters(following([first], _none()))
    again = learned(keyring, 400, 1, after)
    assert (again.adopted, again.compared) == (False, 0)


def test_what_was_learned_on_other_inputs_is_not_used(keyring: Keyring, definitions: Definitions) -> None:
    first = learned(keyring, 400, 1, definitions)
    after = definitions.with_parameters(following([first], _none()))
    outcome = CATALOG.outcomes[0]
    assert after.hazard_of(outcome) == first.hazard
    assert after.hazard_of(outcome.model_copy(update={"beliefs": ()})) is None


async def test_a_parameter_set_learned_for_another_version_is_refused(
    world: World, keyring: Keyring, definitions: Definitions
) -> None:
    first = learned(keyring, 400, 1, definitions)
    other = CATALOG.outcomes[0].model_copy(update={"beliefs": ()})
    await world.book.publish(world.caller, CATALOG.model_copy(update={"outcomes": (other,)}))
    adopting = world.book.publish_parameters(world.caller, lambda known: following([first], known))
    assert await refusal(adopting) == "parameters-outdated"
    assert (await world.book.latest(world.caller.tenant)).definitions.parameters is None


def test_other_strengths_take_a_hazard_on_beliefs_out_of_force(keyring: Keyring, definitions: Definitions) -> None:
    first = following([learned(keyring, 400, 1, definitions)], _none())
    assert first.hazards
    assert first.with_strengths(()).hazards == ()


async def test_a_learned_hazard_answers_from_its_end_on_and_its_inputs_sum_to_the_log_odds(
    world: World, clock: StoppedClock
) -> None:
    plain = {**LEAVES, "horizons": [{"within": "P7D", "expected": 0.2}, *LEAVES["horizons"]]}
    await world.book.publish(
        world.caller, Catalog.model_validate({"catalog": "leaving", "version": "1.0.0", "outcomes": [plain]})
    )
    clock.at = START + timedelta(days=7 * WEEKS)
    sent: list[Event] = []
    for n, (events, _) in enumerate(lives(120, 3, told=0.0)):
        named = [(type_ if type_ == "left" else "priced", at) for type_, at in events]
        sent += [event(f"{n}-{at}", type_, day=at, twin=f"twin-{n}") for type_, at in named]
    await world.intake.observe(world.caller, sent)
    found = await learn_outcomes(world.caller, world.graph, world.keyring, world.book, clock.at)
    (one,) = found
    assert one.adopted, one
    await world.book.publish_parameters(world.caller, lambda known: following(found, known))
    await Refresher(world.updater, world.intake).adopt(world.caller.tenant)

    foresight = Foresight(world)
    made = await foresight.keeper.make(world.caller)
    assert made.stored > 20
    twins = [f"twin-{n}" for n, (events, _) in enumerate(lives(120, 3, told=0.0)) if events[-1][0] != "left"]
    said = {}
    for twin in twins:
        for each in await foresight.of(twin):
            assert (each.basis, each.parameters) == ("learned", 1)
            total = each.baseline + math.fsum(part.contribution for part in each.inputs)
            assert total == pytest.approx(each.log_odds, abs=1e-12)
            said[twin, each.horizon.days] = each
    for twin in twins:
        assert said[twin, 7].probability < said[twin, 28].probability
    quietest = max(twins, key=lambda twin: _silence(sent, twin, clock))
    liveliest = min(twins, key=lambda twin: _silence(sent, twin, clock))
    assert said[quietest, 28].probability > 2 * said[liveliest, 28].probability

    past = AsOf(valid_time=clock.at - timedelta(days=14))
    before = await foresight.questions.forecast(world.caller, twins[0], "leaves", as_of=past)
    assert (before.basis, before.parameters) == ("stated", None)
    reader = world.caller.model_copy(update={"scopes": ("read", "write")})
    refused = learn_outcomes(reader, world.graph, world.keyring, world.book, clock.at)
    assert await refusal(refused) == "missing-scope"


def _silence(sent: list[Event], twin: str, clock: StoppedClock) -> timedelta:
    return clock.at - max(each.time for each in sent if each.twin == twin)


def _none() -> ParameterSet:
    return ParameterSet(tenant="t")
