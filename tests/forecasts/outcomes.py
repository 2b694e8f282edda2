"""Outcomes to test with, and the services about them on a world."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.world import START, World, event

from beliefgraph.model.catalog import Catalog
from beliefgraph.model.forecast import Forecast
from beliefgraph.model.identity import twin_id
from beliefgraph.services.forecasts.keeper import ForecastKeeper
from beliefgraph.services.forecasts.questions import Forecasts
from beliefgraph.services.snapshots.as_of import Snapshots
from beliefgraph.store import forecasts as stored
from beliefgraph.store.graph import Graph

WEEK = timedelta(days=7)

CHURN: dict[str, Any] = {
    "key": "churn",
    "title": "The account leaves",
    "events": [{"type": "cancelled", "when": "data.final"}],
    "every": "P7D",
    "horizons": [{"within": "P14D", "expected": 0.1}, {"within": "P28D", "expected": 0.2}],
    "once": True,
    "indicator": {"attribute": "world.alone"},
    "segments": [{"key": "risky", "belief": {"attribute": "product.risky"}, "odds_ratio": 3.0}],
    "beliefs": [{"attribute": "world.alone"}],
    "metrics": [{"metric": "visits.week"}],
}

OUTCOMES = Catalog.model_validate(
    {
        "catalog": "outcomes",
        "version": "1.0.0",
        "outcomes": [
            CHURN,
            {
                "key": "busy",
                "title": "A week with many visits",
                "metric": {"metric": {"metric": "visits.week"}, "at_least": 3},
                "every": "P7D",
                "horizons": [{"within": "P7D", "expected": 0.3}],
            },
            {
                "key": "convinced",
                "title": "Will buy",
                "belief": {"belief": {"attribute": "world.alone"}, "at_least": 0.9},
                "every": "P7D",
                "horizons": [{"within": "P14D", "expected": 0.25}],
            },
        ],
    }
)


class Foresight:
    """The services about forecasts on a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        snapshots = Snapshots(world.graph, world.book, world.cache)
        self.keeper = ForecastKeeper(world.graph, world.keyring, world.book, world.clock, snapshots)
        self.questions = Forecasts(world.graph, world.keyring, world.book, world.clock, snapshots)

    async def of(self, twin: str = "lena", outcome: str | None = None) -> list[Forecast]:
        """The stored forecasts of a twin, the newest first."""
        return list((await self.questions.forecasts(self.world.caller, twin, outcome)).nodes)


def day(days: float) -> datetime:
    """A moment so many days after the start."""
    return START + timedelta(days=days)


async def cancels(world: World, at: float, *, final: bool = True, twin: str = "lena") -> None:
    """An account is cancelled."""
    (receipt,) = await world.intake.observe(
        world.caller, [event(f"cancel-{at}-{final}", "cancelled", day=at, twin=twin, final=final)]
    )
    assert receipt.status == "accepted", receipt


async def counted(graph: Graph, world: World, twin: str = "lena") -> int:
    """How many forecasts of a twin are stored."""
    found = await stored.of_twin(graph, twin_id(world.caller.tenant, twin), limit=1_000)
    return 0 if found is None else len(found[2])
