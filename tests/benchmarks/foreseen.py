"""One event in a twin with three trajectories and five outcomes, against the same event in a twin without them."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from tests.benchmarks.report import Row, median

from beliefgraph.app import Services
from beliefgraph.model.caller import Caller, Scope
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.event import Event
from beliefgraph.model.vocabulary import values_of

ROUNDS, WARM = 150, 20
START = datetime(2026, 1, 1, tzinfo=UTC)
STAGES = ("evaluation", "business case", "procurement")
WAYS = ("deal", "team", "product")
HORIZONS = [{"within": "P14D", "expected": 0.1}, {"within": "P28D", "expected": 0.2}]

ATTRIBUTES: list[dict[str, Any]] = [
    *(
        {
            "key": f"{way}.stage",
            "domain": way,
            "values": dict(zip(STAGES, (0.6, 0.2, 0.1), strict=True)),
            "statement": "is in {value}",
        }
        for way in WAYS
    ),
    {"key": "deal.happy", "domain": "deal", "prior": 0.5, "statement": "is happy", "half_life": "P60D"},
]
RULE = {
    "type": "seen",
    "summary": "A sign of the stages.",
    "bears_on": [
        *({"attribute": f"{way}.stage", "value_from": "data.stage", "log_likelihood_ratio": 1.0} for way in WAYS),
        {"attribute": "deal.happy", "log_likelihood_ratio": "double(data.mood)"},
    ],
}
FORESEEN: dict[str, Any] = {
    "trajectories": [
        {
            "key": way,
            "title": way,
            "attribute": f"{way}.stage",
            "stages": [{"value": stage, "stay": "P28D"} for stage in STAGES],
        }
        for way in WAYS
    ],
    "outcomes": [
        *(
            {
                "key": key,
                "title": key,
                "events": [{"type": key}, {"type": "seen", "when": "data.mood > 0.9"}],
                "every": "P7D",
                "horizons": HORIZONS,
                "beliefs": [{"attribute": "deal.happy"}],
            }
            for key in ("churn", "upgrade", "adoption", "support")
        ),
        {
            "key": "satisfied",
            "title": "satisfied",
            "belief": {"belief": {"attribute": "deal.happy"}, "at_least": 0.9},
            "every": "P7D",
            "horizons": HORIZONS,
        },
    ],
}


async def foreseen(services: Services) -> list[Row]:
    """The time of one event each way, in turn, and their ratio."""
    callers = [await _tenant(services, parts) for parts in ({}, FORESEEN)]
    await _event(services, callers[1], 0)
    await services.forecast_keeper.make(callers[1])
    times: list[list[float]] = [[], []]
    for n in range(1, ROUNDS + WARM):
        for which, caller in enumerate(callers):
            took = await _event(services, caller, n)
            if n >= WARM:
                times[which].append(took)
    plain, more = map(median, times)
    return [
        Row("an event without trajectories and outcomes, p50", plain * 1e3, "ms"),
        Row("the same with three trajectories and five outcomes, p50", more * 1e3, "ms"),
        Row("the latter against the former", more / plain, "×", 1.3),
    ]


async def _tenant(services: Services, parts: dict[str, Any]) -> Caller:
    caller = Caller(actor="bench", tenant=f"foreseen-{uuid4().hex}", scopes=values_of(Scope), purpose="benchmark")
    catalog = {"catalog": "deals", "version": "1.0.0", "attributes": ATTRIBUTES, "events": [RULE], **parts}
    await services.book.publish(caller, Catalog.model_validate(catalog))
    return caller


async def _event(services: Services, caller: Caller, n: int) -> float:
    event = Event(
        id=str(n),
        source="/bench",
        type="seen",
        time=START + timedelta(hours=6 * n),
        twin="lena",
        data={"stage": STAGES[n // 60 % len(STAGES)], "mood": (n % 7 - 3) / 5},
    )
    began = time.perf_counter()
    (receipt,) = await services.intake.observe(caller, [event])
    took = time.perf_counter() - began
    assert receipt.status == "accepted", receipt
    return took
