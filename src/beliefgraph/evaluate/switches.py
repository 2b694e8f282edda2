"""Changes: is a switch found, how soon, how often falsely, and what is the gain? On simulated twins.

There are two kinds of twin: one does something with probability .2, after a switch .6; one spreads its events over six
kinds, after a switch with a new distribution over the same kinds, as after a change of job. On the first a third of the
log loss cannot be gained: its entropy after the switch, .673, is more than two thirds of the loss without tempering.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from beliefgraph.evaluate import tempering
from beliefgraph.evaluate.report import Evaluation, Line, Row, at_least, at_most
from beliefgraph.inference.foresight.changes import ChangePosteriors, follow

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

TWINS = 1000
SEED = 1405
QUIET = 150
"""Events before the switch."""
AFTER = 150
"""Events after it."""
SCORED = 50
"""Events after a switch that the log loss is compared on."""
BEFORE_RATE, AFTER_RATE = 0.2, 0.6
KINDS = 6
CONCENTRATION = 0.3
"""Concentration of the Dirichlet distribution of a role's shares of the kinds of events."""

FOUND, FALSE, DELAY = 0.95, 0.02, 25
GAIN = 2 / 3
"""Required ratio of the log loss after a switch to that without tempering."""
LOSS = 1.01


def evaluate(twins: int = TWINS, seed: int = SEED) -> Evaluation:
    """Simulate twins of both kinds, some that switch and as many that do not, and follow them."""
    draw = np.random.default_rng(seed)
    rate_prior, role = np.ones(2), np.full(KINDS, 0.5)
    rate_runs, quiet_rate_runs = (follow(rates(draw, twins, switch), rate_prior) for switch in (True, False))
    switched = roles(draw, twins, True)
    job, quiet_job = follow(switched, role), follow(roles(draw, twins, False), role)
    stated_changes = np.zeros(switched.shape)
    stated_changes[:, QUIET] = 0.98
    stated = follow(switched, role, stated=stated_changes)
    rows, lines = [], []
    for name, moved, still in (("rate", rate_runs, quiet_rate_runs), ("role", job, quiet_job)):
        found, delay = detection(moved)
        false = float(still.published[:, :QUIET].any(axis=1).mean())
        rows += [
            at_least(f"{name}: switches found", found, FOUND),
            at_most(f"{name}: quiet twins with a false alarm in {QUIET} events", false, FALSE),
            at_most(f"{name}: median delay, events", delay, DELAY),
            at_most(f"{name}: log loss where nothing changed, over that without tempering", ratio(still), LOSS),
        ]
        lines += [
            Line(f"{name}: {SCORED} events after a switch", "beliefgraph", {"log loss": after(moved.surprise)}),
            Line(
                f"{name}: {SCORED} events after a switch",
                "without tempering",
                {"log loss": after(moved.untempered)},
                baseline=True,
            ),
        ]
    rows += [
        at_most("role: log loss after a switch, over that without tempering", ratio(job), GAIN),
        at_most("role: the same where the twin stated the change", ratio(stated), ratio(job)),
        Row("rate: log loss after a switch, over that without tempering", ratio(rate_runs)),
        *tempering.rows(max(twins // 250, 1), seed + 1),
    ]
    return Evaluation("changes", rows, lines, [])


def rates(draw: np.random.Generator, twins: int, switch: bool) -> Ints:
    """Whether each twin does the thing at each event."""
    rate = np.full(QUIET + AFTER, BEFORE_RATE)
    rate[QUIET:] = AFTER_RATE if switch else BEFORE_RATE
    return (draw.random((twins, QUIET + AFTER)) < rate).astype(np.int64)


def roles(draw: np.random.Generator, twins: int, switch: bool) -> Ints:
    """The kinds of the events of each twin."""
    before = draw.dirichlet(np.full(KINDS, CONCENTRATION), twins).cumsum(axis=1)
    later = draw.dirichlet(np.full(KINDS, CONCENTRATION), twins).cumsum(axis=1) if switch else before
    shares = np.stack([before] * QUIET + [later] * AFTER, axis=1)
    return np.asarray(np.minimum((shares < draw.random((twins, QUIET + AFTER, 1))).sum(axis=2), KINDS - 1))


def detection(followed: ChangePosteriors) -> tuple[float, float]:
    """The share of the twins whose switch is published, and the median number of events until then (over all)."""
    alarms = followed.published[:, QUIET:]
    found = alarms.any(axis=1)
    return float(found.mean()), float(np.median(np.where(found, alarms.argmax(axis=1) + 1, np.inf)))


def after(loss: Floats) -> float:
    """The mean log loss over the events after a switch."""
    return float(loss[:, QUIET : QUIET + SCORED].mean())


def ratio(followed: ChangePosteriors) -> float:
    """The log loss after a switch, relative to that without tempering."""
    return after(followed.surprise) / after(followed.untempered)
