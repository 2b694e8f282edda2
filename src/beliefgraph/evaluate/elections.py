"""Polls as evidence: the catalog, the events, and the same model as one formula to check against.

A twin is one election, the races of one day: each race is a belief, and all are read at the same moments, so one query
answers for every race of the day.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np

from beliefgraph.evaluate.client import NOTHING, Learned
from beliefgraph.evaluate.data import Poll, Race
from beliefgraph.inference.random_effects import averaged
from beliefgraph.model.catalog import Catalog
from beliefgraph.services.interpretation.bearings import MAX_LOG_LIKELIHOOD_RATIO

ATTRIBUTE = "world.candidate_1_wins"
LAST_TRAIN_YEAR = 2008
LAST_TEST_YEAR = 2014

SCALE = 0.265
"""Log-odds per point of margin for a poll without sampling error."""

HALF_WEIGHT = 100.0
"""Sample size at which a poll has half of that weight."""

HALF_LIFE = timedelta(days=60)

CORRELATION = 0.35
"""Share of their error that the polls of a race have in common, fitted with the others. The service learns it itself,
from the races up to 2008."""

OFFICIAL = "official result"
"""The source of the results, which counts as always right."""

RESULT = MAX_LOG_LIKELIHOOD_RATIO
"""Log-likelihood ratio of the official result: the maximum of one event."""

CATALOG = Catalog.model_validate(
    {
        "catalog": "polls",
        "version": "1.0.0",
        "description": f"""\
Who wins a race of two candidates, from polls. A poll's log-likelihood ratio is {SCALE} times its margin in points
times n / (n + {HALF_WEIGHT:.0f}), n being its sample size; it halves in {HALF_LIFE.days} days. The polls of one race
share their origin, the race: all pollsters may misjudge it alike. Those of one year share an error across
all its races.
The numbers were chosen on the races up to {LAST_TRAIN_YEAR} alone, as they stood 1 and 10 days before the election:
half-lives of 7, 14, 30 and 60 days, half weights at 100, 200, 400 and 800 people and correlations in steps of 0.05 were
tried, and for each the scale fitted by logistic regression without an intercept (maximum likelihood) on the evidence
of each race, aged, summed and divided by 1 + (n - 1) times the correlation, {CORRELATION} in the end.
`beliefgraph evaluate polls --fit` does it again.""",
        "attributes": [
            {
                "key": ATTRIBUTE,
                "domain": "world",
                "prior": 0.5,
                "statement": "{subject}: the first candidate wins",
                "description": "The first candidate is the Democrat in every race of this data.",
            }
        ],
        "events": [
            {
                "type": "poll.published",
                "summary": "a poll was published",
                "source": "data.pollster",
                "verbatim": "data.said",
                "shared_origin": "'race:' + data.race",
                "shared_across": "'year:' + string(data.year)",
                "bears_on": [
                    {
                        "attribute": ATTRIBUTE,
                        "subject": "data.race",
                        "log_likelihood_ratio": f"{SCALE} * double(data.margin) * double(data.sample_size)"
                        f" / (double(data.sample_size) + {HALF_WEIGHT})",
                        "half_life": HALF_LIFE,
                    }
                ],
            },
            {
                "type": "race.decided",
                "summary": "the official result",
                "source": f"'{OFFICIAL}'",
                "bears_on": [
                    {
                        "attribute": ATTRIBUTE,
                        "subject": "data.race",
                        "log_likelihood_ratio": f"data.won ? {RESULT} : -{RESULT}",
                    }
                ],
            },
        ],
    }
)


def twin_of(election: date, run: str) -> str:
    """The name of the twin of an election, unique to a run."""
    return f"election-{election}-{run}"


def before(election: date, days: int) -> datetime:
    """The moment that many days before an election; polls published on that day count."""
    return _noon(election - timedelta(days=days))


def events(polls: Iterable[Poll], races: Sequence[Race], run: str) -> Iterator[dict[str, Any]]:
    """Every poll, and every result on the day after the election, as CloudEvents in order of their days."""
    by_id = {race.id: race for race in races}
    dated = [(poll.day, _poll(poll, by_id[poll.race], run)) for poll in polls]
    dated += [(race.election + timedelta(days=1), _result(race, run)) for race in races]
    dated.sort(key=lambda each: each[0])
    return (event for _, event in dated)


def visible(polls: Iterable[Poll], at: datetime) -> list[Poll]:
    """The polls that were published by a moment."""
    return [poll for poll in polls if published(poll) <= at]


def published(poll: Poll) -> datetime:
    """When a poll counts from: noon UTC of its day."""
    return _noon(poll.day)


def log_likelihood_ratio(poll: Poll) -> float:
    """The strength that the catalog gives a poll, before ageing."""
    return SCALE * poll.margin * poll.sample_size / (poll.sample_size + HALF_WEIGHT)


def log_odds(polls: Iterable[Poll], at: datetime, learned: Learned = NOTHING) -> float:
    """The expected log-odds of a race at a moment, given its polls: the catalog and what was learned, in one formula.

    Polls of one pollster are added and weighted by its rates; polls of a race share part of their error, and polls of a
    year another part.
    """
    by_pollster: dict[str, list[tuple[float, float]]] = {}
    for poll in polls:
        left = 0.5 ** ((at - published(poll)) / HALF_LIFE)
        aged = 2 * math.atanh(left * math.tanh(log_likelihood_ratio(poll) / 2))
        by_pollster.setdefault(poll.pollster, []).append((aged, left))
    effective = math.fsum(
        learned.effective(pollster, math.fsum(aged for aged, _ in each)) for pollster, each in by_pollster.items()
    )
    count = math.fsum(left for each in by_pollster.values() for _, left in each)
    correlation, scale = learned.shared.get("race", (1.0, 1.0))
    weight = scale / (1 + max(count - 1, 0) * correlation)
    deviation = count * weight * learned.deviations.get("year", 0.0)
    return float(averaged(np.array([effective * weight]), np.array([deviation]))[0])


def _poll(poll: Poll, race: Race, run: str) -> dict[str, Any]:
    data = {
        "race": race.subject,
        "year": race.election.year,
        "pollster": poll.pollster,
        "margin": poll.margin,
        "sample_size": poll.sample_size,
        "said": poll.text,
    }
    return _event("poll.published", f"poll-{poll.id}", race.election, published(poll), run, data)


def _result(race: Race, run: str) -> dict[str, Any]:
    at = _noon(race.election + timedelta(days=1))
    return _event("race.decided", f"result-{race.id}", race.election, at, run, {"race": race.subject, "won": race.won})


def _event(kind: str, id_: str, election: date, at: datetime, run: str, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "type": kind,
        "source": "urn:beliefgraph:polls_1998_2014",
        "id": id_,
        "time": at.isoformat(),
        "twin": twin_of(election, run),
        "data": data,
    }


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)
