"""A service process that writes for as long as it lives, so that it can be raced and killed: `python -m tests.process`.

It prints one line for each commit that was acknowledged: the rev and the id of the event. What it writes is decided by
its plan alone, so that a test can say afterwards what must be there.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from beliefgraph.local import Endpoint
from beliefgraph.model.caller import Caller
from beliefgraph.model.event import Event
from beliefgraph.model.record import Record
from beliefgraph.store.graph import connected
from beliefgraph.store.keys import Keyring
from tests.world import World, event, rated

ROOT = Path(__file__).parents[1]


class Plan(Record):
    """Where to write, how often, and under which name the events are told apart from another process's."""

    uri: str
    user: str
    password: str
    keys: str
    tenant: str
    name: str
    twins: tuple[str, ...] = ("lena",)
    commits: int = 1_000_000
    together: int = 1
    """Events in one call, each of its own twin where there are several."""


class Present:
    """A clock that stands after everything that is written."""

    def now(self) -> datetime:
        return datetime(2200, 1, 1, tzinfo=UTC)


def batch(plan: Plan, n: int) -> list[Event]:
    """The events of the nth call: several kinds, so that rows of every kind are closed and opened."""
    made = []
    for i in range(plan.together):
        twin = plan.twins[(n + i) % len(plan.twins)]
        id_, day = f"{plan.name}-{n}-{i}", n / 7
        kinds = (
            rated(id_, 0.5 if n % 2 else -0.5, day=day, twin=twin, by=plan.name),
            event(id_, "audited", day=day, twin=twin),
            event(id_, "said", day=day, twin=twin, llr=1.0 if n % 3 else -1.0, by=plan.name, text="so I said"),
            event(id_, "priced", day=day, twin=twin),
        )
        made.append(kinds[(n + i) % len(kinds)])
    return made


def caller_of(plan: Plan) -> Caller:
    return Caller(actor=plan.name, tenant=plan.tenant, scopes=("read", "write"), purpose="testing")


async def run(plan: Plan) -> None:
    """Write until done, or killed."""
    async with connected(plan.uri, plan.user, plan.password) as graph:
        world = World(graph, Keyring(Path(plan.keys)), Present(), caller_of(plan))
        print("ready", flush=True)
        for n in range(plan.commits):
            events = batch(plan, n)
            receipts = await world.intake.observe(world.caller, events)
            for receipt in receipts:
                print(receipt.twin, receipt.rev, receipt.id, receipt.status, flush=True)


class Process:
    """Such a process, from outside."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._heard: list[str] = []
        self._started = subprocess.Popen(
            [sys.executable, "-m", "tests.process", plan.model_dump_json()],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ready(self) -> None:
        """Wait until it is about to write."""
        assert self._started.stdout is not None
        assert self._started.stdout.readline() == "ready\n"

    def has_written(self, answers: int) -> None:
        """Wait until it had so many answers."""
        assert self._started.stdout is not None
        self._heard += [self._started.stdout.readline() for _ in range(answers)]

    def kill(self) -> None:
        """Kill it as hard as it goes."""
        self._started.kill()

    def acknowledged(self) -> list[tuple[str, int, str, str]]:
        """Wait for its end: (twin, rev, event id, status) of every event it had an answer for, in order."""
        assert self._started.stdout is not None
        if not self._started.stdout.closed:
            self._heard += self._started.stdout.readlines()
            self._started.stdout.close()
            self._started.wait()
        lines = [line.split() for line in self._heard if line.endswith("\n")]
        return [(twin, int(rev), id_, status) for twin, rev, id_, status in (x for x in lines if len(x) == 4)]


@contextmanager
def processes(*plans: Plan) -> Iterator[list[Process]]:
    """Several at once, each about to write; none is left behind."""
    started = [Process(plan) for plan in plans]
    try:
        for process in started:
            process.ready()
        yield started
    finally:
        for process in started:
            process.kill()
            process.acknowledged()


def plan_for(endpoint: Endpoint, keys: Path, tenant: str, name: str) -> Plan:
    """A plan on this Neo4j."""
    return Plan(
        uri=endpoint.uri, user=endpoint.user, password=endpoint.password, keys=str(keys), tenant=tenant, name=name
    )


if __name__ == "__main__":
    asyncio.run(run(Plan.model_validate_json(sys.argv[1])))
