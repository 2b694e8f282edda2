"""The README's two lines are the ones that are run, and its tour runs as it stands on the sample story."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from tests.browser.saved import play
from tests.conftest import StoppedClock
from tests.docs.pages import examples
from tests.house.source import ROOT
from tests.web.service import Client, service
from tests.world import World

from beliefgraph.model.caller import Caller
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring

README = (ROOT / "README.md").read_text(encoding="utf-8")
SEE = (
    "python3 -m venv .venv && .venv/bin/pip install -q -c requirements.txt -e '.[local,plots]' "
    "&& .venv/bin/beliefgraph demo"
)
TEST = "python3 -m venv .venv && .venv/bin/pip install -q -c requirements.txt -e '.[test]' && .venv/bin/pytest"


def test_the_two_commands_are_one_line_each() -> None:
    lines = [example.code for example in examples("bash", "README.md")]
    assert SEE + "\n" in lines
    assert TEST + "\n" in lines


def test_the_checks_run_exactly_the_readmes_line() -> None:
    assert f"  {TEST}\n" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_what_is_installed_is_pinned_exactly_and_from_no_host() -> None:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pinned = [line for line in lines if line and not line.startswith("#")]
    assert [line for line in pinned if line.count("==") != 1 or any(c in line for c in ":/@ ;")] == []


@pytest_asyncio.fixture
async def reader(
    graph: Graph, keyring: Keyring, clock: StoppedClock, caller: Caller, tenant: str
) -> AsyncIterator[Client]:
    """Somebody at GraphiQL after the demo."""
    await play(World(graph, keyring, clock, caller), clock)
    clock.at = datetime(2026, 10, 2, tzinfo=UTC)
    async with service(graph, keyring, clock, tenant) as served:
        yield await served.client()


async def test_the_tour_runs_as_it_stands(reader: Client) -> None:
    tour = [example.code for example in examples("graphql", "README.md")]
    assert len(tour) >= 6
    said = {}
    for code in tour:
        if code.startswith("subscription"):
            async with reader.socket() as socket:
                await socket.subscribe(code)
                said["Follow"] = await socket.data()
            continue
        said[code.split()[1].rstrip("{(")] = await reader.data(code)
    assert len(said["Beliefs"]["beliefs"]["nodes"]) == 5
    why = said["Why"]["explanation"]
    assert why["sentence"]
    assert why["contributions"]
    assert said["InJanuary"]["belief"]["confidence"] < why["belief"]["confidence"]
    assert said["WhatIf"]["whatIf"]["beliefs"]
    (receipt,) = said["Observe"]["observe"]
    assert receipt["status"] == "ACCEPTED", receipt["reason"]
    assert receipt["beliefs"]
    assert said["Follow"]["changes"]["rev"] == 2


@pytest.mark.parametrize("word", ["registry", "cluster", "CONTRIBUTING.md", "docs/architecture.md"])
def test_the_readme_says_what_could_not_be_run_and_where_to_look_next(word: str) -> None:
    assert word in README
