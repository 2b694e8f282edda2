"""The analysts' saved queries, and the sample story played into a tenant of its own to run them on."""

from __future__ import annotations

import re
from pathlib import Path

from tests.conftest import StoppedClock
from tests.world import World

from beliefgraph.model.command import Correct, Identify
from beliefgraph.model.event import Event
from beliefgraph.story.story import load_story

FOLDER = Path(__file__).parents[2] / "cypher" / "browser"
QUERIES = sorted(path.stem for path in FOLDER.glob("*.cypher"))


def text(name: str) -> str:
    """A saved query as it stands in its file."""
    return (FOLDER / f"{name}.cypher").read_text(encoding="utf-8")


def parameters(name: str) -> set[str]:
    """The parameters that a saved query uses, its comments aside."""
    code = re.sub(r"^//.*$", "", text(name), flags=re.MULTILINE)
    return set(re.findall(r"\$(\w+)", code))


async def play(world: World, clock: StoppedClock) -> None:
    """Play the whole story into the world's tenant, one event after the other, each recorded when it happened."""
    story = load_story()
    for catalog in story.catalogs:
        await world.book.publish(world.caller, catalog)
    clock.at = story.events[0].time
    for part in story.play():
        if isinstance(part, Event):
            clock.at = max(clock.at, part.time)
            await world.intake.observe(world.caller, [part])
        elif isinstance(part.command, Identify):
            await world.commands.identify(world.caller, part.command)
            await world.intake.replay(world.caller)
        elif isinstance(part.command, Correct):
            await world.commands.correct(world.person(part.command.twin), part.command)
