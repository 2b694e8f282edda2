"""What is stored is read from a terminal, as tables or as JSON; a command imports what it needs."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
import typer
from tests.terminal import beliefgraph, line
from tests.world import World, event, meaning, rated

from beliefgraph.cli.main import COMMANDS, app
from beliefgraph.cli.reading import as_of
from beliefgraph.model.command import SetGoal


@pytest.fixture
async def keyed(world: World, key: str, environ: dict[str, str]) -> dict[str, str]:
    """What a command needs to read a tenant in which two events came to lena, and one was not understood."""
    await world.intake.observe(world.caller, [rated("1", 1.0), rated("2", 0.5, by="another")])
    return {**environ, "BELIEFGRAPH_KEY": key}


async def test_twins_beliefs_and_why_are_read_as_json(keyed: dict[str, str]) -> None:
    twins = beliefgraph("twins", "--json", environ=keyed)
    beliefs = beliefgraph("beliefs", "--twin", "lena", "--json", environ=keyed)
    why = beliefgraph("why", "world.alone", "--twin", "lena", "--json", environ=keyed)

    assert [twin["name"] for twin in orjson.loads(twins.stdout)] == ["lena"], twins.stderr
    (belief,) = orjson.loads(beliefs.stdout)
    assert (belief["belief"]["attribute"], round(belief["confidence"], 2)) == ("world.alone", 0.82)
    contributions = orjson.loads(why.stdout)["explanation"]["contributions"]
    assert sorted(round(each["contribution"], 2) for each in contributions) == [0.5, 1.0]


async def test_a_day_is_the_moment_at_which_it_begins_in_utc(keyed: dict[str, str]) -> None:
    before = beliefgraph("beliefs", "--twin", "lena", "--at", "2020-01-01", "--json", environ=keyed)
    assert orjson.loads(before.stdout) == [], before.stderr
    assert as_of(datetime(2026, 4, 1)) == as_of(datetime(2026, 4, 1, tzinfo=UTC))


async def test_an_ingestion_warns_of_quarantine_fails_with_strict_and_the_reason_is_listed(
    keyed: dict[str, str],
) -> None:
    done = beliefgraph("ingest", environ=keyed, stdin=line("9", type="unheard-of"))
    strict = beliefgraph("ingest", "--strict", environ=keyed, stdin=line("9", type="unheard-of"))
    listed = beliefgraph("quarantine", "--json", environ=keyed)

    assert (done.returncode, strict.returncode) == (0, 3)
    assert "WARNING: not counted yet, in quarantine: 1." in done.stderr.decode()
    (waiting,) = orjson.loads(listed.stdout)
    assert (waiting["event"]["id"], waiting["code"]) == ("9", "no-interpretation")


async def test_quarantined_events_are_processed_again(world: World, keyed: dict[str, str]) -> None:
    await world.intake.observe(world.caller, [event("7", "waved"), event("8", "winked")])
    await world.book.publish(world.caller, meaning("waved", "1.1.0"))

    done = beliefgraph("quarantine", "--replay", environ=keyed)

    told, *listed = done.stdout.decode().splitlines()
    assert told == "Processed again: 2 events, of which 1 are out of quarantine.", done.stderr
    assert [" winked 8 of " in each for each in listed] == [True]


RUN = """
import sys
from pathlib import Path
from typing import Any
from beliefgraph.cli.main import app
try:
    app(sys.argv[1:], prog_name="beliefgraph")
except SystemExit:
    pass
found = [m for m in sys.modules if m == "numpy" or m.startswith("beliefgraph.") and m.count(".") > 1]
print(sorted(found), file=sys.stderr)
"""
COMPLETING = {"_BELIEFGRAPH_COMPLETE": "complete_bash", "COMP_WORDS": "beliefgraph i", "COMP_CWORD": "1"}


@pytest.mark.parametrize(
    ("words", "environ", "told"),
    [
        (["--version"], {}, "beliefgraph "),
        (["--help"], {}, "quarantine"),
        ([], COMPLETING, "init\ningest\ninterpret"),
    ],
)
def test_listing_completing_and_the_version_import_no_command(
    words: list[str], environ: dict[str, str], told: str
) -> None:
    command = [sys.executable, "-c", RUN, *words]
    done = subprocess.run(command, env={**os.environ, **environ}, capture_output=True, timeout=60)
    assert told in done.stdout.decode()
    assert done.stderr.decode().strip() == "['beliefgraph.cli.main']"


def test_every_command_can_be_imported_and_says_what_it_does() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert all(commands[name].help for name in COMMANDS)


async def test_goals_preferences_options_keys_and_parameter_sets_are_read_as_json(
    world: World, tenant: str, keyed: dict[str, str], tmp_path: Path
) -> None:
    for stated in ({"title": "Ship it", "priority": 0.8}, {"progress": 0.25}):
        command = SetGoal.model_validate({"twin": "lena", "goal": "ship", **stated})
        await world.commands.set_goal(world.caller, command)
    options = tmp_path / "options.yaml"
    options.write_text("[{key: again}]")

    def read(*words: str) -> Any:
        done = beliefgraph(*words, "--json", environ=keyed)
        assert done.returncode == 0, done.stderr
        return orjson.loads(done.stdout)

    (goal,) = read("goals", "--twin", "lena", "--why", "ship", "--since-rev", "1")
    assert goal["state"]["motivation"] == pytest.approx(0.6)
    assert "explanation" in goal
    assert "motivation_before" in goal
    assert read("preferences", "--twin", "lena") == []
    assert "again" in str(read("decide", "--twin", "lena", "--options", str(options)))
    assert [key["actor"] for key in read("keys", "list", "--tenant", tenant)] == ["cli"]
    assert read("learn", "list") == []
