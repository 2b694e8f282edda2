"""`docs/operations.md`: what it names exists, and what can be run is run."""

from __future__ import annotations

import re

from prometheus_client.parser import text_string_to_metric_families
from tests.conftest import StoppedClock
from tests.house.source import ROOT
from tests.web.service import service

from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
METRIC = re.compile(r"^\| `(beliefgraph_\w+)` \| ([\w, ]*)\| (.+) \|$", re.MULTILINE)
TOKEN = "a-token-of-the-operator"


async def test_the_page_lists_every_metric_with_its_meaning(
    graph: Graph, keyring: Keyring, clock: StoppedClock, tenant: str
) -> None:
    listed = {name.removesuffix("_total"): meaning for name, _, meaning in METRIC.findall(PAGE)}
    async with service(graph, keyring, clock, tenant, metrics_token=TOKEN) as running:
        page = await running.http.get(f"{running.url}/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    found = {family.name: family.documentation for family in text_string_to_metric_families(page.text)}
    assert {name: text for name, text in found.items() if not name.endswith("_created")} == listed
