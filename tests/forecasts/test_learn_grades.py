"""Grades learned from a tenant's past: adopted where they predict better, explained, out of force when outdated."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from tests.conftest import StoppedClock
from tests.forecasts.graded import SATISFACTION
from tests.forecasts.outcomes import Foresight, day
from tests.reading import refusal
from tests.world import World, event

from beliefgraph.model.belief import BeliefKey, logit
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.definition import Definitions
from beliefgraph.model.identity import twin_id
from beliefgraph.model.parameters import ParameterSet
from beliefgraph.model.time import microseconds
from beliefgraph.services.forecasts.forecast import forecast
from beliefgraph.services.forecasts.grades import graded_within
from beliefgraph.services.forecasts.grading import grading
from beliefgraph.services.forecasts.history import History, history
from beliefgraph.services.forecasts.learn import following, learn_outcomes
from beliefgraph.services.forecasts.learn_grades import learn_grades
from beliefgraph.services.forecasts.learned_outcomes import LearnedOutcome
from beliefgraph.services.segments.rates import rates_of
from beliefgraph.services.upkeep.refresh import Refresher
from beliefgraph.store.forecasts import HistoryRows
from beliefgraph.store.keys import Keyring

WEEKS = 20
CATALOG = Catalog.model_validate(
    {
        "catalog": "satisfied",
        "version": "1.0.0",
        "attributes": [
            {"key": "world.alone", "domain": "test", "prior": 0.5, "statement": "stands alone"},
            {"key": "product.risky", "domain": "test", "prior": 0.2, "statement": "is risky"},
        ],
        "outcomes": [{name: value for name, value in SATISFACTION.items() if name != "indicator"}],
    }
)
OUTCOME = CATALOG.outcomes[0]
WITHIN = OUTCOME.horizons[0]


@pytest.fixture
def definitions() -> Definitions:
    return Definitions(tenant="t", number=1, catalogs=(CATALOG,))


def histories(keyring: Keyring, twins: int, seed: int, *, told: float = 1.0) -> list[History]:
    """Twins that answer a survey every two weeks: the likelier to stand alone, the better."""
    draw = np.random.default_rng(seed)
    found = []
    for n in range(twins):
        alone = 1.5 * draw.standard_normal()
        higher = 1 / (1 + np.exp(-(np.array([1.4, -0.8]) + told * alone)))
        days = [14 * k + float(draw.random()) for k in range(WEEKS // 2)]
        rows = HistoryRows(
            twin=twin_id("t", f"{seed}-{n}"),
            name=f"{seed}-{n}",
            rev=1,
            definitions=1,
            events=[("answered", microseconds(day(at)), f"{n}-{at}", None) for at in days],
            sealed=[],
            holdings=[["world.alone", None, "self", "any", microseconds(day(0)), None, float(alone)]],
            readings=[],
            pursuits=[],
            deliberations=[],
            forecasts=[],
        )
        one = history(rows, OUTCOME, keyring)
        grades = np.array([int((draw.random() < higher).sum()) for _ in days])
        found.append(replace(one, happened=one.time, grades=grades))  # what the events say is sealed
    return found


def learned(keyring: Keyring, twins: int, definitions: Definitions, **more: float) -> LearnedOutcome:
    """What is learned from simulated twins."""
    known = histories(keyring, twins, 1, **more)
    return learn_grades(known, definitions, OUTCOME, WITHIN, OUTCOME.moment(day(7 * WEEKS)))


def in_force(found: LearnedOutcome, definitions: Definitions, since: float = 0) -> Definitions:
    """The definitions with what was learned, in force from a day on."""
    assert found.grades is not None
    earlier = replace(found, grades=found.grades.model_copy(update={"until": day(since)}))
    return definitions.with_parameters(following([earlier], ParameterSet(tenant="t", number=1)))


def test_what_moves_the_grade_is_found_and_adopted(keyring: Keyring, definitions: Definitions) -> None:
    found = learned(keyring, 200, definitions)
    assert found.adopted, found
    assert found.gain > 3 * found.error
    assert found.grades is not None
    slope = found.grades.slopes[5 + found.grades.columns.index("belief world.alone")]
    assert slope > 0.4
    assert found.grades.on_beliefs


def test_of_twins_not_seen_before_it_predicts_better_than_the_shares_and_its_inputs_sum_to_the_log_odds(
    keyring: Keyring, definitions: Definitions
) -> None:
    after = in_force(learned(keyring, 300, definitions), definitions)
    at = OUTCOME.moment(day(80))
    said, came = [], []
    for one in histories(keyring, 300, 2):
        made = forecast(one, after, OUTCOME, WITHIN, at, day(100))
        assert (made.basis, made.parameters, made.twins) == ("learned", 1, 300)
        total = made.baseline + math.fsum(each.contribution for each in made.inputs)
        assert total == pytest.approx(made.log_odds, abs=1e-12)
        assert made.grades[1].at_least == pytest.approx(made.probability)
        start = np.array([microseconds(at)])
        assert OUTCOME.grades is not None
        (grade,) = graded_within(one, OUTCOME, OUTCOME.grades, start, microseconds(day(14)) - microseconds(day(0)))
        said.append([each.probability for each in made.grades])
        came.append(grade)
    found = grading(np.array(said), np.array(came))
    assert found.skill > 0.1
    assert found.ece < 0.06
    assert found.predicted == pytest.approx(found.came, abs=0.08)


def test_where_the_inputs_say_nothing_and_the_shares_are_true_nothing_is_adopted(
    keyring: Keyring, definitions: Definitions
) -> None:
    draw = np.random.default_rng(7)
    known = [
        replace(one, grades=draw.choice(3, len(one.time), p=[0.2, 0.5, 0.3])) for one in histories(keyring, 120, 3)
    ]
    found = learn_grades(known, definitions, OUTCOME, WITHIN, OUTCOME.moment(day(7 * WEEKS)))
    assert not found.adopted
    assert found.reason is not None
    assert "not predict" in found.reason


def test_of_few_twins_nothing_is_learned_and_later_only_later_rows_count(
    keyring: Keyring, definitions: Definitions
) -> None:
    few = learned(keyring, 30, definitions)
    assert (few.adopted, few.grades) == (False, None)
    after = in_force(learned(keyring, 100, definitions), definitions, since=7 * WEEKS)
    again = learned(keyring, 100, after)
    assert (again.adopted, again.compared) == (False, 0)
    early = forecast(histories(keyring, 1, 4)[0], after, OUTCOME, WITHIN, OUTCOME.moment(day(40)), day(100))
    assert (early.basis, early.parameters) == ("stated", None), "nothing learned reaches the past"


def test_without_learned_grades_the_learned_base_rate_of_the_segment_moves_all_of_them(
    keyring: Keyring,
) -> None:
    segment = {"key": "alone", "title": "Alone", "holds": [{"belief": {"attribute": "world.alone"}}]}
    catalog = CATALOG.model_dump(mode="json", exclude_defaults=True) | {"segments": [segment]}
    definitions = Definitions(tenant="t", number=1, catalogs=(Catalog.model_validate(catalog),))
    outcome = definitions.outcome("satisfaction")
    known = histories(keyring, 200, 1, told=2.0)
    lessons = {
        each.segment: each for each in rates_of(known, definitions, outcome, WITHIN, outcome.moment(day(7 * WEEKS)))
    }
    alone, others = lessons["alone"].rate, lessons[None].rate
    assert alone is not None
    assert others is not None
    assert lessons["alone"].adopted
    assert alone.rate > others.rate + 0.2
    inside = [one for one in known if one.beliefs[BeliefKey.of("world.alone")].value[0] >= 0]
    share = np.mean(np.concatenate([one.grades for one in inside]) >= 1)
    assert alone.rate == pytest.approx(share, abs=0.03)
    earlier = alone.model_copy(update={"until": day(0)})
    after = definitions.with_parameters(ParameterSet(tenant="t", number=1).with_segments((earlier,), ()))
    made = forecast(inside[0], after, outcome, WITHIN, outcome.moment(day(40)), day(100))
    assert (made.basis, made.segment, made.parameters) == ("segment", "alone", 1)
    assert made.grades[1].at_least == pytest.approx(alone.rate)
    stated = logit(0.3) - logit(0.8)
    assert logit(made.grades[2].at_least) == pytest.approx(logit(alone.rate) + stated)


async def test_grades_learned_from_events_answer_explain_and_are_shown_as_learned(
    world: World, clock: StoppedClock
) -> None:
    plain = {name: SATISFACTION[name] for name in ("key", "title", "events", "grades", "every", "horizons")}
    catalog = {"catalog": "satisfied", "version": "1.0.0", "outcomes": [plain]}
    await world.book.publish(world.caller, Catalog.model_validate(catalog))
    clock.at = day(100)
    draw = np.random.default_rng(11)
    sent = []
    for n in range(60):
        level = int(draw.integers(0, 3))
        for k in range(8):
            score = (2, 6, 9)[level if draw.random() < 0.85 else int(draw.integers(0, 3))]
            sent.append(event(f"{n}-{k}", "answered", day=12 * k + float(draw.random()), twin=f"twin-{n}", score=score))
    await world.intake.observe(world.caller, sorted(sent, key=lambda one: one.time))
    found = await learn_outcomes(world.caller, world.graph, world.keyring, world.book, clock.at)
    (one,) = found
    assert one.adopted, one
    await world.book.publish_parameters(world.caller, lambda known: following(found, known))
    await Refresher(world.updater, world.intake).adopt(world.caller.tenant)
    (set_,) = await world.book.parameter_sets(world.caller)
    assert [(each.outcome, each.horizon, each.twins) for each in set_.grades] == [("satisfaction", WITHIN.within, 60)]

    foresight = Foresight(world)
    await foresight.keeper.make(world.caller)
    last = {each.twin: each.data["score"] for each in sorted(sent, key=lambda one: one.time)}
    given: dict[int, list[float]] = {2: [], 6: [], 9: []}
    for twin, score in last.items():
        assert twin is not None
        (made,) = await foresight.of(twin)
        assert (made.basis, made.parameters) == ("learned", 1)
        assert made.inputs[0].input == "grade before"
        given[score].append(made.grades[2].probability)
    assert np.mean(given[9]) > 2 * np.mean(given[6]) > 2 * np.mean(given[2])


async def test_grades_learned_for_another_version_are_refused_and_other_strengths_take_them_out_of_force(
    world: World, keyring: Keyring, definitions: Definitions
) -> None:
    first = learned(keyring, 100, definitions)
    set_ = following([first], ParameterSet(tenant="t"))
    assert set_.grades
    assert set_.with_strengths(()).grades == ()
    other = OUTCOME.model_copy(update={"beliefs": ()})
    await world.book.publish(
        world.caller,
        Catalog.model_validate(
            {"catalog": "satisfied", "version": "1.0.0", "outcomes": [other.model_dump(mode="json")]}
        ),
    )
    adopting = world.book.publish_parameters(world.caller, lambda known: following([first], known))
    assert await refusal(adopting) == "parameters-outdated"
    assert (await world.book.latest(world.caller.tenant)).definitions.parameters is None
