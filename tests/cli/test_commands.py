"""The other commands, as somebody types them, on the tests' Neo4j."""

from __future__ import annotations

from pathlib import Path

import orjson
from tests.terminal import beliefgraph, line
from tests.world import CATALOG, World, event, rated

from beliefgraph.ingest.catalogs import parse_catalogs


async def test_ingest_takes_in_a_pipe_and_tells_what_became_of_every_line(
    world: World, key: str, environ: dict[str, str]
) -> None:
    events = line("1") + line("1") + b"no json\n" + line("2", type="unheard-of") + line("1", data={"llr": 2, "by": "x"})

    done = beliefgraph("ingest", environ={**environ, "BELIEFGRAPH_KEY": key}, stdin=events)

    said = done.stderr.decode()
    assert done.returncode == 1
    assert "line 3: invalid-event" in said
    assert "line 4: no-interpretation: No catalog in force has a rule for events of type unheard-of." in said
    assert "line 5: event-conflict" in said
    assert "replayQuarantine" in said
    for part in ("1 accepted", "1 duplicate", "1 quarantined", "1 conflict", "1 not an event"):
        assert part in said


async def test_ingest_twice_is_harmless(world: World, key: str, environ: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_bytes(line("1") + line("2"))

    first = beliefgraph("ingest", str(file), "--key", key, environ=environ)
    second = beliefgraph("ingest", str(file), "--key", key, environ=environ)

    assert (first.returncode, second.returncode) == (0, 0)
    assert "2 accepted" in first.stderr.decode()
    assert "2 duplicate" in second.stderr.decode()


async def test_define_puts_a_catalog_in_force_and_refuses_one_that_is_wrong(
    world: World, key: str, environ: dict[str, str], tmp_path: Path
) -> None:
    newer = tmp_path / "newer.json"
    newer.write_text(CATALOG.model_copy(update={"version": "1.1.0"}).model_dump_json())
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(
        "catalog: other\nversion: 1.0.0\nattributes:\n  - {key: a.b, domain: a, prior: 1.5, statement: x}\n"
    )

    published = beliefgraph("define", str(newer), "--key", key, environ=environ)
    refused = beliefgraph("define", str(wrong), "--key", key, environ=environ)

    assert published.returncode == 0, published.stderr
    assert b"test@1.1.0 is in force" in published.stdout
    assert refused.returncode == 1
    assert b"invalid-definition" in refused.stderr
    assert b"wrong.yaml" in refused.stderr


async def test_recompute_proves_that_what_is_published_is_what_the_evidence_gives(
    world: World, key: str, environ: dict[str, str], tenant: str
) -> None:
    beliefgraph("ingest", "--key", key, environ=environ, stdin=line("1") + line("2", twin="omar"))

    done = beliefgraph("recompute", "--check", "--tenant", tenant, environ=environ)
    read = beliefgraph("recompute", "--json", "--tenant", tenant, environ=environ)

    assert (done.returncode, read.returncode) == (0, 0)
    assert done.stdout.decode().strip() == "2 published beliefs and 0 goals of 2 twins agree with their evidence."
    twins = sorted((each["twin"], each["beliefs"], each["differ"], each["code"]) for each in orjson.loads(read.stdout))
    assert twins == [("lena", 1, 0, None), ("omar", 1, 0, None)]


async def test_a_key_that_is_unknown_is_refused_in_a_sentence(environ: dict[str, str], world: World) -> None:
    done = beliefgraph("ingest", "--key", "bg_nobody", environ=environ)

    assert done.returncode == 1
    assert b"unauthenticated" in done.stderr
    assert b"Traceback" not in done.stderr


def test_help_names_every_command(environ: dict[str, str]) -> None:
    said = beliefgraph("--help", environ=environ).stdout.decode()

    for command in ("demo", "serve", "ingest", "define", "migrate", "recompute", "keys", "neo4j", "evaluate"):
        assert command in said
    assert beliefgraph("--version", environ=environ).stdout.startswith(b"beliefgraph 0.1.0")


async def test_learn_says_what_the_twins_teach_and_writes_nothing_but_the_draft(
    world: World, key: str, tenant: str, environ: dict[str, str], tmp_path: Path
) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0), rated("2", 7.0, day=1), event("3")])

    about = ("--key", key, "--tenant", tenant)
    relations, calibration, proposals = (
        beliefgraph("learn", *words, *about, environ=environ)
        for words in (("relations",), ("calibration",), ("proposals", "--out", str(tmp_path / "draft.yaml")))
    )

    for done in (relations, calibration, proposals):
        assert done.returncode == 0, done.stderr
    assert "1 twins, 1 beliefs with known truth, 1 rows with evidence." in relations.stdout.decode()
    assert parse_catalogs((tmp_path / "draft.yaml").read_bytes(), "draft.yaml")[0].relations == ()
