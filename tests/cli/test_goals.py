"""`beliefgraph goals`, as somebody types it."""

from __future__ import annotations

from pathlib import Path

from tests.terminal import beliefgraph, line
from tests.world import World

from beliefgraph.model.command import SetGoal


async def test_goals_are_listed_beside_what_they_were_explained_and_drawn(
    world: World, key: str, environ: dict[str, str], tmp_path: Path
) -> None:
    for stated in ({"title": "Ship it", "priority": 0.8}, {"progress": 0.25}):
        command = SetGoal.model_validate({"twin": "lena", "goal": "ship", **stated})
        await world.commands.set_goal(world.caller, command)
    picture = tmp_path / "goals.png"

    done = beliefgraph(
        *("goals", "--twin", "lena", "--key", key, "--since-rev", "1", "--why", "ship", "--plot", str(picture)),
        environ={**environ, "COLUMNS": "160"},
    )

    assert done.returncode == 0, done.stderr
    said = done.stdout.decode()
    (row,) = [each for each in said.splitlines() if each.startswith("Ship it")]
    assert "60%" in row
    assert "▼ 20" in row
    assert "its own priority (80%)" in said
    assert picture.read_bytes().startswith(b"\x89PNG")


async def test_where_no_goal_is_known_it_says_so_and_draws_nothing(
    world: World, key: str, environ: dict[str, str], tmp_path: Path
) -> None:
    beliefgraph("ingest", "--key", key, environ=environ, stdin=line("1", twin="omar"))
    picture = tmp_path / "goals.png"

    done = beliefgraph("goals", "--twin", "omar", "--key", key, "--plot", str(picture), environ=environ)

    assert (done.returncode, done.stdout.decode()) == (0, "omar has no goals.\n")
    assert not picture.exists()


async def test_goals_of_nobody_are_refused_in_a_sentence(world: World, key: str, environ: dict[str, str]) -> None:
    done = beliefgraph("goals", "--twin", "nobody", "--key", key, environ=environ)

    assert done.returncode == 1
    assert b"not-found: There is no twin 'nobody'." in done.stderr
