"""Whether one caller can hold up another: a simple query of another tenant while everything is tried against it.

python tests/benchmarks/fairness.py [--json] [--only 1 7] [--seconds 8]

A Neo4j of its own and the service in a process of its own. The other tenant's key asks one simple question every 50 ms;
every line is measured idle, under attack (`attacks.py`) and idle again, in the same run.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import httpx2
from tests.benchmarks import attacks
from tests.benchmarks.report import Row, percentile, show
from tests.benchmarks.served import served
from tests.web.serve_process import environment_of, served_apart
from tests.web.service import EVERYTHING, Client
from tests.world import CATALOG, rated

from beliefgraph.model.time import SystemClock
from beliefgraph.services.access.callers import Callers
from beliefgraph.store.graph import connected
from beliefgraph.store.migrations import migrate

EACH_S = 0.05
IDLE_S = 3.0
SETTLING_S = 10.0
"""Seconds in which what an attack left behind must have been done."""

FILES = 1_024
"""Open files that the service is allowed to begin with."""

SIMPLE = 'query { belief(twin: "lena", key: {attribute: "world.alone"}) { confidence rev } }'

ATTACKED = {
    "catalog": "attacked",
    "version": "1.0.0",
    "attributes": [
        {"key": "people.met", "domain": "people", "prior": 0.5, "statement": "met {subject}"},
    ],
    "events": [
        {
            "type": "met",
            "summary": "met somebody",
            "bears_on": [{"attribute": "people.met", "subject": "data.about", "log_likelihood_ratio": 1.0}],
        },
    ],
}


@dataclass(frozen=True)
class Measured:
    """The times of the answers in milliseconds, and how many were refused."""

    times: Sequence[float]
    refused: int


async def asked(victim: Client, seconds: float) -> Measured:
    """A simple question every 50 ms for so long."""
    times, refused, until = list[float](), 0, time.perf_counter() + seconds
    while time.perf_counter() < until:
        began = time.perf_counter()
        try:
            answer = await victim.ask(SIMPLE)
            refused += "errors" in answer
        except (httpx2.HTTPError, ValueError):
            refused += 1
        took = time.perf_counter() - began
        times.append(1_000 * took)
        await asyncio.sleep(max(0.0, EACH_S - took))
    return Measured(times, refused)


async def settled(victim: Client, idle_ms: float) -> None:
    """Wait until the service answers as it does idle."""
    until = time.perf_counter() + SETTLING_S
    while time.perf_counter() < until:
        if percentile((await asked(victim, 0.5)).times, 50) < 2 * idle_ms:
            return


async def line(name: str, victim: Client, attacker: Client, seconds: float) -> list[Row]:
    """The rows of one attack."""
    idle = list((await asked(victim, IDLE_S)).times)
    spawn = multiprocessing.get_context("spawn")
    begun, url, secret = spawn.Event(), attacker.url, attacker.secret
    process = spawn.Process(target=attacks.run, args=(name, url, secret, seconds, begun), daemon=True)
    process.start()
    await asyncio.to_thread(begun.wait)
    under = await asked(victim, seconds)
    await asyncio.to_thread(process.join, 10.0)
    process.kill()
    await settled(victim, percentile(idle, 50))
    idle += (await asked(victim, IDLE_S)).times
    p50, p99 = (percentile(idle, share) for share in (50, 99))
    return [
        Row(f"{name}: p50, times idle ({p50:.1f} ms)", percentile(under.times, 50) / p50, "", must=3.0),
        Row(f"{name}: p99, times idle ({p99:.1f} ms)", percentile(under.times, 99) / p99, "", must=5.0),
        Row(f"{name}: refused, of {len(under.times)}", under.refused, "", must=0.0),
    ]


@asynccontextmanager
async def two() -> AsyncIterator[tuple[Client, Client]]:
    """The victim and the attacker, of two tenants, with what they ask about."""
    with served() as (endpoint, settings, folder):
        environment = {**environment_of(endpoint, folder), "BELIEFGRAPH_LOG_LEVEL": "error"}
        assert settings.neo4j_password is not None
        async with connected(endpoint.uri, endpoint.user, endpoint.password) as graph:
            await migrate(graph, SystemClock())  # takes long on a new Neo4j
        async with (
            served_apart(environment) as (_, url),
            connected(endpoint.uri, endpoint.user, endpoint.password) as graph,
            httpx2.AsyncClient(timeout=60) as http,
        ):
            callers, run = Callers(graph, SystemClock(), 5.0), time.time_ns()
            victim, attacker = [
                Client(http, url, (await callers.create(f"{who}-{run}", who, EVERYTHING, ["testing"])).secret)
                for who in ("victim", "attacker")
            ]
            await victim.data(attacks.PUBLISH, catalog=CATALOG.model_dump(mode="json", exclude_none=True))
            await victim.observe(rated("first", 1.0))
            await attacker.data(attacks.PUBLISH, catalog=ATTACKED)
            crowd = [attacks.event(f"c{n}", "met", "crowd", about=f"s{n}") for n in range(2_000)]
            for first in range(0, len(crowd), 250):
                await attacker.data(attacks.OBSERVE, events=crowd[first : first + 250])
            yield victim, attacker


async def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--json", action="store_true", help="print rows {item, value, must, stretch, ok}")
    arguments.add_argument("--only", nargs="*", help="some lines alone, by their numbers")
    arguments.add_argument("--seconds", type=float, default=8.0, help="how long each attack goes on")
    given = arguments.parse_args()
    rows: list[Row] = []
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, hard))  # which the service may raise
    async with two() as (victim, attacker):
        await asked(victim, 1.0)
        for name in attacks.ATTACKS:
            if not given.only or name.partition(":")[0] in given.only:
                rows += await line(name, victim, attacker, given.seconds)
                print(*(f"{row.item}: {row.value:.2f}" for row in rows[-3:]), sep="\n", file=sys.stderr)
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    show(f"Fairness; load {load}", rows, given.json)


if __name__ == "__main__":
    asyncio.run(main())
