"""What grows when a service runs on and on: many events into many twins, then reads, writes and refreshes at once.

python tests/benchmarks/endurance.py [--json] [--events 20000] [--twins 2000] [--minutes 2] [--cached-megabytes 512]

Runs on the Neo4j that NEO4J_URI names, else on one of its own. The whole of it, for which a machine should be free:
`--events 1000000 --twins 10000 --minutes 60`. Every tenth of the events and of the minutes is a slice; memory, handles
and threads at the end are compared with those after the first third, once caches and pools are filled.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).parents[2]))

import psutil
from tests.benchmarks.growth import ATTRIBUTES, START, catalog
from tests.benchmarks.report import Row, median, show
from tests.benchmarks.served import served

from beliefgraph.app import Services, running
from beliefgraph.inference import warm
from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.caller import Caller, Scope
from beliefgraph.model.event import Event
from beliefgraph.model.vocabulary import values_of
from beliefgraph.services.commits.recheck import recheck
from beliefgraph.web.tuning import settle

SLICES = 10
BATCH = 1_000
FOLLOWERS = 8
SEED = 20260101


@dataclass(frozen=True)
class Used:
    """What the process holds: memory in MiB, file handles and sockets, threads."""

    memory: float
    handles: int
    threads: int

    @classmethod
    def now(cls) -> Used:
        """At this moment."""
        process = psutil.Process()
        return cls(process.memory_info().rss / 2**20, process.num_fds(), process.num_threads())


class Load:
    """The events of a run: each in a twin chosen at random, a second after the one before."""

    def __init__(self, twins: int) -> None:
        self._random = random.Random(SEED)
        self._twins = twins
        self._made = 0

    def twin(self) -> str:
        """One of the twins."""
        return f"twin-{self._random.randrange(self._twins)}"

    def events(self, number: int) -> list[Event]:
        """The next events."""
        found = []
        for _ in range(number):
            n = self._made = self._made + 1
            data = {"llr": 0.002 * (1 + n % 7) * (-1) ** (n // 3), "by": f"source {n % 5}"}
            type_, time_ = f"did.{n % ATTRIBUTES}", START + timedelta(seconds=n)
            found.append(Event(id=str(n), source="endurance", type=type_, time=time_, twin=self.twin(), data=data))
        return found


async def loading(services: Services, caller: Caller, load: Load, events: int) -> list[Row]:
    """The rate in each tenth of the events, and what the process holds after it."""
    rates, used = [], []
    for _ in range(SLICES):
        began, used_cpu, taken = time.perf_counter(), time.process_time(), 0
        while taken < events // SLICES:
            some = load.events(min(BATCH, events // SLICES - taken))
            await services.intake.observe(caller, some)
            taken += len(some)
        rates.append(taken / (time.perf_counter() - began))
        used.append(Used.now())
        cpu = 1e3 * (time.process_time() - used_cpu) / taken
        _progress(f"loading {len(used)}/{SLICES}: {rates[-1]:.0f} events/s, {cpu:.2f} ms of CPU each", used[-1])
    return [
        Row("rate, second tenth", rates[1], "events/s"),
        Row("rate, last tenth", rates[-1], "events/s"),
        Row(
            "rate, last three tenths against second to fourth",
            median(rates[-3:]) / median(rates[1:4]),
            "×",
            0.8,
            most=False,
        ),
        *_held("loading", used),
    ]


async def soak(services: Services, caller: Caller, load: Load, minutes: float) -> list[Row]:
    """What the process holds while it is read, written, followed and refreshed."""
    until = time.monotonic() + 60 * minutes
    counts = dict.fromkeys(("writes", "reads", "explanations", "refreshes", "changes followed"), 0)

    async def repeated(what: str, call: Callable[[], Awaitable[object]], pause: float) -> None:
        while time.monotonic() < until:
            await call()
            counts[what] += 1
            await asyncio.sleep(pause)

    async def follow(twin: str) -> None:
        async for _ in services.changes.subscribe(caller, twin):
            counts["changes followed"] += 1

    key = BeliefKey(attribute="life.a3")
    for n in range(FOLLOWERS):
        await services.intake.observe(caller, [load.events(1)[0].model_copy(update={"twin": f"twin-{n}"})])
    followers = [asyncio.create_task(follow(f"twin-{n}")) for n in range(FOLLOWERS)]

    async def watch() -> list[Used]:
        used = []
        for _ in range(SLICES):
            await asyncio.sleep(60 * minutes / SLICES)
            used.append(Used.now())
            _progress(f"soak {len(used)}/{SLICES}: {counts['writes']} writes, {counts['reads']} reads", used[-1])
        return used

    async def explained() -> None:
        await services.explanations.explain(caller, f"twin-{counts['explanations'] % FOLLOWERS}", key, first=20)

    async def read() -> None:
        await services.questions.belief(caller, f"twin-{counts['reads'] % FOLLOWERS}", key)

    async def refreshed() -> None:
        at = START + timedelta(days=1, hours=counts["refreshes"])
        await services.refresher.refresh(caller, load.twin(), at)

    used, *_ = await asyncio.gather(
        watch(),
        repeated("writes", lambda: services.intake.observe(caller, load.events(20)), 0.05),
        repeated("reads", read, 0.02),
        repeated("explanations", explained, 0.1),
        repeated("refreshes", refreshed, 0.2),
    )
    for each in followers:
        each.cancel()
        with suppress(asyncio.CancelledError):
            await each
    return [*(Row(f"soak: {what}", number, "") for what, number in counts.items()), *_held("soak", used)]


def _progress(done: str, used: Used) -> None:
    """One line to standard error after each slice, for those who wait."""
    print(f"{done}; {used.memory:.0f} MiB, {used.handles} handles, {used.threads} threads", file=sys.stderr, flush=True)


def _held(what: str, used: list[Used]) -> list[Row]:
    """What is held at the end against a third of the way."""
    early, late = used[len(used) // 3], used[-1]
    return [
        Row(f"{what}: memory at the end", late.memory, "MiB"),
        Row(f"{what}: memory at the end against a third of the way", late.memory / early.memory, "×", 1.25),
        Row(f"{what}: handles more at the end", late.handles - early.handles, "", 10),
        Row(f"{what}: threads more at the end", late.threads - early.threads, "", 4),
    ]


async def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--json", action="store_true", help="print rows {item, value, must, stretch, ok}")
    arguments.add_argument("--events", type=int, default=20_000, help="events to load")
    arguments.add_argument("--twins", type=int, default=2_000, help="twins they fall into")
    arguments.add_argument("--minutes", type=float, default=2.0, help="how long the soak takes")
    arguments.add_argument("--cached-megabytes", type=int, help="memory for twins, as BELIEFGRAPH_CACHED_MEGABYTES")
    given = arguments.parse_args()
    with served() as (_, settings, _):
        if given.cached_megabytes is not None:
            settings = settings.model_copy(update={"cached_megabytes": given.cached_megabytes})
        async with running(settings, serving=True) as services:
            await asyncio.to_thread(warm)
            settle()  # as `beliefgraph serve` does
            caller = Caller(
                actor="endurance", tenant=f"endurance-{uuid4().hex[:8]}", scopes=values_of(Scope), purpose="benchmark"
            )
            await services.book.publish(caller, catalog())
            load = Load(given.twins)
            rows = await loading(services, caller, load, given.events)
            rows += await soak(services, caller, load, given.minutes)
            differ, began = 0, time.perf_counter()
            async for found in recheck(services.graph, services.book, caller.tenant):
                differ += found.differ + (found.error is not None)
            rows.append(Row("beliefs that recompute otherwise", differ, "", 0))
            rows.append(Row("time to recompute all twins", time.perf_counter() - began, "s"))
    show("Endurance", rows, given.json)
    if any(row.ok is False for row in rows):
        raise SystemExit(1)


if __name__ == "__main__":
    asyncio.run(main())
