"""From single observations to one log-likelihood ratio per belief.

Three maps, each the exact likelihood of its model.

*Age* is a symmetric noisy channel that keeps the truth with probability (1 + k)/2: tanh(λ'/2) = k·tanh(λ/2), with
k = 2^(−elapsed/half-life).

*A source* has two rates: it reports a belief with probability a if it holds, and with b if it does not. With the stated
log-likelihood ratio λ of its report, λ' = log((a·e^λ + 1−a) / (b·e^λ + 1−b)): at least (1−a)/(1−b), at most a/b. The
items of one source on one belief are summed first, so that a source that repeats itself saturates instead of counting
again.

*An origin* is shared by several observations: a press agency, a copied list, one race that all pollsters misjudge
alike. n observations with normal errors of equal correlation ρ have Σ⁻¹·1 = 1/(1 + (n−1)·ρ), so their log-likelihood
ratios combine to Σλ / (1 + (n−1)·ρ): their sum if they share nothing (ρ = 0), their mean if they are copies (ρ = 1),
and never more than 1/ρ times the mean. n counts them as aged. A scale, learned together with ρ, multiplies them all. An
error shared across beliefs is in `random_effects.py`.

Every summand is first rounded to a whole multiple of 2^-32. Integer sums are associative and exact, so the result is
bit-identical in any order of the items, and removing an item equals never having had it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from beliefgraph.errors import Incorrect
from beliefgraph.inference.arrays import Bools, Floats, Ints, floats, frozen, indices
from beliefgraph.inference.items import Sums, quantised
from beliefgraph.inference.kernels import direct
from beliefgraph.inference.kernels.items import GRID
from beliefgraph.inference.random_effects import NO_EFFECT, Averaged, Effects

LOG_LIKELIHOOD_BOUND = 30.0
"""The largest |λ|, in nats, of one item and of one belief: e^30 is 10^13, more than any observation can claim, well
beyond a correction, and near the last digit in which a probability still differs from 1. Larger values are clipped."""

NO_ORIGIN = -1
"""In the column of origins: the observation shares its error with no other."""


@dataclass(frozen=True, slots=True)
class Combined:
    """All the evidence combined, per belief and per item; natural log units.

    Per belief (shape [beliefs]): `log_likelihood` λ; `total`, λ before it is bounded; `mass` M = Σ|λ_item|, aged;
    `mass_unaged` M₀, the same without ageing; `opposing_share` O, the smaller side's share of M (0 to ½). Per item, in
    input order: `contribution` λ_item, aged and after its share of its source's rates and of its origin, so that the
    items of one belief sum to its λ; and `withdrawn`, by how much exactly `total` falls without that item alone.
    """

    log_likelihood: Floats
    total: Floats
    mass: Floats
    mass_unaged: Floats
    opposing_share: Floats
    contribution: Floats
    withdrawn: Floats


@dataclass(frozen=True, slots=True)
class CombinedGroups:
    """Groups of items combined, per belief; the fields are those of `Combined`.

    `share` is what a quantum of each group adds to its belief's λ. Without `_clusters` every source counts as stated.
    """

    log_likelihood: Floats
    total: Floats
    mass: Floats
    mass_unaged: Floats
    opposing_share: Floats
    share: Floats
    _clusters: _Clusters | None
    _sums: _ClusterSums | None
    _averaged: Averaged | None

    def contribution(self, group: Ints, quanta: Ints) -> Floats:
        """What items add to the λ of their belief, given the group and the aged λ of each, in quanta."""
        return np.asarray(quanta / GRID * self.share[group])

    def withdrawn(self, group: Ints, quanta: Ints, left: Ints) -> Floats:
        """By how much the total of their belief falls without one item alone; `left` as in `Sums`."""
        if self._clusters is None or self._sums is None:
            return np.asarray(quanta / GRID)
        return np.asarray(self._clusters.withdrawn(self._sums, self._averaged, group, quanta, left) / GRID)


def age(log_likelihood_ratio: npt.ArrayLike, elapsed: npt.ArrayLike, half_life: npt.ArrayLike) -> Floats:
    """The log-likelihood ratio of an observation after a time: tanh(λ'/2) = 2^(−elapsed/half_life)·tanh(λ/2).

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


def apply_rates(
    log_likelihood_ratio: npt.ArrayLike, says_if_holds: npt.ArrayLike, says_if_not: npt.ArrayLike
) -> Floats:
    """λ given a true-positive and a false-positive rate: log((a·e^λ + 1−a) / (b·e^λ + 1−b)).

    a = P(reported | it holds), b = P(reported | it does not), both in [0, 1]: 1 and 0 change nothing, equal ones give
    0, and (1+r)/2 with (1−r)/2 is a symmetric channel, tanh(λ'/2) = r·tanh(λ/2). The result is unbounded if a rate is 0
    or 1 and λ is large. Raises `invalid-input`.
    """
    llr = floats("log_likelihood_ratio", log_likelihood_ratio)
    return _apply_rates(llr, _share("says_if_holds", says_if_holds), _share("says_if_not", says_if_not))


def _apply_rates(llr: Floats, a: Floats, b: Floats) -> Floats:
    with np.errstate(divide="ignore"):  # log 0 is minus infinity, intentionally: that term is absent
        holds = np.logaddexp(np.log(a) + llr, np.log1p(-a))
        does_not = np.logaddexp(np.log(b) + llr, np.log1p(-b))
    return np.asarray(holds - does_not)


def combine(
    belief: npt.ArrayLike,
    source: npt.ArrayLike,
    log_likelihood_ratio: npt.ArrayLike,
    elapsed: npt.ArrayLike,
    half_life: npt.ArrayLike,
    *,
    beliefs: int,
    says_if_holds: npt.ArrayLike = 1.0,
    says_if_not: npt.ArrayLike = 0.0,
    origin: npt.ArrayLike = NO_ORIGIN,
    correlation: npt.ArrayLike = 1.0,
    scale: npt.ArrayLike = 1.0,
    effect: npt.ArrayLike = NO_EFFECT,
    deviation: npt.ArrayLike = 0.0,
) -> Combined:
    """All the evidence as one λ per belief, and what each item adds to it.

    Columns of one length, one row per item: the belief's index (0 ≤ belief < beliefs), any integer that identifies the
    source, the log-likelihood ratio as observed (clipped to ±LOG_LIKELIHOOD_BOUND), seconds elapsed since, and
    half-life in seconds (inf: never ages). The others are as in `combine_groups`. The order of the rows changes no bit.
    Raises `invalid-input`.
    """
    on = indices("belief", belief)
    llr = floats("log_likelihood_ratio", log_likelihood_ratio)
    if not on.shape == llr.shape == np.shape(elapsed) == np.shape(half_life):
        raise Incorrect("invalid-input", "The columns of the evidence must have one length.", items=len(on))
    llr = np.clip(llr, -LOG_LIKELIHOOD_BOUND, LOG_LIKELIHOOD_BOUND)
    items, fresh = quantised(age(llr, elapsed, half_life)), quantised(llr)
    left = quantised(np.exp2(-(floats("elapsed", elapsed) / _half(half_life))))
    each = Sums(
        rising=np.maximum(items, 0),
        falling=np.maximum(-items, 0),
        left=left,
        fresh_rising=np.maximum(fresh, 0),
        fresh_falling=np.maximum(-fresh, 0),
        items=np.ones_like(items),
    )
    combined = combine_groups(
        on, source, each, beliefs=beliefs, says_if_holds=says_if_holds, says_if_not=says_if_not, origin=origin,
        correlation=correlation, scale=scale, effect=effect, deviation=deviation,
    )  # fmt: skip
    alone = np.arange(len(on))
    return Combined(
        log_likelihood=combined.log_likelihood,
        total=combined.total,
        mass=combined.mass,
        mass_unaged=combined.mass_unaged,
        opposing_share=combined.opposing_share,
        contribution=frozen(combined.contribution(alone, items)),
        withdrawn=frozen(combined.withdrawn(alone, items, left)),
    )


def combine_groups(
    belief: npt.ArrayLike,
    source: npt.ArrayLike,
    groups: Sums,
    *,
    beliefs: int,
    says_if_holds: npt.ArrayLike = 1.0,
    says_if_not: npt.ArrayLike = 0.0,
    origin: npt.ArrayLike = NO_ORIGIN,
    correlation: npt.ArrayLike = 1.0,
    scale: npt.ArrayLike = 1.0,
    effect: npt.ArrayLike = NO_EFFECT,
    deviation: npt.ArrayLike = 0.0,
) -> CombinedGroups:
    """Groups of items combined: each source through its rates, each origin through its correlation.

    Columns of one length, one row per group: the belief's index (0 ≤ belief < beliefs) and any integer that identifies
    the source; also columns, or one number for all rows: the two rates of the group's source on that belief, any
    integer from 0 that identifies the origin it shares with others (NO_ORIGIN: none), and the correlation ρ and the
    scale of that origin; rows of one source, or one origin, on one belief must agree on theirs. `effect` is any integer
    from 0 that identifies the group with which it shares an error across beliefs (NO_EFFECT: none), and `deviation` the
    standard deviation of that error. A source with reports of two origins counts in each. How the items are divided
    into groups, and the order of these, change no bit of λ. Raises `invalid-input`.
    """
    on, of = indices("belief", belief), indices("source", source)
    if not on.shape == of.shape == groups.rising.shape:
        raise Incorrect("invalid-input", "The columns of the evidence must have one length.", items=len(on))
    holds, not_holds = (
        _column("says_if_holds", _share("says_if_holds", says_if_holds), on),
        _column("says_if_not", _share("says_if_not", says_if_not), on),
    )
    by = indices("origin", _column("origin", np.asarray(origin), on))
    rho = _column("correlation", _share("correlation", correlation), on)
    size = _column("scale", floats("scale", scale), on)
    among = indices("effect", _column("effect", np.asarray(effect), on))
    apart = _column("deviation", floats("deviation", deviation), on)
    if on.size == 0:
        nothing, none = frozen(np.zeros(beliefs)), frozen(np.zeros(0))
        return CombinedGroups(nothing, nothing, nothing, nothing, nothing, none, None, None, None)
    if on.min() < 0 or on.max() >= beliefs:
        raise Incorrect("invalid-input", f"A belief's index must lie between 0 and {beliefs - 1}.", field="belief")
    if holds.min() == 1.0 and not_holds.max() == 0.0 and by.max() == NO_ORIGIN and among.max() == NO_EFFECT:
        return combine_unweighted(on, np.arange(len(on)), groups, beliefs)

    clusters = _Clusters.of(on, by, of, holds, not_holds, rho, size)
    effects = Effects.of(clusters.belief, clusters.of_row, among, apart)
    sums, averaged = clusters.combine(groups.rising - groups.falling, groups.left, groups.items, effects, beliefs)
    effective = sums.effective if averaged is None else np.where(averaged.effects.touched, 0, sums.effective)
    quanta = _sum_by(clusters.belief, effective, beliefs) + (0 if averaged is None else averaged.after)
    total = quanta / GRID
    log_likelihood = np.clip(total, -LOG_LIKELIHOOD_BOUND, LOG_LIKELIHOOD_BOUND)
    kept = np.where(total == log_likelihood, 1.0, log_likelihood / np.where(total == 0, 1.0, total))
    share = sums.share * kept[on]

    up, down = quantised(groups.rising / GRID * share), quantised(groups.falling / GRID * share)
    rising = _sum_by(on, np.maximum(up, 0) + np.maximum(-down, 0), beliefs)
    falling = _sum_by(on, np.maximum(-up, 0) + np.maximum(down, 0), beliefs)
    mass = rising + falling
    whole = groups.items * round(GRID)
    fresh, _ = clusters.combine(groups.fresh_rising - groups.fresh_falling, whole, groups.items, effects, beliefs)
    fresh_share = np.abs(fresh.share)
    unaged = _sum_by(on, quantised((groups.fresh_rising + groups.fresh_falling) / GRID * fresh_share), beliefs)
    return CombinedGroups(
        log_likelihood=frozen(log_likelihood),
        total=frozen(total),
        mass=frozen(mass / GRID),
        mass_unaged=frozen(unaged / GRID),
        opposing_share=frozen(np.minimum(rising, falling) / np.maximum(mass, 1)),
        share=frozen(share),
        _clusters=clusters,
        _sums=sums,
        _averaged=averaged,
    )


def combine_unweighted(belief: Ints, group: Ints, sums: Sums, beliefs: int) -> CombinedGroups:
    """The result of `combine_groups` if no source has error rates and nothing shares an origin or an error.

    Each row is a group of `sums`, by its number, on a belief (0 ≤ belief < beliefs); nothing is validated.
    """
    of_belief, share = np.empty((5, beliefs)), np.empty(len(belief))
    direct.total(
        belief, group, sums.rising, sums.falling, sums.fresh_rising, sums.fresh_falling, LOG_LIKELIHOOD_BOUND,
        of_belief, share,
    )  # fmt: skip
    log_likelihood, total, mass, unaged, opposing = frozen(of_belief)
    return CombinedGroups(log_likelihood, total, mass, unaged, opposing, frozen(share), None, None, None)


@dataclass(frozen=True, slots=True)
class _ClusterSums:
    """Combined evidence in quanta.

    Per source and origin the stated sum and its value after the rates; per cluster the sum of the rated values, the
    aged number of its items and the effective value; per row the share that a quantum keeps.
    """

    stated: Ints
    rated: Ints
    rated_sum: Ints
    count: Ints
    effective: Ints
    share: Floats


@dataclass(frozen=True, slots=True)
class _Clusters:
    """The rows grouped by belief, source and origin; and by cluster, all sources of one origin together.

    `order` sorts the rows into groups, which begin at `group_start` of it, and the groups into clusters, which begin at
    `cluster_start` of these; `group` is the group of every row, `cluster` the cluster of every group. A group without
    an origin is its own cluster.
    """

    order: Ints
    group_start: Ints
    group: Ints
    cluster_start: Ints
    cluster: Ints
    belief: Ints
    says_if_holds: Floats
    says_if_not: Floats
    correlation: Floats
    scale: Floats

    @property
    def of_row(self) -> Ints:
        """The cluster of every row."""
        return np.asarray(self.cluster[self.group])

    @classmethod
    def of(
        cls, belief: Ints, origin: Ints, source: Ints, holds: Floats, not_holds: Floats, rho: Floats, scale: Floats
    ) -> _Clusters:
        order = np.lexsort((source, origin, belief))
        changed = np.diff(np.stack([belief, origin, source])[:, order], axis=1) != 0
        group_start, group = _runs(changed.any(axis=0))
        first = order[group_start]
        apart = changed[:2].any(axis=0)[group_start[1:] - 1] | (origin[first[1:]] == NO_ORIGIN)
        cluster_start, cluster = _runs(apart)
        group_of_row = np.empty(len(order), dtype=np.int64)
        group_of_row[order] = group
        leader = first[cluster_start]
        shared = origin[leader] != NO_ORIGIN
        of_row = leader[cluster][group_of_row]
        if ((holds != holds[first][group_of_row]) | (not_holds != not_holds[first][group_of_row])).any():
            raise Incorrect("invalid-input", "A source has one pair of rates for a belief.", field="says_if_holds")
        if (((rho != rho[of_row]) | (scale != scale[of_row])) & (origin != NO_ORIGIN)).any():
            raise Incorrect(
                "invalid-input", "One origin has one correlation and one scale on one belief.", field="correlation"
            )
        return cls(
            order=order,
            group_start=group_start,
            group=group_of_row,
            cluster_start=cluster_start,
            cluster=cluster,
            belief=belief[leader],
            says_if_holds=holds[first],
            says_if_not=not_holds[first],
            correlation=np.where(shared, rho[leader], 0.0),
            scale=np.where(shared, scale[leader], 1.0),
        )

    def combine(
        self, items: Ints, left: Ints, number: Ints, effects: Effects | None, beliefs: int
    ) -> tuple[_ClusterSums, Averaged | None]:
        """Apply the rates of each source, the correlation of each origin and the errors shared across beliefs.

        All in quanta except for the `number` of items.
        """
        stated = np.add.reduceat(items[self.order], self.group_start)
        rated = self._through_rates(stated, slice(None))
        rated_sum = np.add.reduceat(rated, self.cluster_start)
        count = np.add.reduceat(np.add.reduceat(left[self.order], self.group_start), self.cluster_start)
        effective = self._through_origin(rated_sum, count, slice(None))

        slope = self.says_if_holds - self.says_if_not
        by_source = np.where(stated == 0, slope, rated / np.where(stated == 0, 1, stated))
        weight = self._weight(count, slice(None))
        by_origin = np.where(rated_sum == 0, weight, effective / np.where(rated_sum == 0, 1, rated_sum))
        averaged = None if effects is None else effects.average(effective, left, number, weight, beliefs)
        if averaged is not None:
            by_origin = np.where(averaged.effects.touched, by_origin * averaged.ratio[self.belief], by_origin)
        share = (by_source * by_origin[self.cluster])[self.group]
        return _ClusterSums(stated, rated, rated_sum, count, effective, share), averaged

    def withdrawn(self, sums: _ClusterSums, averaged: Averaged | None, row: Ints, items: Ints, left: Ints) -> Ints:
        """By how much the total of their belief falls without each of these items, each in its row."""
        group = self.group[row]
        cluster = self.cluster[group]
        still = sums.rated_sum[cluster] - sums.rated[group] + self._through_rates(sums.stated[group] - items, group)
        count = sums.count[cluster] - left
        less = np.asarray(sums.effective[cluster] - self._through_origin(still, count, cluster))
        if averaged is not None and (at := np.flatnonzero(averaged.effects.touched[cluster])).size:
            weight = self._weight(count[at], cluster[at])
            less[at] = averaged.withdrawn(row[at], cluster[at], less[at], left[at], weight)
        return less

    def _through_rates(self, stated: Ints, of: Ints | slice) -> Ints:
        return quantised(_apply_rates(stated / GRID, self.says_if_holds[of], self.says_if_not[of]))

    def _through_origin(self, rated_sum: Ints, count: Ints, of: Ints | slice) -> Ints:
        alike, scale = np.maximum(count / GRID - 1.0, 0.0) * self.correlation[of], self.scale[of]
        return np.where((alike == 0.0) & (scale == 1.0), rated_sum, quantised(rated_sum / GRID * scale / (1.0 + alike)))

    def _weight(self, count: Ints, of: Ints | slice) -> Floats:
        """The effective weight of one observation of a cluster among the others."""
        return np.asarray(self.scale[of] / (1.0 + np.maximum(count / GRID - 1.0, 0.0) * self.correlation[of]))


def _attenuate(llr: Floats, keep: Floats, lose: Floats) -> Floats:
    """tanh(λ'/2) = keep·tanh(λ/2), with lose = 1 − keep as a separate argument to preserve its precision.

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


def _runs(changed: Bools) -> tuple[Ints, Ints]:
    """The start of each run of equal rows, and the run of every row, given where a row differs from the one before."""
    new = np.concatenate(([True], changed))
    return np.flatnonzero(new), np.cumsum(new) - 1


def _share(name: str, values: npt.ArrayLike) -> Floats:
    share = floats(name, values)
    if ((share < 0) | (share > 1)).any():
        raise Incorrect("invalid-input", f"{name} must lie between 0 and 1.", field=name)
    return share


def _column(name: str, values: npt.NDArray[Any], rows: Ints) -> npt.NDArray[Any]:
    if values.shape not in ((), rows.shape):
        raise Incorrect("invalid-input", "The columns of the evidence must have one length.", field=name)
    return values if values.shape else np.broadcast_to(values, rows.shape)


def _sum_by(index: Ints, values: Ints, size: int) -> Ints:
    total = np.zeros(size, dtype=np.int64)
    np.add.at(total, index, values)
    return total
