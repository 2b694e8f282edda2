"""Half-open intervals and instants, at the instants themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import TypeAdapter, ValidationError

from beliefgraph.errors import BeliefgraphError
from beliefgraph.model.time import AsOf, Instant, Interval, instant

TICK = timedelta(microseconds=1)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
EVENING = NOON + timedelta(hours=6)


def test_an_interval_holds_its_start_and_not_its_end() -> None:
    span = Interval(start=NOON, end=EVENING)
    assert [span.contains(t) for t in (NOON - TICK, NOON, EVENING - TICK, EVENING)] == [False, True, True, False]
    assert Interval(start=NOON).contains(datetime.max.replace(tzinfo=UTC))


def test_intervals_that_meet_do_not_overlap() -> None:
    first, second = Interval(start=NOON, end=EVENING), Interval(start=EVENING)
    assert not first.overlaps(second)
    assert not second.overlaps(first)
    assert first.overlaps(Interval(start=EVENING - TICK))
    assert Interval(start=NOON).overlaps(second)


@pytest.mark.parametrize("end", [NOON, NOON - TICK])
def test_an_interval_that_holds_no_instant_is_refused(end: datetime) -> None:
    with pytest.raises(BeliefgraphError) as refused:
        Interval(start=NOON, end=end)
    assert refused.value.code == "invalid-interval"


def test_a_moment_has_a_zone_and_is_kept_in_utc() -> None:
    with pytest.raises(BeliefgraphError) as refused:
        instant(datetime(2026, 3, 1, 12))
    assert refused.value.code == "naive-datetime"
    eastern = datetime(2026, 3, 1, 7, tzinfo=timezone(timedelta(hours=-5)))
    assert instant(eastern) == NOON
    assert instant(eastern).tzinfo is UTC


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "9999-01-01T00:00:00Z"])
def test_a_moment_at_the_edge_of_the_calendar_is_refused_and_not_a_crash(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Instant).validate_python(text)


def test_as_of_takes_one_answer_to_one_question() -> None:
    with pytest.raises(BeliefgraphError):
        AsOf(rev=1, recorded_at=NOON)
    assert AsOf().is_now
    assert not AsOf(rev=1).is_now
