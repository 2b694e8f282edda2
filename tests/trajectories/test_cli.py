"""The commands about what comes next, as somebody types them."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import environ, key
from tests.terminal import beliefgraph
from tests.trajectories.catalog import catalog
from tests.trajectories.test_asking import STAGE, URGENT, asking
from tests.world import World, event

__all__ = ["environ", "key"]


async def test_a_trajectory_is_shown_with_its_reasons_and_drawn(
    world: World, key: str, environ: dict[str, str], tmp_path: Path
) -> None:
    await world.book.publish(world.caller, catalog())
    told = [event(str(n), "staged", day=20 * n, stage=stage) for n, stage in enumerate(("evaluation", "business case"))]
    await world.intake.observe(world.caller, told)
    picture = tmp_path / "fan.png"

    done = beliefgraph("trajectory", "--twin", "lena", "--key", key, "--plot", str(picture), environ=environ)

    assert done.returncode == 0, done.stderr
    said = done.stdout.decode()
    assert said.startswith("Buying: business case since 2026-01-25; +")
    assert "How twins move is taken from the definition." in said
    assert "A sign of a stage. (business case)" in said
    assert picture.read_bytes().startswith(b"\x89PNG")

    done = beliefgraph(
        *("trajectory", "buying", "--twin", "lena", "--key", key, "--at", "2026-01-06T00:00:00+0000", "--json"),
        environ=environ,
    )
    (found,) = json.loads(done.stdout)
    assert (found["stage"], found["pieces"]) == ("evaluation", 1)


async def test_learning_trajectories_of_few_twins_says_why_nothing_is_put_in_force(
    world: World, key: str, environ: dict[str, str]
) -> None:
    await world.book.publish(world.caller, catalog())
    await world.intake.observe(world.caller, [event("1", "staged", stage="evaluation")])
    done = beliefgraph("learn", "trajectories", "--key", key, "--dry-run", environ={**environ, "COLUMNS": "160"})
    assert done.returncode == 0, done.stderr
    said = done.stdout.decode()
    assert "buying: 0 twins, 0 pieces of evidence; not adopted: fewer than 50 twins" in said
    assert "Nothing was put in force." in said


async def test_coverage_and_the_next_questions_are_listed(world: World, key: str, environ: dict[str, str]) -> None:
    await world.book.publish(world.caller, asking(URGENT, STAGE))
    await world.intake.observe(world.caller, [event("1", "staged", stage="evaluation")])

    done = beliefgraph("coverage", "--twin", "lena", "--key", key, environ=environ)
    assert done.returncode == 0, done.stderr
    (deal,) = [line.split() for line in done.stdout.decode().splitlines() if line.startswith("deal ")]
    assert deal[-2:] == ["5", "1"], "five beliefs, one of them heard of"

    done = beliefgraph(
        *("ask-next", "--twin", "lena", "--key", key, "--about", "deal.urgent", "--first", "1"), environ=environ
    )
    assert done.returncode == 0, done.stderr
    assert "Is it urgent?" in done.stdout.decode()
    done = beliefgraph(
        *("ask-next", "--twin", "lena", "--key", key, "--about", "deal.stage=evaluation", "--json"), environ=environ
    )
    assert [each["key"] for each in json.loads(done.stdout)["questions"]] == ["ask.stage", "ask.urgent"]


async def test_a_series_is_shown_and_drawn_with_its_projection(
    world: World, key: str, environ: dict[str, str], tmp_path: Path
) -> None:
    await world.book.publish(world.caller, catalog())
    told = [event(str(n), "staged", day=7 * n, stage="evaluation", llr=0.5) for n in range(9)]
    await world.intake.observe(world.caller, told)
    picture = tmp_path / "curve.png"

    done = beliefgraph(
        *("series", "--twin", "lena", "--key", key, "--belief", "deal.stage=evaluation", "--points", "9"),
        *("--since", "2026-01-05T09:00:00+0000", "--project", "14", "--plot", str(picture)),
        environ=environ,
    )

    assert done.returncode == 0, done.stderr
    said = done.stdout.decode().splitlines()
    assert said[0] == "The deal is in evaluation."
    assert [line.split()[0] for line in said[2:13]][-2:] == ["2026-03-09", "2026-03-16"]
    assert " to " in said[12]
    assert picture.read_bytes().startswith(b"\x89PNG")

    done = beliefgraph(
        *("series", "--twin", "lena", "--key", key, "--belief", "deal.stage=evaluation", "--until", "2026-02-02"),
        "--json",
        environ=environ,
    )
    assert json.loads(done.stdout)["points"][-1]["time"] == "2026-02-02T00:00:00Z"


async def test_change_points_are_listed_by_domain_and_drawn(
    world: World, key: str, environ: dict[str, str], tmp_path: Path
) -> None:
    await world.book.publish(world.caller, catalog())
    stages = ["evaluation"] * 60 + ["procurement"] * 10
    told = [event(str(n), "staged", day=n, stage=stage) for n, stage in enumerate(stages)]
    await world.intake.observe(world.caller, told)

    picture = tmp_path / "surprise.png"

    done = beliefgraph("change-points", "--twin", "lena", "--key", key, "--plot", str(picture), environ=environ)

    assert done.returncode == 0, done.stderr
    (deal,) = [line.split() for line in done.stdout.decode().splitlines() if line.startswith("deal ")]
    assert (deal[1], deal[3]) == ("70", "2026-03-06")
    assert deal[-1].startswith("2026-03-"), "the day on which it was found"
    assert "stages of buying" in done.stdout.decode()
    assert picture.read_bytes().startswith(b"\x89PNG")
