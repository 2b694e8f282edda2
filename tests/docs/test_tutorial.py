"""The tutorial runs as it stands: its files are written, its commands run in order, and they print what it shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.conftest import StoppedClock
from tests.docs.pages import FENCE, examples
from tests.house.source import ROOT
from tests.web.service import service

from beliefgraph.local import Endpoint
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring

PAGE = "docs/tutorial.md"
NAME = re.compile(r"`([\w.]+)`(?::| to)\s*\Z")
"""Where the page says in which file a block is saved, before the block."""

SET_KEY = """export BELIEFGRAPH_KEY="$(head -1 key)"\n"""

BEGIN = """
set -eo pipefail
beliefgraph() { "$PYTHON" -m beliefgraph "$@"; }
python() { "$PYTHON" "$@"; }
if [ -f key ]; then export BELIEFGRAPH_KEY="$(head -1 key)"; fi
"""


KEPT = re.compile(r"^(beliefgraph keys create .*)--tenant tutorial(.*)$", re.M)
SET = re.compile(r"^export BELIEFGRAPH_KEY=.*\n", re.M)
"""The commands that make a key, and that set it: the tests take the one that was printed."""


def as_run(code: str, tenant: str) -> str:
    """The commands of a block, in a tenant of their own, with the key that they print."""
    return BEGIN + SET.sub(SET_KEY, KEPT.sub(rf"\1--tenant {tenant}\2 > key", code))


def plain(text: str) -> str:
    """A text with single blanks, as it reads however wide the terminal is."""
    return " ".join(text.split())


def follow(folder: Path, environ: dict[str, str], tenant: str) -> int:
    """Do in a folder what the page says; how many of its outputs were compared."""
    page, printed, shown = (ROOT / PAGE).read_text(encoding="utf-8"), "", 0
    for block in FENCE.finditer(page):
        code = block["code"]
        if block["language"] in ("csv", "python", "yaml"):
            name = NAME.search(page[: block.start()])
            assert name is not None, code
            (folder / name[1]).write_text(code, encoding="utf-8")
        elif block["language"] == "bash":
            script = ["bash", "-c", as_run(code, tenant)]
            done = subprocess.run(script, cwd=folder, env=environ, capture_output=True, timeout=300, check=False)
            assert done.returncode == 0, done.stderr.decode()
            printed = plain(done.stdout.decode())
        elif block["language"] == "text":
            assert [line for line in code.splitlines() if plain(line) not in printed] == []
            shown += 1
    return shown


async def test_the_tutorial_runs_as_it_stands(
    endpoint: Endpoint, graph: Graph, keyring: Keyring, clock: StoppedClock, tenant: str, tmp_path: Path
) -> None:
    environ = {
        **os.environ,
        "PYTHON": sys.executable,
        "NEO4J_URI": endpoint.uri,
        "NEO4J_USERNAME": endpoint.user,
        "NEO4J_PASSWORD": endpoint.password,
        "BELIEFGRAPH_KEYS": str(tmp_path / "keys"),
        "COLUMNS": "120",
    }
    assert follow(tmp_path, environ, tenant) == 2
    async with service(graph, keyring, clock, tenant) as served:
        client = await served.client()
        asked, corrected = [await client.data(example.code) for example in examples("graphql", PAGE)]
    assert round(asked["now"]["confidence"], 2) == 0.94
    assert 0.5 < asked["then"]["confidence"] < 0.7
    assert corrected["correct"]["beliefs"][0]["after"]["confidence"] < 0.01
