"""The real data: polls of elections with their results, and labels that paid workers gave."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from beliefgraph.errors import Incorrect, NotFound

POLLS = "polls_1998_2014"
RTE = "crowd_labels/rte"

_CHECKOUT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Poll:
    """One poll of one race; `margin` is candidate 1 minus candidate 2, in points, among `sample_size` people."""

    id: str
    race: str
    pollster: str
    day: date
    sample_size: float
    margin: float
    words: str


@dataclass(frozen=True)
class Race:
    """One race and how it ended. `subject` names it in words and is unlike that of any other."""

    id: str
    subject: str
    election: date
    won: bool


@dataclass(frozen=True)
class Label:
    """What one worker said of one item: that it has the label, or that it has not."""

    item: str
    worker: str
    yes: bool


def data_dir(given: Path | None) -> Path:
    """The folder of the data sets: the one given, else `../shared/data` beside the checkout; else `data-missing`."""
    if given is not None:
        return given
    beside = _CHECKOUT.parent / "shared" / "data"
    if not beside.is_dir():
        raise NotFound("data-missing", "There is no data beside this checkout; say where it is with --data DIR.")
    return beside


def read_races(data: Path) -> list[Race]:
    """The races of `races.csv`, in the order of their election."""
    races = [
        Race(
            id=row["race_id"],
            subject=f"{row['year']} {row['location']} {row['type_simple']} #{row['race_id']}",
            election=date.fromisoformat(row["electiondate"]),
            won=row["cand1_won"] == "1",
        )
        for row in _rows(data / POLLS / "races.csv")
    ]
    return sorted(races, key=lambda race: (race.election, race.id))


def read_polls(data: Path) -> list[Poll]:
    """The polls of `polls.csv`, in the order of their day."""
    polls = [
        Poll(
            id=row["question_id"],
            race=row["race_id"],
            pollster=row["pollster"],
            day=date.fromisoformat(row["polldate"]),
            sample_size=float(row["samplesize"]),
            margin=float(row["margin_poll"]),
            words=f"{row['cand1_name']} {row['cand1_pct']}, {row['cand2_name']} {row['cand2_pct']}"
            f" (question {row['question_id']})",
        )
        for row in _rows(data / POLLS / "polls.csv")
    ]
    return sorted(polls, key=lambda poll: (poll.day, poll.id))


def read_labels(data: Path) -> list[Label]:
    """The labels of `labels.csv`, in its order."""
    return [
        Label(item=row["item"], worker=f"worker {row['worker']}", yes=row["label"] == "1")
        for row in _rows(data / RTE / "labels.csv")
    ]


def read_truth(data: Path) -> dict[str, bool]:
    """For every item of `truth.csv`, whether it has the label."""
    return {row["item"]: row["truth"] == "1" for row in _rows(data / RTE / "truth.csv")}


def _rows(path: Path) -> Iterator[dict[str, str]]:
    try:
        file = path.open(encoding="utf-8", newline="")
    except OSError as error:
        where = f"{path.parent.name}/{path.name}"
        raise NotFound(
            "data-missing", f"{where} cannot be read ({error.strerror}); point --data at the folder of the data sets."
        ) from None
    with file:
        try:
            yield from csv.DictReader(file)
        except (csv.Error, UnicodeDecodeError) as error:
            raise Incorrect("invalid-input", f"{path.name} is no CSV file: {error}.") from None
