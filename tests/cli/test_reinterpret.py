"""`beliefgraph reinterpret` tells what would change, and changes it."""

from __future__ import annotations

import orjson
from tests.reading import held, stored
from tests.reinterpretation.conftest import republish, saying
from tests.terminal import beliefgraph
from tests.world import World, rated

from beliefgraph.services.grid import published


async def test_what_would_change_is_shown_and_then_done(world: World, key: str, environ: dict[str, str]) -> None:
    keyed = {**environ, "BELIEFGRAPH_KEY": key}
    await world.intake.observe(world.caller, [rated("1", 2.0), rated("2", 1.0, twin="omar")])
    await republish(world, "1.1.0", saying("rated", "-2.0"))

    dry = beliefgraph("reinterpret", "--dry-run", "--since", "2026-01-01", environ=keyed)
    assert "2 events of 2 twins were read again; 2 would say something else, in 2 commits." in dry.stdout.decode()
    assert "0.881   0.119" in dry.stdout.decode()
    assert (await stored(world)).rev == 1

    done = beliefgraph("reinterpret", "--twin", "lena", "--type", "rated", "--json", environ=keyed)
    assert orjson.loads(done.stdout)["commits"] == 1, done.stderr
    assert held(await stored(world), "world.alone") == published(-2.0)
    assert held(await stored(world, "omar"), "world.alone") == published(1.0)
