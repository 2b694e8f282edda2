"""Moments as options of commands."""

from __future__ import annotations

from datetime import UTC, datetime

from beliefgraph.model.time import instant

MOMENT_OR_DAY = ["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d"]
"""Formats of a moment with its zone, and of a day, which begins at midnight UTC."""


def in_utc(moment: datetime) -> datetime:
    """The moment in UTC, which is its zone if none was given."""
    return instant(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
