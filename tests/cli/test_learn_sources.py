"""`beliefgraph learn sources`: what turned out, from a file or by a source, and what a reliability is about."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from tests.terminal import beliefgraph
from tests.world import World, event

from beliefgraph.cli.truth import COLUMNS
from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.event import Event
from beliefgraph.services.questions.beliefs import Questions

ATTRIBUTES = ("sky.clear", "sky.windy", "road.open")
SPOKEN = Catalog.model_validate(
    {
        "catalog": "spoken",
        "version": "1.0.0",
        "attributes": [
            {"key": name, "domain": name.partition(".")[0], "prior": 0.5, "statement": f"{name} on {{subject}}"}
            for name in ATTRIBUTES
        ],
        "events": [
            {
                "type": "told",
                "summary": "told so",
                "source": "data.by",
                "bears_on": [
                    {
                        "attribute": name,
                        "subject": "data.on",
                        "context": "data.place",
                        "when": f"data.about == '{name}'",
                        "log_likelihood_ratio": "data.yes ? 12.0 : -12.0",
                    }
                    for name in ATTRIBUTES
                ],
            }
        ],
    }
)
DAYS = 40
KNOWN = 30
"""Days of which it turned out how they were; of the others only the sources tell."""

LIARS = ("liar 1", "liar 2", "liar 3")

Learn = Callable[..., CompletedProcess[bytes]]


def was(day: int) -> bool:
    """How a day really was."""
    return day % 2 == 0


def report(by: str, day: int, yes: bool, about: str = "sky.clear", place: str = "any") -> Event:
    return event(f"{by} {day} {about}", "told", by=by, on=f"day {day}", yes=yes, about=about, place=place)


@pytest.fixture
def learn(environ: dict[str, str], key: str, tenant: str) -> Learn:
    return lambda *words: beliefgraph("learn", "sources", "--key", key, "--tenant", tenant, *words, environ=environ)


@pytest.fixture
async def liars(world: World) -> World:
    """Three who nearly always say the opposite, and one who is nearly always right."""
    await world.book.publish(world.caller, SPOKEN)
    await world.intake.observe(
        world.caller,
        [
            *(report(by, day, was(day) == (day % 13 == n)) for n, by in enumerate(LIARS) for day in range(DAYS)),
            *(report("an honest one", day, was(day) == (day != 20)) for day in range(DAYS)),
        ],
    )
    return world


async def confidence(world: World, day: int) -> float | None:
    questions = Questions(world.graph, world.keyring, world.book)
    found = await questions.belief(world.caller, "lena", BeliefKey(attribute="sky.clear", subject=f"day {day}"))
    return found.state.confidence


def truth(file: Path, rows: Iterable[dict[str, str]]) -> str:
    with file.open("w", newline="") as written:
        table = csv.DictWriter(written, COLUMNS, restval="")
        table.writeheader()
        table.writerows(rows)
    return str(file)


def turned_out(day: int) -> dict[str, str]:
    return {
        "twin": "lena", "attribute": "sky.clear", "subject": f"day {day}", "holds": "yes" if was(day) else "no"
    }  # fmt: skip


async def test_with_the_truth_of_some_days_the_majority_is_found_out_and_of_other_days_the_honest_one_is_believed(
    liars: World, learn: Learn, tmp_path: Path
) -> None:
    unknown = KNOWN + 4
    assert was(unknown)
    assert (await confidence(liars, unknown) or 1.0) < 0.01
    done = learn("--truth", truth(tmp_path / "truth.csv", map(turned_out, range(KNOWN))))
    assert done.returncode == 0, done.stderr
    assert f"the truth of {KNOWN} questions is known" in done.stdout.decode()
    assert "Parameter set 1 is in force (set 3); 1 twins adopted it." in done.stdout.decode()
    assert (await confidence(liars, unknown) or 0.0) > 0.99


async def test_a_source_that_is_always_right_is_the_truth_and_is_heard_as_it_speaks(liars: World, learn: Learn) -> None:
    await liars.intake.observe(liars.caller, [report("the log book", day, was(day)) for day in range(KNOWN)])
    done = learn("--truth", "the log book")
    assert done.returncode == 0, done.stderr
    assert f"the truth of {KNOWN} questions is known" in done.stdout.decode()
    parameters = (await liars.book.latest(liars.caller.tenant)).definitions.parameters
    assert parameters is not None
    (book,) = parameters.by_source["the log book"]
    assert (book.rates.says_if_holds, book.rates.says_if_not) == (1.0, 0.0)
    assert (await confidence(liars, KNOWN + 4) or 0.0) > 0.99


@pytest.mark.parametrize(
    ("per", "about"),
    [
        ("attribute", set(ATTRIBUTES)),
        ("context", {"road.open · out", "sky.clear · home", "sky.clear · out", "sky.windy · home"}),
        ("domain", {"sky", "road"}),
        ("everything", {"everything"}),
    ],
)
async def test_a_reliability_is_about_what_per_says(world: World, learn: Learn, per: str, about: set[str]) -> None:
    await world.book.publish(world.caller, SPOKEN)
    spoken = [("sky.clear", "home"), ("sky.clear", "out"), ("sky.windy", "home"), ("road.open", "out")]
    events = [
        report(by, 10 * n + day, was(day), name, place)
        for n, (name, place) in enumerate(spoken)
        for by in ("one", "another")
        for day in range(6)
    ]
    await world.intake.observe(world.caller, events)
    done = learn("--per", per, "--dry-run")
    assert done.returncode == 0, done.stderr
    said = done.stdout.decode().splitlines()
    new = [line for line in said if line.startswith("A new source of any kind about ")]
    assert {line.removeprefix("A new source of any kind about ").partition(":")[0] for line in new} == about
    assert "Nothing was put in force." in said
    assert (await world.book.latest(world.caller.tenant)).definitions.parameters is None


async def test_a_truth_that_is_no_truth_is_refused_by_its_line(liars: World, learn: Learn, tmp_path: Path) -> None:
    perhaps = learn("--truth", truth(tmp_path / "perhaps.csv", [turned_out(1), {**turned_out(2), "holds": "perhaps"}]))
    nameless = learn("--truth", truth(tmp_path / "nameless.csv", [{**turned_out(1), "attribute": "Not a Name"}]))
    missing = learn("--truth", str(tmp_path / "missing.csv"))
    (tmp_path / "short.csv").write_text("twin,holds\nlena,yes\n")
    short = learn("--truth", str(tmp_path / "short.csv"))
    for done, why in (
        (perhaps, "perhaps.csv, line 3: holds must be yes or no."),
        (nameless, "nameless.csv, line 2: attribute: "),
        (missing, "There is no file"),
        (short, "must have the columns twin, attribute, value; it may have"),
    ):
        assert done.returncode == 1
        assert why in done.stderr.decode().replace("\n", "")
        assert b"Traceback" not in done.stderr


async def test_a_file_in_which_nothing_turned_out_is_not_taken_for_a_source(
    liars: World, learn: Learn, tmp_path: Path
) -> None:
    done = learn("--truth", truth(tmp_path / "empty.csv", ()))
    assert done.returncode == 0, done.stderr
    assert "the truth of 0 questions is known" in done.stdout.decode()
    parameters = (await liars.book.latest(liars.caller.tenant)).definitions.parameters
    assert parameters is not None
    assert {source for source in parameters.by_source if source} == {*LIARS, "an honest one"}


async def test_what_would_move_is_shown_first_and_every_earlier_set_can_be_put_in_force_again(
    liars: World, learn: Learn, environ: dict[str, str], key: str, tmp_path: Path
) -> None:
    def sets(*words: str) -> str:
        done = beliefgraph("learn", *words, "--key", key, environ=environ)
        assert done.returncode == 0, done.stderr
        return done.stdout.decode()

    stated, known = await confidence(liars, KNOWN + 4), truth(tmp_path / "truth.csv", map(turned_out, range(KNOWN)))
    dry = learn("--truth", known, "--dry-run").stdout.decode()
    assert "40 of 40 beliefs would change by 0.5% or more; mean change " in dry
    assert "Nothing was put in force." in dry
    assert await confidence(liars, KNOWN + 4) == stated
    assert sets("list") == "Nothing was learned.\n"

    assert "40 of 40 beliefs would change" in learn("--truth", known).stdout.decode()
    learned = await confidence(liars, KNOWN + 4)
    assert "Nothing was put in force." in sets("reset", "--dry-run")
    assert "Parameter set 2 is in force (set 4); 1 twins adopted it." in sets("reset")
    assert await confidence(liars, KNOWN + 4) == stated
    assert "It is already in force" in sets("reset")
    assert "Parameter set 3 is in force (set 5); 1 twins adopted it." in sets("adopt", "1")
    assert await confidence(liars, KNOWN + 4) == learned
    assert [line.split()[0] for line in sets("list").splitlines()] == ["set", "3", "2", "1"]
    missing = beliefgraph("learn", "adopt", "9", "--key", key, environ=environ)
    assert missing.returncode == 1
    assert b"There is no parameter set 9" in missing.stderr
