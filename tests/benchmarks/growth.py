"""What a twin costs that lives for years, as ratios in one run: with many events in it against with a thousand.

python tests/benchmarks/growth.py [--json] [--only life breadth] [--events 1000 100000] [--million] [--rounds 30]

`life` is one twin of many events, `breadth` (tests/benchmarks/breadth.py) many twins of few. Runs on the Neo4j that
NEO4J_URI names, else on one of its own. The catalog of `life` has thirty attributes in a tree; an event bears on two of
them and counts in a metric. `--million` adds a twin of a million events. The memory is that of a serving process of its
own (tests/benchmarks/resident.py), for the largest twin.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks.breadth import breadth
from tests.benchmarks.report import Row, median, show
from tests.benchmarks.resident import resident
from tests.benchmarks.served import raw_driver, served

from beliefgraph.app import Services, running
from beliefgraph.config import Settings
from beliefgraph.inference import warm
from beliefgraph.local import Endpoint
from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.caller import Caller
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.event import Event
from beliefgraph.model.identity import twin_id
from beliefgraph.model.time import AsOf
from beliefgraph.services.twin.checkpoints import Checkpoints
from beliefgraph.services.twin.load import read_state

ATTRIBUTES = 30
AT_ONCE = 1_000
SOURCES = 5
START = datetime(2024, 1, 1, tzinfo=UTC)
SPAN = timedelta(days=365)
"""What the events of every twin are spread over: the more there are, the closer they lie."""


def catalog() -> Catalog:
    """Thirty attributes in a tree of two, most of whose evidence ages."""
    half_lives = ("P30D", "P90D", "P365D", None)
    attributes: list[dict[str, Any]] = [
        {
            "key": f"life.a{n}",
            "domain": "life",
            "prior": 0.3,
            "statement": f"statement {n}",
            **({"half_life": half_lives[n % 4]} if half_lives[n % 4] else {}),
        }
        for n in range(ATTRIBUTES)
    ]
    relations = [
        {"kind": "supports", "source": f"life.a{n}", "target": f"life.a{(n - 1) // 2}", "odds_ratio": 3.0}
        for n in range(1, ATTRIBUTES)
    ]
    rules = [
        {
            "type": f"did.{n}",
            "summary": f"did {n}",
            "source": "data.by",
            "bears_on": [
                {"attribute": f"life.a{n}", "log_likelihood_ratio": "double(data.llr)"},
                {"attribute": f"life.a{(n + 7) % ATTRIBUTES}", "log_likelihood_ratio": "-0.5 * double(data.llr)"},
            ],
        }
        for n in range(ATTRIBUTES)
    ]
    metric: dict[str, Any] = {"key": "did.week", "statement": "things done in 7 days", "kind": "count", "window": "P7D"}
    metric |= {"events": [f"did.{n}" for n in range(20)]}
    document = {"catalog": "growth", "version": "1.0.0", "attributes": attributes, "relations": relations}
    return Catalog.model_validate({**document, "events": rules, "metrics": [metric]})


def event(twin: str, n: int, of: int) -> Event:
    """The n-th of so many events of a twin."""
    return Event(
        id=str(n),
        source="growth",
        type=f"did.{n % ATTRIBUTES}",
        time=START + SPAN * (n / of),
        twin=twin,
        data={"llr": 0.002 * (1 + n % 7) * (-1) ** (n // 3), "by": f"source {n % SOURCES}"},
    )


@dataclass
class Grown:
    """A twin of so many events, and what each call on it took, in seconds."""

    twin: str
    events: int
    took: dict[str, list[float]] = field(default_factory=dict)

    async def time(self, what: str, call: Callable[[], Awaitable[object]]) -> None:
        """Note what a call takes."""
        began = time.perf_counter()
        await call()
        self.took.setdefault(what, []).append(time.perf_counter() - began)


ROW_BY_ROW = 100_000
"""Events up to which a twin is read row by row too: a million take minutes."""

LIMITS: dict[str, dict[int, float]] = {
    "observe": {100_000: 1.5, 1_000_000: 4.0},
    "belief as of a moment": {100_000: 1.5, 1_000_000: 4.0},
    "explanation, first 20": {100_000: 3.0, 1_000_000: 3.0},
    "cold, from checkpoints": {100_000: 8.0},
}


async def life(services: Services, endpoint: Endpoint, settings: Settings, sizes: list[int], rounds: int) -> list[Row]:
    """What a call takes with so many events in the twin, against with the fewest."""
    tenant = f"growth-{uuid4().hex[:8]}"
    caller = Caller(actor="growth", tenant=tenant, scopes=("read", "write", "define"), purpose="benchmark")
    await services.book.publish(caller, catalog())
    twins = [Grown(f"of {size}", size) for size in sizes]
    rows: list[Row] = []
    for grown in twins:
        began = time.perf_counter()
        for first in range(0, grown.events, AT_ONCE):
            some = [event(grown.twin, n, grown.events) for n in range(first, min(first + AT_ONCE, grown.events))]
            await services.intake.observe(caller, some)
        rows.append(Row(f"taking in {grown.events:,}", grown.events / (time.perf_counter() - began), "events/s"))
    await services.cache.close()
    for n in range(rounds):
        for grown in twins:
            await _asked(services, caller, grown, n)
    for grown in twins:
        await _read_again(services, tenant, grown)
    least = twins[0]
    for grown in twins:
        for what, took in grown.took.items():
            rows.append(Row(f"{what}, {grown.events:,} events", 1_000 * median(took), "ms"))
            if grown is not least:
                ratio = median(took) / median(least.took[what])
                rows.append(
                    Row(
                        f"{what}, {grown.events:,} against {least.events:,}",
                        ratio,
                        "×",
                        LIMITS.get(what, {}).get(grown.events),
                    )
                )
    largest = twins[-1]
    latest = event(largest.twin, largest.events, largest.events)
    latest = latest.model_copy(update={"time": latest.time + timedelta(minutes=rounds)})
    rows += await resident(services, endpoint, settings.keys, tenant, latest, START + SPAN * 0.7, 10 * rounds)
    return rows


async def _asked(services: Services, caller: Caller, grown: Grown, n: int) -> None:
    """One event more, and one question of each kind."""
    twin, key = grown.twin, BeliefKey(attribute="life.a3")
    latest = event(twin, grown.events, grown.events)
    more = latest.model_copy(update={"id": f"more {n}", "time": latest.time + timedelta(minutes=n)})
    then = AsOf(valid_time=START + SPAN * 0.7 + timedelta(minutes=n))
    await grown.time("observe", lambda: services.intake.observe(caller, [more]))
    await grown.time("belief", lambda: services.questions.belief(caller, twin, key))
    await grown.time("belief as of a moment", lambda: services.questions.belief(caller, twin, key, as_of=then))
    await grown.time("explanation, first 20", lambda: services.explanations.explain(caller, twin, key, first=20))


async def _read_again(services: Services, tenant: str, grown: Grown) -> None:
    """The twin read as a process reads it that has not seen it."""
    id_, graph = twin_id(tenant, grown.twin), services.graph
    checkpoints = Checkpoints(graph, services.keyring)
    for _ in range(5):
        await grown.time(
            "cold, from checkpoints", lambda: read_state(graph, id_, tenant, grown.twin, checkpoints=checkpoints)
        )
    for _ in range(2 if grown.events <= ROW_BY_ROW else 0):
        await grown.time("cold, row by row", lambda: read_state(graph, id_, tenant, grown.twin))


async def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--json", action="store_true", help="print rows {item, value, must, stretch, ok}")
    arguments.add_argument("--only", nargs="*", choices=("life", "breadth"), help="one part alone")
    arguments.add_argument("--events", type=int, nargs="+", default=[1_000, 100_000], help="sizes of the twins")
    arguments.add_argument("--million", action="store_true", help="one twin of a million events too: takes 15 minutes")
    arguments.add_argument("--rounds", type=int, default=30, help="calls of each kind")
    given = arguments.parse_args()
    asked = given.only or ("life", "breadth")
    with served() as (endpoint, settings, _):
        async with running(settings) as services, raw_driver(endpoint) as driver:
            await asyncio.to_thread(warm)
            sizes = sorted({*given.events, *([1_000_000] if given.million else [])})
            rows = await life(services, endpoint, settings, sizes, given.rounds) if "life" in asked else []
            rows += await breadth(services, driver) if "breadth" in asked else []
    show("Growth", rows, given.json)
    if any(row.ok is False for row in rows):
        raise SystemExit(1)


if __name__ == "__main__":
    asyncio.run(main())
