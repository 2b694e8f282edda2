"""An error that observations share on every belief they bear on: of a year, a house, an instrument.

All observations of one such group are off by the same amount e, normal with mean 0 and standard deviation τ nats each.
Given e, a belief whose observations sum to h, and of which c count, has the log-likelihood ratio h + c·e. For a single
belief e is unknown, and is averaged over:

    λ' = ln E σ(h + s·Z) − ln E σ(−h − s·Z),   Z standard normal,   s² = Σ (τ·c)² over the groups.

|λ'| < |h|, and it grows with h like h / √(1 + π·s²/8), as long as s is not small compared with it. The averaged
likelihood carries no information on e by itself (σ(x) + σ(−x) = 1), so λ' is exact for any prior.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import log_expit, log_ndtr

from beliefgraph.errors import Incorrect
from beliefgraph.inference.arrays import Bools, Floats, Ints
from beliefgraph.inference.items import quantised
from beliefgraph.inference.kernels.items import GRID

NO_EFFECT = -1
"""In the column of groups: the observation shares no error across beliefs."""

MOST_DEVIATION = 300.0
"""Upper bound of τ·c, in nats; beyond it an observation carries almost no information."""

_STEP = 0.25
_NORMAL = np.arange(-16.0, 16.0 + _STEP, _STEP)
_LOGISTIC = np.arange(-120.0, 120.0 + _STEP, _STEP)
_WIDE = 1.0
"""Deviation in nats from which the sum is over the logistic variable instead of the normal one; either way the
trapezoidal rule errs by less than 1e-13, because the integrand has no pole within π of the real line."""

_FLAT = 1e-4
"""Step in nats over which the slope at 0 is measured."""


def averaged(log_likelihood: Floats, deviation: Floats) -> Floats:
    """λ' for the sum h and the deviation s of the shared error, in nats; shapes are equal. s = 0 changes no bit."""
    h, s = np.clip(log_likelihood, -60.0, 60.0), np.minimum(deviation, MOST_DEVIATION)
    found = log_likelihood.copy()
    narrow, wide = np.flatnonzero((s > 0) & (s < _WIDE)), np.flatnonzero(s >= _WIDE)
    if len(narrow):
        found[narrow] = _over_normal(h[narrow, None], s[narrow, None])
    if len(wide):
        found[wide] = _over_logistic(h[wide, None], s[wide, None])
    return found


def _over_normal(h: Floats, s: Floats) -> Floats:
    weight = -0.5 * _NORMAL**2
    yes, no = (np.logaddexp.reduce(weight + log_expit(side * (h + s * _NORMAL)), axis=1) for side in (1.0, -1.0))
    return np.asarray(yes - no)


def _over_logistic(h: Floats, s: Floats) -> Floats:
    weight = log_expit(_LOGISTIC) + log_expit(-_LOGISTIC)
    yes, no = (np.logaddexp.reduce(weight + log_ndtr((side * h - _LOGISTIC) / s), axis=1) for side in (1.0, -1.0))
    return np.asarray(yes - no)


