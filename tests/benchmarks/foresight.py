"""What forecasts cost, from arrays: fitting a weekly hazard, forecasting many twins, and choosing questions."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from tests.benchmarks.generators import evidence, hier
from tests.benchmarks.report import Row

from beliefgraph.inference import compile_model
from beliefgraph.inference.foresight.hazards import Histories, States, any_within, columns
from beliefgraph.inference.foresight.information import ask_next, yes_or_no
from beliefgraph.inference.foresight.logistic import fit

CUSTOMERS, WEEKS = 23_500, 33
"""Some 760,000 rows, as many as those of cdnow."""
TWINS, HORIZON = 100_000, 39
QUESTIONS = 50
ROUNDS = 10


def foresight() -> list[Row]:
    """The rows of the forecasts."""
    draw = np.random.default_rng(1)
    known = histories(draw)
    states, happened = known.rows()
    x = columns(states)
    model = fit(x, happened)
    start = known.states()
    many = States(*(np.resize(column, (TWINS, *column.shape[1:])) for column in vars(start).values()))
    beliefs, said = compile_model(hier()), evidence(850)
    asked = [yes_or_no(int(belief), 1.7, -1.7) for belief in draw.choice(850, QUESTIONS, replace=False)]
    return [
        Row("forecasts: rows of a weekly hazard", len(x), "rows"),
        Row("forecasts: fitting it", seconds(lambda: fit(x, happened)), "s", 3.0),
        Row(f"forecasts: {TWINS:,} twins, one outcome", seconds(lambda: any_within(model, many, HORIZON)), "s", 1.0),
        Row(
            f"questions: {QUESTIONS} weighed in a twin of 850 beliefs",
            seconds(lambda: ask_next(beliefs, said, asked, 5)) * 1e3,
            "ms",
            5.0,
        ),
    ]


def histories(draw: np.random.Generator) -> Histories:
    """Customers who buy again at rates of their own."""
    rate = draw.gamma(0.5, 0.1, CUSTOMERS)
    bought = draw.random((CUSTOMERS, WEEKS)) < rate[:, None]
    bought[:, 0] = True
    customer, week = np.nonzero(bought)
    start = np.concatenate([[0], np.cumsum(np.bincount(customer, minlength=CUSTOMERS))])
    return Histories(start, week.astype(float), np.full(CUSTOMERS, float(WEEKS)), draw.normal(3, 1, (CUSTOMERS, 1)))


def seconds(work: Callable[[], object]) -> float:
    """The least time of doing it, after once to warm up: what it takes where nothing else runs."""
    work()
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return min(times)
