"""`beliefgraph decide`, as somebody types it, on the tests' Neo4j."""

from __future__ import annotations

from pathlib import Path

from tests.terminal import beliefgraph
from tests.world import START, World

from beliefgraph.model.command import RecordDecision

OPTIONS = """
- key: again
  title: The same once more
  features: {by: train, price: 40}
- key: other
  features: {by: plane}
"""


async def test_decide_prints_the_options_best_first_with_their_points_and_draws_them(
    world: World, key: str, environ: dict[str, str], tmp_path: Path
) -> None:
    last = {"key": "t", "features": {"by": "train", "price": 50}}
    told = {
        "options": [last],
        "chosen": "t",
        "expected": {"score": 0.2},
        "actual": {"score": 0.5},
        "title": "How to go",
    }
    command = RecordDecision.model_validate({"twin": "lena", "decision": "last", "valid_from": START, **told})
    await world.commands.record_decision(world.caller, command)
    options, picture = tmp_path / "options.yaml", tmp_path / "options.png"
    options.write_text(OPTIONS)

    about = ("--key", key, "--twin", "lena", "--options", str(options))
    done = beliefgraph("decide", *about, "--plot", str(picture), environ=environ)

    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.decode().split())
    assert "1. The same once more +0.45" in said  # (1 + 40/50) / 2 alike, times 0.5
    assert "In “How to go” they chose t, 90% alike: expected +0.2, it came out +0.5, 0.3 better than expected." in said
    assert "2. other +0.00" in said
    assert picture.read_bytes().startswith(b"\x89PNG")


async def test_options_that_are_wrong_are_refused_with_their_place(
    world: World, key: str, environ: dict[str, str], tmp_path: Path
) -> None:
    options = tmp_path / "options.yaml"
    for text, place in (
        ("- {key: a, price: 3}", "options.0.price"),
        ("key: a", "options"),
        ("[", "neither YAML nor JSON"),
    ):
        options.write_text(text)
        done = beliefgraph("decide", "--key", key, "--twin", "lena", "--options", str(options), environ=environ)
        assert done.returncode == 1
        assert b"invalid-input" in done.stderr
        assert place in done.stderr.decode()
        assert b"Traceback" not in done.stderr
