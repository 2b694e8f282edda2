"""Learning how often outcomes come within their horizons, by segment, from a tenant's past. Pure except for reading it.

There is one row for each twin and period whose horizon is over. Rows of one twin resemble each other, so a rate counts
as only as many observations as there are twins. It is adopted for the segments in which it predicts the rows of
held-out twins better than what is in force, by more than the standard error of the difference.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from beliefgraph.inference.foresight.base_rates import shrunk
from beliefgraph.model.caller import Caller
from beliefgraph.model.definition import Definitions
from beliefgraph.model.outcome import Horizon, OutcomeDefinition
from beliefgraph.model.segment import LearnedBaseRate, LearnedRate
from beliefgraph.model.time import microseconds
from beliefgraph.services.definitions.book import DefinitionBook
from beliefgraph.services.forecasts.features import applies
from beliefgraph.services.forecasts.forecast import indicated, rates_at, segments_at
from beliefgraph.services.forecasts.grades import graded_within
from beliefgraph.services.forecasts.history import (
    Bools,
    Floats,
    History,
    Ints,
    current,
    happened_in,
    history,
    span,
    starts,
)
from beliefgraph.services.forecasts.learn import history_rows
from beliefgraph.services.forecasts.learned_outcomes import LEAST_HAPPENED, LEAST_TWINS, compared, folds, losses
from beliefgraph.services.learning.fitted import FOLDS
from beliefgraph.services.permissions.sights import Sights
from beliefgraph.services.permissions.usable import Usable
from beliefgraph.services.process.threads import long_work
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring

LEAST_OF_SEGMENT = 20
"""Fewest twins of a segment to learn its base rate from."""

TOO_FEW = f"fewer than {LEAST_TWINS} twins, or than {LEAST_HAPPENED} rows in which it came or did not"
FEW_IN_SEGMENT = f"fewer than {LEAST_OF_SEGMENT} twins are in it"
NO_TWIN = "no twin is in it"
NOT_BETTER = "it does not predict held-out twins better than what is in force"


@dataclass(frozen=True)
class SegmentLesson:
    """What was learned about one thing in one segment, adopted or not (with the reason), and from how much data.

    `about` is an outcome with its horizon, or an attribute. `in_force` is the rate in force there now.
    """

    segment: str | None
    about: str
    twins: int
    in_force: float | None = None
    learned: float | None = None
    gain: float = 0.0
    error: float = 0.0
    reason: str | None = None
    rate: LearnedRate | None = None
    base_rate: LearnedBaseRate | None = None

    @property
    def adopted(self) -> bool:
        """Whether it should be put in force."""
        return self.reason is None


async def learn_rates(
    caller: Caller,
    graph: Graph,
    keyring: Keyring,
    book: DefinitionBook,
    before: datetime,
    progress: Callable[[int], None] = lambda _: None,
    sights: Sights | None = None,
) -> list[SegmentLesson]:
    """The base rates of all outcomes of the caller's tenant by segment, from what was known before a moment.

    `progress` is called with the number of twins read; `sights` leaves out those that this purpose may not use.
    Refused to a person's key.
    """
    caller.require("define")
    caller.require_service()
    definitions = (await book.latest(caller.tenant)).definitions
    found: list[SegmentLesson] = []
    for one in definitions.outcomes.values():
        if one.deprecated:
            continue
        known: list[History] = []
        async for row in Usable(sights, caller).of(history_rows(graph, caller.tenant, one, definitions)):
            known.append(await asyncio.to_thread(history, row, one, keyring))
            progress(len(known))
        for horizon in one.horizons:
            found += await long_work(rates_of, known, definitions, one, horizon, one.moment(before))
    return found


@dataclass(frozen=True, eq=False)
class _Rows:
    """Rows of some twins: the twin, its segment (by number, −1: none), whether the outcome came within the horizon, and
    the log-odds of what is in force and of the indicator's contribution, with the time of each."""

    twin: Ints
    segment: Ints
    came: Floats
    in_force: Floats
    moved: Floats
    start: Ints


