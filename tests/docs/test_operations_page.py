"""`docs/operations.md`: what it names exists, and what can be run is run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from tests.conftest import StoppedClock
from tests.docs.pages import examples
from tests.house.source import ROOT
from tests.terminal import unnamed
from tests.web.service import service

from beliefgraph.config import Settings
from beliefgraph.local import LocalNeo4j
from beliefgraph.local.jars import default_cache_dir
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
METRIC = re.compile(r"^\| `(beliefgraph_\w+)` \| ([\w, ]*)\| (.+) \|$", re.MULTILINE)
CATALOG = """\
catalog: small
version: 1.0.0
attributes:
  - {key: needs.budget, domain: needs, prior: 0.4, statement: has a budget}
events:
  - type: form.answered
    summary: answered the form
    bears_on:
      - {attribute: needs.budget, log_likelihood_ratio: 1.5}
"""
EVENT = (
    '{"specversion": "1.0", "id": "1", "source": "form", "type": "form.answered", "time": "2026-01-05T09:00:00Z", '
    '"twin": "NAME", "data": {}}'
)
TOKEN = "a-token-of-the-operator"


async def test_the_page_lists_every_metric_with_its_meaning(
    graph: Graph, keyring: Keyring, clock: StoppedClock, tenant: str
) -> None:
    listed = {name.removesuffix("_total"): meaning for name, _, meaning in METRIC.findall(PAGE)}
    async with service(graph, keyring, clock, tenant, metrics_token=TOKEN) as running:
        page = await running.http.get(f"{running.url}/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    found = {family.name: family.documentation for family in text_string_to_metric_families(page.text)}
    assert {name: text for name, text in found.items() if not name.endswith("_created")} == listed


def test_prometheus_is_configured_in_yaml_with_a_bearer_token_from_a_file() -> None:
    [example] = examples("yml", "docs/operations.md")
    [job] = yaml.safe_load(example.code)["scrape_configs"]
    assert job["authorization"]["type"] == "Bearer"
    assert job["scheme"] == "https"


def test_what_the_page_exports_are_settings() -> None:
    exported = {
        name: value
        for example in examples("bash", "docs/operations.md")
        for name, value in re.findall(r"\b(BELIEFGRAPH_(?!KEY\b)\w+)=(\S+)", example.code)
    }
    settings = Settings.from_environment(exported)
    assert settings.port == 8443
    assert not settings.exposed


def test_every_setting_that_the_page_names_exists() -> None:
    known = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    named = set(re.findall(r"BELIEFGRAPH_\w+", PAGE)) - {"BELIEFGRAPH_KEY", "BELIEFGRAPH_NEO4J_DATA"}
    assert [name for name in sorted(named) if f"`{name}`" not in known] == []


@pytest.fixture
def shell(tmp_path: Path) -> dict[str, str]:
    """An environment in which `beliefgraph` is this checkout's, with a database and keys of its own."""
    program = tmp_path / "bin" / "beliefgraph"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m beliefgraph "$@"\n')
    program.chmod(0o755)
    for name in ("data", "keys"):
        (tmp_path / name).mkdir()
    return {
        **unnamed(),
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "BELIEFGRAPH_NEO4J_DATA": str(tmp_path / "data"),
        "BELIEFGRAPH_KEYS": str(tmp_path / "keys"),
        "BELIEFGRAPH_CACHE": str(default_cache_dir(os.environ)),
    }


@pytest.mark.timeout(900)  # on a busy machine: it starts Neo4j three times, and a process for every line
def test_a_backup_that_was_made_as_the_page_says_is_restored_as_it_says(shell: dict[str, str], tmp_path: Path) -> None:
    codes = [example.code for example in examples("bash", "docs/operations.md") if "tar -C" in example.code]
    backup, receipts, restore = codes
    make = "beliefgraph keys create --tenant here --actor shop --scope read --scope write --scope define --scope erase"
    (tmp_path / "catalog.yaml").write_text(CATALOG)
    (tmp_path / "events.jsonl").write_text("\n".join(EVENT.replace("NAME", name) for name in ("lena", "omar")))
    wipe = 'rm -rf "$BELIEFGRAPH_NEO4J_DATA"/* "$BELIEFGRAPH_KEYS"/*'
    steps = (
        "beliefgraph neo4j start --bolt-port 0 --http-port 0",
        f"export BELIEFGRAPH_KEY=$({make})",
        "beliefgraph define catalog.yaml",
        "beliefgraph ingest events.jsonl",
        'printf secret > "$BELIEFGRAPH_KEYS/kept"',
        backup,
        "beliefgraph erase lena > receipt.json",
        "beliefgraph receipt verify receipt.json",
        receipts,
        "beliefgraph neo4j stop",
        wipe,
        restore,
        "beliefgraph twins",
        "beliefgraph keys list --tenant here",
    )
    try:
        said = subprocess.run(
            ["bash", "-ec", "\n".join(steps)], cwd=tmp_path, env=shell, capture_output=True, text=True, check=False
        )
        assert said.returncode == 0, said.stdout + said.stderr
        assert "shop" in said.stdout.splitlines()[-1]
        assert "Valid." in said.stdout
        assert ("omar" in said.stdout, "lena" in said.stdout) == (True, False)  # erased again: the backup had both
        assert (tmp_path / "keys" / "kept").read_text() == "secret"
    finally:
        LocalNeo4j(tmp_path / "data").stop()
