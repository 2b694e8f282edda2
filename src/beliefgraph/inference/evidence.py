"""From single observations to one log-likelihood ratio per belief.

Reliability and age are one map, the exact likelihood of a symmetric noisy channel that keeps the truth with
probability (1 + k)/2:  tanh(λ'/2) = k·tanh(λ/2).  Each item is aged; the items of one source on one belief are
summed; the sum goes through the source's channel, so that a source that repeats itself saturates instead of counting
again; the sources are summed.

Every summand is first rounded to a whole multiple of 2^-32. Sums of integers have no order and forget nothing, so the
result is the same, bit for bit, in whatever order the items came, and taking an item away equals never having had it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from beliefgraph.errors import Incorrect
from beliefgraph.inference.arrays import Floats, Ints, floats, frozen, indices

LOG_LIKELIHOOD_BOUND = 30.0
"""The largest |λ|, in nats, of one item and of one belief: e^30 is 10^13, past what any observation can claim, well
past a correction, and near the last digit in which a probability still differs from 1. More is counted as this
much."""

CORRECTION_LOG_ODDS = 12.0
"""A correction by the person, in nats: so strong that no relation moves it visibly, yet two that contradict leave every
probability positive."""

_GRID = 2.0**32
"""Quanta per nat: 2^-32 is far below anything shown, and leaves room for 70 million items at the bound in 63 bits."""


@dataclass(frozen=True, slots=True)
class Combined:
    """What all the evidence says, per belief and per item; natural log units.

    Per belief (shape [beliefs]): `log_likelihood` λ; `total`, λ before it is bounded; `mass` M = Σ|λ_item|, aged;
    `mass_unaged` M₀, as if all of it were new; `opposing_share` O, the smaller side's share of M (0 to ½). Per item, in
    the order handed in:
    `contribution` λ_item, aged and after its share of its source's channel. The items of one belief sum to its λ.
    """

    log_likelihood: Floats
    total: Floats
    mass: Floats
    mass_unaged: Floats
    opposing_share: Floats
    contribution: Floats


def age(log_likelihood_ratio: npt.ArrayLike, elapsed: npt.ArrayLike, half_life: npt.ArrayLike) -> Floats:
    """What an observation still says after a time: tanh(λ'/2) = 2^(−elapsed/half_life)·tanh(λ/2).

    `elapsed` and `half_life` share one unit (seconds); elapsed ≥ 0, half_life > 0, and an infinite half-life never
    ages. Shapes broadcast. Raises `invalid-input`.
    """
    llr, spent, half = (
        floats("log_likelihood_ratio", log_likelihood_ratio),
        floats("elapsed", elapsed),
        _half(half_life),
    )
    if (spent < 0).any():
        raise Incorrect(
            "invalid-input", "Evidence cannot be older than nothing: elapsed must be 0 or more.", field="elapsed"
        )
    exponent = -np.log(2.0) * (spent / half)
    return _attenuate(llr, np.exp(exponent), -np.expm1(exponent))


def channel(log_likelihood_ratio: npt.ArrayLike, reliability: npt.ArrayLike) -> Floats:
    """What is left of λ when its speaker is right only so often: tanh(λ'/2) = r·tanh(λ/2).

    r = 1 − 2·P(error): 1 is always right, 0 says nothing, −1 always says the opposite. Shapes broadcast. Raises
    `invalid-input` outside [−1, 1].
    """
    llr, r = floats("log_likelihood_ratio", log_likelihood_ratio), floats("reliability", reliability)
    if (np.abs(r) > 1).any():
        raise Incorrect("invalid-input", "A reliability must lie between -1 and 1.", field="reliability")
    return np.sign(r) * _attenuate(llr, np.abs(r), 1.0 - np.abs(r))


def two_coin(log_likelihood_ratio: npt.ArrayLike, says_if_holds: npt.ArrayLike, says_if_not: npt.ArrayLike) -> Floats:
    """What is left of λ when yes and no have their own error rates: log((a·e^λ + 1−a) / (b·e^λ + 1−b)).

    a = P(says so | it holds), b = P(says so | it does not), both in [0, 1]. With a = (1+r)/2 and b = (1−r)/2 it is
    `channel`. The result is unbounded where a rate is 0 or 1 and λ is large. Raises `invalid-input`.
    """
    llr = floats("log_likelihood_ratio", log_likelihood_ratio)
    a, b = floats("says_if_holds", says_if_holds), floats("says_if_not", says_if_not)
    if ((a < 0) | (a > 1) | (b < 0) | (b > 1)).any():
        raise Incorrect("invalid-input", "The rates of a source must lie between 0 and 1.", field="says_if_holds")
    with np.errstate(divide="ignore"):  # log 0 is minus infinity here, on purpose: that term is absent
        holds = np.logaddexp(np.log(a) + llr, np.log1p(-a))
        does_not = np.logaddexp(np.log(b) + llr, np.log1p(-b))
    return np.asarray(holds - does_not)


def combine(
    belief: npt.ArrayLike,
    source: npt.ArrayLike,
    log_likelihood_ratio: npt.ArrayLike,
    elapsed: npt.ArrayLike,
    half_life: npt.ArrayLike,
    reliability: npt.ArrayLike,
    *,
    beliefs: int,
) -> Combined:
    """All the evidence as one λ per belief, and what each item adds to it.

    Columns of one length, one row per item: the belief's index (0 ≤ belief < beliefs), any whole number that names
    the source, the log-likelihood ratio as observed (counted up to ±LOG_LIKELIHOOD_BOUND), seconds elapsed since,
    half-life in seconds (inf: never ages), and the reliability r of the item's source, the same in all its rows for
    one belief. The order of the rows changes no bit. Raises `invalid-input`.
    """
    on, of = indices("belief", belief), indices("source", source)
    llr, r = floats("log_likelihood_ratio", log_likelihood_ratio), floats("reliability", reliability)
    if not on.shape == of.shape == llr.shape == np.shape(elapsed) == np.shape(half_life) == r.shape:
        raise Incorrect("invalid-input", "The columns of the evidence must have one length.", items=len(on))
    if on.size == 0:
        nothing = frozen(np.zeros(beliefs))
        return Combined(nothing, nothing, nothing, nothing, nothing, frozen(np.zeros(0)))
    if on.min() < 0 or on.max() >= beliefs:
        raise Incorrect("invalid-input", f"A belief's index must lie between 0 and {beliefs - 1}.", field="belief")

    order, starts, group = _groups(on, of)
    group_belief, group_r = on[order[starts]], r[order[starts]]
    if not (r == group_r[group]).all():
        raise Incorrect("invalid-input", "One source has one reliability on one belief.", field="reliability")

    llr = np.clip(llr, -LOG_LIKELIHOOD_BOUND, LOG_LIKELIHOOD_BOUND)

    def through_channel(items: Ints) -> tuple[Ints, Floats]:
        """Each source's word on each belief, and the share of it that a unit of item carries."""
        said = np.add.reduceat(items[order], starts)
        heard = _quantise(channel(said / _GRID, group_r))
        return heard, np.where(said == 0, group_r, heard / np.where(said == 0, 1, said))

    items = _quantise(age(llr, elapsed, half_life))
    heard, share = through_channel(items)
    total = _sum_by(group_belief, heard, beliefs) / _GRID
    log_likelihood = np.clip(total, -LOG_LIKELIHOOD_BOUND, LOG_LIKELIHOOD_BOUND)
    kept = np.where(total == log_likelihood, 1.0, log_likelihood / np.where(total == 0, 1.0, total))
    contribution = items / _GRID * share[group] * kept[on]

    effect = _quantise(contribution)
    rising = _sum_by(on, np.maximum(effect, 0), beliefs)
    falling = _sum_by(on, np.maximum(-effect, 0), beliefs)
    mass = rising + falling
    fresh = _quantise(llr)
    _, fresh_share = through_channel(fresh)
    unaged = _sum_by(on, np.abs(_quantise(fresh / _GRID * fresh_share[group])), beliefs)
    return Combined(
        log_likelihood=frozen(log_likelihood),
        total=frozen(total),
        mass=frozen(mass / _GRID),
        mass_unaged=frozen(unaged / _GRID),
        opposing_share=frozen(np.minimum(rising, falling) / np.maximum(mass, 1)),
        contribution=frozen(contribution),
    )


def _attenuate(llr: Floats, keep: Floats, lose: Floats) -> Floats:
    """tanh(λ'/2) = keep·tanh(λ/2), with lose = 1 − keep handed in so that it keeps its digits.

    For λ ≥ 0 and u = e^−λ it is λ' = log1p(keep·(1 − u) / (lose/2 + (1 − lose/2)·u)); nothing in it saturates.
    """
    size = np.abs(llr)
    u = np.exp(-size)
    certain = lose == 0.0
    below = np.where(certain, 1.0, 0.5 * lose + (1.0 - 0.5 * lose) * u)
    return np.asarray(np.where(certain, llr, np.copysign(np.log1p(keep * -np.expm1(-size) / below), llr)))


def _half(half_life: npt.ArrayLike) -> Floats:
    half = np.asarray(half_life, dtype=np.float64)
    if not (half > 0).all():  # also catches NaN
        raise Incorrect("invalid-input", "A half-life must be more than 0 (inf: never ages).", field="half_life")
    return half


def _quantise(nats: Floats) -> Ints:
    return np.asarray(np.rint(nats * _GRID).astype(np.int64))


def _groups(belief: Ints, source: Ints) -> tuple[Ints, Ints, Ints]:
    """The rows sorted by (belief, source), where each pair starts among them, and the pair of every row."""
    order = np.lexsort((source, belief))
    new = np.ones(len(order), dtype=np.bool_)
    new[1:] = (np.diff(belief[order]) != 0) | (np.diff(source[order]) != 0)
    group = np.empty(len(order), dtype=np.int64)
    group[order] = np.cumsum(new) - 1
    return order, np.flatnonzero(new), group


def _sum_by(index: Ints, values: Ints, size: int) -> Ints:
    total = np.zeros(size, dtype=np.int64)
    np.add.at(total, index, values)
    return total
