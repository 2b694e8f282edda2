"""The record of an outcome, from its stored forecasts and their resolutions. Pure.

Forecasts are scored when their horizon is over: otherwise, of those made together, the ones whose outcome comes early
would be scored before the ones whose outcome does not come.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

import numpy as np

from beliefgraph.model.forecast import (
    GradeScores,
    GradeShare,
    OutcomeRecord,
    RecordGroup,
    RecordScores,
    ReliabilityBin,
    TimePoint,
    TimeScores,
)
from beliefgraph.services.forecasts.grading import grading
from beliefgraph.services.forecasts.record import record
from beliefgraph.services.forecasts.timing import timing
from beliefgraph.services.learning.scoring import BINS
from beliefgraph.store.forecasts import Scored

NO_SEGMENT = "none"
MONTH = timedelta(days=30)
DAY = timedelta(days=1)


def outcome_record(outcome: str, horizon: timedelta, forecasts: Sequence[Scored]) -> OutcomeRecord:
    """The record of the forecasts of an outcome over one horizon."""
    known = [one for one in forecasts if one.happened is not None]
    over = [one for one in known if one.over]
    resolved = [one for one in over if one.grade is not None or not one.grades]
    return OutcomeRecord(
        outcome=outcome,
        horizon=horizon,
        open=len(forecasts) - len(known),
        early=len(known) - len(over),
        ungraded=len(over) - len(resolved),
        scores=scores(resolved, horizon),
        by_segment=_by([one.segment or NO_SEGMENT for one in resolved], resolved, horizon),
        by_month=_by([f"{one.made_at:%Y-%m}" for one in resolved], resolved, horizon),
        by_history=_by([f"{(one.made_at - one.since) // MONTH:02d}" for one in resolved], resolved, horizon),
        by_basis=_by([one.basis for one in resolved], resolved, horizon),
    )


def scores(resolved: Sequence[Scored], horizon: timedelta) -> RecordScores:
    """The scores of resolved forecasts over a horizon."""
    if not resolved:
        return RecordScores(
            count=0,
            reliability=(),
            **dict.fromkeys(("base_rate", "mean", "brier", "skill", "log_loss", "auc", "ece", "sharpness")),
        )
    probabilities = np.array([one.probability for one in resolved])
    found = record(probabilities, np.array([float(bool(one.happened)) for one in resolved]))
    bins = found.bins
    return RecordScores(
        count=found.n,
        base_rate=found.base_rate,
        mean=float(probabilities.mean()),
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
                zip(bins.count.tolist(), bins.predicted.tolist(), bins.happened.tolist(), strict=True)
            )
        ),
        times=_times([one for one in resolved if one.cumulative], horizon),
        grades=_grades([one for one in resolved if one.grades]),
    )


def _times(resolved: Sequence[Scored], horizon: timedelta) -> TimeScores | None:
    """The scores of forecasts as distributions over time."""
    if not resolved:
        return None
    periods = len(resolved[0].cumulative)
    length = horizon / periods
    came = [
        -((one.made_at - one.at) // length) - 1 if one.happened and one.at is not None else periods for one in resolved
    ]
    found = timing(np.array([one.cumulative for one in resolved]), np.array(came))
    return TimeScores(
        count=found.n,
        crps=found.crps * (length / DAY),
        skill=_number(found.skill),
        covered=found.covered,
        claimed=found.claimed,
        curve=tuple(
            TimePoint(within=(k + 1) * length, said=predicted, happened=happened)
            for k, (predicted, happened) in enumerate(
                zip(found.predicted.tolist(), found.happened.tolist(), strict=True)
            )
        ),
    )


def _grades(resolved: Sequence[Scored]) -> GradeScores | None:
    """The scores of forecasts as distributions over grades."""
    if not resolved:
        return None
    names = [each.grade for each in resolved[0].grades]
    probabilities = np.array([[each.probability for each in one.grades] for one in resolved])
    found = grading(probabilities, np.array([names.index(one.grade or "") for one in resolved]))
    return GradeScores(
        count=found.n,
        rps=found.rps,
        skill=_number(found.skill),
        log_loss=found.log_loss,
        ece=found.ece,
        shares=tuple(
            GradeShare(grade=name, said=mean, came=share)
            for name, mean, share in zip(names, found.predicted.tolist(), found.came.tolist(), strict=True)
        ),
    )


def _by(names: Sequence[str], resolved: Sequence[Scored], horizon: timedelta) -> tuple[RecordGroup, ...]:
    groups: dict[str, list[Scored]] = defaultdict(list)
    for name, one in zip(names, resolved, strict=True):
        groups[name].append(one)
    return tuple(RecordGroup(key=name, scores=scores(groups[name], horizon)) for name in sorted(groups))


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
