"""The analysts' saved queries, and the sample story played into a tenant of its own to run them on."""

from __future__ import annotations

import re
from pathlib import Path

from tests.conftest import StoppedClock
from tests.world import World

from beliefgraph.model.command import Identify
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
    """Play the whole story into the world's tenant: all events up to a scene in one call, a signed contract by itself.

    The demo sends one event after the other, each with a commit of its own, which takes four times as long.
    """
    story = load_story()
    for catalog in story.catalogs:
        await world.book.publish(world.caller, catalog)
    clock.at = story.events[0].time
    waiting: list[Event] = []
    for part in story.play():
        signed = isinstance(part, Event) and part.type == "contract.signed"
        if waiting and (signed or not isinstance(part, Event)):
            await world.intake.observe(world.caller, waiting)
            waiting = []
        if isinstance(part, Event):
            clock.at = max(clock.at, part.time)
            waiting.append(part)
        if signed:
            await world.intake.observe(world.caller, waiting)
            waiting = []
        if isinstance(part, Event) or part.command is None:
            continue
        if isinstance(part.command, Identify):
            await world.commands.identify(world.caller, part.command)
            await world.intake.replay(world.caller)
        else:
            await world.commands.correct(world.person(part.command.twin), part.command)
    if waiting:
        await world.intake.observe(world.caller, waiting)
