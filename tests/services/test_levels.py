"""Levels, end to end: numbers measured now and then, the quantity behind them, and what it says of a threshold."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from tests.reading import held, log_odds, stored
from tests.world import CATALOG, START, World, event, key

from beliefgraph.errors import BeliefgraphError
from beliefgraph.model.arrival import ArrivedEvent
from beliefgraph.model.belief import probability
from beliefgraph.model.caller import Caller
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.command import WhatIf, Withdraw
from beliefgraph.model.definition import Definitions
from beliefgraph.model.metric import Metric, MetricKey
from beliefgraph.model.time import AsOf
from beliefgraph.services.commands.drafts import observations
from beliefgraph.services.commits.advance import advance
from beliefgraph.services.commits.recheck import recheck
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.derivation.grid import published as to_publish
from beliefgraph.services.derivation.measure import measure
from beliefgraph.services.explanation.explain import Explanations
from beliefgraph.services.interpretation.rules import RuleInterpreter
from beliefgraph.services.layer.context import CommandContext
from beliefgraph.services.questions.metrics import Metrics
from beliefgraph.services.questions.what_if import WhatIfs
from beliefgraph.services.twin.state import TwinState, fresh
from beliefgraph.services.upkeep.refresh import Refresher

MEAN, DEVIATION, DRIFT, NOISE, THRESHOLD = 10.0, 5.0, 0.5, 2.0, 15.0
HOURS = MetricKey(metric="hours.level")

LEVELS = Catalog.model_validate(
    {
        "catalog": "levels",
        "version": "1.0.0",
        "metrics": [
            {
                "key": HOURS.metric,
                "statement": "hours of reporting a week",
                "kind": "level",
                "events": ["reported"],
                "value": "data.hours",
                "unit": "hours",
                "mean": MEAN,
                "deviation": DEVIATION,
                "drift": DRIFT,
                "noise": NOISE,
                "window": "P60D",
                "above": [{"threshold": THRESHOLD, "attribute": "world.alone"}],
            }
        ],
    }
)
GRAPH = DefinitionGraph(Definitions(tenant="t", number=1, catalogs=(CATALOG, LEVELS)))
CALLER = Caller(actor="test", tenant="t", scopes=("write",), purpose="testing")
MEASURED = {0: 14.0, 3: 19.0, 10: 17.5}
"""The number that was measured on each day."""


def dense(measured: dict[int, float], day: float) -> tuple[float, float]:
    """Mean and deviation on a day: the joint normal of the quantity then and all that was measured by then, solved."""
    days = [each for each in measured if each <= day]
    back = day - np.array(days)
    prior = DEVIATION**2
    covariance = prior + DRIFT**2 * np.minimum.outer(back, back) + NOISE**2 * np.eye(len(days))
    gain = np.linalg.solve(covariance, np.full(len(days), prior))
    mean = MEAN + gain @ (np.array([measured[each] for each in days]) - MEAN)
    return float(mean), float(np.sqrt(prior - gain.sum() * prior))


def evidence_at(measured: dict[int, float], day: float) -> float:
    """logit P(above the threshold | measured) − logit P(above it)."""

    def logit_above(mean: float, deviation: float) -> float:
        z = (mean - THRESHOLD) / deviation
        return float(norm.logcdf(z) - norm.logsf(z))

    return logit_above(*dense(measured, day)) - logit_above(MEAN, DEVIATION)


@pytest_asyncio.fixture
async def measured(world: World) -> World:
    """The world in which hours are measured: three numbers came, none in its turn."""
    await world.book.publish(world.caller, LEVELS)
    for day in (3, 10, 0):
        await report(world, day, MEASURED[day])
    return world


@pytest.fixture
def ask(world: World) -> Metrics:
    return Metrics(world.graph, world.keyring, world.book)


async def report(world: World, day: int, hours: object) -> Any:
    (receipt,) = await world.intake.observe(world.caller, [event(f"report-{day}", "reported", day=day, hours=hours)])
    return receipt


async def test_numbers_out_of_order_are_one_posterior_and_move_the_belief_by_what_they_say(
    measured: World, ask: Metrics
) -> None:
    found = await ask.metric(measured.caller, "lena", HOURS)
    mean, deviation = dense(MEASURED, 10)
    assert found.value == pytest.approx(mean, abs=1e-9)
    assert found.deviation == pytest.approx(deviation, abs=1e-9)
    assert (found.band, found.since, found.due) == (None, None, START + timedelta(days=60))
    assert found.says == f"hours of reporting a week: {mean:.2f} ± {deviation:.2g} hours"
    assert await log_odds(measured, "world.alone") == pytest.approx(evidence_at(MEASURED, 10), abs=1e-9)
    state = await stored(measured)
    assert held(state, "world.alone") == to_publish(evidence_at(MEASURED, 10))
    (reading,) = state.readings.values()
    assert (reading.value, reading.label, reading.band) == (round(mean, 2), None, None)


async def test_as_of_earlier_on_both_axes_it_is_what_was_measured_and_known_by_then(
    measured: World, ask: Metrics
) -> None:
    by_then = {0: MEASURED[0], 3: MEASURED[3]}
    day = START + timedelta(days=5)
    then = await ask.metric(measured.caller, "lena", HOURS, as_of=AsOf(valid_time=day))
    assert then.value == pytest.approx(dense(by_then, 5)[0], abs=1e-9)
    assert await log_odds(measured, "world.alone", at=day) == pytest.approx(evidence_at(by_then, 5), abs=1e-9)
    known = await ask.metric(measured.caller, "lena", HOURS, as_of=AsOf(valid_time=day, rev=2))
    assert known.value == pytest.approx(dense({3: MEASURED[3]}, 5)[0], abs=1e-9)
    assert await log_odds(measured, "world.alone", at=day, rev=2) == pytest.approx(
        evidence_at({3: MEASURED[3]}, 5), abs=1e-9
    )


async def test_a_number_withdrawn_is_as_if_it_had_never_been_measured(measured: World, ask: Metrics) -> None:
    state = await stored(measured)
    (row,) = (m for m in state.measurements if m.value == MEASURED[3])
    await measured.commands.withdraw(measured.caller, Withdraw(twin="lena", evidence=row.evidence))
    left = {0: MEASURED[0], 10: MEASURED[10]}
    assert (await ask.metric(measured.caller, "lena", HOURS)).value == pytest.approx(dense(left, 10)[0], abs=1e-9)
    assert await log_odds(measured, "world.alone") == pytest.approx(evidence_at(left, 10), abs=1e-9)
    await measured.commands.withdraw(measured.caller, Withdraw(twin="lena", source="test"))
    nothing = await ask.metric(measured.caller, "lena", HOURS)
    assert (nothing.value, nothing.deviation, nothing.shown) == (None, None, "unknown")
    assert await log_odds(measured, "world.alone") == 0.0


async def test_time_alone_brings_the_prior_back_and_the_window_ends_it(measured: World) -> None:
    async def after(day: float) -> float | None:
        await Refresher(measured.updater, measured.intake).refresh(measured.caller, "lena", START + timedelta(days=day))
        (reading,) = (await stored(measured)).readings.values()
        return reading.value

    now, month, past = [await after(day) for day in (10, 40, 70)]
    assert month == round(dense(MEASURED, 40)[0], 2)
    assert now is not None
    assert month is not None
    assert MEAN < month < now
    assert past is None
    assert held(await stored(measured), "world.alone") is None


async def test_an_explanation_shows_the_level_and_the_numbers_behind_it(measured: World) -> None:
    explained = await Explanations(measured.graph, measured.keyring, measured.book).explain(
        measured.caller, "lena", key("world.alone")
    )
    (one,) = explained.contributions
    assert one.source == "metric:hours.level"
    assert one.metric is not None
    assert one.evidence.summary == one.metric.says
    assert one.contribution == pytest.approx(evidence_at(MEASURED, 10), abs=1e-4)
    assert one.without == pytest.approx(0.5)
    assert [each.measurement.value for each in one.events] == [MEASURED[day] for day in (10, 3, 0)]


async def test_without_a_number_that_is_evidence_itself_the_level_is_elsewhere(measured: World) -> None:
    bearing = {"attribute": "world.alone", "when": "data.hours > 20.0", "log_likelihood_ratio": 0.4}
    rule = {"type": "reported", "summary": "reported many hours", "bears_on": [bearing]}
    spoken = Catalog.model_validate({"catalog": "spoken", "version": "1.0.0", "events": [rule]})
    await measured.book.publish(measured.caller, spoken)
    await report(measured, 12, 21.0)
    explained = await Explanations(measured.graph, measured.keyring, measured.book).explain(
        measured.caller, "lena", key("world.alone")
    )
    without = {one.source: one.without for one in explained.contributions}
    assert without == {
        "metric:hours.level": pytest.approx(probability(0.4)),
        "test": pytest.approx(probability(evidence_at(MEASURED, 12))),
    }


async def test_what_if_another_number_were_measured(measured: World) -> None:
    found = await WhatIfs(measured.graph, measured.book, RuleInterpreter()).what_if(
        measured.caller, WhatIf(twin="lena", events=(event("more", "reported", day=11, hours=21.5),))
    )
    (moved,) = (one for one in found.value.beliefs if one.belief.attribute == "world.alone")
    assert moved.before == pytest.approx(evidence_at(MEASURED, 11), abs=1e-9)
    assert moved.after == pytest.approx(evidence_at({**MEASURED, 11: 21.5}, 11), abs=1e-9)


async def test_what_is_no_number_waits_and_what_is_published_is_derived_again_alike(measured: World) -> None:
    refused = await report(measured, 11, "many")
    assert (refused.status, refused.code) == ("quarantined", "interpretation-failed")
    (checked,) = [one async for one in recheck(measured.graph, measured.book, measured.caller.tenant)]
    assert (checked.differing, checked.error) == ((), None)


async def test_another_version_may_change_the_model_but_not_what_is_measured(measured: World) -> None:
    text = LEVELS.model_dump(mode="json")
    text["version"] = "1.1.0"
    text["metrics"][0]["noise"] = 4.0
    await measured.book.publish(measured.caller, Catalog.model_validate(text))
    text["version"] = "1.2.0"
    text["metrics"][0]["value"] = "data.minutes"
    with pytest.raises(BeliefgraphError) as refused:
        await measured.book.publish(measured.caller, Catalog.model_validate(text))
    assert refused.value.code == "invalid-definition"


NUMBERS = st.lists(st.tuples(st.integers(0, 24), st.integers(-400, 400)), min_size=1, max_size=8)


def taken_in(state: TwinState, numbers: list[tuple[int, int]], which: int) -> TwinState:
    """The twin after one number, called by its place, whenever it comes."""
    half_days, tenths = numbers[which]
    one = event(str(which), "reported", day=half_days / 2, hours=tenths / 10)
    setting = CommandContext(
        state, GRAPH, CALLER, ArrivedEvent(id=f"e{which}", event=one, delivery=str(which), body="")
    )
    found = RuleInterpreter().interpret(one, GRAPH.definitions)
    return advance(state, GRAPH, observations([(setting, found)]), CALLER, START).state


@settings(max_examples=40)
@given(NUMBERS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_no_bit(numbers, random) -> None:  # type: ignore[no-untyped-def]
    order = list(range(len(numbers)))
    random.shuffle(order)
    states = [fresh("lena", "t", "lena"), fresh("lena", "t", "lena")]
    for n, which in enumerate((sorted(order), order)):
        for number in which:
            states[n] = taken_in(states[n], numbers, number)
    for half_days in range(0, 30, 3):
        at = START + timedelta(days=half_days / 2)
        one, other = ([bits(m) for m in measure(state, GRAPH.definitions, at)] for state in states)
        assert one == other


def bits(one: Any) -> tuple[Metric, str, str, tuple[float, ...]]:
    """All that a level measures and says, to the last bit."""
    return one.metric, one.value.hex(), one.deviation.hex(), tuple(b.log_likelihood_ratio.hex() for b in one.bears_on)
