"""From single observations to one log-likelihood ratio per belief.

Three maps, each the exact likelihood of what it describes.

*Age* is a symmetric noisy channel that keeps the truth with probability (1 + k)/2: tanh(λ'/2) = k·tanh(λ/2), with
k = 2^(−elapsed/half-life).

*A source* has two coins: it says so with probability a where it holds, and with b where it does not. If what it says
is heard with log-likelihood ratio λ, then λ' = log((a·e^λ + 1−a) / (b·e^λ + 1−b)): no less than (1−a)/(1−b), no more
than a/b. The items of one source on one belief are summed before, so that a source that repeats itself saturates
instead of counting again.

*An origin* is what several observations share: a press agency, a copied list, one race that all pollsters misjudge
alike. n observations with normal errors of equal correlation ρ have Σ⁻¹·1 = 1/(1 + (n−1)·ρ), so their
log-likelihood ratios come to Σλ / (1 + (n−1)·ρ): their sum if they share nothing (ρ = 0), their mean if they are copies
(ρ = 1), and never more than 1/ρ times the mean. n counts what is left of them with age.

Every summand is first rounded to a whole multiple of 2^-32. Sums of integers have no order and forget nothing, so the
result is the same, bit for bit, in whatever order the items came, and taking an item away equals never having had it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from beliefgraph.errors import Incorrect
from beliefgraph.inference.arrays import Bools, Floats, Ints, floats, frozen, indices

LOG_LIKELIHOOD_BOUND = 30.0
"""The largest |λ|, in nats, of one item and of one belief: e^30 is 10^13, past what any observation can claim, well
past a correction, and near the last digit in which a probability still differs from 1. More is counted as this
much."""

_GRID = 2.0**32
"""Quanta per nat: 2^-32 is far below anything shown, and leaves room for 70 million items at the bound in 63 bits."""


NO_ORIGIN = -1
"""In the column of origins: the observation shares its error with no other."""


@dataclass(frozen=True, slots=True)
class Combined:
    """What all the evidence says, per belief and per item; natural log units.

    Per belief (shape [beliefs]): `log_likelihood` λ; `total`, λ before it is bounded; `mass` M = Σ|λ_item|, aged;
    `mass_unaged` M₀, as if all of it were new; `opposing_share` O, the smaller side's share of M (0 to ½). Per item, in
    the order handed in: `contribution` λ_item, aged and after its share of its source's coins and of its origin, so
    that the items of one belief sum to its λ; and `withdrawn`, by how much exactly `total` falls if the item alone was
    never said.
    """

    log_likelihood: Floats
    total: Floats
    mass: Floats
    mass_unaged: Floats
    opposing_share: Floats
    contribution: Floats
    withdrawn: Floats


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


def two_coin(log_likelihood_ratio: npt.ArrayLike, says_if_holds: npt.ArrayLike, says_if_not: npt.ArrayLike) -> Floats:
    """What is left of λ when yes and no have their own error rates: log((a·e^λ + 1−a) / (b·e^λ + 1−b)).

    a = P(says so | it holds), b = P(says so | it does not), both in [0, 1]: 1 and 0 change nothing, equal ones say
    nothing, and (1+r)/2 with (1−r)/2 is a symmetric channel, tanh(λ'/2) = r·tanh(λ/2). The result is unbounded where a
    rate is 0 or 1 and λ is large. Raises `invalid-input`.
    """
    llr = floats("log_likelihood_ratio", log_likelihood_ratio)
    return _two_coin(llr, _share("says_if_holds", says_if_holds), _share("says_if_not", says_if_not))


def _two_coin(llr: Floats, a: Floats, b: Floats) -> Floats:
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
    *,
    beliefs: int,
    says_if_holds: npt.ArrayLike = 1.0,
    says_if_not: npt.ArrayLike = 0.0,
    origin: npt.ArrayLike = NO_ORIGIN,
    correlation: npt.ArrayLike = 1.0,
) -> Combined:
    """All the evidence as one λ per belief, and what each item adds to it.

    Columns of one length, one row per item: the belief's index (0 ≤ belief < beliefs), any whole number that names
    the source, the log-likelihood ratio as observed (counted up to ±LOG_LIKELIHOOD_BOUND), seconds elapsed since, and
    half-life in seconds (inf: never ages). Also columns, or one number for all rows: the two coins of the item's source
    on that belief, any whole number from 0 that names the origin it shares with others (NO_ORIGIN: with none), and the
    correlation ρ of what has that origin; rows of one source, or one origin, on one belief must agree on theirs. A
    source that speaks by two origins is heard by each. The order of the rows changes no bit. Raises `invalid-input`.
    """
    on, of = indices("belief", belief), indices("source", source)
    llr = floats("log_likelihood_ratio", log_likelihood_ratio)
    if not on.shape == of.shape == llr.shape == np.shape(elapsed) == np.shape(half_life):
        raise Incorrect("invalid-input", "The columns of the evidence must have one length.", items=len(on))
    holds, not_holds = (
        _column("says_if_holds", _share("says_if_holds", says_if_holds), on),
        _column("says_if_not", _share("says_if_not", says_if_not), on),
    )
    by = indices("origin", _column("origin", np.asarray(origin), on))
    rho = _column("correlation", _share("correlation", correlation), on)
    if on.size == 0:
        nothing, none = frozen(np.zeros(beliefs)), frozen(np.zeros(0))
        return Combined(nothing, nothing, nothing, nothing, nothing, none, none)
    if on.min() < 0 or on.max() >= beliefs:
        raise Incorrect("invalid-input", f"A belief's index must lie between 0 and {beliefs - 1}.", field="belief")

    voices = _Voices.of(on, by, of, holds, not_holds, rho)
    llr = np.clip(llr, -LOG_LIKELIHOOD_BOUND, LOG_LIKELIHOOD_BOUND)
    left = np.exp2(-(floats("elapsed", elapsed) / _half(half_life)))
    items = _quantise(age(llr, elapsed, half_life))
    heard = voices.hear(items, _quantise(left))
    total = _sum_by(voices.belief, heard.words, beliefs) / _GRID
    log_likelihood = np.clip(total, -LOG_LIKELIHOOD_BOUND, LOG_LIKELIHOOD_BOUND)
    kept = np.where(total == log_likelihood, 1.0, log_likelihood / np.where(total == 0, 1.0, total))
    contribution = items / _GRID * heard.share * kept[on]

    effect = _quantise(contribution)
    rising = _sum_by(on, np.maximum(effect, 0), beliefs)
    falling = _sum_by(on, np.maximum(-effect, 0), beliefs)
    mass = rising + falling
    fresh = _quantise(llr)
    fresh_share = voices.hear(fresh, np.full(len(on), round(_GRID), dtype=np.int64)).share
    unaged = _sum_by(on, np.abs(_quantise(fresh / _GRID * fresh_share)), beliefs)
    return Combined(
        log_likelihood=frozen(log_likelihood),
        total=frozen(total),
        mass=frozen(mass / _GRID),
        mass_unaged=frozen(unaged / _GRID),
        opposing_share=frozen(np.minimum(rising, falling) / np.maximum(mass, 1)),
        contribution=frozen(contribution),
        withdrawn=frozen(heard.withdrawn / _GRID),
    )


@dataclass(frozen=True, slots=True)
class _Heard:
    """What comes through: quanta per voice, the share of it that a unit of each item carries, what each would take."""

    words: Ints
    share: Floats
    withdrawn: Ints


@dataclass(frozen=True, slots=True)
class _Voices:
    """The rows in groups: one source on one belief by one origin; and in voices, all sources of an origin together.

    `order` sorts the rows into groups, which begin at `group_start` of it, and the groups into voices, which begin at
    `voice_start` of these; `group` is the group of every row, `voice` the voice of every group. What has no origin is a
    voice of its own.
    """

    order: Ints
    group_start: Ints
    group: Ints
    voice_start: Ints
    voice: Ints
    belief: Ints
    says_if_holds: Floats
    says_if_not: Floats
    correlation: Floats

    @classmethod
    def of(cls, belief: Ints, origin: Ints, source: Ints, holds: Floats, not_holds: Floats, rho: Floats) -> _Voices:
        order = np.lexsort((source, origin, belief))
        changed = np.diff(np.stack([belief, origin, source])[:, order], axis=1) != 0
        group_start, group = _runs(changed.any(axis=0))
        first = order[group_start]
        apart = changed[:2].any(axis=0)[group_start[1:] - 1] | (origin[first[1:]] == NO_ORIGIN)
        voice_start, voice = _runs(apart)
        group_of_row = np.empty(len(order), dtype=np.int64)
        group_of_row[order] = group
        leader = first[voice_start]
        shared = origin[leader] != NO_ORIGIN
        of_row = leader[voice][group_of_row]
        if ((holds != holds[first][group_of_row]) | (not_holds != not_holds[first][group_of_row])).any():
            raise Incorrect("invalid-input", "One source has one pair of coins on one belief.", field="says_if_holds")
        if ((rho != rho[of_row]) & (origin != NO_ORIGIN)).any():
            raise Incorrect("invalid-input", "One origin has one correlation on one belief.", field="correlation")
        return cls(
            order=order,
            group_start=group_start,
            group=group_of_row,
            voice_start=voice_start,
            voice=voice,
            belief=belief[leader],
            says_if_holds=holds[first],
            says_if_not=not_holds[first],
            correlation=np.where(shared, rho[leader], 0.0),
        )

    def hear(self, items: Ints, left: Ints) -> _Heard:
        """Through the coins of each source and the correlation of each origin; all in quanta."""
        said = np.add.reduceat(items[self.order], self.group_start)
        coined = self._through_coins(said, slice(None))
        spoken = np.add.reduceat(coined, self.voice_start)
        count = np.add.reduceat(np.add.reduceat(left[self.order], self.group_start), self.voice_start)
        words = self._through_origin(spoken, count, slice(None))

        slope = self.says_if_holds - self.says_if_not
        by_source = np.where(said == 0, slope, coined / np.where(said == 0, 1, said))
        shrunk = 1.0 / (1.0 + np.maximum(count / _GRID - 1.0, 0.0) * self.correlation)
        by_origin = np.where(spoken == 0, shrunk, words / np.where(spoken == 0, 1, spoken))
        share = (by_source * by_origin[self.voice])[self.group]

        group, voice = self.group, self.voice[self.group]
        still = spoken[voice] - coined[group] + self._through_coins(said[group] - items, group)
        withdrawn = words[voice] - self._through_origin(still, count[voice] - left, voice)
        return _Heard(words, share, withdrawn)

    def _through_coins(self, said: Ints, of: Ints | slice) -> Ints:
        return _quantise(_two_coin(said / _GRID, self.says_if_holds[of], self.says_if_not[of]))

    def _through_origin(self, spoken: Ints, count: Ints, of: Ints | slice) -> Ints:
        alike = np.maximum(count / _GRID - 1.0, 0.0) * self.correlation[of]
        return np.where(alike == 0.0, spoken, _quantise(spoken / _GRID / (1.0 + alike)))


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


def _runs(changed: Bools) -> tuple[Ints, Ints]:
    """Where each run of equal rows begins, and the run of every row, from where a row differs from the one before."""
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
    return np.broadcast_to(values, rows.shape)


def _sum_by(index: Ints, values: Ints, size: int) -> Ints:
    total = np.zeros(size, dtype=np.int64)
    np.add.at(total, index, values)
    return total
