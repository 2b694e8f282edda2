"""Days and weeks by a local clock, beside datetime with zoneinfo as the oracle."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beliefgraph.inference import windows
from beliefgraph.model.metric import MetricDefinition
from beliefgraph.model.time import microseconds, moment_of
from beliefgraph.services.derivation.zones import zone_of

ZONES = ("Europe/Berlin", "America/Los_Angeles", "America/Sao_Paulo", "Asia/Kathmandu", "Australia/Lord_Howe")


def zone(name: str | None) -> windows.Zone:
    return zone_of(
        MetricDefinition.model_validate(
            {"key": "rides", "statement": "rides", "kind": "streak", "events": ["r"], "every": "day", "window": "P60D"}
            | ({} if name is None else {"zone": name})
        ),
        np.zeros(0, dtype=np.int64),
        (),
    )


def streak(name: str | None, *moments: datetime) -> float:
    times = np.array([microseconds(each) for each in moments], dtype=np.int64)
    return float(windows.streak(windows.seen(times, times[-1:], 60 * windows.DAY), windows.DAY, zone(name))[0])


def local(name: str, *texts: str) -> list[datetime]:
    return [datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(name)) for text in texts]


def test_a_streak_counts_the_days_of_its_zone() -> None:
    days = ("05T23:50", "06T00:15", "07T23:50", "08T00:15", "09T23:50", "10T00:15")
    six = local("Europe/Berlin", *(f"2026-01-{day}" for day in days))
    assert streak("Europe/Berlin", *six) == 6
    assert streak(None, *six) < 6


def test_a_streak_holds_across_the_change_to_summer_time_and_back() -> None:
    spring = local("Europe/Berlin", *(f"2026-03-{day}T00:30" for day in (27, 28, 29, 30, 31)))
    autumn = local("Europe/Berlin", *(f"2026-10-{day}T23:30" for day in (23, 24, 25, 26, 27)))
    assert (streak("Europe/Berlin", *spring), streak("Europe/Berlin", *autumn)) == (5, 5)


def test_two_evenings_on_one_local_day_are_one_day() -> None:
    evenings = local("America/Los_Angeles", "2026-05-04T15:00", "2026-05-04T19:00")
    assert (streak("America/Los_Angeles", *evenings), streak(None, *evenings)) == (1, 2)


@given(st.sampled_from(ZONES), st.integers(0, 4_000_000_000))
def test_the_clock_shows_what_zoneinfo_says(name: str, seconds: int) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    shown = moment.astimezone(ZoneInfo(name)).replace(tzinfo=UTC)
    found = zone(name).local(np.array([microseconds(moment)], dtype=np.int64))
    assert moment_of(int(found[0])) == shown


@given(st.sampled_from(ZONES), st.integers(0, 40_000))
def test_a_streak_breaks_when_the_next_local_day_is_over(name: str, day: int) -> None:
    noon = datetime(1970, 1, 1, 12, tzinfo=UTC) + timedelta(days=day)
    noon = noon.replace(tzinfo=ZoneInfo(name))
    (at,) = windows.breaks(np.array([microseconds(noon)], dtype=np.int64), windows.DAY, zone(name)).tolist()
    after = noon.date() + timedelta(days=2)
    assert moment_of(at).astimezone(ZoneInfo(name)).date() == after
    assert moment_of(at - 1).astimezone(ZoneInfo(name)).date() < after


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        zone("Europe/Berln")


RIDES = MetricDefinition.model_validate(
    {
        "key": "rides",
        "statement": "rides",
        "kind": "streak",
        "events": ["r"],
        "every": "day",
        "window": "P60D",
        "zone_from": "data.zone",
    }
)


def travelling(*where: tuple[str | None, str]) -> float:
    """The streak of events at local times, each in the zone that it names or the one before."""
    last, moments = "UTC", []
    for name, text in where:
        last = name or last
        moments += local(last, text)
    times = np.array([microseconds(each) for each in moments], dtype=np.int64)
    zone = zone_of(RIDES, times, [name for name, _ in where])
    return float(windows.streak(windows.seen(times, times[-1:], 60 * windows.DAY), windows.DAY, zone)[0])


def test_a_streak_follows_somebody_who_travels() -> None:
    berlin, angeles, tokyo = "Europe/Berlin", "America/Los_Angeles", "Asia/Tokyo"
    days = ("05T23:50", "06T00:15", "07T23:50", "08T00:15", "09T23:50", "10T00:15")
    assert travelling(*((berlin, f"2026-01-{day}") for day in days)) == 6
    assert travelling((berlin, "2026-01-05T23:50"), *((None, f"2026-01-{day}") for day in days[1:])) == 6
    assert travelling((angeles, "2026-05-04T15:00"), (angeles, "2026-05-04T19:00")) == 1
    west = ((berlin, "2026-05-04T08:00"), (angeles, "2026-05-04T23:00"), (None, "2026-05-05T23:00"))
    assert travelling(*west) == 2
    back = ((tokyo, "2026-05-05T09:00"), (angeles, "2026-05-04T20:00"), (None, "2026-05-05T20:00"))
    assert travelling(*back) == 1
    assert travelling(*back, (None, "2026-05-06T20:00")) == 2


@given(st.lists(st.tuples(st.sampled_from(ZONES), st.integers(0, 40 * 24)), min_size=1, max_size=8))
def test_a_moving_clock_shows_more_at_no_moment_before_the_first(events: list[tuple[str, int]]) -> None:
    hours = dict(sorted((hour, name) for name, hour in events))
    times = np.array(list(hours), dtype=np.int64) * 3_600_000_000 + microseconds(datetime(2026, 3, 1, tzinfo=UTC))
    zone = zone_of(RIDES, times, list(hours.values()))
    for time, name in zip(times.tolist(), hours.values(), strict=True):
        shown = moment_of(time).astimezone(ZoneInfo(name)).replace(tzinfo=UTC)
        assert int(zone.local(np.array([time]))[0]) == microseconds(shown)
    midnight = (zone.local(times) // windows.DAY + 1) * windows.DAY
    first = zone.first(midnight)
    assert (zone.local(first) >= midnight).all()
    before = np.stack([first - step for step in (1, 3_600_000_000, windows.DAY)])
    assert (zone.local(before.ravel()).reshape(before.shape) < midnight).all()
