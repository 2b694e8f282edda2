"""The tutorial runs as it stands: its files are written, its commands run in order, and they print what it shows."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from itertools import groupby
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

COMMANDS = """
import json, sys
from beliefgraph.cli.main import app
for words in json.loads(sys.argv[1]):
    if code := app(words, standalone_mode=False):
        sys.exit(code)
"""
"""Commands one after the other in one process, which imports what they need once."""


def output(words: Sequence[str], folder: Path, environ: Mapping[str, str]) -> str:
    """What a process prints, which must succeed."""
    done = subprocess.run(words, cwd=folder, env=environ, capture_output=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def commanded(code: str, folder: Path, environ: dict[str, str], tenant: str) -> str:
    """What the commands of a block print; the key that one of them makes is set in the environment."""
    printed = ""
    for kind, lines in groupby(code.splitlines(), key=lambda line: line.split()[0]):
        commands = [shlex.split(line.split(" #")[0]) for line in lines]
        if kind == "export":
            environ["BELIEFGRAPH_KEY"] = printed.split()[0]
        elif kind == "beliefgraph":
            words = [[tenant if word == "tutorial" else word for word in command[1:]] for command in commands]
            printed += output([sys.executable, "-c", COMMANDS, json.dumps(words)], folder, environ)
        else:
            ((_, script, into, target),) = commands
            assert into == ">"
            (folder / target).write_text(output([sys.executable, script], folder, environ), encoding="utf-8")
    return printed


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
            printed = plain(commanded(code, folder, environ, tenant))
        elif block["language"] == "text":
            lines = [line for line in code.splitlines() if line.strip(" │") != "…"]  # which stands for what is left out
            assert [line for line in lines if plain(line) not in printed] == []
            shown += 1
    return shown


async def test_the_tutorial_runs_as_it_stands(
    endpoint: Endpoint, graph: Graph, keyring: Keyring, clock: StoppedClock, tenant: str, tmp_path: Path
) -> None:
    environ = {
        **os.environ,
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
