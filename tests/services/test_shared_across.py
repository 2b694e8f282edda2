"""Evidence that shares an error across beliefs makes each of them less sure, once the size of the error is known."""

from __future__ import annotations

import numpy as np
import pytest
from tests.services.test_sources import standing
from tests.world import START, World, event, key

from beliefgraph.inference.random_effects import averaged
from beliefgraph.model.belief import probability
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.command import Withdraw
from beliefgraph.model.event import Event
from beliefgraph.model.parameters import RandomEffect, SharedError
from beliefgraph.model.time import AsOf
from beliefgraph.services.explanation.explain import Explanations
from beliefgraph.services.upkeep.refresh import Refresher

CATALOG = Catalog.model_validate(
    {
        "catalog": "races",
        "version": "1.0.0",
        "attributes": [{"key": "race.won", "domain": "race", "prior": 0.5, "statement": "{subject} is won"}],
        "events": [
            {
                "type": "polled",
                "summary": "a poll",
                "source": "data.by",
                "shared_origin": "'race:' + data.race",
                "shared_across": "'year:' + string(data.year)",
                "bears_on": [
                    {"attribute": "race.won", "subject": "data.race", "log_likelihood_ratio": "double(data.llr)"}
                ],
            }
        ],
    }
)


def poll(id_: str, race: str, year: int, llr: float) -> Event:
    return event(id_, "polled", by=f"house {id_}", race=race, year=year, llr=llr)


async def test_a_years_error_makes_its_beliefs_less_sure_and_a_withdrawal_leaves_what_the_explanation_says(
    world: World,
) -> None:
    await world.book.publish(world.caller, CATALOG)
    polls = [poll("1", "a", 2010, 2.0), poll("2", "a", 2010, 1.0), poll("3", "b", 2012, 0.5)]
    await world.intake.observe(world.caller, polls)
    await world.book.publish_parameters(
        world.caller,
        lambda before: before.with_sources(
            (),
            (SharedError(kind="race", correlation=0.5, scale=1.5),),
            random_effects=(RandomEffect(kind="year", deviation=0.8),),
        ),
    )
    assert not (await Refresher(world.updater, world.intake).adopt(world.caller.tenant)).refused

    found = await standing(world, as_of=AsOf(valid_time=START))
    expected = averaged(np.array([3.0, 0.75]), np.array([2 * 0.8, 1.5 * 0.8]))  # (2 + 1)·1.5 / (1 + .5), and .5·1.5
    assert found["a"].log_odds == pytest.approx(expected[0], abs=1e-8)
    assert found["b"].log_odds == pytest.approx(expected[1], abs=1e-8)
    assert expected[0] < 2.25  # of 3
    why = await Explanations(world.graph, world.keyring, world.book).explain(
        world.caller, "lena", key("race.won", subject="a"), as_of=AsOf(valid_time=START)
    )
    one = next(each for each in why.contributions if each.bearing.log_likelihood_ratio == 2.0)
    await world.commands.withdraw(world.caller, Withdraw(twin="lena", source="house 1"))
    left = (await standing(world, as_of=AsOf(valid_time=START)))["a"].log_odds
    assert left == pytest.approx(averaged(np.array([1.5]), np.array([1.5 * 0.8]))[0], abs=1e-8)
    assert left is not None
    assert one.without == pytest.approx(probability(left), abs=1e-8)
