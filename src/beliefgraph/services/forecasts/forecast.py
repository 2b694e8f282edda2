"""One forecast: how likely an outcome is within a horizon, by what was learned, or by what is stated. Pure.

Stated, it is the log-odds of the horizon, plus the logarithm of the odds ratio of the twin's segment, plus the move of
the belief that indicates the outcome from its prior. Learned, it is the hazard of every period along the path on which
nothing happens.
"""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import datetime

import numpy as np

from beliefgraph.errors import NotFound
from beliefgraph.inference.foresight.attribution import attributed
from beliefgraph.inference.foresight.hazards import columns
from beliefgraph.model.belief import BeliefKey, logit, probability
from beliefgraph.model.definition import Definitions
from beliefgraph.model.forecast import Forecast, ForecastBasis, ForecastInput, late
from beliefgraph.model.identity import forecast_id
from beliefgraph.model.outcome import Horizon, LearnedHazard, OutcomeDefinition, Segment
from beliefgraph.model.time import microseconds, moment_of
from beliefgraph.services.forecasts.features import belief_name, states
from beliefgraph.services.forecasts.history import Floats, History
from beliefgraph.store.codec import text
from beliefgraph.store.forecasts import iso

ACTIVITY = "activity"
"""The input that stands for how many events there were and how long ago the first and the last one."""

OWN_COLUMNS = 5
"""Columns of activity, before the further ones and their products with recency."""


def id_of(twin: str, outcome: OutcomeDefinition, horizon: Horizon, made_at: datetime) -> str:
    """The id of the forecast of an outcome in a twin."""
    return forecast_id(twin, outcome.key, iso(horizon.within), text(made_at))


def forecast(
    known: History,
    definitions: Definitions,
    outcome: OutcomeDefinition,
    horizon: Horizon,
    made_at: datetime,
    now: datetime,
) -> Forecast:
    """The forecast of an outcome in a twin at a moment; `not-found` where the twin had no event by then."""
    if known.first is None or known.first > microseconds(made_at):
        raise NotFound("not-found", f"The twin {known.name!r} had no event by {made_at.isoformat()}.", twin=known.name)
    hazard = definitions.hazard_of(outcome)
    segment = segment_of(known, definitions, outcome, made_at)
    if hazard is not None and made_at >= hazard.until:
        basis: ForecastBasis = "learned"
        baseline, inputs = _learned(known, definitions, outcome, hazard, made_at, outcome.periods(horizon.within))
    else:
        basis, baseline, inputs = _stated(known, definitions, outcome, horizon, segment, made_at)
    log_odds = math.fsum([baseline, *(each.contribution for each in inputs)])
    parameters = definitions.parameters
    return Forecast(
        id=id_of(known.twin, outcome, horizon, made_at),
        twin=known.twin,
        outcome=outcome.key,
        horizon=horizon.within,
        made_at=made_at,
        due=made_at + horizon.within,
        probability=probability(log_odds),
        log_odds=log_odds,
        baseline=baseline,
        inputs=tuple(sorted(inputs, key=lambda each: -abs(each.contribution))),
        basis=basis,
        segment=None if segment is None else segment.key,
        rev=known.rev,
        definitions=definitions.number,
        parameters=parameters.number if basis == "learned" and parameters is not None else None,
        since=moment_of(known.first),
        retrospective=late(made_at, outcome.every, now),
    )


def segment_of(
    known: History, definitions: Definitions, outcome: OutcomeDefinition, made_at: datetime
) -> Segment | None:
    """The first segment whose belief the twin held by a moment; None if it is in none."""
    for segment in outcome.segments:
        found = _log_odds(known, definitions, segment.belief, made_at)
        if found >= logit(segment.at_least):
            return segment
    return None


def _log_odds(known: History, definitions: Definitions, belief: BeliefKey, at: datetime) -> float:
    """The log-odds that had been published of a belief by a moment; its prior where nothing had."""
    series = known.beliefs.get(belief)
    found = np.nan if series is None else float(series.at(np.array([microseconds(at)]))[0])
    return _prior(definitions, belief) if math.isnan(found) else found


def _prior(definitions: Definitions, belief: BeliefKey) -> float:
    prior = definitions.attribute(belief.attribute).prior_of(belief.value)
    return 0.0 if prior is None else logit(prior)


def _stated(
    known: History,
    definitions: Definitions,
    outcome: OutcomeDefinition,
    horizon: Horizon,
    segment: Segment | None,
    made_at: datetime,
) -> tuple[ForecastBasis, float, list[ForecastInput]]:
    inputs: list[ForecastInput] = []
    basis: ForecastBasis = "stated"
    if segment is not None:
        basis = "segment"
        inputs.append(ForecastInput(input=f"segment {segment.key}", contribution=math.log(segment.odds_ratio)))
    if outcome.indicator is not None:
        found = _log_odds(known, definitions, outcome.indicator, made_at)
        moved = found - _prior(definitions, outcome.indicator)
        if moved:
            basis = "belief"
            inputs.append(ForecastInput(input=belief_name(outcome.indicator), value=found, contribution=moved))
    return basis, logit(horizon.expected), inputs


def _learned(
    known: History,
    definitions: Definitions,
    outcome: OutcomeDefinition,
    hazard: LearnedHazard,
    made_at: datetime,
    periods: int,
) -> tuple[float, list[ForecastInput]]:
    """The log-odds at the means of all columns, and what each input adds, over the periods in which nothing happens."""
    state = states(known, outcome, definitions, hazard.columns, np.array([microseconds(made_at)]))
    slopes, centers = np.array(hazard.slopes), np.array(hazard.centers)
    paths = np.array([columns(state.later(float(k)))[0] for k in range(periods)])
    owners = [ACTIVITY] * OWN_COLUMNS + [*hazard.columns] * 2
    names = list(dict.fromkeys(owners))
    added = _by_input((paths - centers) * slopes, owners, names)
    at_means = np.full(periods, hazard.intercept + float(centers @ slopes))
    baseline, contributions = attributed(at_means, added)
    values: defaultdict[str, float | None] = defaultdict(lambda: None)
    values |= dict(zip(hazard.columns, state.further[0].tolist(), strict=True))
    return baseline, [
        ForecastInput(input=name, value=values[name], contribution=float(each))
        for name, each in zip(names, contributions, strict=True)
        if each
    ]


def _by_input(added: Floats, owners: list[str], names: list[str]) -> Floats:
    """What the columns of each input add together, shape [periods, inputs]."""
    place = {name: i for i, name in enumerate(names)}
    found = np.zeros((len(added), len(names)))
    for column, owner in enumerate(owners):
        found[:, place[owner]] += added[:, column]
    return found
