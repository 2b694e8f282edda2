"""Learning stages from observations: expectation maximisation, exact in continuous time.

Expectation: forward and backward over the times. With C the expected transitions between phases i and j over gaps of
length t, divided by (e^{Qt})ij, the time spent in phase k and the moves k → l within the gaps are entries of

    G = ∫₀ᵗ e^{Qᵀs} C e^{Qᵀ(t−s)} ds,   time(k) = G_kk,   moves(k, l) = Q_kl · G_kl,

which is one Fréchet derivative of the matrix exponential. Maximisation: rate = moves / time within a stage, and
relative frequencies for transitions and emissions; a prior counts as additional moves and observations.

With many phases a random start ends in a poor optimum, so k phases start from the result for k − 1, and the number of
phases is the one with the greatest held-out likelihood.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import expm_frechet

from beliefgraph.errors import Incorrect
from beliefgraph.inference.arrays import Floats
from beliefgraph.inference.foresight.filtering import ObservedSymbols, filtered, passing
from beliefgraph.inference.foresight.stages import Stages

MOST_TURNS = 60
LEAST_GAIN = 1e-4
"""Convergence: the increase of the log-likelihood per subject in an iteration."""

HELD_OUT = 5
"""Every fifth subject is held out when the number of phases is chosen."""


@dataclass(frozen=True, eq=False)
class Expected:
    """Expected statistics, and the log-likelihood.

    The time in each stage, moves out of phases and from stage to stage, initial phases, and emissions of each stage.
    """

    time: Floats
    left: Floats
    leads: Floats
    start: Floats
    seen: Floats
    log_likelihood: float


def learn(prior: Stages, seen: ObservedSymbols, strength: float = 5.0) -> Stages:
    """The stages that maximise the posterior (a local optimum near the prior).

    The prior has the weight of `strength` moves of each stage.
    """
    if not strength > 0:
        raise Incorrect("invalid-input", "A prior has a positive strength.")
    now, last = prior, -np.inf
    for _ in range(MOST_TURNS):
        found = expected(now, seen)
        now = likeliest(prior, found, strength)
        if found.log_likelihood - last < LEAST_GAIN * len(seen.time):
            break
        last = found.log_likelihood
    return now


def choose(
    prior: Stages, seen: ObservedSymbols, most_phases: int = 4, strength: float = 5.0
) -> tuple[Stages, list[float]]:
    """The stages with the number of phases that has the greatest held-out likelihood, learned from all subjects.

    Also the held-out log-likelihood per subject for 1, 2, … phases.
    """
    place = np.arange(len(seen.time))
    held = place % HELD_OUT == HELD_OUT - 1
    if not held.any():
        raise Incorrect("invalid-input", f"Choosing takes at least {HELD_OUT} subjects.")
    kept, out = seen.of(place[~held]), seen.of(place[held])
    tried: list[Stages] = []
    scores: list[float] = []
    for k in range(1, most_phases + 1):
        begin = learn(with_phases(tried[-1] if tried else prior, k), kept, strength)
        tried.append(begin)
        scores.append(float(filtered(begin, out).log_likelihood.mean()))
        if k > 1 and scores[-1] < scores[-2]:
            break
    return learn(tried[int(np.argmax(scores))], seen, strength), scores


def with_phases(stages: Stages, phases: int) -> Stages:
    """The same stages with the same mean stays in another number of phases.

    An initial position within a stage stays at the same relative position.
    """
    place = (np.arange(stages.phases) * phases) // stages.phases
    start = np.zeros((stages.count, phases))
    np.add.at(start.T, place, stages.start.reshape(stages.count, stages.phases).T)
    return replace(stages, phases=phases, rate=stages.rate * (phases / stages.phases), start=start.ravel())


def expected(stages: Stages, seen: ObservedSymbols) -> Expected:
    """The expected statistics of the observations under the parameters."""
    known = passing(stages, seen.gaps)
    forward = filtered(stages, seen, known)
    likelihood = stages.likelihood(seen.symbol)
    size, times = likelihood.shape[2], likelihood.shape[1]
    passages = {gap: np.zeros((size, size)) for gap in known}
    smoothed = np.empty_like(likelihood)
    smoothed[:, -1] = forward.after[:, -1]
    back = np.ones_like(likelihood[:, 0])
    for t in range(times - 1, 0, -1):
        weighted = likelihood[:, t] * back
        weighted /= (forward.before[:, t] * weighted).sum(axis=1, keepdims=True)
        gaps = seen.gaps[:, t - 1]
        back = np.empty_like(weighted)
        for gap in np.unique(gaps).tolist():
            rows = gaps == gap
            passages[gap] += forward.after[rows, t - 1].T @ weighted[rows]
            back[rows] = weighted[rows] @ known[gap].T
        smoothed[:, t - 1] = forward.after[:, t - 1] * back
    spent = np.zeros((size, size))
    for gap, passed in passages.items():
        if gap > 0:
            spent += expm_frechet(stages.generator.T * gap, passed * gap, compute_expm=False)
    k, count = stages.phases, stages.count
    rates = stages.generator.copy()
    np.fill_diagonal(rates, 0.0)
    moved = rates * spent
    in_stage = stages.of_stages(smoothed)
    symbols = np.zeros((count, stages.seen.shape[1]))
    for symbol in range(symbols.shape[1]):
        symbols[:, symbol] = in_stage[seen.symbol == symbol].sum(axis=0)
    return Expected(
        time=stages.of_stages(spent.diagonal()),
        left=stages.of_stages(moved.sum(axis=1)),
        leads=moved[k - 1 :: k, ::k],
        start=smoothed[:, 0].sum(axis=0),
        seen=symbols,
        log_likelihood=float(forward.log_likelihood.sum()),
    )


def likeliest(prior: Stages, found: Expected, strength: float) -> Stages:
    """The parameters that maximise the posterior given the expected statistics."""
    moving = prior.rate > 0
    rate = np.zeros_like(prior.rate)
    weight = strength * prior.phases
    rate[moving] = (found.left[moving] + weight) / (found.time[moving] + weight / prior.rate[moving])
    leads = np.where(moving[:, None], _shares(found.leads + strength * prior.leads), 0.0)
    start = (found.start + strength * prior.start) / (found.start.sum() + strength)
    return replace(prior, rate=rate, leads=leads, start=start, seen=_shares(found.seen + strength * prior.seen))


def _shares(counts: Floats) -> Floats:
    total = counts.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(counts, total, out=np.zeros_like(counts), where=total > 0))
