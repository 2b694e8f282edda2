"""exp and log are those of numpy to about a unit in the last place, and have the same bits alone as in a crowd."""

from __future__ import annotations

import numpy as np

from beliefgraph.inference.arrays import Floats
from beliefgraph.inference.elementary import exponential, logarithm
from beliefgraph.inference.evidence import LOG_LIKELIHOOD_BOUND
from beliefgraph.inference.kernels.underflow import SMALL
from beliefgraph.inference.native import native


@native
def many(values: Floats, log: bool) -> Floats:
    found = np.empty(len(values))
    if log:
        for i in range(len(values)):
            found[i] = logarithm(values[i])
    else:
        for i in range(len(values)):
            found[i] = exponential(values[i])
    return found


def units(found: Floats, values: Floats, true: np.ufunc) -> float:
    """How far from the true value, in units of its last place; `longdouble` knows eleven bits more."""
    exact = true(values.astype(np.longdouble))
    return float((np.abs(found - exact) / np.spacing(np.abs(exact.astype(np.float64)))).max())


def test_exp_is_within_a_unit_of_its_last_place() -> None:
    asked = np.linspace(-2 * LOG_LIKELIHOOD_BOUND, 2 * LOG_LIKELIHOOD_BOUND, 200_001)
    assert units(many(asked, False), asked, np.exp) < 0.9
    rng = np.random.default_rng(3)
    tiny = rng.choice([-1.0, 1.0], 200_000) * np.exp(rng.uniform(-745.0, 0.0, 200_000))
    assert units(many(tiny, False), tiny, np.exp) < 0.9
    farthest = np.concatenate([rng.uniform(-700.0, 700.0, 200_000), [-700.0, 700.0]])
    assert units(many(farthest, False), farthest, np.exp) < 0.95
    assert many(np.zeros(1), False)[0] == 1.0


def test_log_is_within_a_unit_of_its_last_place() -> None:
    rng = np.random.default_rng(1)
    range_ = np.finfo(np.float64)
    kept = np.exp(rng.uniform(np.log(SMALL), -np.log(SMALL), 200_000))
    all_bits = rng.integers(range_.tiny.view(np.int64), range_.max.view(np.int64), 200_000).view(np.float64)
    beside_1 = 1.0 + rng.choice([-1.0, 1.0], 200_000) * np.exp(rng.uniform(-36.0, -1.3, 200_000))
    ends = np.array([range_.tiny, range_.max, np.nextafter(1.0, 0.0), np.nextafter(1.0, 2.0)])
    for values in (kept, rng.uniform(0.5, 2.0, 200_000), all_bits, beside_1[beside_1 != 1.0], ends):
        assert units(many(values, True), values, np.log) < 0.9
    assert many(np.ones(1), True)[0] == 0.0


def test_alone_the_bits_are_those_in_a_crowd() -> None:
    values = np.random.default_rng(2).uniform(0.0, LOG_LIKELIHOOD_BOUND, 333)
    assert many(values, False).tolist() == [exponential(value) for value in values.tolist()]
    assert many(values, True).tolist() == [logarithm(value) for value in values.tolist()]
