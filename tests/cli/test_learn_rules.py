"""`beliefgraph learn rules`: known truth in, the next version of the catalog out, and nothing in force."""

from __future__ import annotations

from pathlib import Path

from tests.cli.test_learn_sources import SPOKEN
from tests.terminal import beliefgraph
from tests.world import World, event

from beliefgraph.ingest.catalogs import read_catalogs


async def test_known_truth_becomes_a_draft_and_nothing_is_put_in_force(
    world: World, environ: dict[str, str], key: str, tmp_path: Path
) -> None:
    await world.book.publish(world.caller, SPOKEN)
    await world.intake.observe(
        world.caller,
        [
            event(f"told {n}", "told", twin=f"twin {n}", by="app", on="today", yes=True, about="sky.clear", place="any")
            for n in range(60)
        ],
    )
    truth, out = tmp_path / "truth.csv", tmp_path / "draft.yaml"
    rows = [f"twin {n},sky.clear,today,,{'no' if n % 3 == 0 else 'yes'}" for n in range(60)]
    truth.write_text("\n".join(["twin,attribute,subject,context,value", *rows, ""]))
    done = beliefgraph("learn", "rules", "--key", key, "--truth", str(truth), "--out", str(out), environ=environ)
    assert done.returncode == 0, done.stderr
    assert "sky.clear: held-out log loss 0." in done.stderr.decode()
    assert "proposed." in done.stderr.decode()
    (drafted,) = read_catalogs(out)
    assert drafted.ref == "spoken@1.1.0"
    assert drafted.attributes[1:] == SPOKEN.attributes[1:]
    in_force = (await world.book.latest(world.caller.tenant)).definitions
    assert SPOKEN in in_force.catalogs
    assert in_force.parameters is None
