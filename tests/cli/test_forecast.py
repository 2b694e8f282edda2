"""`beliefgraph forecast` and `beliefgraph record`, as somebody types them."""

from __future__ import annotations

from pathlib import Path

import orjson
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
    assert b"2 forecasts stored, 0 were there already." in made.stdout
    resolved = beliefgraph("forecast", "resolve", "--key", key, environ=wide)
    assert b"2 forecasts resolved, 0 resolved otherwise." in resolved.stdout
    listed = beliefgraph("forecast", "list", "--key", key, "--twin", "lena", environ=wide).stdout.decode()
    assert "14 d" in listed
    assert "happened on 2026-01-17" in listed
    picture = tmp_path / "record.png"
    scored = beliefgraph(
        *("record", "churn", "--key", key, "--retrospective", "--json", "--plot", str(picture)), environ=wide
    )
    assert scored.returncode == 0, scored.stderr
    found = orjson.loads(scored.stdout)
    assert (found["scores"]["count"], found["scores"]["base_rate"]) == (1, 1.0)
    assert picture.read_bytes().startswith(b"\x89PNG")
    shown = beliefgraph("record", "churn", "--key", key, environ=wide)
    assert b"churn within 14 days: 0 resolved, 0 open" in shown.stdout
