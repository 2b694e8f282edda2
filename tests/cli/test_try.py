"""Catalogs are checked and tried from a terminal, without a key and without a database."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from tests.docs.pages import examples
from tests.terminal import beliefgraph, unnamed
from tests.world import World

from beliefgraph.cli.truth import read_truth
from beliefgraph.errors import Incorrect
from beliefgraph.ingest.catalogs import read_catalogs
from beliefgraph.ingest.jsonl import read_lines
from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.event import Event
from beliefgraph.services.upkeep.trial import try_out

NO_DATABASE = unnamed()
NO_DATABASE |= {"NEO4J_URI": "bolt://127.0.0.1:1", "NEO4J_PASSWORD": "none", "COLUMNS": "140"}


@pytest.fixture
def garden(tmp_path: Path) -> Path:
    file = tmp_path / "garden.yaml"
    file.write_text(examples("yaml", "docs/catalogs.md")[0].code)
    return file


@pytest.fixture
def events(tmp_path: Path) -> Path:
    file = tmp_path / "events.jsonl"
    (example,) = examples("jsonl", "docs/catalogs.md")
    unknown = orjson.loads(example.code.splitlines()[0]) | {"id": "3", "type": "shop.sold"}
    file.write_bytes(example.code.encode() + orjson.dumps(unknown) + b"\n")
    return file


def test_try_tells_what_rules_match_what_is_quarantined_and_what_twins_would_believe(
    garden: Path, events: Path, tmp_path: Path
) -> None:
    truth = tmp_path / "truth.csv"
    truth.write_text(
        "twin,attribute,value,time\nada,garden.has_one,true,2026-05-02T00:00:00Z\nbob,garden.has_one,false,\n"
    )

    done = beliefgraph("try", str(garden), str(events), "--truth", str(truth), "--json", environ=NO_DATABASE)

    assert done.returncode == 0, done.stderr
    told = orjson.loads(done.stdout)
    assert [(rule["place"], rule["events"]) for rule in told["rules"]] == [("events[0]", 1), ("events[1]", 1)]
    assert [(event["line"], event["status"], event["code"]) for event in told["events"]] == [
        (1, "accepted", None),
        (2, "accepted", None),
        (3, "quarantined", "no-interpretation"),
    ]
    beliefs = {belief["attribute"]: belief["confidence"] for belief in told["twins"]["ada"]["beliefs"]}
    assert set(beliefs) == {"garden.loves_it", "garden.has_one", "world.is_moving"}
    (score,) = told["scores"]
    assert (score["attribute"], score["rows"], score["accuracy"], score["auc"]) == ("garden.has_one", 2, 0.75, 1.0)


def test_try_shows_tables_to_people_and_lists_the_errors_of_a_catalog(garden: Path, events: Path) -> None:
    done = beliefgraph("try", str(garden), str(events), environ=NO_DATABASE)
    garden.write_text(garden.read_text().replace("data.amount >", "dota.amount >"))
    refused = beliefgraph("try", str(garden), str(events), environ=NO_DATABASE)

    said = done.stdout.decode()
    assert "2 accepted, 1 quarantined" in said
    assert "line 3: no-interpretation" in said
    assert "They have a garden." in said
    assert refused.returncode == 1
    assert "garden.yaml:30:60: events[0].bears_on[0].log_likelihood_ratio: " in refused.stderr.decode()


def test_define_check_needs_neither_a_key_nor_a_database(garden: Path) -> None:
    done = beliefgraph("define", "--check", str(garden), environ=NO_DATABASE)
    garden.write_text(garden.read_text().replace("prior: 0.5", "prior: 5").replace("kind: supports", "kind: support"))
    refused = beliefgraph("define", "--check", str(garden), environ=NO_DATABASE)

    assert (done.returncode, done.stdout.decode()) == (0, "No errors in garden@1.0.0.\n")
    assert refused.returncode == 1
    assert "2 errors" in refused.stderr.decode()


async def test_a_trial_gives_the_numbers_of_the_service(world: World, garden: Path, events: Path) -> None:
    catalogs = read_catalogs(garden)
    with events.open("rb") as file:
        read = [line.read for line in read_lines(file, world.clock) if isinstance(line.read, Event)]
    tried = try_out(catalogs, read, world.clock.now())

    for catalog in catalogs:
        await world.book.publish(world.caller, catalog)
    receipts = await world.intake.observe(world.caller, read)

    assert [receipt.status for receipt in receipts] == [fate.outcome for fate in tried.fates]
    published = {c.belief.belief_key: c.after.log_odds for r in receipts for c in r.beliefs if c.after is not None}
    assert {belief.belief_key: held.log_odds for belief, held in tried.beliefs("ada")} == published
    assert BeliefKey(attribute="garden.has_one") in published


def test_a_file_of_truth_may_leave_out_what_is_the_same_everywhere(tmp_path: Path) -> None:
    (tmp_path / "truth.csv").write_text("twin,attribute,value\nada,a.b,no\nada,a.c,red\n")
    (whole, one) = read_truth(tmp_path / "truth.csv")
    assert (whole.belief, whole.holds) == (BeliefKey(attribute="a.b"), False)
    assert (one.belief, one.holds) == (BeliefKey(attribute="a.c", value="red"), True)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("twin,attribute\nada,a.b\n", "must have the columns"),
        ("twin,attribute,value,mood\nada,a.b,true,good\n", "must have the columns"),
        ("twin,attribute,value,time\nada,a.b,true,soon\n", "line 2: time"),
        ("twin,attribute,value\nada,A B,true\n", "line 2: attribute"),
    ],
)
def test_a_file_of_truth_that_is_wrong_is_refused_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "truth.csv").write_text(text)
    with pytest.raises(Incorrect, match=told):
        list(read_truth(tmp_path / "truth.csv"))
