"""Stages learned from a tenant's twins: adopted where they predict better, in force by number, and never elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from tests.conftest import StoppedClock
from tests.ownership.policies import Enforcing, policy
from tests.reading import refusal
from tests.trajectories.catalog import STAGES as STATED_STAGES
from tests.trajectories.catalog import catalog, trajectory
from tests.world import START, World, event

from beliefgraph.model.definition import Definitions
from beliefgraph.model.event import Event
from beliefgraph.model.parameters import ParameterSet
from beliefgraph.model.time import AsOf, microseconds
from beliefgraph.services.permissions.usable import Usable
from beliefgraph.services.trajectories.in_force import in_force
from beliefgraph.services.trajectories.learn import LearnedTrajectory, following, learn_trajectories, learned_of
from beliefgraph.services.trajectories.observed import Observed
from beliefgraph.services.trajectories.questions import Trajectories
from beliefgraph.services.upkeep.refresh import Refresher

STAGES = ("evaluation", "business case", "procurement")
STATED = (28.0, 42.0)
UNTIL = datetime(2027, 6, 1, tzinfo=UTC)

Life = list[tuple[float, int]]
"""Days on which a twin showed a stage, and which."""


def lives(
    twins: int,
    seed: int,
    stays: Sequence[float] = STATED,
    phases: int = 8,
    right: float = 0.8,
    start: Sequence[float] = (1.0, 0.0, 0.0),
) -> list[Life]:
    """Signs of simulated twins, from the first day on every four to ten days, 17 of them: stays with these means, all
    steps forward."""
    draw = np.random.default_rng(seed)
    found = []
    for _ in range(twins):
        begun = draw.choice(3, p=start)
        ends = np.cumsum([draw.gamma(phases, stay / phases) * (n >= begun) for n, stay in enumerate(stays)])
        days = np.cumsum([0.0, *draw.uniform(4.0, 10.0, 16)])
        stage = np.searchsorted(ends, days, "right")
        shown = np.where(draw.random(len(days)) < right, stage, (stage + draw.integers(1, 3, len(days))) % 3)
        found.append([*zip(days.tolist(), shown.tolist(), strict=True)])
    return found


def seen(life: Life, strength: float = 2.0) -> Observed:
    """A life as it is observed."""
    time = np.array([microseconds(START + timedelta(days=day)) for day, _ in life], dtype=np.int64)
    stage = np.array([stage for _, stage in life], dtype=np.int64)
    ids = [str(n) for n in range(len(life))]
    return Observed(time, stage, np.full(len(life), strength), np.ones(len(life), dtype=np.int64), ids)


def sent(twins: Sequence[Life]) -> list[Event]:
    """The same as events."""
    return [
        event(f"{n}-{day}", "staged", day=day, twin=f"twin-{n}", stage=STAGES[stage])
        for n, life in enumerate(twins)
        for day, stage in life
    ]


def definitions(**changed: Any) -> Definitions:
    """The catalog of deals in force."""
    return Definitions(tenant="t", number=1, catalogs=(catalog(trajectories=[trajectory(**changed)]),))


def learned(twins: Sequence[Life], under: Definitions | None = None) -> LearnedTrajectory:
    """What is learned from some lives."""
    under = under or definitions()
    return learned_of([seen(life) for life in twins], under, under.trajectory("buying"), UNTIL)


@pytest.fixture(scope="module")
def slow() -> LearnedTrajectory:
    """Learned from twins that evaluate for eight days and then stay with the business case for sixty."""
    return learned(lives(120, 1, stays=(8.0, 60.0)))


def test_stays_are_learned_as_they_were_and_adopted(slow: LearnedTrajectory) -> None:
    assert slow.adopted, slow
    assert slow.learned is not None
    assert slow.learned.gain > 3 * slow.learned.error
    evaluation, business_case, _ = slow.learned.stages
    assert evaluation.stay / timedelta(days=1) == pytest.approx(8.0, rel=0.35)
    assert business_case.stay / timedelta(days=1) == pytest.approx(60.0, rel=0.2)
    assert business_case.back < 0.1
    assert slow.learned.phases > 1
    shown = {each.stage: each for each in slow.learned.signals}
    assert shown["business case"].shares[1] == pytest.approx(0.8, abs=0.06)
    assert evaluation.velocity > business_case.velocity > 0


def test_of_twins_not_seen_before_what_was_learned_predicts_the_next_sign_better(slow: LearnedTrajectory) -> None:
    stated = definitions()
    after = stated.with_parameters(following([slow], ParameterSet(tenant="t", number=1)))
    again = learned(lives(120, 2, stays=(8.0, 60.0)), after)
    assert (again.adopted, again.compared, again.reason) == (
        False,
        0,
        "there is no evidence yet from after what the set in force was learned from",
    )
    assert again.moved < 12, "what another 120 twins teach puts fewer than one in ten into another stage"


def test_where_what_is_stated_is_the_truth_nothing_is_adopted() -> None:
    stages = [{**stage, "back": 0.0} for stage in STATED_STAGES]
    right = float(np.exp(2.0) / (np.exp(2.0) + 2))
    twins = lives(150, 3, phases=2, right=right, start=(6 / 9, 2 / 9, 1 / 9))
    found = learned(twins, definitions(stages=stages))
    assert (found.adopted, found.reason) == (False, "it does not predict held-out twins better than what is in force")


def test_of_few_twins_nothing_is_learned() -> None:
    found = learned(lives(40, 1))
    assert (found.learned, found.reason) == (None, "fewer than 50 twins with evidence from two moments")


def test_what_was_learned_for_another_version_is_not_used_and_that_is_said(slow: LearnedTrajectory) -> None:
    parameters = following([slow], ParameterSet(tenant="t", number=3))
    same, other = definitions(title="Renamed"), definitions(phases=4)
    used = in_force(same.with_parameters(parameters), same.trajectory("buying"))
    assert (used.name, used.missing) == ("3", None)
    not_used = in_force(other.with_parameters(parameters), other.trajectory("buying"))
    assert (not_used.name, not_used.velocities) == ("stated", None)
    assert not_used.missing == "What was learned of this trajectory was learned for another version of its definition."


async def test_the_set_in_force_answers_and_earlier_revs_keep_what_was_in_force_then(
    world: World, clock: StoppedClock
) -> None:
    clock.at = UNTIL
    caller = world.caller
    await world.book.publish(caller, catalog())
    twins = lives(51, 4, stays=(8.0, 60.0))
    await world.intake.observe(caller, sent(twins))
    asked = Trajectories(world.graph, world.book)
    cold = await asked.trajectory(caller, "twin-1", "buying")
    assert (cold.parameters, cold.typical_velocity) == ("stated", None)
    assert cold.typical_velocity_missing is not None
    assert "Nothing was learned" in cold.typical_velocity_missing

    read: list[int] = []
    found = await learn_trajectories(caller, world.graph, world.book, clock.at, progress=read.append)
    assert read == list(range(1, 52))
    (one,) = found
    assert one.adopted, one
    assert one.pieces == 51 * 17
    await world.book.publish_parameters(caller, lambda known: following(found, known))
    await Refresher(world.updater, world.intake).adopt(caller.tenant)

    warm = await asked.trajectory(caller, "twin-1", "buying")
    assert (warm.parameters, warm.typical_velocity_missing) == ("1", None)
    assert one.learned is not None
    speeds = {stage.value: stage.velocity for stage in one.learned.stages}
    cohort = sum(speeds[share.stage] * share.probability for share in warm.stages)
    assert warm.typical_velocity == pytest.approx(cohort)
    assert warm.stages != cold.stages
    moved = warm.began_at + warm.waited + sum(each.moved for each in warm.why)
    assert moved == pytest.approx(warm.position)
    before = await asked.trajectory(caller, "twin-1", "buying", as_of=AsOf(rev=cold.rev))
    assert before == cold

    reader = caller.model_copy(update={"scopes": ("read", "write")})
    assert await refusal(learn_trajectories(reader, world.graph, world.book, clock.at)) == "missing-scope"
    person = world.person("twin-1")
    assert await refusal(learn_trajectories(person, world.graph, world.book, clock.at)) == "missing-scope"


async def test_a_set_learned_for_another_version_is_refused(world: World, slow: LearnedTrajectory) -> None:
    await world.book.publish(world.caller, catalog(trajectories=[trajectory(phases=4)]))
    adopting = world.book.publish_parameters(world.caller, lambda known: following([slow], known))
    assert await refusal(adopting) == "parameters-outdated"
    assert (await world.book.latest(world.caller.tenant)).definitions.parameters is None


async def test_twins_that_a_purpose_may_not_use_teach_nothing(world: World, clock: StoppedClock) -> None:
    clock.at = UNTIL
    await world.book.publish(world.caller, catalog())
    await world.intake.observe(world.caller, sent(lives(3, 4)))
    enforcing = Enforcing(world)
    await enforcing.policies.publish(world.caller, policy())
    for twin in ("twin-0", "twin-2"):
        await enforcing.permit(twin=twin)
        await enforcing.permit(twin=twin, category="risks")
    usable = Usable(enforcing.sights, enforcing.caller())
    (found,) = await learn_trajectories(enforcing.caller(), world.graph, world.book, clock.at, "buying", usable=usable)
    assert (found.twins, usable.left_out) == (2, 1)