def rates_of(
    known: Sequence[History], definitions: Definitions, outcome: OutcomeDefinition, horizon: Horizon, until: datetime
) -> list[SegmentLesson]:
    """The base rates of an outcome within a horizon, by segment and for no segment, from histories up to a moment."""
    rows = _rows(known, definitions, outcome, horizon, until)
    keys = (*definitions.segment_keys(outcome), None)
    about = f"{outcome.key} within {horizon.within.total_seconds() / 86_400:g} days"
    number = np.where(rows.segment < 0, len(keys) - 1, rows.segment)
    twins = [len(np.unique(rows.twin[number == place])) for place in range(len(keys))]
    came = rows.came.sum()
    if len(np.unique(rows.twin)) < LEAST_TWINS or min(came, len(rows.came) - came) < LEAST_HAPPENED:
        return [SegmentLesson(key, about, n, reason=TOO_FEW) for key, n in zip(keys, twins, strict=True)]
    rates, tenant = _rates(rows, number, len(keys), np.ones(len(number), dtype=np.bool_))
    fold = folds(one.twin for one in known)[rows.twin]
    predicted = np.zeros(len(number))
    for out in range(FOLDS):
        apart = fold == out
        if apart.any() and not apart.all():
            left, _ = _rates(rows, number, len(keys), ~apart)
            predicted[apart] = (np.log(left) - np.log1p(-left))[number[apart]] + rows.moved[apart]
    gains = losses(rows.in_force, rows.came) - losses(predicted, rows.came)
    found = []
    for place, key in enumerate(keys):
        here = (number == place) & (rows.start >= _since(definitions, outcome, horizon.within, key))
        gain, error = compared(gains[here], rows.twin[here])
        rate = LearnedRate(
            outcome=outcome.key,
            horizon=horizon.within,
            segment=key,
            learned_on=definitions.rate_learned_on(outcome, key),
            rate=float(rates[place]),
            tenant=tenant,
            twins=twins[place],
            rows=int((number == place).sum()),
            until=until,
            gain=gain,
            error=error,
        )
        reason = NO_TWIN if not twins[place] else FEW_IN_SEGMENT if twins[place] < LEAST_OF_SEGMENT else None
        if reason is None and not gain > error:
            reason = NOT_BETTER
        now = float((1.0 / (1.0 + np.exp(-rows.in_force[number == place]))).mean()) if twins[place] else None
        found.append(SegmentLesson(key, about, twins[place], now, rate.rate, gain, error, reason, rate))
    return found


def _rows(
    known: Sequence[History], definitions: Definitions, outcome: OutcomeDefinition, horizon: Horizon, until: datetime
) -> _Rows:
    """The rows of all twins with a horizon over by a moment; for grades, of those in which one came."""
    periods, length = outcome.periods(horizon.within), span(outcome)
    end = microseconds(until)
    published = outcome.on_published or outcome.indicator is not None or definitions.segment_keys(outcome)
    columns: list[list[Ints | Floats]] = [[] for _ in range(6)]
    for number, one in enumerate(known):
        begun = starts(one, outcome, until)
        came = np.cumsum([0, *happened_in(one, outcome, begun)])
        place = np.flatnonzero(begun + periods * length <= end)
        place = place[applies(one, definitions, outcome, begun[place])]
        if published:
            place = place[current(one, begun[place])]
        if outcome.once:
            place = place[came[place] == 0]
            if outcome.events and len(one.happened):
                place = place[begun[place] < one.happened[0]]
        within = came[place + periods] > came[place]
        if outcome.grades is not None:
            grade = graded_within(one, outcome, outcome.grades, begun[place], periods * length)
            place, within = place[grade >= 0], grade[grade >= 0] >= outcome.grades.target
        moments = begun[place]
        made: list[Ints | Floats] = [
            np.full(len(place), number),
            segments_at(one, definitions, outcome, moments),
            within.astype(np.float64),
            rates_at(one, definitions, outcome, horizon, moments),
            indicated(one, definitions, outcome, moments),
            moments,
        ]
        for column, values in zip(columns, made, strict=True):
            column.append(values)
    twin, segment, happened, in_force, moved, start = (np.concatenate([np.zeros(0), *each]) for each in columns)
    return _Rows(twin.astype(np.int64), segment.astype(np.int64), happened, in_force, moved, start.astype(np.int64))


def _rates(rows: _Rows, number: Ints, segments: int, some: Bools) -> tuple[Floats, float]:
    """The base rate of every segment from some of the rows, and that of the tenant, with one row of each result
    added."""
    size = np.bincount(number[some], minlength=segments).astype(np.float64)
    came = np.bincount(number[some], rows.came[some], segments)
    twins = np.array([float(len(np.unique(rows.twin[some & (number == place)]))) for place in range(segments)])
    tenant = float((came.sum() + 1.0) / (size.sum() + 2.0))
    rates, _ = shrunk(came / np.maximum(size, 1.0), twins, tenant)
    return rates, tenant


def _since(definitions: Definitions, outcome: OutcomeDefinition, horizon: timedelta, segment: str | None) -> int:
    """The time from which rows are compared: the end of the training data of what is in force."""
    rate = definitions.rate_of(outcome, horizon, segment)
    return 0 if rate is None else microseconds(rate.until)
