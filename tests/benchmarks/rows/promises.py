"""What must hold whatever comes: stated priors come back, and the order of arrival never matters."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from tests.benchmarks.generators import hier
from tests.benchmarks.report import Row
from tests.benchmarks.scoreboard import best, part

from beliefgraph.inference import combine, compile_model


@part("drift")
def drift() -> Iterator[Row]:
    """How far the stated priors are from the model's, and what finding the fields takes (the plan included)."""
    for label, strengths, must, stretch in (("2.5", (2.5, 2.5), 1e-6, None), ("2.5 to 6", (2.5, 6.0), None, 1e-8)):
        structure = hier(seed=3, odds_ratios=strengths)
        model = compile_model(structure)
        off = np.abs(model.log_odds(np.full(850, 1e-14)).log_odds - model.prior_log_odds).max()
        yield Row(f"drift without evidence, OR {label}", float(off), "nats", must, stretch)
        yield Row(f"compile with calibration, OR {label}", best(lambda s=structure: compile_model(s)) * 1e3, "ms")  # type: ignore[misc]


@part("orders")
def orders() -> Iterator[Row]:
    """The same items in a hundred orders: how many different answers there are, bit for bit."""
    rng = np.random.default_rng(4)
    model = compile_model(hier(seed=1))
    items, answers = 2_000, set()
    belief, source = rng.integers(0, 850, items), rng.integers(0, 40, items)
    said, ones = rng.normal(0.0, 0.5, items), np.ones(items)
    rates = {"says_if_holds": 0.95, "says_if_not": 0.05}
    for _ in range(100):
        order = rng.permutation(items)
        heard = combine(belief[order], source[order], said[order], 0.0 * ones, ones * np.inf, beliefs=850, **rates)
        answers.add(model.log_odds(heard.log_likelihood).log_odds.tobytes())
    yield Row("100 arrival orders: different answers", len(answers), "", 1, 1)
