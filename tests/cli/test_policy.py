"""`beliefgraph policy`, `permit`, `restrict` and `permissions`, as somebody types them."""

from __future__ import annotations

import json
from pathlib import Path

from tests.ownership.policies import POLICY
from tests.terminal import beliefgraph, line
from tests.world import World

from beliefgraph.services.access.callers import Callers


async def test_a_policy_is_published_and_a_purpose_permitted(
    world: World, key: str, tenant: str, environ: dict[str, str], tmp_path: Path
) -> None:
    beliefgraph("ingest", "--key", key, environ=environ, stdin=line("1", twin="omar"))
    file = tmp_path / "policy.json"
    file.write_text(json.dumps({**POLICY, "purposes": [{**POLICY["purposes"][1], "key": "testing"}]}))
    done = beliefgraph("policy", "define", str(file), "--key", key, environ=environ)
    assert done.stdout.decode() == "Policy 1 is in force.\n", done.stderr
    refused = beliefgraph("beliefs", "--twin", "omar", "--key", key, environ=environ)
    assert b"not-found" in refused.stderr
    person = (await Callers(world.graph, world.clock).create(tenant, "omar", ("correct",), ("testing",), "omar")).secret
    done = beliefgraph("permit", "testing", "--twin", "omar", "--key", person, environ=environ)
    assert done.stdout.decode() == "omar: testing is permitted (rev 2).\n", done.stderr
    shown = json.loads(beliefgraph("beliefs", "--twin", "omar", "--key", key, "--json", environ=environ).stdout)
    assert shown
    (stated,) = json.loads(beliefgraph("permissions", "--twin", "omar", "--key", key, "--json", environ=environ).stdout)
    assert (stated["purpose"], stated["allowed"], stated["stated_by"]) == ("testing", True, "person")
