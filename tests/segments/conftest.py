"""A tenant of 120 accounts, half of them enterprises, who differ in what they need and in how many leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
import pytest_asyncio
from tests.conftest import StoppedClock
from tests.world import START, World, event

from beliefgraph.model.caller import Caller
from beliefgraph.model.catalog import Catalog
from beliefgraph.services.segments.learn import learn_segments
from beliefgraph.services.segments.rates import SegmentLesson
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring

ACCOUNTS = 120
ENTERPRISE = {"key": "enterprise", "title": "Enterprises", "holds": [{"belief": {"attribute": "account.enterprise"}}]}
SMALL = {"key": "small", "title": "Small accounts", "lacks": [{"belief": {"attribute": "account.enterprise"}}]}

ACCOUNT: dict[str, Any] = {
    "catalog": "accounts",
    "version": "1.0.0",
    "attributes": [
        {"key": "account.enterprise", "domain": "account", "prior": 0.3, "statement": "is an enterprise"},
        {"key": "needs.sso", "domain": "needs", "prior": 0.4, "statement": "needs single sign-on"},
        {"key": "needs.audit", "domain": "needs", "prior": 0.5, "statement": "needs an audit log"},
    ],
    "relations": [{"kind": "supports", "source": "needs.sso", "target": "needs.audit", "odds_ratio": 4.0}],
    "segments": [ENTERPRISE],
    "events": [
        {
            "type": "joined",
            "summary": "joined",
            "bears_on": [{"attribute": "account.enterprise", "log_likelihood_ratio": "data.enterprise ? 8.0 : -8.0"}],
        },
        {
            "type": "asked",
            "summary": "said whether they need it",
            "bears_on": [{"attribute": "needs.sso", "log_likelihood_ratio": "data.needed ? 8.0 : -8.0"}],
        },
    ],
    "outcomes": [
        {
            "key": "leaves",
            "title": "The account leaves",
            "events": [{"type": "left"}],
            "every": "P7D",
            "horizons": [{"within": "P28D", "expected": 0.9}],
            "once": True,
        }
    ],
}


def catalog(**changes: Any) -> Catalog:
    """The catalog, with changes."""
    return Catalog.model_validate({**ACCOUNT, **changes})


@dataclass(frozen=True)
class Tenant:
    """The tenant, what was learned of its segments, and how often it was: shares of enterprises and of others."""

    world: World
    clock: StoppedClock
    found: Sequence[SegmentLesson]
    needed: tuple[float, float]

    def lesson(self, about: str, segment: str | None = "enterprise") -> SegmentLesson:
        """What was learned of one thing in a segment."""
        return next(each for each in self.found if (each.about, each.segment) == (about, segment))


@pytest.fixture(scope="session")
def account_keys(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    return Keyring(tmp_path_factory.mktemp("keys"))


@pytest_asyncio.fixture(scope="module")
async def accounts(graph: Graph, account_keys: Keyring) -> Tenant:
    """The tenant, 60 days after its accounts joined; learned once, and nothing put in force."""
    caller = Caller(
        actor="test",
        tenant=f"tenant-{uuid4().hex[:12]}",
        scopes=("read", "write", "correct", "define", "erase"),
        purpose="testing",
    )
    clock = StoppedClock(START + timedelta(days=60))
    world = World(Graph(graph._driver, graph._database), account_keys, clock, caller)
    await world.book.publish(caller, catalog())
    draw = np.random.default_rng(3)
    large = np.arange(ACCOUNTS) % 2 == 0
    needs = draw.random(ACCOUNTS) < np.where(large, 0.85, 0.2)
    leaves = draw.random(ACCOUNTS) < np.where(large, 0.1, 0.7)
    names = [f"account-{n}" for n in range(ACCOUNTS)]
    each = list(zip(names, large.tolist(), needs.tolist(), leaves.tolist(), strict=True))
    await world.intake.observe(caller, [event(f"j{n}", "joined", twin=n, enterprise=e) for n, e, _, _ in each])
    await world.intake.observe(caller, [event(f"a{n}", "asked", day=3, twin=n, needed=s) for n, _, s, _ in each])
    await world.intake.observe(caller, [event(f"l{n}", "left", day=10, twin=n) for n, _, _, gone in each if gone])
    found = await learn_segments(caller, world.graph, account_keys, world.book, clock.now())
    return Tenant(world, clock, found, (float(needs[large].mean()), float(needs[~large].mean())))
