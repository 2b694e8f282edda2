"""The record of an outcome, from the forecasts as they are stored and what came of them. Pure."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

import numpy as np

from beliefgraph.model.forecast import OutcomeRecord, RecordGroup, RecordScores, ReliabilityBin
from beliefgraph.services.forecasts.record import record
from beliefgraph.services.learning.scoring import BINS
from beliefgraph.store.forecasts import Scored

NO_SEGMENT = "none"
MONTH = timedelta(days=30)


def outcome_record(outcome: str, horizon: timedelta, forecasts: Sequence[Scored]) -> OutcomeRecord:
    """The record of the forecasts of an outcome over one horizon."""
    resolved = [one for one in forecasts if one.happened is not None]
    return OutcomeRecord(
        outcome=outcome,
        horizon=horizon,
        open=len(forecasts) - len(resolved),
        scores=scores(resolved),
        by_segment=_by([one.segment or NO_SEGMENT for one in resolved], resolved),
        by_month=_by([f"{one.made_at:%Y-%m}" for one in resolved], resolved),
        by_history=_by([f"{(one.made_at - one.since) // MONTH:02d}" for one in resolved], resolved),
        by_basis=_by([one.basis for one in resolved], resolved),
    )


def scores(resolved: Sequence[Scored]) -> RecordScores:
    """The scores of resolved forecasts."""
    if not resolved:
        return RecordScores(
            count=0,
            reliability=(),
            **dict.fromkeys(("base_rate", "mean", "brier", "skill", "log_loss", "auc", "ece", "sharpness")),
        )
    said = np.array([one.probability for one in resolved])
    found = record(said, np.array([float(bool(one.happened)) for one in resolved]))
    bins = found.bins
    return RecordScores(
        count=found.n,
        base_rate=found.base_rate,
        mean=float(said.mean()),
        brier=found.brier,
        skill=_number(found.skill),
        log_loss=found.log_loss,
        auc=_number(found.auc),
        ece=found.ece,
        sharpness=found.sharpness,
        reliability=tuple(
            ReliabilityBin(
                low=i / BINS, high=(i + 1) / BINS, count=count, said=_number(mean), happened=_number(happened)
            )
            for i, (count, mean, happened) in enumerate(
                zip(bins.count.tolist(), bins.said.tolist(), bins.happened.tolist(), strict=True)
            )
        ),
    )


def _by(names: Sequence[str], resolved: Sequence[Scored]) -> tuple[RecordGroup, ...]:
    groups: dict[str, list[Scored]] = defaultdict(list)
    for name, one in zip(names, resolved, strict=True):
        groups[name].append(one)
    return tuple(RecordGroup(key=name, scores=scores(groups[name])) for name in sorted(groups))


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
