"""Learning the probability of outcomes from a tenant's past: a logistic regression on one row per twin and period.

What was learned is adopted only if it predicts the periods of held-out twins better than what is in force, by more than
the standard error of the difference; twins, not rows, are independent of each other.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from beliefgraph.errors import Incorrect
from beliefgraph.inference.foresight.hazards import columns
from beliefgraph.inference.foresight.logistic import Logistic, fit
from beliefgraph.model.caller import Caller
from beliefgraph.model.definition import Definitions
from beliefgraph.model.outcome import LearnedHazard, OutcomeDefinition
from beliefgraph.model.parameters import ParameterSet
from beliefgraph.model.time import microseconds
from beliefgraph.services.commits.recheck import pages_of_twins
from beliefgraph.services.definitions.book import DefinitionBook
from beliefgraph.services.forecasts.features import (
    AHEAD,
    applies,
    frequent_types,
    further_columns,
    stacked,
    states,
)
from beliefgraph.services.forecasts.forecast import rates_at
from beliefgraph.services.forecasts.history import (
    Bools,
    Floats,
    History,
    Ints,
    current,
    happened_in,
    history,
    starts,
    wanted,
)
from beliefgraph.services.forecasts.learn_grades import learn_grades
from beliefgraph.services.forecasts.learned_outcomes import (
    LEAST_HAPPENED,
    LEAST_TWINS,
    MOST_ROWS,
    NOT_BETTER,
    RIDGE,
    LearnedOutcome,
    compared,
    folds,
    losses,
)
from beliefgraph.services.learning.fitted import FOLDS
from beliefgraph.services.permissions.usable import Usable
from beliefgraph.services.process.threads import long_work
from beliefgraph.store import forecasts as stored
from beliefgraph.store.forecasts import HistoryRows
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring

PAGE = 200
"""Twins read at a time."""

TOO_FEW = (
    f"fewer than {LEAST_TWINS} twins, or than {LEAST_HAPPENED} periods in which it happened and whose inputs were known"
    " by then"
)
ALWAYS = "it happened in every period"


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of some twins: columns, whether the outcome happened, the twin, and the start of the period."""

    x: Floats
    happened: Floats
    twin: Ints
    start: Ints


async def learn_outcomes(
    caller: Caller,
    graph: Graph,
    keyring: Keyring,
    book: DefinitionBook,
    before: datetime,
    outcome: str | None = None,
    progress: Callable[[int], None] = lambda _: None,
    usable: Usable | None = None,
) -> list[LearnedOutcome]:
    """What is learned of one outcome of the caller's tenant, or of all, from what was known before a moment.

    `progress` is called with the number of twins read; `usable` leaves twins out. Refused to a person's key.
    """
    caller.require("define")
    caller.require_service()
    definitions = (await book.latest(caller.tenant)).definitions
    chosen = definitions.outcomes.values() if outcome is None else [definitions.outcome(outcome)]
    found: list[LearnedOutcome] = []
    for one in chosen:
        if one.deprecated:
            continue
        known: list[History] = []
        async for row in (usable or Usable(None, caller)).of(history_rows(graph, caller.tenant, one, definitions)):
            known.append(await asyncio.to_thread(history, row, one, keyring))
            progress(len(known))
        until = one.moment(before)
        if one.grades is None:
            found.append(await long_work(learn, known, definitions, one, until))
            continue
        for horizon in one.horizons:
            found.append(await long_work(learn_grades, known, definitions, one, horizon, until))
    return found


async def history_rows(
    graph: Graph, tenant: str, outcome: OutcomeDefinition, definitions: Definitions
) -> AsyncIterator[HistoryRows]:
    """The histories of all twins of a tenant for an outcome, by id."""
    asked = replace(wanted(outcome, definitions), known=True)
    async for page in pages_of_twins(graph, tenant, PAGE):
        for row in await stored.histories(graph, tenant, asked, [twin.id for twin in page]):
            yield row


def following(found: Sequence[LearnedOutcome], known: ParameterSet) -> ParameterSet:
    """The parameters with what was learned and should be adopted."""
    adopted = [one for one in found if one.adopted]
    hazards = known.with_hazards(tuple(one.hazard for one in adopted if one.hazard is not None))
    return hazards.with_grades(tuple(one.grades for one in adopted if one.grades is not None))


