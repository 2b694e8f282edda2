"""What forecasts cost, from arrays: fitting a weekly hazard, forecasting many twins, and choosing questions."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import numpy as np
from tests.benchmarks import twins
from tests.benchmarks.generators import evidence, hier
from tests.benchmarks.report import Row

from beliefgraph.inference import compile_model
from beliefgraph.inference.foresight.hazards import Histories, States, any_within, columns
from beliefgraph.inference.foresight.information import ask_next, yes_or_no
from beliefgraph.inference.foresight.logistic import fit
from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.definition import Definitions
from beliefgraph.model.identity import evidence_id
from beliefgraph.services.asking.weigh import Asking
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.interpretation.protocol import BearsOn
from beliefgraph.services.questions.suppose import Supposed, supposing
from beliefgraph.services.snapshots.as_of import Snapshot
from beliefgraph.services.twin.state import fresh

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
        Row(f"questions: the best 5 of {QUESTIONS} for a warm twin of 850 beliefs", ask_a_twin() * 1e3, "ms", 5.0),
    ]


def ask_a_twin() -> float:
    """Seconds that `askNext` takes once the twin is in memory: derived and weighed."""
    draw = np.random.default_rng(1)
    chosen = draw.choice(twins.BELIEFS, QUESTIONS, replace=False).tolist()
    answers = [{"text": "Yes.", "log_likelihood_ratio": 1.7}, {"text": "No.", "log_likelihood_ratio": -1.7}]
    document = twins.catalog().model_dump(mode="json", exclude_defaults=True)
    document["questions"] = [
        {"key": f"ask.b{n}", "text": f"{n}?", "attribute": twins.name(n), "answers": answers} for n in chosen
    ]
    definitions = Definitions(tenant="bench", number=1, catalogs=(Catalog.model_validate(document),))
    graph, asked = DefinitionGraph(definitions), list(definitions.questions.values())
    state = fresh("5f0d7c1e-0000-4000-8000-000000000002", "bench", "somebody")
    moment = Snapshot(state, graph, twins.START + timedelta(days=1))
    told = [
        Supposed(
            BearsOn(belief=BeliefKey.of(attribute=twins.name(n)), log_likelihood_ratio=float(draw.normal())),
            "seen",
            evidence_id(str(n // twins.SEEN_AT_ONCE), "seen"),
            twins.START,
        )
        for n in range(twins.BELIEFS)
    ]
    warm = replace(moment, state=supposing(moment, told))
    return seconds(lambda: Asking(warm, asked, ()).first(5))


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
