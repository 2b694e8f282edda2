"""The real data: polls with results, labels of paid workers, claims about cities, purchases and answers to studies."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

from beliefgraph.errors import Incorrect, NotFound

POLLS = "polls_1998_2014"
CROWDS = "crowd_labels"
POPULATION = "population"
CDNOW = "cdnow"
MEGA_STUDY = "mega_study"

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
    text: str


@dataclass(frozen=True)
class Race:
    """One race and its result. `subject` is its name in words, unique among races."""

    id: str
    subject: str
    election: date
    won: bool


@dataclass(frozen=True)
class Label:
    """The label that one worker gave one item."""

    item: str
    worker: str
    label: str


@dataclass(frozen=True)
class Claim:
    """A claim of one editor about one figure of a city; an editor without an account is `anonymous`."""

    city: str
    figure: str
    value: str
    editor: str

    @property
    def subject(self) -> str:
        """The subject of the claim."""
        return f"{self.figure} of {self.city}"

    @property
    def anonymous(self) -> bool:
        """Whether the editor has no account: their number is 0, and their name an address."""
        return self.editor.startswith("0 (")


@dataclass(frozen=True)
class Purchase:
    """The amount one customer paid on one day."""

    customer: str
    day: date
    amount: float


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers of people (shape [people, outcomes], NaN if not asked).

    With the study of each outcome, and the range of its answers.
    """

    given: npt.NDArray[np.float64]
    studies: tuple[str, ...]
    range: npt.NDArray[np.float64]


def data_dir(given: Path | None) -> Path:
    """The directory of the data sets: the one given, else `../shared/data` beside the checkout; else `data-missing`."""
    if given is not None:
        return given
    beside = _CHECKOUT.parent / "shared" / "data"
    if not beside.is_dir():
        raise NotFound("data-missing", "There is no data next to this checkout; name its directory with --data DIR.")
    return beside


def read_races(data: Path) -> list[Race]:
    """The races of `races.csv`, by date of election."""
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
    """The polls of `polls.csv`, by day."""
    polls = [
        Poll(
            id=row["question_id"],
            race=row["race_id"],
            pollster=row["pollster"],
            day=date.fromisoformat(row["polldate"]),
            sample_size=float(row["samplesize"]),
            margin=float(row["margin_poll"]),
            text=f"{row['cand1_name']} {row['cand1_pct']}, {row['cand2_name']} {row['cand2_pct']}"
            f" (question {row['question_id']})",
        )
        for row in _rows(data / POLLS / "polls.csv")
    ]
    return sorted(polls, key=lambda poll: (poll.day, poll.id))


def read_labels(data: Path, name: str) -> list[Label]:
    """The labels in `labels.csv` of one set, in file order."""
    return [
        Label(item=row["item"], worker=f"worker {row['worker']}", label=row["label"])
        for row in _rows(data / CROWDS / name / "labels.csv")
    ]


def read_truth(data: Path, name: str) -> dict[str, str]:
    """The label of every item of `truth.csv` of one set."""
    return {row["item"]: row["truth"] for row in _rows(data / CROWDS / name / "truth.csv")}


def read_claims(data: Path) -> list[Claim]:
    """The claims in `claims.csv`, in file order."""
    return [
        Claim(city=row["city"], figure=row["property"], value=row["value"], editor=row["source"])
        for row in _rows(data / POPULATION / "claims.csv")
    ]


def read_census(data: Path) -> dict[str, str]:
    """The true values in `truth.csv`, by subject."""
    return {f"{row['property']} of {row['city']}": row["value"] for row in _rows(data / POPULATION / "truth.csv")}


def read_purchases(data: Path) -> list[Purchase]:
    """The purchases in `transactions.csv`; several by one customer on one day are summed."""
    paid: dict[tuple[str, date], float] = {}
    for row in _rows(data / CDNOW / "transactions.csv"):
        of = row["customer_id"], date.fromisoformat(row["date"])
        paid[of] = paid.get(of, 0.0) + float(row["amount"])
    return [Purchase(customer, day, amount) for (customer, day), amount in sorted(paid.items())]


def read_answers(data: Path) -> Answers:
    """The answers of `human.csv`, with the outcomes in the order of `outcomes.csv`."""
    outcomes = list(_rows(data / MEGA_STUDY / "outcomes.csv"))
    given = [
        [float(row[outcome["outcome"]] or "nan") for outcome in outcomes]
        for row in _rows(data / MEGA_STUDY / "human.csv")
    ]
    span = [float(outcome["greatest"]) - float(outcome["least"]) for outcome in outcomes]
    return Answers(np.array(given), tuple(outcome["study"] for outcome in outcomes), np.array(span))


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
            raise Incorrect("invalid-input", f"{path.name} is not a CSV file: {error}.") from None
