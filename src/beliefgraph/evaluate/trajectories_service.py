"""The same simulated cohorts through a running service: signals sent as events, stages learned, trajectories read.

The service learns from the twins of one cohort, which ends before the other begins; those of the other are read as of
weeks of their life, and none of their later evidence affects the answers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from beliefgraph.evaluate.client import Client
from beliefgraph.evaluate.cohort import STAGES, WEEKS, Cohort, simulate
from beliefgraph.evaluate.replay import LearnSources, Progress, deliver, erased_after
from beliefgraph.evaluate.report import Evaluation, Row, exactly
from beliefgraph.evaluate.trajectories import AHEAD, ASKED_AT, Floats, mean_loss, scored
from beliefgraph.model.catalog import Catalog

TWINS = 300
KEY = "buying"
WEEK = timedelta(days=7)
BEGIN = datetime(2023, 1, 2, tzinfo=UTC)
BETWEEN = BEGIN + WEEKS * WEEK
"""When the first cohort ends and the second begins."""

CATALOG = Catalog.model_validate(
    {
        "catalog": "cohort",
        "version": "1.0.0",
        "attributes": [
            {
                "key": "deal.stage",
                "domain": "deal",
                "values": dict(zip(STAGES, (0.92, 0.02, 0.02, 0.02, 0.01), strict=True)),
                "statement": "The deal is in {value}.",
            }
        ],
        "events": [
            {
                "type": "signal",
                "summary": "A sign of a stage.",
                "bears_on": [
                    {"attribute": "deal.stage", "value_from": "data.stage", "log_likelihood_ratio": math.log(6.0)}
                ],
            }
        ],
        "trajectories": [
            {
                "key": KEY,
                "title": "Buying",
                "attribute": "deal.stage",
                "stages": [
                    {"value": stage, "stay": "P56D", "back": 0.1 if 0 < place < len(STAGES) - 1 else 0.0}
                    for place, stage in enumerate(STAGES)
                ],
            }
        ],
    }
)
"""What a definition would state, with the same errors as the prior of the run without a service."""


def evaluate(
    client: Client,
    twins: int,
    seed: int,
    run_name: str,
    progress: Progress,
    *,
    learn: LearnSources,
    keep: bool = False,
    asked_about: int | None = None,
) -> Evaluation:
    """Deliver both cohorts, learn from the first, query the second, and score against simpler forecasts.

    `asked_about` is the number of twins of the second; left out: as many as of the first.
    """
    client.publish(CATALOG)
    known, tested = simulate(twins, seed), simulate(asked_about or twins, seed + 1)
    names = {
        "known": [f"{run_name}-known-{n}" for n in range(twins)],
        "tested": [f"{run_name}-{n}" for n in range(len(tested.purchase))],
    }
    with nullcontext() if keep else erased_after(client, [*names["known"], *names["tested"]], progress):
        for which, cohort, begin in (("known", known, BEGIN), ("tested", tested, BETWEEN)):
            count = int((cohort.signal >= 0).sum())
            deliver(client, _events(cohort, names[which], begin), count, progress, f"Signals, {which}")
        learn(before=BETWEEN, trajectories=True)
        asked = [BETWEEN + week * WEEK for week in ASKED_AT]
        found = []
        for n, name in enumerate(names["tested"], start=1):
            found.append(client.trajectory(name, KEY, asked))
            progress("Trajectories asked", n, len(names["tested"]))
    loss, (interval, none) = mean_loss(_given(found, tested)), _passages(found, tested)
    learned = sum(each["parameters"] != "stated" for of_twin in found for each in of_twin)
    typical = [each["velocity"] - each["typicalVelocity"] for of_twin in found for each in of_twin if learned]
    checks = [
        exactly("answers by what was learned", learned, len(found) * len(ASKED_AT)),
        Row("mean velocity beyond that of the cohort, stages in 30 days", float(np.mean(typical)) if typical else 0.0),
        Row("answers without a time to purchase for twins that had not purchased", none),
    ]
    return scored(known, tested, loss, interval, checks, f", {len(found):,} twins through the service")


def _events(cohort: Cohort, names: list[str], begin: datetime) -> Iterator[dict[str, Any]]:
    """The signals of a cohort as CloudEvents, twin by twin."""
    for place, name in enumerate(names):
        for week in np.flatnonzero(cohort.signal[place] >= 0).tolist():
            yield {
                "specversion": "1.0",
                "id": f"{name}-{week}",
                "source": "cohort",
                "type": "signal",
                "time": (begin + week * WEEK).isoformat(),
                "twin": name,
                "data": {"stage": STAGES[cohort.signal[place, week]]},
            }


def _given(found: list[list[dict[str, Any]]], tested: Cohort) -> Floats:
    """The probability given to the actual stage six weeks later, for each twin and week."""
    given = []
    for place, of_twin in enumerate(found):
        for week, each in zip(ASKED_AT, of_twin, strict=True):
            then = BETWEEN + (week + AHEAD) * WEEK
            point = next(one for one in each["ahead"] if datetime.fromisoformat(one["time"]) == then)
            shares = {one["stage"]: one["probability"] for one in point["stages"]}
            given.append(shares[STAGES[tested.stage[place, week + AHEAD]]])
    return np.array(given)


def _passages(found: list[list[dict[str, Any]]], tested: Cohort) -> tuple[tuple[float, float], int]:
    """Scores of the intervals of the time to purchase of twins that have not purchased.

    Coverage and mean width in weeks, and how often there was none, because the twin was believed to have purchased.
    """
    covered, widths, none = [], [], 0
    for place, of_twin in enumerate(found):
        for week, each in zip(ASKED_AT, of_twin, strict=True):
            time = tested.purchase[place] - week
            if time <= 0:
                continue
            last = next((one for one in each["times"] if one["stage"] == STAGES[-1]), None)
            if last is None:
                none += 1
                continue
            covered.append(last["low"] <= time <= last["high"])
            widths.append(last["high"] - last["low"])
    return (float(np.mean(covered)), float(np.mean(widths))), none
