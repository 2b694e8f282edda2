"""One forecast: the probability of an outcome within a horizon, from what was learned or what is stated. Pure.

If learned, it comes from the hazard of every period of the horizon (`features.py`). Without a hazard, it is the base
rate of the twin's segment plus the move of the outcome's indicator belief from its prior, in log-odds. Without a
learned base rate, the stated one is used: that of the horizon, with the odds ratio of the segment.

For an outcome with grades, all of this is about the grades that count as having happened; the distribution over all
grades follows from it (`graded.py`).
"""

from __future__ import annotations

import math
from datetime import datetime

import numpy as np

from beliefgraph.errors import NotFound
from beliefgraph.inference.foresight.attribution import attributed
from beliefgraph.inference.foresight.hazards import columns
from beliefgraph.inference.foresight.timing import by_hazards, through
from beliefgraph.model.belief import logit, probability
from beliefgraph.model.definition import Definitions
from beliefgraph.model.forecast import Forecast, ForecastBasis, ForecastInput, late
from beliefgraph.model.grade import LearnedGrades
from beliefgraph.model.identity import forecast_id
from beliefgraph.model.outcome import Held, Horizon, LearnedHazard, OutcomeDefinition, Segment
from beliefgraph.model.segment import LearnedRate, SegmentDefinition
from beliefgraph.model.time import microseconds, moment_of
from beliefgraph.services.forecasts.features import AHEAD, belief_name, believed, by_input, prior_of, states
from beliefgraph.services.forecasts.graded import distribution, from_columns
from beliefgraph.services.forecasts.history import OPEN, Bools, Floats, History, Ints
from beliefgraph.store.codec import text
from beliefgraph.store.forecasts import iso


def id_of(twin: str, outcome: OutcomeDefinition, horizon: Horizon, made_at: datetime) -> str:
    """The id of the forecast of an outcome for a twin."""
    return forecast_id(twin, outcome.key, iso(horizon.within), text(made_at))


def forecast(
    known: History,
    definitions: Definitions,
    outcome: OutcomeDefinition,
    horizon: Horizon,
    made_at: datetime,
    now: datetime,
) -> Forecast:
    """The forecast of an outcome for a twin at a moment; `not-found` if the twin had no event by then."""
    if known.first is None or known.first > microseconds(made_at):
        raise NotFound("not-found", f"The twin {known.name!r} had no event by {made_at.isoformat()}.", twin=known.name)
    hazard = definitions.hazard_of(outcome)
    moments = np.array([microseconds(made_at)])
    segment = segment_of(outcome, definitions, int(segments_at(known, definitions, outcome, moments)[0]))
    rate = _rate_at(definitions, outcome, horizon, segment, made_at)
    learned: LearnedHazard | LearnedGrades | LearnedRate | None = rate
    grades = definitions.grades_of(outcome, horizon.within)
    curve: Floats | None = None
    if grades is not None and made_at >= grades.until:
        basis: ForecastBasis = "learned"
        learned = grades
        baseline, inputs = from_columns(known, definitions, outcome, grades, moments)
    elif hazard is not None and made_at >= hazard.until:
        basis, learned = "learned", hazard
        baseline, inputs, curve = _learned(
            known, definitions, outcome, hazard, moments, outcome.periods(horizon.within)
        )
    else:
        basis, baseline, inputs = _by_rate(known, definitions, outcome, horizon, segment, moments, rate)
        grades = None
    log_odds = math.fsum([baseline, *(each.contribution for each in inputs)])
    if curve is None and outcome.grades is None:
        curve = _by_horizons(definitions, outcome, horizon, segment, made_at, log_odds)
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
        cumulative=() if curve is None else _ending(curve, probability(log_odds)),
        grades=() if outcome.grades is None else distribution(outcome.grades, grades, log_odds),
        basis=basis,
        segment=segment,
        rev=known.rev,
        definitions=definitions.number,
        parameters=parameters.number if learned is not None and parameters is not None else None,
        twins=None if learned is None else learned.twins,
        since=moment_of(known.first),
        retrospective=late(made_at, outcome.every, now),
    )


def _rate_at(
    definitions: Definitions, outcome: OutcomeDefinition, horizon: Horizon, segment: str | None, made_at: datetime
) -> LearnedRate | None:
    """The learned base rate of a segment, for forecasts from the end of its training data on."""
    rate = definitions.rate_of(outcome, horizon.within, segment)
    return None if rate is None or made_at < rate.until else rate


def _base(
    definitions: Definitions, outcome: OutcomeDefinition, horizon: Horizon, segment: str | None, made_at: datetime
) -> float:
    """The log-odds of the base rate of a segment: learned, else stated."""
    rate = _rate_at(definitions, outcome, horizon, segment, made_at)
    if rate is not None:
        return logit(rate.rate)
    own = next((each for each in outcome.segments if each.key == segment), None)
    return logit(horizon.expected) + (0.0 if own is None else math.log(own.odds_ratio))


def _by_horizons(
    definitions: Definitions,
    outcome: OutcomeDefinition,
    horizon: Horizon,
    segment: str | None,
    made_at: datetime,
    log_odds: float,
) -> Floats:
    """The probability of the outcome by the end of each period, through the base rates of all horizons up to this one.

    The log-odds of the other horizons move from their base rates as much as those of this one.
    """
    shorter = sorted((each for each in outcome.horizons if each.within <= horizon.within), key=lambda each: each.within)
    moved = log_odds - _base(definitions, outcome, horizon, segment, made_at)
    within = [probability(_base(definitions, outcome, each, segment, made_at) + moved) for each in shorter]
    return through(np.array([outcome.periods(each.within) for each in shorter]), np.array(within))