def learn(
    known: Sequence[History], definitions: Definitions, outcome: OutcomeDefinition, until: datetime
) -> LearnedOutcome:
    """What is learned of an outcome from histories up to the end of a period."""
    end = microseconds(until)
    names = further_columns(outcome, frequent_types(known, end))
    periods = [_periods(one, outcome, until) for one in known]
    ahead = [0]
    if AHEAD in names:
        ahead = steps(max(outcome.periods(horizon.within) for horizon in outcome.horizons))
    taken = [
        _Taken(one, *_ahead(*each, _usable(one, definitions, outcome, each[0]), ahead))
        for one, each in zip(known, periods, strict=True)
    ]
    taken = [each for each in taken if len(each.start)]
    size = sum(len(each.start) for each in taken)
    if size > MOST_ROWS:
        raise Incorrect("too-large", f"{outcome.key} has more than {MOST_ROWS:,} rows to learn from.", rows=size)
    happened = sum(int(each.came[each.ahead == 0].sum()) for each in taken)
    if len(taken) < LEAST_TWINS or happened < LEAST_HAPPENED:
        return LearnedOutcome(outcome.key, len(taken), size, happened, reason=TOO_FEW)
    rows = Rows(
        x=_columns(taken, definitions, outcome, names),
        happened=np.concatenate([each.came for each in taken]).astype(np.float64),
        twin=np.repeat(np.arange(len(taken)), [len(each.start) for each in taken]),
        start=np.concatenate([each.start for each in taken]),
    )
    if rows.happened.all():
        return LearnedOutcome(outcome.key, len(taken), size, happened, reason=ALWAYS)
    fold = folds(each.known.twin for each in taken)[rows.twin]
    in_force, since = _in_force(taken, definitions, outcome)
    gain, error, judged = _compared(rows, fold, in_force, rows.start >= since)
    model = fit(rows.x, rows.happened, RIDGE)
    hazard = LearnedHazard(
        outcome=outcome.key,
        learned_on=outcome.learned_on,
        columns=tuple(names),
        intercept=model.intercept,
        slopes=tuple(model.slope.tolist()),
        centers=tuple(model.center.tolist()),
        until=until,
        twins=len(taken),
        rows=size,
        gain=gain,
        error=error,
    )
    reason = None if judged and gain > error else NOT_BETTER
    return LearnedOutcome(outcome.key, len(taken), size, happened, None, hazard, None, reason, gain, error, judged)


def _periods(known: History, outcome: OutcomeDefinition, until: datetime) -> tuple[Ints, Ints]:
    """The starts of the periods in which the outcome could happen to a twin, and whether it did."""
    begun = starts(known, outcome, until)
    came = happened_in(known, outcome, begun)
    if outcome.once:
        before = len(begun) if not came.any() else int(np.argmax(came)) + 1
        if outcome.events and len(known.happened):
            before = min(before, int(np.searchsorted(begun, known.happened[0], "left")))
        begun, came = begun[:before], came[:before]
    return begun, came.astype(np.int64)


def _usable(known: History, definitions: Definitions, outcome: OutcomeDefinition, begun: Ints) -> Bools:
    """At which starts the outcome applies and, if published values are learned from, these were current."""
    found = applies(known, definitions, outcome, begun)
    return found & current(known, begun) if outcome.on_published else found


def steps(periods: int) -> list[int]:
    """How many periods ahead the rows are: 0, 1, 2, 4, 8, … and the last of `periods`."""
    doubling = [0, *(2**n for n in range(periods.bit_length()))]
    return sorted({*(k for k in doubling if k < periods), periods - 1})


@dataclass(frozen=True, eq=False)
class _Taken:
    """The rows of one twin: its history, the starts, the number of periods ahead, and whether the outcome happened."""

    known: History
    start: Ints
    ahead: Ints
    came: Ints


def _ahead(begun: Ints, came: Ints, applied: Bools, ahead: Sequence[int]) -> tuple[Ints, Ints, Ints]:
    """The rows for periods `ahead` of each start at which the outcome applies, unless it happened in between."""
    before = np.concatenate([[0], np.cumsum(came)])
    starts_of, aheads, cames = [], [], []
    for k in ahead:
        place = np.flatnonzero(applied[: max(len(begun) - k, 0)])
        place = place[before[place + k] == before[place]]
        starts_of.append(begun[place])
        aheads.append(np.full(len(place), k))
        cames.append(came[place + k])
    return np.concatenate(starts_of), np.concatenate(aheads), np.concatenate(cames)


def _columns(
    taken: Sequence[_Taken], definitions: Definitions, outcome: OutcomeDefinition, names: Sequence[str]
) -> Floats:
    """The columns of all rows."""
    return columns(stacked([states(each.known, outcome, definitions, names, each.start, each.ahead) for each in taken]))


def _in_force(taken: Sequence[_Taken], definitions: Definitions, outcome: OutcomeDefinition) -> tuple[Floats, int]:
    """The log-odds of each row by what is in force, and the time from which rows are compared: the end of its training
    data.

    What is stated for the shortest horizon is spread evenly over its periods.
    """
    hazard = definitions.hazard_of(outcome)
    if hazard is not None:
        x = _columns(taken, definitions, outcome, hazard.columns)
        return np.asarray(x @ np.array(hazard.slopes) + hazard.intercept), microseconds(hazard.until)
    shortest = min(outcome.horizons, key=lambda horizon: horizon.within)
    within = np.concatenate([rates_at(each.known, definitions, outcome, shortest, each.start) for each in taken])
    each_period = -np.expm1(-np.logaddexp(0.0, within) / outcome.periods(shortest.within))
    return np.asarray(np.log(each_period) - np.log1p(-each_period)), 0


def _compared(rows: Rows, fold: Ints, in_force: Floats, counted: Bools) -> tuple[float, float, int]:
    """The improvement in nats on the rows of held-out twins, its standard error, and the number of rows."""
    gains = np.zeros(len(rows.happened))
    for number in range(FOLDS):
        out = fold == number
        left = rows.happened[~out]
        if not (out & counted).any() or not 0 < left.sum() < len(left):
            continue
        model: Logistic = fit(rows.x[~out], left, RIDGE)
        gains[out] = losses(in_force[out], rows.happened[out]) - losses(model.log_odds(rows.x[out]), rows.happened[out])
    return *compared(gains[counted], rows.twin[counted]), int(counted.sum())
