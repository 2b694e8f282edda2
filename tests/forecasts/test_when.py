"""When an outcome happens: the curve of a forecast as it is made, stored, read and scored."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.conftest import StoppedClock
from tests.forecasts.outcomes import WEEK, Foresight, cancels, day
from tests.forecasts.test_learn_outcomes import CATALOG, known, learned, lives
from tests.world import World, event

from beliefgraph.model.definition import Definitions
from beliefgraph.model.forecast import OutcomeRecord
from beliefgraph.model.parameters import ParameterSet
from beliefgraph.services.forecasts.forecast import forecast
from beliefgraph.services.forecasts.keeper import at_risk
from beliefgraph.services.forecasts.outcome_record import outcome_record
from beliefgraph.store.keys import Keyring


@pytest.fixture
def foresight(foreseeing: World, clock: StoppedClock) -> Foresight:
    clock.at = day(10)
    return Foresight(foreseeing)


async def test_a_stated_forecast_says_when_and_agrees_with_the_shorter_horizon(foresight: Foresight) -> None:
    world = foresight.world
    await world.intake.observe(world.caller, [event("one"), event("risk", "audited"), event("more", "audited")])
    made = await foresight.questions.forecast(world.caller, "lena", "churn", timedelta(days=28))
    shorter = await foresight.questions.forecast(world.caller, "lena", "churn")
    assert [point.at for point in made.curve] == [made.made_at + n * WEEK for n in (1, 2, 3, 4)]
    said = [point.probability for point in made.curve]
    assert said == sorted(said)
    assert said[-1] == made.probability
    assert said[1] == pytest.approx(shorter.probability)
    assert [point.probability for point in shorter.curve] == pytest.approx(said[:2])
    tenth, quarter, half, _, _ = made.quantiles
    assert (tenth.share, tenth.at) == (0.1, made.made_at + WEEK if said[0] >= 0.1 else made.made_at + 2 * WEEK)
    assert quarter.at is not None
    assert (half.share, half.at) == (0.5, None), "more likely than not it does not happen within the horizon"


async def test_the_curve_is_stored_and_scored_by_when_it_happened(foresight: Foresight, clock: StoppedClock) -> None:
    world = foresight.world
    twins = ["lena", "tom", "uma"]
    await world.intake.observe(world.caller, [event(twin, twin=twin) for twin in twins])
    await foresight.keeper.make(world.caller, "churn")
    (stored,) = [one for one in await foresight.of() if one.horizon.days == 28]
    assert len(stored.cumulative) == 4
    left = (stored.made_at - day(0)) / timedelta(days=1) + 8
    clock.at = day(left + 1)
    await cancels(world, left, twin="tom")
    await foresight.keeper.resolve(world.caller)
    churn = (await world.book.latest(world.caller.tenant)).definitions.outcome("churn")

    async def record() -> OutcomeRecord:
        return outcome_record(
            "churn", stored.horizon, await foresight.questions.scored(world.caller, churn, stored.horizon)
        )

    early = await record()
    assert (early.open, early.early, early.scores.count) == (2, 1, 0)
    clock.at = day(60)
    await foresight.keeper.resolve(world.caller)
    found = (await record()).scores.times
    assert found is not None
    assert [point.happened for point in found.curve] == pytest.approx([0, 1 / 3, 1 / 3, 1 / 3])
    came = [[0, 1, 1, 1], [0, 0, 0, 0], [0, 0, 0, 0]]
    squared = [(p - y) ** 2 for each in came for p, y in zip(stored.cumulative, each, strict=True)]
    assert found.crps == pytest.approx(7 * sum(squared) / 3)


def test_a_learned_forecast_says_when_as_often_as_it_happens_then(keyring: Keyring) -> None:
    definitions = Definitions(tenant="t", number=1, catalogs=(CATALOG,))
    first = learned(keyring, 500, 1, definitions)
    assert first.hazard is not None
    hazard = first.hazard.model_copy(update={"until": day(0)})
    after = definitions.with_parameters(ParameterSet(tenant="t").with_hazards((hazard,)))
    outcome = CATALOG.outcomes[0]
    came, said = [0.0] * 4, [0.0] * 4
    lived = [known(life, f"other-{n}", keyring) for n, life in enumerate(lives(500, 2))]
    count = 0
    for one, at in ((one, outcome.moment(day(7 * week))) for one in lived for week in (4, 8)):
        if not at_risk(one, after, outcome, at):
            continue
        left = one.happened[0] if len(one.happened) else None
        made = forecast(one, after, outcome, outcome.horizons[0], at, day(100))
        count += 1
        assert made.basis == "learned"
        assert made.curve[-1].probability == made.probability
        for k, point in enumerate(made.curve):
            said[k] += point.probability
            came[k] += left is not None and left <= point.at.timestamp() * 1e6
    assert count > 200
    assert all(abs(s - c) / count < 0.05 for s, c in zip(said, came, strict=True)), (said, came)
    assert said == sorted(said)
