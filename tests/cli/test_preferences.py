"""`beliefgraph preferences`, as somebody types it."""

from __future__ import annotations

from pathlib import Path

from tests.preferences import PREFERENCES, wanted
from tests.terminal import beliefgraph
from tests.world import World


async def test_preferences_are_listed_in_a_context_explained_and_drawn(
    world: World, key: str, environ: dict[str, str], tmp_path: Path
) -> None:
    await world.book.publish(world.caller, PREFERENCES)
    told = [
        wanted("1", "contact.channel", 3.0, value="call", context="work", by="a colleague"),
        wanted("2", "contact.never", 6.0, subject="call"),
        wanted("3", "contact.only", 6.0, subject="call", by="somebody"),
    ]
    await world.intake.observe(world.caller, told)
    picture = tmp_path / "wants.png"

    done = beliefgraph(
        *("preferences", "--twin", "lena", "--context", "work.mail", "--key", key),
        *("--why", "contact.channel", "--plot", str(picture)),
        environ={**environ, "COLUMNS": "160"},
    )

    assert done.returncode == 0, done.stderr
    said = done.stdout.decode()
    assert "What lena wants in work.mail" in said
    (channel,) = [line for line in said.splitlines() if line.startswith("contact.channel")]
    assert "wants to be reached by call" in channel
    assert channel.rstrip().endswith("work")
    assert "No channel meets all of these: “refuses to be reached by call”; “insists on being reached by call”." in said
    assert "a colleague  said what they want" in said
    assert picture.read_bytes().startswith(b"\x89PNG")


async def test_a_preference_that_is_none_cannot_be_explained(world: World, key: str, environ: dict[str, str]) -> None:
    await world.book.publish(world.caller, PREFERENCES)
    await world.intake.observe(world.caller, [wanted("1", "work.busy", 1.0)])

    done = beliefgraph("preferences", "--twin", "lena", "--key", key, "--why", "work.busy", environ=environ)

    assert done.returncode == 1
    assert b"unknown-attribute" in done.stderr
