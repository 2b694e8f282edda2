"""`beliefgraph project`, as somebody types it."""

from __future__ import annotations

import json
import os
from pathlib import Path

from tests.terminal import beliefgraph
from tests.world import World, event

from beliefgraph.local import Endpoint
from beliefgraph.services.access.callers import Callers
from beliefgraph.store.graph import connected


async def test_a_copy_is_built_where_the_settings_say_and_nowhere_else(
    world: World, endpoint: Endpoint, second: Endpoint, tenant: str, tmp_path: Path
) -> None:
    await world.intake.observe(world.caller, [event("1")])
    key = await Callers(world.graph, world.clock).create(tenant, "cli", ("read", "define"), ("analytics",))
    async with connected(second.uri, second.user, second.password) as other, other._driver.session() as session:
        await (await session.run("MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS")).consume()
    environ = {
        **os.environ,
        "NEO4J_URI": endpoint.uri,
        "NEO4J_USERNAME": endpoint.user,
        "NEO4J_PASSWORD": endpoint.password,
        "BELIEFGRAPH_KEYS": str(tmp_path / "keys"),
    }
    words = ("project", "--purpose", "analytics", "--key", key.secret)
    nowhere = beliefgraph(*words, environ=environ)
    assert (nowhere.returncode, b"BELIEFGRAPH_COPY_URI" in nowhere.stderr) == (1, True)
    environ |= {"BELIEFGRAPH_COPY_URI": second.uri, "BELIEFGRAPH_COPY_PASSWORD": second.password}
    built = beliefgraph(*words, "--json", environ=environ)
    assert built.returncode == 0, built.stderr
    assert json.loads(built.stdout)["twins"] == 1
    compared = beliefgraph(*words, "--verify", environ=environ)
    assert (compared.returncode, compared.stdout[:7]) == (0, b"1 twins")
