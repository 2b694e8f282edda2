"""`beliefgraph interpret`, as somebody types it, on the tests' Neo4j."""

from __future__ import annotations

from pathlib import Path

from tests.services.test_reasons import CATALOG
from tests.terminal import beliefgraph
from tests.world import World, event


async def test_the_reasons_of_an_event_are_told_explained_and_drawn(
    world: World, key: str, environ: dict[str, str], tmp_path: Path
) -> None:
    await world.book.publish(world.caller, CATALOG)
    await world.intake.observe(
        world.caller, [event("1", "silence.noticed"), event("2", "money.asked", day=1, text="When does it come?")]
    )
    picture = tmp_path / "why.png"
    words = ("--twin", "lena", "--event", "1", "--source", "test", "--why", "--plot", str(picture))
    done = beliefgraph("interpret", *words, "--key", key, environ=environ)
    assert done.returncode == 0, done.stderr
    said = done.stdout.decode()
    assert "Most likely because “They wait for money.” (responsible with" in " ".join(said.split())
    rows = [line for line in said.splitlines() if line.startswith(("They wait", "They lost", "something else"))]
    assert [row.split("  ")[0] for row in rows] == ["They wait for money.", "They lost interest.", "something else"]
    assert "When does it come?" in said
    assert picture.read_bytes().startswith(b"\x89PNG")

    then = beliefgraph(
        "interpret", "--twin", "lena", "--metric", "visits.month", "--at", "2026-02-01T00:00:00Z", "--key", key,
        environ=environ,
    )  # fmt: skip
    assert "Nothing of it counts at the moment" in then.stdout.decode()


async def test_what_cannot_be_interpreted_is_refused_in_a_sentence(
    world: World, key: str, environ: dict[str, str]
) -> None:
    await world.intake.observe(world.caller, [event("1")])
    for words, code in (
        ((), b"invalid-input"),
        (("--metric", "No such"), b"invalid-input"),
        (("--metric", "no.such"), b"unknown-metric"),
        (("--event", "9"), b"not-found"),
    ):
        refused = beliefgraph("interpret", "--twin", "lena", *words, "--key", key, environ=environ)
        assert (refused.returncode, code in refused.stderr) == (1, True), refused.stderr
