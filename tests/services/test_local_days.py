"""A streak counts the days of where the person is, as the definition or the events say."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.reading import stored
from tests.services.test_recheck import checked
from tests.world import World, event

from beliefgraph.model.catalog import Catalog
from beliefgraph.services.upkeep.refresh import Refresher

BERLIN, ANGELES = "Europe/Berlin", "America/Los_Angeles"


def rides(**zone: Any) -> Catalog:
    """Days in a row with a ride."""
    metric = {
        "key": "rides.streak",
        "statement": "days in a row with a ride",
        "kind": "streak",
        "events": ["ride"],
        "every": "day",
        "window": "P60D",
        **zone,
    }
    return Catalog.model_validate({"catalog": "rides", "version": "1.0.0", "metrics": [metric]})


async def ride(world: World, zone: str, *moments: str, told: bool = True) -> None:
    """Rides at local times."""
    data: dict[str, Any] = {"zone": zone} if told else {}
    rides = [
        event(text, "ride", **data).model_copy(
            update={"time": datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))}
        )
        for text in moments
    ]
    assert {receipt.status for receipt in await world.intake.observe(world.caller, rides)} == {"accepted"}


async def streak(world: World) -> float | None:
    (reading,) = (await stored(world)).readings.values()
    assert not (await checked(world))["lena"].differ
    return reading.value


@pytest.mark.parametrize("zone", [{"zone": BERLIN}, {"zone_from": "data.zone"}])
async def test_six_local_days_are_six_and_the_change_to_summer_time_breaks_nothing(
    world: World, zone: dict[str, str]
) -> None:
    await world.book.publish(world.caller, rides(**zone))
    days = ("05T23:50", "06T00:15", "07T23:50", "08T00:15", "09T23:50", "10T00:15")
    await ride(world, BERLIN, *(f"2026-01-{day}" for day in days))
    assert await streak(world) == 6
    await ride(world, BERLIN, *(f"2026-03-{day}T00:30" for day in (27, 28, 29, 30, 31)))
    assert await streak(world) == 5


async def test_two_evenings_of_one_local_day_are_one_and_the_streak_ends_at_local_midnight(world: World) -> None:
    zone = "has(data.zone) ? data.zone : null"
    await world.book.publish(world.caller, rides(zone_from=zone, zone=BERLIN))
    await ride(world, ANGELES, "2026-05-04T15:00", "2026-05-04T19:00")
    assert await streak(world) == 1
    await ride(world, ANGELES, "2026-05-05T23:30", told=False)  # the zone told last still counts
    assert await streak(world) == 2
    refresher = Refresher(world.updater, world.intake)
    midnight = datetime(2026, 5, 7, tzinfo=ZoneInfo(ANGELES))
    await refresher.refresh(world.caller, "lena", midnight - timedelta(seconds=1))
    assert await streak(world) == 2
    await refresher.refresh(world.caller, "lena", midnight)
    assert await streak(world) == 0


async def test_an_event_that_names_no_time_zone_there_is_waits_with_the_reason(world: World) -> None:
    await world.book.publish(world.caller, rides(zone_from="data.zone"))
    (receipt,) = await world.intake.observe(world.caller, [event("1", "ride", zone="Europe/Berln")])
    assert (receipt.status, receipt.code) == ("quarantined", "interpretation-failed")
    assert "it is not a time zone such as Europe/Berlin" in (receipt.reason or "")


async def test_a_twin_that_moves_counts_the_days_of_its_new_place_from_then_on(world: World) -> None:
    """Its zone is told by events of their own; one that comes late counts as if it had been there in time."""
    told = {"events": ["moved"], "zone": "data.to"}
    await world.book.publish(world.caller, rides(zone=BERLIN, zone_events=told))
    await ride(
        world, BERLIN, "2026-03-27T12:00", "2026-03-28T23:50", "2026-03-29T23:50", told=False
    )  # summer time begins
    assert await streak(world) == 3
    await ride(world, ANGELES, "2026-03-30T20:00", "2026-03-31T20:00", told=False)  # in Berlin: the 31st, the 1st
    assert await streak(world) == 2
    moved = event("move", "moved", to=ANGELES).model_copy(
        update={"time": datetime(2026, 3, 30, 9, tzinfo=ZoneInfo(ANGELES))}
    )
    assert (await world.intake.observe(world.caller, [moved]))[0].status == "accepted"
    assert await streak(world) == 5
    refresher = Refresher(world.updater, world.intake)
    midnight = datetime(2026, 4, 2, tzinfo=ZoneInfo(ANGELES))
    await refresher.refresh(world.caller, "lena", midnight - timedelta(seconds=1))
    assert await streak(world) == 5
    await refresher.refresh(world.caller, "lena", midnight)
    assert await streak(world) == 0
