"""Trajectories: the stage of a twin in six weeks, and the time of its purchase. On a simulated cohort.

The model sees the signals of one half of the cohort and never a true stage; it forecasts the other half.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from beliefgraph.evaluate.cohort import STAGES, WEEKS, Cohort, simulate
from beliefgraph.evaluate.report import Evaluation, Line, Row, at_least, at_most
from beliefgraph.inference.foresight.filtering import ObservedSymbols, filtered
from beliefgraph.inference.foresight.passage import passage
from beliefgraph.inference.foresight.stage_learning import choose, learn, with_phases
from beliefgraph.inference.foresight.stages import Stages, stated
from beliefgraph.services.learning.scoring import CLOSEST

Floats = npt.NDArray[np.float64]

TWINS = 1500
SEED = 1414
AHEAD = 6
"""Weeks."""
ASKED_AT = (10, 16, 22, 28, 34, 40)
"""The weeks at which forecasts are made."""
SHARE = 0.9
STEP, STEPS = 0.25, 1200
"""Resolution and number of steps of passage times: quarters of a week, 300 weeks ahead."""

COVERS = (0.88, 0.94)
NARROWER = 0.8
"""Required width of the intervals relative to the Markov chain's."""


LAST_SIGNAL = "last signal, learned with the true stages"


def evaluate(twins: int = TWINS, seed: int = SEED, most_phases: int = 5) -> Evaluation:
    """Learn from one simulated cohort, forecast another, and score against simpler forecasts."""
    known, tested = simulate(twins, seed), simulate(twins, seed + 1)
    model, scores = choose(prior(), seen(known), most_phases)
    chosen = [
        Row("phases of each stay, chosen on held-out twins", model.phases),
        Row("gain of a held-out twin over one phase, nats", max(scores) - scores[0]),
    ]
    return scored(known, tested, stage_loss(model, tested), passages(model, tested), chosen)


def scored(
    known: Cohort, tested: Cohort, loss: float, interval: tuple[float, float], further: Sequence[Row], where: str = ""
) -> Evaluation:
    """Scores of the model and of simpler forecasts that learn from the same cohort.

    The mean log loss of the stage six weeks ahead, and the coverage and width of the intervals of the time to purchase.
    """
    markov = learn(with_phases(prior(), 1), seen(known))
    simpler = {"Markov chain": stage_loss(markov, tested), LAST_SIGNAL: last_signal_loss(known, tested)}
    (covers, width), (markov_covers, markov_width) = interval, passages(markov, tested)
    stage, time = f"stage six weeks ahead{where}", f"time to purchase, 90 % interval{where}"
    return Evaluation(
        name="trajectories",
        checks=[
            *further,
            at_most("stage six weeks ahead: log loss, against the last signal's", loss, simpler[LAST_SIGNAL]),
            at_most("stage six weeks ahead: log loss, against the Markov chain's", loss, simpler["Markov chain"]),
            at_least("90 % intervals of the time to purchase: covered, at least", covers, COVERS[0]),
            at_most("90 % intervals of the time to purchase: covered, at most", covers, COVERS[1]),
            at_most("their width, as a share of the Markov chain's", width / markov_width, NARROWER),
        ],
        lines=[
            Line(stage, "beliefgraph", {"log loss": loss}),
            *(Line(stage, name, {"log loss": each}, baseline=True) for name, each in simpler.items()),
            Line(time, "beliefgraph", {"covers": covers, "width, weeks": width}),
            Line(time, "Markov chain", {"covers": markov_covers, "width, weeks": markov_width}, baseline=True),
        ],
        curves=[],
    )


def prior() -> Stages:
    """What a definition would state: stays of eight weeks, a tenth of which end in a step back, 60 % of the signals
    right."""
    stages = len(STAGES)
    right = 0.6
    shown = np.full((stages, stages), (1 - right) / (stages - 1))
    np.fill_diagonal(shown, right)
    return stated(np.full(stages, 8.0), np.full(stages, 0.1), shown, phases=1)


def seen(cohort: Cohort) -> ObservedSymbols:
    """The signals of a cohort by week."""
    return ObservedSymbols(np.broadcast_to(np.arange(WEEKS, dtype=float), cohort.signal.shape), cohort.signal)


def stage_loss(model: Stages, cohort: Cohort) -> float:
    """The mean log loss of the stage six weeks after each forecast week."""
    after = filtered(model, seen(cohort)).after
    ahead = model.passing(AHEAD)
    given = [
        np.take_along_axis(model.of_stages(after[:, week] @ ahead), cohort.stage[:, [week + AHEAD]], axis=1)
        for week in ASKED_AT
    ]
    return mean_loss(np.concatenate(given))


def last_signal_loss(known: Cohort, tested: Cohort) -> float:
    """The same for a forecast by the last signal alone."""
    given = []
    for week in ASKED_AT:
        counts = np.ones((len(STAGES) + 1, len(STAGES)))
        np.add.at(counts, (_last(known, week), known.stage[:, week + AHEAD]), 1.0)
        shares = counts / counts.sum(axis=1, keepdims=True)
        given.append(shares[_last(tested, week), tested.stage[:, week + AHEAD]])
    return mean_loss(np.concatenate(given))


def passages(model: Stages, cohort: Cohort) -> tuple[float, float]:
    """Coverage and mean width of the intervals of the time to purchase, for twins that have not purchased yet."""
    after = filtered(model, seen(cohort)).after
    covered, widths = [], []
    for week in ASKED_AT:
        waiting = cohort.purchase > week
        found = passage(model, after[waiting, week], len(STAGES) - 1, STEP, STEPS)
        low, high = found.interval(SHARE)
        time = cohort.purchase[waiting] - week
        covered.append((low <= time) & (time <= high))
        widths.append(high - low)
    return float(np.concatenate(covered).mean()), float(np.concatenate(widths).mean())


def _last(cohort: Cohort, week: int) -> npt.NDArray[np.int64]:
    """The last signal up to a week; the number of stages if there was none."""
    found = np.full(len(cohort.signal), len(STAGES))
    for t in range(week + 1):
        found = np.where(cohort.signal[:, t] >= 0, cohort.signal[:, t], found)
    return found


def mean_loss(given: Floats) -> float:
    """The mean log loss, given the probabilities of the actual events."""
    return float(-np.log(np.maximum(given, CLOSEST)).mean())
