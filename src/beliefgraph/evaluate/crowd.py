"""The labels of paid workers: does order matter, do repeats count, and can a worker be taken back?

One twin holds a belief about every item. All workers are taken to be equally reliable: a label is right three times in
four. That number comes from the labels and not from the truth: two labels of one item agree in 62.9 % of the pairs, and
if each is right with probability a, they agree with a² + (1 − a)², so a = 0.754.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from beliefgraph.evaluate.client import Client, Heard, Standing
from beliefgraph.evaluate.data import Label
from beliefgraph.evaluate.replay import Progress, deliver, erased_after
from beliefgraph.evaluate.report import Curve, Evaluation, Line, Row, exactly, none
from beliefgraph.model.definition import Catalog, Likelihoods
from beliefgraph.services.scoring import accuracy, brier_of_classes, ece_of_answers

ATTRIBUTE = "world.has_label"
LIKELIHOODS = Likelihoods(holds=0.75, otherwise=0.25)
START = datetime(2026, 1, 1, tzinfo=UTC)
SEED = 20240601

CATALOG = Catalog.model_validate(
    {
        "catalog": "crowd",
        "version": "1.0.0",
        "description": "Whether an item has a label, from workers who are all right three times in four.",
        "attributes": [
            {"key": ATTRIBUTE, "domain": "world", "prior": 0.5, "statement": "item {subject} has the label"}
        ],
        "events": [
            {
                "type": "item.labelled",
                "summary": "a worker labelled the item",
                "source": "data.worker",
                "bears_on": [
                    {
                        "attribute": ATTRIBUTE,
                        "subject": "data.item",
                        "when": said,
                        "likelihoods": {"holds": holds, "otherwise": otherwise},
                    }
                    for said, holds, otherwise in (
                        ("data.label", LIKELIHOODS.holds, LIKELIHOODS.otherwise),
                        ("!data.label", LIKELIHOODS.otherwise, LIKELIHOODS.holds),
                    )
                ],
            }
        ],
    }
)

BASELINES: Sequence[tuple[str, Mapping[str, float]]] = (
    ("majority", {"accuracy": 0.8969}),
    ("share of the votes", {"Brier": 0.208}),
    ("Dawid-Skene", {"accuracy": 0.9275, "Brier": 0.137, "ECE": 0.068}),
    ("GLAD", {"accuracy": 0.9250, "Brier": 0.119, "ECE": 0.044}),
)
"""As the data's README measured them on rte."""


def evaluate(
    client: Client,
    labels: Sequence[Label],
    truth: Mapping[str, bool],
    run: str,
    progress: Progress,
    *,
    keep: bool = False,
) -> Evaluation:
    """Send the labels, shuffled, again, and without one worker; compare bit for bit; then score."""
    told = list(zip(labels, (START + timedelta(minutes=i) for i in range(len(labels))), strict=True))
    end = told[-1][1]
    shuffled = told.copy()
    random.Random(SEED).shuffle(shuffled)  # noqa: S311  a fixed order, no secret
    worker = most_labels(labels)
    one, other, without = (f"crowd-{name}-{run}" for name in ("in-order", "shuffled", "without"))
    client.publish(CATALOG)
    with erased_after(client, [] if keep else [one, other, without], progress):
        sent = deliver(client, events(told, one), len(told), progress, "Labels in order")
        first, chains = _moment(client, one, end), client.standing(one, end, with_chain=True)
        deliver(client, events(shuffled, other), len(told), progress, "Labels shuffled")
        mixed = _moment(client, other, end)
        rev = client.rev(one)
        again = deliver(client, events(told, one), len(told), progress, "The same labels again")
        repeated, moved = _moment(client, one, end), client.rev(one) - rev
        kept = [each for each in told if each[0].worker != worker]
        deliver(client, events(kept, without), len(kept), progress, "Labels without one worker")
        never = _moment(client, without, end)
        before = differing(never[1], first[1])
        client.withdraw(one, worker)
        withdrawn = _moment(client, one, end)
    checks = [
        exactly("labels taken in", sent["accepted"], len(told)),
        none("shuffled: published beliefs that differ", differing(first[0], mixed[0])),
        none("shuffled: beliefs as of the end that differ", differing(first[1], mixed[1])),
        exactly("sent again: labels recognised as duplicates", again["duplicate"], len(told)),
        none("sent again: commits made", moved),
        none("sent again: published beliefs that differ", differing(first[0], repeated[0])),
        none("sent again: beliefs as of the end that differ", differing(first[1], repeated[1])),
        Row(f"{worker}: labels withdrawn", len(told) - len(kept)),
        Row(f"{worker}: beliefs that differ before they are withdrawn", before),
        none(f"{worker} withdrawn: published beliefs unlike never having had them", differing(withdrawn[0], never[0])),
        none(f"{worker} withdrawn: beliefs as of the end unlike that", differing(withdrawn[1], never[1])),
        none("beliefs whose chain is not exactly their labels", wrong_chains(told, chains)),
    ]
    return _scored(checks, first[1], truth)


