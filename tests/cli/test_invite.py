"""`beliefgraph invite`, as somebody types it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from tests.terminal import beliefgraph
from tests.world import World

from beliefgraph.services.access.callers import Callers
from beliefgraph.services.access.sessions import Sessions
from beliefgraph.store.keys import Keyring
from beliefgraph.store.tickets import Tickets


async def test_a_link_is_printed_that_the_service_takes_once(
    world: World, tenant: str, environ: dict[str, str]
) -> None:
    inviter = await Callers(world.graph, world.clock).create(tenant, "accounts", ["invite"], ["account"])
    typed = ("invite", "lena", "--key", inviter.secret, "--url", "https://beliefs.example/")
    done = beliefgraph(*typed, environ=environ)
    address, _, link = done.stdout.decode().strip().partition("?link=")
    assert address == "https://beliefs.example/me/sign-in", done.stderr
    assert b"It can be used once, until " in done.stderr
    tickets = Tickets(Keyring(Path(environ["BELIEFGRAPH_KEYS"])).sessions)
    sessions = Sessions(tickets, world.clock, link_lifetime=900, session_lifetime=3_600)
    session = await sessions.redeem(link)
    assert (session.tenant, session.person) == (tenant, "lena")
    assert session.expires_at - world.clock.now() == timedelta(hours=1)