@dataclass(frozen=True, slots=True)
class Effects:
    """The clusters that share an error across beliefs.

    `touched` flags these clusters; `belief` is that of each cluster. A share belongs to one cluster and group; a lot to
    one belief and group. `share` is the share of every row, -1 if none; shares are in the order of their clusters, and
    those of a cluster begin at `start` of them.
    """

    touched: Bools
    belief: Ints
    share: Ints
    cluster: Ints
    start: Ints
    lot: Ints
    lot_belief: Ints
    deviation: Floats

    @classmethod
    def of(cls, belief: Ints, cluster: Ints, effect: Ints, deviation: Floats) -> Effects | None:
        """The effects of rows; `belief` is that of every cluster. None if there are none."""
        rows = np.flatnonzero((effect != NO_EFFECT) & (deviation > 0))
        if not len(rows):
            return None
        shares, share = np.unique(np.stack([cluster[rows], effect[rows]]), axis=1, return_inverse=True)
        lots, lot = np.unique(np.stack([belief[shares[0]], shares[1]]), axis=1, return_inverse=True)
        of_row = np.full(len(cluster), -1, dtype=np.int64)
        of_row[rows] = share.reshape(-1)
        touched = np.zeros(len(belief), dtype=np.bool_)
        touched[shares[0]] = True
        each = np.zeros(lots.shape[1])
        each[lot.reshape(-1)[share.reshape(-1)]] = deviation[rows]
        if (each[lot.reshape(-1)[share.reshape(-1)]] != deviation[rows]).any():
            raise Incorrect("invalid-input", "One shared error has one deviation on one belief.", field="deviation")
        start = np.searchsorted(shares[0], np.arange(len(belief) + 1))
        return cls(touched, belief, of_row, shares[0], start, lot.reshape(-1), lots[0], each)

    def average(self, effective: Ints, left: Ints, items: Ints, weight: Floats, beliefs: int) -> Averaged:
        """The averaged log-likelihood ratios of clusters, in quanta; `effective` are their sums.

        `left` is the aged number of every row's items and `items` their number, `weight` the effective weight of one
        observation of each cluster.
        """
        here = self.share >= 0
        count = _sum(self.share[here], left[here], len(self.cluster))
        erring = _sum(self.cluster[self.share[here]], items[here], len(effective))
        size = quantised(count / GRID * weight[self.cluster])
        lot = _sum(self.lot, size, len(self.deviation))
        variance = _sum(self.lot_belief, self._variance(lot, slice(None)), beliefs)
        before = _sum(self.belief[self.touched], effective[self.touched], beliefs)
        after = _through(before, variance)
        ratio = np.divide(after, before, out=np.ones(beliefs), where=before != 0)
        even = np.flatnonzero((before == 0) & (variance > 0))
        ratio[even] = averaged(np.full(len(even), _FLAT), np.sqrt(variance[even] / GRID)) / _FLAT
        return Averaged(self, effective, erring, count, size, lot, variance, before, after, ratio)

    def _variance(self, lot: Ints, of: Ints | slice) -> Ints:
        return quantised(np.minimum(lot / GRID * self.deviation[of], MOST_DEVIATION) ** 2)


@dataclass(frozen=True, slots=True)
class Averaged:
    """The averaged log-likelihood ratio on every belief of the clusters that share an error, in quanta.

    `before` and `after` are the sums on every belief before and after averaging, and `ratio` is their quotient.
    `effective` are the sums of every cluster, and `erring` is how many of its items share an error.
    """

    effects: Effects
    effective: Ints
    erring: Ints
    count: Ints
    size: Ints
    lot: Ints
    variance: Ints
    before: Ints
    after: Ints
    ratio: Floats

    def withdrawn(self, row: Ints, cluster: Ints, less: Ints, left: Ints, weight: Floats) -> Ints:
        """By how much the result falls if the sum of a cluster falls by `less`, each without one item of its row.

        `left` is the aged count of the item, `weight` the effective weight of one observation of the cluster without
        it.
        """
        effects = self.effects
        first, many = effects.start[cluster], effects.start[cluster + 1] - effects.start[cluster]
        item = np.repeat(np.arange(len(row)), many)
        share = np.arange(len(item)) - np.repeat(np.cumsum(many) - many, many) + np.repeat(first, many)
        count = self.count[share] - np.where(effects.share[row[item]] == share, left[item], 0)
        lot = effects.lot[share]
        size = self.lot[lot] - self.size[share] + quantised(count / GRID * weight[item])
        change = effects._variance(size, lot) - effects._variance(self.lot[lot], lot)
        belief = effects.belief[cluster]
        variance = self.variance[belief] + _sum(item, change, len(row))
        alone = (effects.share[row] >= 0) & (
            self.erring[cluster] == 1
        )  # without this item, its cluster shares no error
        effective = self.effective[cluster]
        before = self.before[belief] - np.where(alone, effective, less)
        return np.asarray(self.after[belief] - _through(before, variance) - np.where(alone, effective - less, 0))


def _through(before: Ints, variance: Ints) -> Ints:
    return np.where(variance == 0, before, quantised(averaged(before / GRID, np.sqrt(variance / GRID))))


def _sum(at: Ints, values: Ints, size: int) -> Ints:
    total = np.zeros(size, dtype=np.int64)
    np.add.at(total, at, values)
    return total
