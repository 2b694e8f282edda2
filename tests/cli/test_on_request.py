"""What `docs/operations.md` says to do when a person asks, typed as it stands there."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from tests.docs.pages import examples
from tests.ownership.policies import POLICY
from tests.terminal import beliefgraph, line
from tests.world import World

from beliefgraph.model.caller import Scope
from beliefgraph.model.permission import Policy
from beliefgraph.model.vocabulary import values_of
from beliefgraph.services.access.callers import Callers
from beliefgraph.services.permissions.policies import Policies


async def test_what_the_page_says_to_do_when_a_person_asks_is_done(
    world: World, tenant: str, environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = await Callers(world.graph, world.clock).create(tenant, "office", values_of(Scope), ("audit",))
    typing = {**environ, "BELIEFGRAPH_KEY": made.secret}
    beliefgraph("ingest", environ=typing, stdin=line("1"))
    await Policies(world.graph, world.clock).publish(world.caller, Policy.model_validate(POLICY))
    (example,) = [each for each in examples("bash", "docs/operations.md") if "accesses lena" in each.code]
    said = []
    for typed in example.code.splitlines():
        words = shlex.split(typed, comments=True)
        words, file = (words[:-2], Path(words[-1])) if words[-2] == ">" else (words, None)
        done = beliefgraph(*words[1:], environ=typing)
        assert done.returncode == 0, (typed, done.stderr)
        said.append(done.stdout.decode())
        if file is not None:
            file.write_bytes(done.stdout)
    assert json.loads(said[2])["@context"]
    assert "restricted" in said[3]
    assert (tmp_path / "lena.tar.gz").stat().st_size
    gone = beliefgraph("export", "lena", "--out", "again.tar.gz", environ=typing)
    assert b"not-found" in gone.stderr
