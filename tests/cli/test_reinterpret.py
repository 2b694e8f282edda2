"""`beliefgraph reinterpret` from a terminal; the tutorial shows what it prints."""

from __future__ import annotations

import orjson
from tests.reading import held, stored
from tests.reinterpretation.conftest import republish, with_rule
from tests.terminal import beliefgraph
from tests.world import World, rated

from beliefgraph.services.derivation.grid import published


async def test_one_twin_and_some_events_are_read_again_and_told_as_json(
    world: World, key: str, environ: dict[str, str]
) -> None:
    keyed = {**environ, "BELIEFGRAPH_KEY": key}
    await world.intake.observe(world.caller, [rated("1", 2.0), rated("2", 1.0, twin="omar")])
    await republish(world, "1.1.0", with_rule("rated", "-2.0"))

    words = ("--twin", "lena", "--type", "rated", "--since", "2026-01-01", "--json")
    done = beliefgraph("reinterpret", *words, environ=keyed)
    found = orjson.loads(done.stdout)
    assert (found["events"], found["commits"], found["most"][0]["twin"]) == (1, 1, "lena"), done.stderr
    assert held(await stored(world), "world.alone") == published(-2.0)
    assert held(await stored(world, "omar"), "world.alone") == published(1.0)
