"""What others wrote to test services like this one, against a service of its own: `python -m tests.outside.suites`.

python -m tests.outside.suites FOLDER [--short]     # with node_modules and a venv, as tests/outside/run makes it
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.served import served
from tests.conftest import StoppedClock
from tests.house.source import ROOT
from tests.web.service import service

from beliefgraph.store.graph import connected
from beliefgraph.store.keys import Keyring
from beliefgraph.store.migrations import migrate
from beliefgraph.web.logs import configure

EXAMPLES = 20
"""Queries that Schemathesis makes of each field."""


def suites(folder: Path, *, short: bool) -> dict[str, list[str]]:
    """The command of each suite, or of those that take seconds."""
    bin_ = folder / "venv" / "bin"
    fuzz = [str(bin_ / "schemathesis"), "run", "--checks", "no_fault", "--max-examples", str(EXAMPLES)]
    shown = ["--no-color", "-H", "Authorization: Bearer {KEY}", "{SERVICE}/graphql"]
    found = {
        "GraphQL over HTTP, audits": ["node", "audits.js"],
        "graphql-transport-ws, reference client": ["node", "websocket.js"],
        "Apollo Client and urql, default caches": ["node", "caches.js"],
        "CloudEvents SDK, JavaScript": ["node", "cloudevents.js"],
        "CloudEvents SDK, Python": [str(bin_ / "python"), "cloudevents_sdk.py"],
    }
    axe = str(folder / "node_modules" / "axe-core" / "axe.min.js")
    page = [sys.executable, "-m", "tests.outside.person_page", "--axe", axe]
    return found if short else {**found, "The person's page, axe": page, "Schemathesis": [*fuzz, *shown]}


async def main(folder: Path, *, short: bool) -> int:
    """Run every suite; the number of those that failed."""
    failed, commands = [], suites(folder, short=short)
    configure("error")
    with served() as (endpoint, _, _), tempfile.TemporaryDirectory() as keys:
        async with (
            connected(endpoint.uri, endpoint.user, endpoint.password) as graph,
            service(graph, Keyring(Path(keys)), StoppedClock(), f"outside-{time.time_ns()}") as running,
        ):
            await migrate(graph, StoppedClock())
            await running.define()
            known = {"SERVICE": running.url, "KEY": (await running.client()).secret or ""}
            known["PAGE"] = str(ROOT / "docs" / "clients.md")
            environ = {**os.environ, **known, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": f".{os.pathsep}{ROOT}"}
            for name, command in commands.items():
                print(f"\n== {name}", flush=True)
                words = [word.format(**known) if "{" in word else word for word in command]
                began = time.monotonic()
                process = await asyncio.create_subprocess_exec(*words, cwd=folder, env=environ)
                if await process.wait():
                    failed.append(name)
                print(f"   {time.monotonic() - began:.0f} s", flush=True)
    print(f"\n{len(commands) - len(failed)} passed, {len(failed)} failed")
    for name in failed:
        print(f"failed: {name}")
    return len(failed)


if __name__ == "__main__":
    sys.exit(bool(asyncio.run(main(Path(sys.argv[1]).absolute(), short="--short" in sys.argv))))
