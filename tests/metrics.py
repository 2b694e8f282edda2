"""Metrics to test with: every kind once, a catalog that builds on the world's, and the counting done the slow way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from beliefgraph.model.catalog import Catalog

DAY = timedelta(days=1)

METRICS = Catalog.model_validate(
    {
        "catalog": "metrics",
        "version": "1.0.0",
        "metrics": [
            {
                "key": "visits.week",
                "statement": "visits in 7 days",
                "kind": "count",
                "events": ["visited"],
                "window": "P7D",
                "bands": [
                    {"at_least": 1},
                    {"at_least": 3, "bears_on": [{"attribute": "world.alone", "log_likelihood_ratio": 1.5}]},
                ],
            },
            {
                "key": "visits.minutes",
                "statement": "minutes of visits in 7 days",
                "kind": "sum",
                "events": ["visited"],
                "when": "has(data.minutes)",
                "value": "data.minutes",
                "window": "P7D",
            },
            {
                "key": "visits.last",
                "statement": "the last visit",
                "kind": "recency",
                "events": ["visited"],
                "window": "P60D",
                "bands": [{"at_least": 0}, {"at_least": 14}],
            },
            {
                "key": "visits.streak",
                "statement": "days in a row with a visit",
                "kind": "streak",
                "events": ["visited"],
                "every": "day",
                "window": "P30D",
            },
            {
                "key": "visits.none",
                "statement": "7 days without a visit",
                "kind": "absence",
                "events": ["visited"],
                "within": "P7D",
                "window": "P90D",
                "bands": [{"at_least": 1, "bears_on": [{"attribute": "world.alone", "log_likelihood_ratio": -2.0}]}],
            },
            {
                "key": "mail.ignored",
                "statement": "mails of ours not opened within 3 days",
                "kind": "absence",
                "events": ["mail.sent"],
                "label": "data.mail",
                "within": "P3D",
                "follow_up": {"events": ["mail.opened"], "label": "data.mail"},
                "window": "P30D",
                "bands": [{"at_least": 2, "bears_on": [{"attribute": "needs.urgent", "log_likelihood_ratio": -0.7}]}],
            },
            {
                "key": "visits.channel",
                "statement": "most visits of 30 days by",
                "kind": "mode",
                "events": ["visited"],
                "when": "has(event.channel)",
                "label": "event.channel",
                "window": "P30D",
            },
            {
                "key": "visits.hour",
                "statement": "hour of most visits in 30 days",
                "kind": "mode",
                "events": ["visited"],
                "label": "event.time.getHours()",
                "window": "P30D",
            },
            {
                "key": "visits.cadence",
                "statement": "days between visits in 30 days",
                "kind": "cadence",
                "events": ["visited"],
                "window": "P30D",
            },
        ],
    }
)


@dataclass(frozen=True)
class Seen:
    """One event as the slow way sees it."""

    type: str
    time: datetime
    minutes: float = 0.0
    channel: str = ""
    mail: str = ""


def slowly(events: Iterable[Seen], at: datetime) -> dict[str, tuple[float | None, str | None]]:
    """Every metric's value and label at a moment, by looking at each event; those that never saw one are left out."""
    known = sorted((e for e in events if e.time <= at), key=lambda e: e.time)
    visits = [e for e in known if e.type == "visited"]
    sent = [e for e in known if e.type == "mail.sent" and e.time > at - 30 * DAY]
    opened = [e for e in known if e.type == "mail.opened"]

    def within(days: int) -> list[Seen]:
        return [e for e in visits if e.time > at - days * DAY]

    found: dict[str, tuple[float | None, str | None]] = {}
    if visits:
        found |= dict.fromkeys(("visits.week", "visits.minutes", "visits.streak"), (0.0, None))
        found["visits.none"] = (float(at - visits[-1].time >= 7 * DAY), None)
        found |= dict.fromkeys(("visits.last", "visits.hour", "visits.cadence"), (None, None))
    if any(e.channel for e in visits):
        found["visits.channel"] = (None, None)
    if any(e.type == "mail.sent" for e in known):
        found["mail.ignored"] = (0.0, None)
    if week := within(7):
        found["visits.week"] = (float(len(week)), None)
        found["visits.minutes"] = (float(sum(round(e.minutes * 10_000) for e in week)) / 10_000, None)
    if two_months := within(60):
        found["visits.last"] = (float((at - two_months[-1].time) // DAY), None)
    if month := within(30):
        days = {e.time.astimezone(UTC).date() for e in month}
        day = at.astimezone(UTC).date()
        day = day if day in days else day - DAY
        length = 0
        while day - length * DAY in days:
            length += 1
        found["visits.streak"] = (float(length), None)
        for name, labels in (
            ("visits.channel", [e.channel for e in month if e.channel]),
            ("visits.hour", [str(e.time.astimezone(UTC).hour) for e in month]),
        ):
            if labels:
                label, times = sorted(Counter(labels).items(), key=lambda each: (-each[1], each[0]))[0]
                found[name] = (times / len(labels), label)
        gaps = [(b.time - a.time) / DAY for a, b in pairwise(month)]
        found["visits.cadence"] = (sum(gaps) / len(gaps) if gaps else None, None)
    if sent:
        ignored = [
            e for e in sent if at - e.time >= 3 * DAY and not any(o.mail == e.mail and o.time >= e.time for o in opened)
        ]
        found["mail.ignored"] = (float(len(ignored)), None)
    return found
