"""`beliefgraph contest`, as somebody types it."""

from __future__ import annotations

import json

from tests.terminal import beliefgraph, line
from tests.world import World

from beliefgraph.model.identity import event_id, twin_id
from beliefgraph.services.access.callers import Callers


async def test_a_person_contests_what_was_said_of_them_and_takes_it_back(
    world: World, key: str, tenant: str, environ: dict[str, str]
) -> None:
    beliefgraph("ingest", "--key", key, environ=environ, stdin=line("1"))
    event = event_id(twin_id(tenant, "lena"), "cli", "1")
    person = (await Callers(world.graph, world.clock).create(tenant, "lena", ("write",), ("own",), "lena")).secret
    typed = ("contest", event, "--twin", "lena", "--key", person)
    done = beliefgraph(*typed, environ=environ)
    assert done.stdout.decode() == f"lena: {event} is contested (rev 2).\n", done.stderr
    shown = json.loads(
        beliefgraph("why", "world.alone", "--twin", "lena", "--key", key, "--json", environ=environ).stdout
    )
    assert '"contested": true' in json.dumps(shown)
    back = json.loads(beliefgraph(*typed, "--undo", "--json", environ=environ).stdout)
    assert (back["status"], back["rev"]) == ("accepted", 3)
    refused = beliefgraph("contest", event, "--twin", "lena", "--key", key, environ=environ)
    assert refused.returncode != 0
    assert b"missing-scope" in refused.stderr or b"forbidden" in refused.stderr
