"""Labels of paid workers: does order matter, do duplicates count, can a worker be withdrawn, and how accurate is it?

One twin holds a belief about every item. A label is a near-certain statement; its effective weight is learned from the
labels themselves before any question is asked. All checks are made with the learned rates in force.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from beliefgraph.evaluate.client import BeliefStanding, Client, EvidenceItem
from beliefgraph.evaluate.data import Label
from beliefgraph.evaluate.replay import LearnSources, Progress, deliver, erased_after
from beliefgraph.evaluate.report import Curve, Evaluation, Line, Row, at_least, at_most, exactly, none
from beliefgraph.model.catalog import Catalog
from beliefgraph.services.learning.scoring import accuracy_of_classes, brier_of_classes, ece_of_answers

ATTRIBUTE = "world.has_label"
CERTAIN = 12.0
"""Log-likelihood ratio of a label from a worker who is always right."""

START = datetime(2026, 1, 1, tzinfo=UTC)
SEED = 20240601
NEARLY_ALL = 1 - 1e-6
"""Sum of the priors of several classes; `other` has the rest."""


@dataclass(frozen=True)
class Crowd:
    """One set of labels: its classes, the baselines from the data's README, and the required scores.

    With two classes the second is the belief; with more, each class is a value.
    """

    name: str
    classes: tuple[str, ...]
    baselines: Sequence[tuple[str, Mapping[str, float]]]
    least_accuracy: float
    most_brier: float

    @property
    def binary(self) -> bool:
        """Whether an item has the label or not."""
        return len(self.classes) == 2

    @property
    def catalog(self) -> Catalog:
        """The catalog for the labels."""
        attribute: dict[str, Any] = {"prior": 0.5, "statement": "item {subject} has the label"}
        bears: dict[str, Any] = {"log_likelihood_ratio": f"data.label == '1' ? {CERTAIN} : -{CERTAIN}"}
        if not self.binary:
            values = dict.fromkeys(self.classes, NEARLY_ALL / len(self.classes))
            attribute = {"values": values, "statement": "item {subject} has the label {value}"}
            bears = {"value_from": "data.label", "log_likelihood_ratio": CERTAIN}
        return Catalog.model_validate(
            {
                "catalog": f"crowd_{self.name}",
                "version": "1.0.0",
                "description": "Which label an item has, from workers of whom nothing is known but what they say.",
                "attributes": [{"key": self.attribute, "domain": "world", **attribute}],
                "events": [
                    {
                        "type": f"{self.name}.labelled",
                        "summary": "a worker labelled the item",
                        "source": "data.worker",
                        "bears_on": [{"attribute": self.attribute, "subject": "data.item", **bears}],
                    }
                ],
            }
        )

    @property
    def attribute(self) -> str:
        """The attribute of the beliefs."""
        return f"{ATTRIBUTE}_{self.name}"


CROWDS: Mapping[str, Crowd] = {
    crowd.name: crowd
    for crowd in (
        Crowd(
            "rte",
            ("0", "1"),
            (
                ("majority", {"accuracy": 0.8969}),
                ("share of the votes", {"Brier": 0.208}),
                ("Dawid-Skene", {"accuracy": 0.9275, "Brier": 0.137, "ECE": 0.068}),
                ("GLAD", {"accuracy": 0.9250, "Brier": 0.119, "ECE": 0.044}),
            ),
            least_accuracy=0.9175,
            most_brier=0.137,
        ),
        Crowd(
            "sentiment",
            ("0", "1"),
            (
                ("majority", {"accuracy": 0.9335}),
                ("share of the votes", {"Brier": 0.223}),
                ("Dawid-Skene", {"accuracy": 0.9600, "Brier": 0.076, "ECE": 0.038}),
                ("GLAD", {"accuracy": 0.9480}),
            ),
            least_accuracy=0.95,
            most_brier=0.076,
        ),
        Crowd(
            "face",
            ("0", "1", "2", "3"),
            (
                ("majority", {"accuracy": 0.6367}),
                ("share of the votes", {"Brier": 0.513}),
                ("Dawid-Skene", {"accuracy": 0.6404, "Brier": 0.690, "ECE": 0.342}),
            ),
            least_accuracy=0.6304,
            most_brier=0.690,
        ),
    )
}
"""The sets, with the baselines from the data's README. Required: accuracy within a point of Dawid-Skene, and a better
Brier score."""


def evaluate(
    client: Client,
    crowd: Crowd,
    labels: Sequence[Label],
    truth: Mapping[str, str],
    run: str,
    progress: Progress,
    *,
    learn: LearnSources,
    keep: bool = False,
) -> Evaluation:
    """Send the labels, learn the workers, and score; send them shuffled, again, and without one worker, and compare."""
    timed = list(zip(labels, (START + timedelta(minutes=i) for i in range(len(labels))), strict=True))
    end = timed[-1][1]
    shuffled = timed.copy()
    random.Random(SEED).shuffle(shuffled)  # noqa: S311  a fixed order, no secret
    worker = most_labels(labels)
    one, other, without = (f"{crowd.name}-{name}-{run}" for name in ("in-order", "shuffled", "without"))
    client.publish(crowd.catalog)
    with erased_after(client, [] if keep else [one, other, without], progress):
        sent = deliver(client, events(crowd, timed, one), len(timed), progress, f"{crowd.name}: labels in order")
        learn()
        first, chains = _moment(client, one, end), _chains(client, one, end)
        deliver(client, events(crowd, shuffled, other), len(timed), progress, f"{crowd.name}: labels shuffled")
        mixed = _moment(client, other, end)
        rev = client.rev(one)
        again = deliver(client, events(crowd, timed, one), len(timed), progress, f"{crowd.name}: the same labels again")
        repeated, moved = _moment(client, one, end), client.rev(one) - rev
        kept = [each for each in timed if each[0].worker != worker]
        deliver(client, events(crowd, kept, without), len(kept), progress, f"{crowd.name}: without one worker")
        never = _moment(client, without, end)
        before = differing(never.unrounded, first.unrounded)
        client.withdraw(one, worker)
        withdrawn = _moment(client, one, end)
        learned = len(client.learned().rates)
    checks = [
        exactly("labels taken in", sent["accepted"], len(timed)),
        Row("workers learned about", learned),
        *_alike("shuffled", first, mixed),
        exactly("sent again: labels recognised as duplicates", again["duplicate"], len(timed)),
        none("sent again: commits made", moved),
        *_alike("sent again", first, repeated),
        Row(f"{worker}: labels withdrawn", len(timed) - len(kept)),
        Row(f"{worker}: beliefs that differ before they are withdrawn", before),
        *_alike(f"{worker} withdrawn, against never having had them", withdrawn, never),
        none("beliefs whose chain is not exactly their labels", wrong_chains(crowd, timed, chains)),
    ]
    return _scored(crowd, checks, first.unrounded, truth)


Cell = tuple[str, str | None]
"""An item, and the value of its label if it has several."""


@dataclass(frozen=True)
class _Moment:
    """A twin as published, and unrounded as of the end."""

    published: Mapping[Cell, BeliefStanding]
    unrounded: Mapping[Cell, BeliefStanding]


def events(crowd: Crowd, timed: Iterable[tuple[Label, datetime]], twin: str) -> Iterator[dict[str, Any]]:
    """Labels with their times as CloudEvents, in the order given."""
    for label, at in timed:
        yield {
            "specversion": "1.0",
            "type": f"{crowd.name}.labelled",
            "source": f"urn:beliefgraph:crowd_labels:{crowd.name}",
            "id": f"{label.item}-{label.worker}-{at.isoformat()}",
            "time": at.isoformat(),
            "twin": twin,
            "data": {"item": label.item, "worker": label.worker, "label": label.label},
        }


def most_labels(labels: Iterable[Label]) -> str:
    """The worker with the most labels, the first by name in a tie."""
    count = Counter(label.worker for label in labels)
    return min(count, key=lambda worker: (-count[worker], worker))


def differing(one: Mapping[Cell, BeliefStanding], other: Mapping[Cell, BeliefStanding]) -> int:
    """The number of beliefs that differ in any bit, or exist in only one of the two."""
    return sum(_bits(one.get(cell)) != _bits(other.get(cell)) for cell in one.keys() | other.keys())


def wrong_chains(crowd: Crowd, timed: Iterable[tuple[Label, datetime]], chains: Mapping[Cell, BeliefStanding]) -> int:
    """The number of beliefs whose evidence is not exactly their labels: workers, times and classes."""
    wanted: dict[Cell, list[EvidenceItem]] = {}
    for label, at in timed:
        cell: Cell = (label.item, None if crowd.binary else label.label)
        ratio = -CERTAIN if crowd.binary and label.label == crowd.classes[0] else CERTAIN
        wanted.setdefault(cell, []).append(EvidenceItem(label.worker, at, ratio))
    listed = {cell: standing for cell, standing in chains.items() if cell in wanted or standing.chain}
    return sum(
        cell not in listed or cell not in wanted or sorted(listed[cell].chain or ()) != sorted(wanted[cell])
        for cell in wanted.keys() | listed.keys()
    )


def _alike(what: str, one: _Moment, other: _Moment) -> list[Row]:
    """Check that two twins are equal, as published and as of the end."""
    return [
        none(f"{what}: published beliefs that differ", differing(one.published, other.published)),
        none(f"{what}: beliefs as of the end that differ", differing(one.unrounded, other.unrounded)),
    ]


def _moment(client: Client, twin: str, end: datetime) -> _Moment:
    return _Moment(_cells(client.values(twin)), _cells(client.values(twin, end)))


def _chains(client: Client, twin: str, end: datetime) -> dict[Cell, BeliefStanding]:
    return _cells(client.values(twin, end, with_chain=True))


def _cells(found: Mapping[str, Mapping[str | None, BeliefStanding]]) -> dict[Cell, BeliefStanding]:
    return {(subject, value): standing for subject, values in found.items() for value, standing in values.items()}


def _bits(standing: BeliefStanding | None) -> tuple[object, ...]:
    return () if standing is None else (standing.confidence, standing.log_odds, standing.status)


def _scored(
    crowd: Crowd, checks: list[Row], standing: Mapping[Cell, BeliefStanding], truth: Mapping[str, str]
) -> Evaluation:
    p = np.array([_probabilities(crowd, standing, item) for item in truth])
    y = np.array([[float(label == each) for each in crowd.classes] for label in truth.values()])
    scores = {"accuracy": accuracy_of_classes(p, y), "Brier": brier_of_classes(p, y), "ECE": ece_of_answers(p, y)}
    setting = f"{crowd.name}, {len(truth)} items"
    return Evaluation(
        name=f"crowd-{crowd.name}",
        checks=[
            *checks,
            Row("items scored", len(truth)),
            at_least("accuracy", scores["accuracy"], crowd.least_accuracy),
            at_most("Brier", scores["Brier"], crowd.most_brier),
        ],
        lines=[
            Line(setting, "beliefgraph", scores),
            *(Line(setting, name, given, baseline=True) for name, given in crowd.baselines),
        ],
        curves=[
            Curve(f"label {each}", p[:, i], y[:, i]) for i, each in enumerate(crowd.classes) if i or not crowd.binary
        ],
    )


def _probabilities(crowd: Crowd, standing: Mapping[Cell, BeliefStanding], item: str) -> list[float]:
    """The probability of each class of an item."""
    if crowd.binary:
        yes = _confidence(standing, (item, None), 0.5)
        return [1.0 - yes, yes]
    return [_confidence(standing, (item, each), NEARLY_ALL / len(crowd.classes)) for each in crowd.classes]


def _confidence(standing: Mapping[Cell, BeliefStanding], cell: Cell, prior: float) -> float:
    found = standing.get(cell)
    return prior if found is None or found.confidence is None else found.confidence