def _ending(curve: Floats, last: float) -> tuple[float, ...]:
    """A curve that ends exactly with the given probability."""
    return (*np.minimum(curve[:-1], last).tolist(), last)


def segment_of(outcome: OutcomeDefinition, definitions: Definitions, number: int) -> str | None:
    """The key of a segment by its number, as `segments_at` gives it."""
    return definitions.segment_keys(outcome)[number] if number >= 0 else None


def segments_at(known: History, definitions: Definitions, outcome: OutcomeDefinition, moments: Ints) -> Ints:
    """The number of the first segment that the twin was in at each moment, by its published beliefs; −1 if in none.

    The segments of the outcome come first, then those of all outcomes.
    """

    def held(each: Held) -> Bools:
        return believed(known, definitions, each.belief, moments) >= logit(each.at_least)

    known_segments: list[Segment | SegmentDefinition] = [*outcome.segments, *definitions.segments.values()]
    found = np.full(len(moments), -1)
    for number, segment in reversed([*enumerate(known_segments)]):
        inside = np.ones(len(moments), dtype=np.bool_)
        for each in segment.holds:
            inside &= held(each)
        for each in segment.lacks:
            inside &= ~held(each)
        found[inside] = number
    return found


def rates_at(
    known: History, definitions: Definitions, outcome: OutcomeDefinition, horizon: Horizon, moments: Ints
) -> Floats:
    """The log-odds of the outcome within a horizon from each moment, by base rates: learned if in force, else stated.

    A learned base rate counts from the end of its training data on.
    """
    keys = definitions.segment_keys(outcome)
    stated = np.full(len(keys) + 1, logit(horizon.expected))
    stated[: len(outcome.segments)] += np.log([segment.odds_ratio for segment in outcome.segments])
    learned, since = stated.copy(), np.full(len(stated), OPEN)
    for number, key in enumerate((*keys, None)):  # −1, of twins in no segment, is the last
        rate = definitions.rate_of(outcome, horizon.within, key)
        if rate is not None:
            learned[number], since[number] = logit(rate.rate), microseconds(rate.until)
    segment = segments_at(known, definitions, outcome, moments)
    base = np.where(moments >= since[segment], learned[segment], stated[segment])
    return np.asarray(base + indicated(known, definitions, outcome, moments))


def indicated(known: History, definitions: Definitions, outcome: OutcomeDefinition, moments: Ints) -> Floats:
    """The move of the outcome's indicator belief from its prior by each moment, in log-odds."""
    if outcome.indicator is None:
        return np.zeros(len(moments))
    at_prior = prior_of(definitions, outcome.indicator)
    return believed(known, definitions, outcome.indicator, moments) - at_prior


def _by_rate(
    known: History,
    definitions: Definitions,
    outcome: OutcomeDefinition,
    horizon: Horizon,
    segment: str | None,
    moments: Ints,
    rate: LearnedRate | None,
) -> tuple[ForecastBasis, float, list[ForecastInput]]:
    """By the learned or stated base rate of the segment, and the outcome's indicator belief."""
    inputs: list[ForecastInput] = []
    basis: ForecastBasis = "stated" if rate is None else "tenant"
    baseline = logit(horizon.expected if rate is None else rate.tenant)
    own = next((each for each in outcome.segments if each.key == segment), None)
    if rate is not None and (segment is not None or rate.rate != rate.tenant):
        name = "no segment" if segment is None else f"segment {segment}"
        inputs.append(ForecastInput(input=name, value=rate.rate, contribution=logit(rate.rate) - baseline))
        basis = basis if segment is None else "segment"
    elif rate is None and own is not None:
        basis = "segment"
        inputs.append(ForecastInput(input=f"segment {own.key}", contribution=math.log(own.odds_ratio)))
    if outcome.indicator is not None:
        moved = float(indicated(known, definitions, outcome, moments)[0])
        if moved:
            basis, found = "belief", prior_of(definitions, outcome.indicator) + moved
            inputs.append(ForecastInput(input=belief_name(outcome.indicator), value=found, contribution=moved))
    return basis, baseline, inputs


def _learned(
    known: History,
    definitions: Definitions,
    outcome: OutcomeDefinition,
    hazard: LearnedHazard,
    moments: Ints,
    periods: int,
) -> tuple[float, list[ForecastInput], Floats]:
    """The log-odds at the means of all columns, the contribution of each input over the horizon, and the curve."""
    ahead, each = np.arange(periods), np.repeat(moments, periods)
    state = states(known, outcome, definitions, hazard.columns, each, ahead)
    x = columns(state if AHEAD in hazard.columns else state.later(ahead.astype(np.float64)))
    slopes, centers = np.array(hazard.slopes), np.array(hazard.centers)
    names, added = by_input(hazard.columns, (x - centers) * slopes)
    at_means = np.full(periods, hazard.intercept + float(centers @ slopes))
    curve = by_hazards(at_means + added.sum(axis=1))
    if AHEAD in names:  # how far ahead a period is does not depend on the twin
        own = names.index(AHEAD)
        at_means += added[:, own]
        names, added = names[:own] + names[own + 1 :], np.delete(added, own, axis=1)
    baseline, contributions = attributed(at_means, added)
    values = dict(zip(hazard.columns, state.further[0].tolist(), strict=True))
    inputs = [
        ForecastInput(input=name, value=values.get(name), contribution=float(each))
        for name, each in zip(names, contributions, strict=True)
        if each
    ]
    return baseline, inputs, curve
