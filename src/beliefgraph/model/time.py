"""Time has two axes and one form: half-open intervals `[from, to)`, where `None` means until further notice.

Valid time says when something holds in the person's world; a `rev` says when the store knew it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Protocol

from pydantic import AfterValidator, AwareDatetime, Field

from beliefgraph.errors import Incorrect
from beliefgraph.model.record import Record

LAST_YEAR = 9998
"""The last valid year; the year after it is the sentinel of an open end in the store."""


def _in_utc(instant: datetime) -> datetime:
    try:
        utc = instant.astimezone(UTC)
    except OverflowError:
        utc = instant.max
    if utc.year > LAST_YEAR:
        raise ValueError(f"a moment lies in the years 1 to {LAST_YEAR}")
    return utc


Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A moment with a zone, converted to UTC; a naive datetime is refused."""

Rev = Annotated[int, Field(ge=0, lt=2_147_483_647)]
"""A twin's own counter: +1 for every commit."""

ReadTime = Annotated[Instant, Field(description="Valid time that the answer is for.")]

ReadRev = Annotated[Rev, Field(description="Rev of the twin that was read.")]

ChangedAtRev = Annotated[
    Rev | None, Field(description="Rev that last changed what is published about it; null if nothing is published.")
]

ValidFrom = Annotated[Instant | None, Field(description="Start of the validity, inclusive; null: the present moment.")]

ValidTo = Annotated[
    Instant | None, Field(description="End of the validity, exclusive; null means until further notice.")
]


_LEAP_SECOND = re.compile(r":59:60(?=[.,Zz+-]|$)")


def read_moment(text: str) -> datetime:
    """The datetime that an ISO 8601 text names; raises `ValueError` where there is none.

    A leap second (23:59:60 UTC) is the second that follows it, as in POSIX.
    """
    if not _LEAP_SECOND.search(text):
        return datetime.fromisoformat(text)
    before = datetime.fromisoformat(_LEAP_SECOND.sub(":59:59", text))
    try:
        after = before + timedelta(seconds=1)
        day_ends = before.tzinfo is None or after.astimezone(UTC).strftime("%H%M%S") == "000000"
    except OverflowError:
        day_ends = False
    if not day_ends:
        raise ValueError("a leap second ends a day in UTC")
    return after


def instant(value: datetime) -> datetime:
    """The same moment in UTC; refuses a datetime without a zone (`naive-datetime`)."""
    if value.tzinfo is None:
        raise Incorrect("naive-datetime", f"{value.isoformat()} has no time zone; add one, such as a trailing Z.")
    try:
        return _in_utc(value)
    except ValueError as error:
        raise Incorrect("invalid-input", f"{value.isoformat()} cannot be used: {error}.") from None


class Interval(Record):
    """Half-open interval [start, end) in valid time. Refuses an end at or before its start."""

    start: Instant = Field(description="Start, inclusive.")
    end: Instant | None = Field(None, description="End, exclusive; null means until further notice.")

    def model_post_init(self, _context: object) -> None:
        """Refuse an interval that holds no instant."""
        if self.end is not None and self.end <= self.start:
            raise Incorrect(
                "invalid-interval",
                f"An interval must end after it begins: [{self.start.isoformat()}, {self.end.isoformat()}).",
            )

    def contains(self, moment: datetime) -> bool:
        """Whether `moment` lies in `[start, end)`."""
        return self.start <= moment and (self.end is None or moment < self.end)

    def overlaps(self, other: Interval) -> bool:
        """Whether some instant lies in both."""
        return (self.end is None or other.start < self.end) and (other.end is None or self.start < other.end)


class AsOf(Record):
    """The point to read at, in valid time and in recorded time.

    Whatever is omitted means now. Give at most one of `rev` and `recorded_at`.
    """

    valid_time: Instant | None = Field(
        None,
        description="Moment in the person's world to answer for; null: the twin's head time at the rev that is read.",
    )
    rev: Rev | None = Field(None, description="Rev of the twin to read; null: the newest.")
    recorded_at: Instant | None = Field(
        None,
        description="Read the last rev committed at or before this moment; instead of `rev`.",
    )

    def model_post_init(self, _context: object) -> None:
        """Refuse a rev together with a recorded time."""
        if self.rev is not None and self.recorded_at is not None:
            raise Incorrect("invalid-input", "Give asOf a rev or a recordedAt, not both.")

    @property
    def is_now(self) -> bool:
        """Whether no moment was given, so that the published numbers are read."""
        return self.valid_time is None and self.rev is None and self.recorded_at is None


NOW = AsOf()


BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""Default start of the link of an identifier."""


def microseconds(moment: datetime) -> int:
    """Whole microseconds since 1970, exact."""
    span = moment - BEGINNING
    return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds


def moment_of(microseconds: int) -> datetime:
    """The moment this many microseconds after the beginning of 1970."""
    return BEGINNING + timedelta(microseconds=microseconds)


class Clock(Protocol):
    """Source of the present moment; code that needs it gets one as an argument."""

    def now(self) -> datetime:
        """The present moment, with a zone."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment, in UTC."""
        return datetime.now(UTC)


def seconds(span: timedelta) -> float:
    """A span in seconds."""
    return span.total_seconds()
