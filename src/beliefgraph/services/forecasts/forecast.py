"""One forecast: how likely an outcome is within a horizon, by what was learned, or by what is stated. Pure.

Stated, it is the log-odds of the horizon, plus the logarithm of the odds ratio of the twin's segment, plus the move of
the belief that indicates the outcome from its prior. Learned, it is the hazard of every period of the horizon
(`features.py`).
"""

from __future__ import annotations

import math
from datetime import datetime

import numpy as np

from beliefgraph.errors import NotFound
from beliefgraph.inference.foresight.attribution import attributed
from beliefgraph.inference.foresight.hazards import columns
from beliefgraph.model.belief import logit, probability
from beliefgraph.model.definition import Definitions
from beliefgraph.model.forecast import Forecast, ForecastBasis, ForecastInput, late
from beliefgraph.model.identity import forecast_id
from beliefgraph.model.outcome import Horizon, LearnedHazard, OutcomeDefinition, Segment
from beliefgraph.model.time import microseconds, moment_of
from beliefgraph.services.forecasts.features import AHEAD, belief_name, believed, prior_of, states
from beliefgraph.services.forecasts.history import Floats, History, Ints
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
    moments = np.array([microseconds(made_at)])
    number = int(segments_at(known, definitions, outcome, moments)[0])
    segment = outcome.segments[number] if number >= 0 else None
    if hazard is not None and made_at >= hazard.until:
        basis: ForecastBasis = "learned"
        baseline, inputs = _learned(known, definitions, outcome, hazard, moments, outcome.periods(horizon.within))
    else:
        basis, baseline, inputs = _stated(known, definitions, outcome, horizon, segment, moments)
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


def segments_at(known: History, definitions: Definitions, outcome: OutcomeDefinition, moments: Ints) -> Ints:
    """The number of the first segment whose belief the twin held by each moment; −1 where it is in none."""
    found = np.full(len(moments), -1)
    for number, segment in reversed([*enumerate(outcome.segments)]):
        found[believed(known, definitions, segment.belief, moments) >= logit(segment.at_least)] = number
    return found


def stated_at(
    known: History, definitions: Definitions, outcome: OutcomeDefinition, horizon: Horizon, moments: Ints
) -> Floats:
    """The log-odds of the outcome within a horizon from each moment, as stated."""
    ratios = np.log([*(segment.odds_ratio for segment in outcome.segments), 1.0])  # −1 is the last
    return np.asarray(
        logit(horizon.expected)
        + ratios[segments_at(known, definitions, outcome, moments)]
        + _indicated(known, definitions, outcome, moments)
    )


def _indicated(known: History, definitions: Definitions, outcome: OutcomeDefinition, moments: Ints) -> Floats:
    """By how much the belief that indicates the outcome had moved from its prior by each moment."""
    if outcome.indicator is None:
        return np.zeros(len(moments))
    at_prior = prior_of(definitions, outcome.indicator)
    return believed(known, definitions, outcome.indicator, moments) - at_prior


def _stated(
    known: History,
    definitions: Definitions,
    outcome: OutcomeDefinition,
    horizon: Horizon,
    segment: Segment | None,
    moments: Ints,
) -> tuple[ForecastBasis, float, list[ForecastInput]]:
    inputs: list[ForecastInput] = []
    basis: ForecastBasis = "stated"
    if segment is not None:
        basis = "segment"
        inputs.append(ForecastInput(input=f"segment {segment.key}", contribution=math.log(segment.odds_ratio)))
    if outcome.indicator is not None:
        moved = float(_indicated(known, definitions, outcome, moments)[0])
        if moved:
            basis, found = "belief", prior_of(definitions, outcome.indicator) + moved
            inputs.append(ForecastInput(input=belief_name(outcome.indicator), value=found, contribution=moved))
    return basis, logit(horizon.expected), inputs


def _learned(
    known: History,
    definitions: Definitions,
    outcome: OutcomeDefinition,
    hazard: LearnedHazard,
    moments: Ints,
    periods: int,
) -> tuple[float, list[ForecastInput]]:
    """The log-odds at the means of all columns, and what each input adds, over the periods of the horizon."""
    ahead, each = np.arange(periods), np.repeat(moments, periods)
    state = states(known, outcome, definitions, hazard.columns, each, ahead)
    x = columns(state if AHEAD in hazard.columns else state.later(ahead.astype(np.float64)))
    slopes, centers = np.array(hazard.slopes), np.array(hazard.centers)
    products = [ACTIVITY if name == AHEAD else name for name in hazard.columns]
    owners = [*[ACTIVITY] * OWN_COLUMNS, *hazard.columns, *products]
    names = list(dict.fromkeys(owners))
    added = _by_input((x - centers) * slopes, owners, names)
    at_means = np.full(periods, hazard.intercept + float(centers @ slopes))
    if AHEAD in names:  # how far ahead a period is says nothing of the twin
        own = names.index(AHEAD)
        at_means += added[:, own]
        names, added = names[:own] + names[own + 1 :], np.delete(added, own, axis=1)
    baseline, contributions = attributed(at_means, added)
    values = dict(zip(hazard.columns, state.further[0].tolist(), strict=True))
    return baseline, [
        ForecastInput(input=name, value=values.get(name), contribution=float(each))
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
