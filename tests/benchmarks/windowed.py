"""Many events through metrics, against the same events through plain evidence: what windows cost on top."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from tests.benchmarks.report import Row

from beliefgraph.app import Services
from beliefgraph.model.caller import Caller, Scope
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.event import Event
from beliefgraph.model.vocabulary import values_of

EVENTS = 100_000
TWINS = 100
AT_ONCE = 1_000
"""Events of one call, of ten twins; each way in turn, so that what else the machine does meets all alike."""

START = datetime(2026, 1, 1, tzinfo=UTC)
GAP = timedelta(hours=2)

ATTRIBUTE = {"key": "shop.interested", "domain": "shop", "prior": 0.3, "statement": "is interested"}
WEEK = {
    "key": "visits.week",
    "statement": "visits in 7 days",
    "kind": "count",
    "events": ["visited"],
    "window": "P7D",
    "bands": [
        {"at_least": n, "bears_on": [{"attribute": "shop.interested", "log_likelihood_ratio": n / 50}]}
        for n in (10, 30, 50, 70)
    ],
}
MORE = [
    {"key": "visits.minutes", "kind": "sum", "value": "data.minutes"},
    {"key": "visits.streak", "kind": "streak", "every": "day"},
    {"key": "visits.none", "kind": "absence", "within": "P3D"},
]
WAYS: dict[str, dict[str, Any]] = {
    "plain evidence": {
        "events": [
            {
                "type": "visited",
                "summary": "came by",
                "bears_on": [{"attribute": "shop.interested", "log_likelihood_ratio": 0.02}],
            }
        ]
    },
    "a count in 7 days": {"metrics": [WEEK]},
    "a count, a sum, a streak and an absence": {
        "metrics": [
            WEEK,
            *({"statement": one["key"], "events": ["visited"], "window": "P7D", **one} for one in MORE),
        ]
    },
}


async def windowed(services: Services, events: int = EVENTS) -> list[Row]:
    """The time that the same events take each way, and its ratio to plain evidence."""
    callers = {way: await _tenant(services, parts) for way, parts in WAYS.items()}
    took = dict.fromkeys(WAYS, 0.0)
    for first in range(0, events, AT_ONCE):
        some = [_event(n) for n in range(first, first + AT_ONCE)]
        for way, caller in callers.items():
            took[way] += await _observed(services, caller, some)
    plain, count, four = took.values()
    return [
        Row(f"{events:,} events as plain evidence", events / plain, "events/s"),
        Row(f"{events:,} events through a count in 7 days", events / count, "events/s"),
        Row("a count in 7 days against plain evidence", count / plain, "×", 1.5),
        Row("a count, a sum, a streak and an absence against plain evidence", four / plain, "×"),
    ]


async def _tenant(services: Services, parts: dict[str, Any]) -> Caller:
    caller = Caller(actor="bench", tenant=f"windowed-{uuid4().hex}", scopes=values_of(Scope), purpose="benchmark")
    catalog = {"catalog": "shop", "version": "1.0.0", "attributes": [ATTRIBUTE], **parts}
    await services.book.publish(caller, Catalog.model_validate(catalog))
    return caller


async def _observed(services: Services, caller: Caller, events: Sequence[Event]) -> float:
    began = time.perf_counter()
    receipts = await services.intake.observe(caller, events)
    took = time.perf_counter() - began
    assert all(receipt.status == "accepted" for receipt in receipts)
    return took


def _event(n: int) -> Event:
    """Ten twins to a call; each comes by every two hours."""
    call, place = divmod(n, AT_ONCE)
    twin, turn = (call % (TWINS // 10)) * 10 + place % 10, (call // (TWINS // 10)) * (AT_ONCE // 10) + place // 10
    return Event(
        id=str(n),
        source="/shop",
        type="visited",
        time=START + turn * GAP,
        twin=f"twin-{twin}",
        data={"minutes": n % 40},
    )
