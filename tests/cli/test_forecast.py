"""`beliefgraph forecast` and `beliefgraph record`, as somebody types them."""

from __future__ import annotations

from pathlib import Path

from tests.forecasts.outcomes import OUTCOMES
from tests.metrics import METRICS
from tests.terminal import beliefgraph
from tests.world import World, event


async def test_forecasts_are_made_listed_resolved_and_scored(
    world: World, key: str, environ: dict[str, str], tmp_path: Path
) -> None:
    await world.book.publish(world.caller, METRICS)
    await world.book.publish(world.caller, OUTCOMES)
    await world.intake.observe(world.caller, [event("one"), event("gone", "cancelled", day=12, final=True)])
    wide = {**environ, "COLUMNS": "160"}

    made = beliefgraph(
        *("forecast", "make", "--key", key, "--outcome", "churn", "--at", "2026-01-12T00:00:00"), environ=wide
    )
    assert made.returncode == 0, made.stderr
    assert b"2 forecasts stored, 0 had been stored before." in made.stdout
    resolved = beliefgraph("forecast", "resolve", "--key", key, environ=wide)
    assert b"2 forecasts resolved, 0 with a changed result." in resolved.stdout
    listed = beliefgraph("forecast", "list", "--key", key, "--twin", "lena", environ=wide).stdout.decode()
    assert "14 d" in listed
    assert "happened on 2026-01-17" in listed
    drawn = tmp_path / "when.png"
    asked = ("--twin", "lena", "--horizon", "28", "--at", "2026-01-12T00:00:00", "--plot", str(drawn))
    shown = beliefgraph("forecast", "show", "churn", "--key", key, *asked, environ=wide)
    assert shown.returncode == 0, shown.stderr
    assert "later than 2026-02-09, or never" in shown.stdout.decode()
    assert drawn.read_bytes().startswith(b"\x89PNG")
    picture = tmp_path / "record.png"
    scored = beliefgraph("record", "churn", "--key", key, "--retrospective", "--plot", str(picture), environ=wide)
    assert scored.returncode == 0, scored.stderr
    assert b"churn within 14 days: 1 resolved, 0 open" in scored.stdout
    assert b"made in 2026-01" in scored.stdout
    assert picture.read_bytes().startswith(b"\x89PNG")


async def test_learning_of_few_twins_says_why_nothing_is_put_in_force(
    world: World, key: str, environ: dict[str, str]
) -> None:
    await world.book.publish(world.caller, METRICS)
    await world.book.publish(world.caller, OUTCOMES)
    await world.intake.observe(world.caller, [event("one"), event("gone", "cancelled", day=12, final=True)])
    done = beliefgraph("learn", "outcomes", "--key", key, "--dry-run", environ={**environ, "COLUMNS": "160"})
    assert done.returncode == 0, done.stderr
    said = done.stdout.decode()
    assert "not adopted: fewer than 50 twins" in said
    assert "Nothing was put in force." in said