def events(told: Iterable[tuple[Label, datetime]], twin: str) -> Iterator[dict[str, Any]]:
    """Labels with their times as CloudEvents, in the order given."""
    for label, at in told:
        yield {
            "specversion": "1.0",
            "type": "item.labelled",
            "source": "urn:beliefgraph:crowd_labels:rte",
            "id": f"{label.item}-{label.worker}",
            "time": at.isoformat(),
            "twin": twin,
            "data": {"item": label.item, "worker": label.worker, "label": label.yes},
        }


def most_labels(labels: Iterable[Label]) -> str:
    """The worker who gave the most labels, of several the first by name."""
    count = Counter(label.worker for label in labels)
    return min(count, key=lambda worker: (-count[worker], worker))


def differing(one: Mapping[str, Standing], other: Mapping[str, Standing]) -> int:
    """How many beliefs do not stand the same, to the last bit, or stand in one of the two only."""
    return sum(_bits(one.get(subject)) != _bits(other.get(subject)) for subject in one.keys() | other.keys())


def wrong_chains(told: Iterable[tuple[Label, datetime]], chains: Mapping[str, Standing]) -> int:
    """How many items have a chain that is not exactly their labels: the workers, the times and what each said."""
    wanted: dict[str, list[Heard]] = {}
    for label, at in told:
        ratio = LIKELIHOODS.log_ratio if label.yes else -LIKELIHOODS.log_ratio
        wanted.setdefault(label.item, []).append(Heard(label.worker, at, round(ratio, 9)))
    return sum(
        subject not in chains or subject not in wanted or _rounded(chains[subject]) != sorted(wanted[subject])
        for subject in wanted.keys() | chains.keys()
    )


def _moment(client: Client, twin: str, end: datetime) -> tuple[dict[str, Standing], dict[str, Standing]]:
    """The twin as published, and unrounded as of the end."""
    return client.standing(twin), client.standing(twin, end)


def _bits(standing: Standing | None) -> tuple[object, ...]:
    return () if standing is None else (standing.confidence, standing.log_odds, standing.status)


def _rounded(standing: Standing) -> list[Heard]:
    return sorted(Heard(h.source, h.time, round(h.log_likelihood_ratio, 9)) for h in standing.chain or ())


def _scored(checks: list[Row], standing: Mapping[str, Standing], truth: Mapping[str, bool]) -> Evaluation:
    p = np.array([0.5 if (s := standing.get(item)) is None else s.confidence for item in truth], dtype=np.float64)
    y = np.array([float(holds) for holds in truth.values()])
    scores = {"accuracy": accuracy(p, y), "Brier": brier_of_classes(p, y), "ECE": ece_of_answers(p, y)}
    setting = f"{len(truth)} items"
    return Evaluation(
        name="crowd",
        checks=[*checks, Row("items scored", len(truth))],
        lines=[
            Line(setting, "beliefgraph", scores),
            *(Line(setting, name, given, baseline=True) for name, given in BASELINES),
        ],
        curves=[Curve("the item has the label", p, y)],
    )
