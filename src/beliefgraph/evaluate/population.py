"""Populations of cities according to editors of an encyclopedia: which value is right where they disagree?

A belief is a value of a property of a city; values are exclusive and not known in advance. The reliability of 4,264
editors is learned from their claims, without known truth.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

from beliefgraph.evaluate.client import Client
from beliefgraph.evaluate.data import Claim
from beliefgraph.evaluate.replay import LearnSources, Progress, deliver, erased_after
from beliefgraph.evaluate.report import Evaluation, Line, Row, at_least, exactly
from beliefgraph.model.attribute import OTHER
from beliefgraph.model.catalog import Catalog

ATTRIBUTE = "world.figure"
CERTAIN = 12.0
"""Log-likelihood ratio of a claim of an editor who is always right."""

PARTS = 60
"""Number of twins that the cities are divided among, so that a batch of claims concerns few of them."""

START = datetime(2026, 1, 1, tzinfo=UTC)
MUST = 0.84

CATALOG = Catalog.model_validate(
    {
        "catalog": "population",
        "version": "1.0.0",
        "description": "Figures about cities, from editors of whom nothing is known but whether they have an account.",
        "attributes": [
            {"key": ATTRIBUTE, "domain": "world", "open_values": {"other": 0.05}, "statement": "{subject} is {value}"}
        ],
        "events": [
            {
                "type": "figure.claimed",
                "summary": "an editor wrote a figure",
                "source": "data.editor",
                "source_kind": "data.anonymous ? 'anonymous' : 'registered'",
                "bears_on": [
                    {
                        "attribute": ATTRIBUTE,
                        "subject": "data.subject",
                        "value_from": "data.value",
                        "log_likelihood_ratio": CERTAIN,
                    }
                ],
            }
        ],
    }
)

BASELINES: Sequence[tuple[str, float]] = (
    ("majority", 0.8073), ("TruthFinder", 0.8372), ("ACCU", 0.8140), ("CRH", 0.7874)
)  # fmt: skip
"""From the data's README."""


def evaluate(
    client: Client,
    claims: Sequence[Claim],
    truth: Mapping[str, str],
    run: str,
    progress: Progress,
    *,
    learn: LearnSources,
    keep: bool = False,
) -> Evaluation:
    """Send the claims, learn the editors, and compare the most likely value with the truth where it is known."""
    ordered = sorted(claims, key=lambda claim: part_of(claim.subject))
    twins = [twin_of(part, run) for part in range(PARTS)]
    client.publish(CATALOG)
    with erased_after(client, [] if keep else twins, progress):
        sent = deliver(client, events(ordered, run), len(ordered), progress, "Claims")
        learn()
        likeliest: dict[str, str] = {}
        available = beliefs = 0
        asked = sorted({part_of(subject) for subject in truth})
        for done, part in enumerate(asked, start=1):
            for subject, values in client.values(twin_of(part, run)).items():
                beliefs += len(values)
                sure = {
                    v: s.confidence for v, s in values.items() if s.confidence is not None and v not in (None, OTHER)
                }
                available += len(sure)
                if sure:
                    likeliest[subject] = str(max(sorted(sure, key=str), key=lambda v: sure[v]))
            progress("Values", done, len(asked))
    right = sum(likeliest.get(subject) == value for subject, value in truth.items()) / len(truth)
    return Evaluation(
        name="population",
        checks=[
            exactly("claims taken in", sent["accepted"], len(claims)),
            Row("editors learned about", len({claim.editor for claim in claims})),
            Row("values with a confidence, in the twins asked", available),
            exactly("figures scored", len(truth), 301) if len(claims) > 40_000 else Row("figures scored", len(truth)),
            at_least("accuracy", right, MUST),
        ],
        lines=[
            Line(f"{len(truth)} figures", "beliefgraph", {"accuracy": right}),
            *(Line(f"{len(truth)} figures", name, {"accuracy": it}, baseline=True) for name, it in BASELINES),
        ],
        curves=[],
    )


def part_of(subject: str) -> int:
    """The number of the twin that a figure belongs to."""
    return crc32(subject.encode()) % PARTS


def twin_of(part: int, run: str) -> str:
    """The name of a twin of a run."""
    return f"cities-{part:02}-{run}"


def events(claims: Iterable[Claim], run: str) -> Iterator[dict[str, Any]]:
    """Claims as CloudEvents, in the order given; the real dates are not known, so all are of one day."""
    for number, claim in enumerate(claims):
        yield {
            "specversion": "1.0",
            "type": "figure.claimed",
            "source": "urn:beliefgraph:population",
            "id": f"{claim.subject}-{claim.editor}",
            "time": (START + timedelta(seconds=number)).isoformat(),
            "twin": twin_of(part_of(claim.subject), run),
            "data": {
                "subject": claim.subject,
                "value": claim.value,
                "editor": claim.editor,
                "anonymous": claim.anonymous,
            },
        }
