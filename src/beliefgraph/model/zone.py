"""Time zones by their IANA names, such as `Europe/Berlin`, with their clock changes."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from beliefgraph.model.time import BEGINNING, microseconds

LAST_CHANGE = datetime(2100, 1, 1, tzinfo=BEGINNING.tzinfo)
"""Clock changes are known from 1970 until then; before and after, the offset at the edge applies."""

_STEP = timedelta(days=7)
_SECOND = timedelta(seconds=1)


@cache
def zone_names() -> frozenset[str]:
    """The names of all time zones."""
    return frozenset(available_timezones())


def _known(name: str) -> str:
    if name not in zone_names():
        raise PydanticCustomError("time_zone", "This is no time zone; write one such as Europe/Berlin")
    return name


ZoneName = Annotated[str, Field(max_length=100), AfterValidator(_known)]
"""The IANA name of a time zone: `Europe/Berlin`."""


@lru_cache(maxsize=1_000)
def changes(name: str) -> tuple[tuple[int, int], ...]:
    """The offsets of a zone from UTC and when each begins, from 1970 on, in microseconds."""
    zone = ZoneInfo(name)
    found = [(microseconds(BEGINNING), _offset(zone, BEGINNING))]
    at = BEGINNING
    while at < LAST_CHANGE:
        after = at + _STEP
        if _offset(zone, after) != _offset(zone, at):
            low, high = at, after
            while high - low > _SECOND:
                middle = low + (high - low) // _SECOND // 2 * _SECOND
                low, high = (middle, high) if _offset(zone, middle) == _offset(zone, at) else (low, middle)
            found.append((microseconds(high), _offset(zone, high)))
        at = after
    return tuple(found)


def _offset(zone: ZoneInfo, at: datetime) -> int:
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None
    return offset // timedelta(microseconds=1)
