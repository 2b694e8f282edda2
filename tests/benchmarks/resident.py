"""The memory of a process that serves one twin of many events, in a process of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import psutil
from tests.benchmarks.report import Row
from tests.benchmarks.served import Served

from beliefgraph.app import Services
from beliefgraph.local import Endpoint
from beliefgraph.model.event import Event

MUST_MIB = 1024
"""What a process that serves a twin of a million events may use."""

REREADS = 10
"""Times that another process writes to the twin, so that this one must read it again."""

CREEP = 1.1
"""What it may use after the last of them, times what it used after the second."""

BELIEF = "query ($t: String!, $k: BeliefKeyInput!) { belief(twin: $t, key: $k) { logOdds } }"
AS_OF = "query ($t: String!, $k: BeliefKeyInput!, $a: AsOf) { belief(twin: $t, key: $k, asOf: $a) { logOdds } }"
EXPLANATION = """query ($t: String!, $k: BeliefKeyInput!) { explanation(twin: $t, key: $k, first: 20) {
  sentence total rest { count contribution } contributions { contribution evidence { summary } } } }"""
OBSERVE = "mutation ($e: [EventInput!]!) { observe(events: $e) { status } }"


@dataclass
class _Asking:
    """One client of the process."""

    client: httpx2.AsyncClient
    served: Served

    async def ask(self, text: str, **variables: Any) -> None:
        """Send one call, which must succeed."""
        answer = (await self.client.post("/graphql", json={"query": text, "variables": variables})).json()
        assert not answer.get("errors"), answer

    @property
    def rss(self) -> float:
        """The memory of the process in MiB."""
        return psutil.Process(self.served.pid).memory_info().rss / 2**20

    @property
    def peak(self) -> float:
        """The most memory that the process used so far in MiB; NaN where the system does not say."""
        status = Path(f"/proc/{self.served.pid}/status")
        if not status.exists():
            return float("nan")
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) / 1024


async def resident(
    services: Services, endpoint: Endpoint, keys: Path, tenant: str, latest: Event, then: datetime, rounds: int
) -> list[Row]:
    """Memory after a cold read, after so many calls of each kind, and after reading the twin again and again.

    `latest` is the last event of the twin, `then` a moment in its past.
    """
    made = await services.callers.create(tenant, "resident", ("read", "write"), ("benchmark",))
    caller = await services.callers.authenticate(made.secret)
    twin, key = latest.twin, {"attribute": "life.a3"}
    rows: list[Row] = []

    def more(n: int) -> Event:
        return latest.model_copy(update={"id": f"resident {n}", "time": latest.time + timedelta(minutes=n)})

    with Served(endpoint, keys) as served:
        headers = {"Authorization": f"Bearer {made.secret}"}
        async with httpx2.AsyncClient(base_url=served.url, headers=headers, timeout=300) as client:
            asking = _Asking(client, served)
            rows.append(Row("serving: memory before the twin is read", asking.rss, "MiB"))
            await asking.ask(EXPLANATION, t=twin, k=key)
            rows.append(Row("serving: memory after a cold read", asking.rss, "MiB", MUST_MIB))
            for n in range(rounds):
                one = more(n)
                given = {"id": one.id, "source": one.source, "type": one.type, "time": one.time.isoformat()}
                await asking.ask(OBSERVE, e=[{**given, "twin": twin, "data": one.data}])
                await asking.ask(BELIEF, t=twin, k=key)
                await asking.ask(AS_OF, t=twin, k=key, a={"validTime": (then + timedelta(minutes=n)).isoformat()})
                await asking.ask(EXPLANATION, t=twin, k=key)
            rows.append(Row(f"serving: memory after {rounds} calls of each kind", asking.rss, "MiB", MUST_MIB))
            used = []
            for n in range(REREADS):
                await services.intake.observe(caller, [more(rounds + n)])
                await asking.ask(EXPLANATION, t=twin, k=key)
                used.append(asking.rss)
            rows.append(Row(f"serving: memory after {REREADS} more cold reads", used[-1], "MiB", MUST_MIB))
            rows.append(Row("serving: the same, times that after the second", used[-1] / used[1], "×", CREEP))
            rows.append(Row("serving: peak of memory", asking.peak, "MiB", MUST_MIB))
    return rows
