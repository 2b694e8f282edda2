"""A world with outcomes: churn by an event, a busy week by a metric, a purchase by a belief."""

from __future__ import annotations

import pytest_asyncio
from tests.forecasts.outcomes import OUTCOMES
from tests.metrics import METRICS
from tests.world import World


@pytest_asyncio.fixture
async def foreseeing(world: World) -> World:
    """The world with metrics and outcomes."""
    await world.book.publish(world.caller, METRICS)
    await world.book.publish(world.caller, OUTCOMES)
    return world
