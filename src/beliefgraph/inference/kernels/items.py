"""All items of a twin's evidence that count at one moment, aged and summed by group.

An item is valid from t₀ on and has the log-likelihood ratio λ; its group has the half-life h, in whole microseconds (0:
never ages). With c = tanh(|λ|/2) and the age factor x = 2^((t₀ − t)/h), its aged value at t is
2·artanh(c·x) = log((1 + c·x) / (1 − c·x)). Both times are split into whole half-lives and a rest, so that x is a
product of two numbers: a power of two, and 2^(rest of t₀ − rest of t), of which the first factor is stored with the
item (`strength` is c·2^(rest of t₀)).

An item may count in part (k < 1, if it is from before a change, `foresight/runs.py`): then 2·artanh(k·c·x). `follows`
is the step function of a group, -1 for none: among the steps `first[f]` up to `first[f + 1]`, the last one whose `edge`
is not after t₀ gives the share.

Sums are of integer quanta, so they depend neither on the order of the items nor on their division into blocks.

`gather` visits every item. `gather_runs` sums sorted ones with the same bits: within a run, the items of one group and
sign that began in the same half-life, the factor of the moment is constant, so that one logarithm per item remains.
Without ageing the sum is the difference of two prefix sums. `spread` and `spread_runs` do the same for each item.
"""

from __future__ import annotations

import math

import numpy as np

from beliefgraph.inference.arrays import Flags, Floats, Ints, Narrow
from beliefgraph.inference.native import inner, native

GRID = 2.0**32
"""Quanta per nat: 2^-32 is far below anything shown, and leaves room for 70 million items at the bound in 63 bits."""

STRONG = 8.0
"""|λ| in nats above which c is so near 1 that 1 − c·x loses precision: the aged value is computed from the elapsed
time."""

FORGOTTEN = 64
"""Half-lives after which an item is 0, to half a quantum."""

HALVED = 2.0 ** -np.arange(FORGOTTEN + 1.0)
"""The age factor after this many half-lives; the lookup takes a tenth of the time of a power."""

RISING, FALLING, LEFT, FRESH_RISING, FRESH_FALLING, ITEMS, BEGUN, OPEN = range(8)
"""The columns of the sums. BEGUN counts the items that had begun by the moment, OPEN all those visible to the rev."""

SUMS = 8

MANTISSA = np.uint64(52)
"""Bits of a float64 below its exponent, whose bias is ONE; HALF is half of the last place of the exponent."""
ONE, HALF = np.uint64(1023), np.uint64(2**51)

WHOLE = 2.0**52
"""From here on the last place of a float64 is one: its bits, minus those of this, are an integer up to 2^52."""
WHOLE_BITS = np.uint64(np.float64(WHOLE).view(np.uint64))
NEAREST = 1.5 * WHOLE
"""Adding this to a number, up to 2^51 in absolute value, rounds it to the nearest integer."""
NEAREST_BITS = np.int64(np.float64(NEAREST).view(np.int64))

LN2 = math.log(2.0)


@inner
def _twice_artanh(z: float) -> float:
    """2·artanh(z) = log((1 + z) / (1 − z)) for 0 ≤ z ≤ tanh(STRONG / 2), to about 10^-15.

    With n an integer near its logarithm to base 2, that is n·ln 2 + 2·artanh(s) for s = (1 + z − b) / (1 + z + b),
    b = 2^n·(1 − z), and |s| < 0.201: ten terms of the series. The bits of a float, read as a number, are its logarithm
    to base 2 to within 0.09. Without branches and calls the compiler vectorises it.
    """
    above, below = 1.0 + z, 1.0 - z
    n = (np.float64(above).view(np.uint64) - np.float64(below).view(np.uint64) + HALF) >> MANTISSA
    power = np.uint64((n + ONE) << MANTISSA).view(np.float64)
    number = np.uint64(WHOLE_BITS | n).view(np.float64) - WHOLE
    below *= power
    s = (above - below) / (above + below)
    square = s * s
    series = 1.0 / 19.0
    series = series * square + 1.0 / 17.0
    series = series * square + 1.0 / 15.0
    series = series * square + 1.0 / 13.0
    series = series * square + 1.0 / 11.0
    series = series * square + 1.0 / 9.0
    series = series * square + 1.0 / 7.0
    series = series * square + 1.0 / 5.0
    series = series * square + 1.0 / 3.0
    return number * LN2 + 2.0 * (s + s * square * series)


@inner
def _quanta(nats: float) -> int:
    """The nearest integer number of quanta, rounded as by `rint`."""
    return int(np.float64(nats * GRID + NEAREST).view(np.int64) - NEAREST_BITS)


@inner
def _nearest(number: float) -> float:
    """The nearest integer as a float, as by `rint`, up to 2^51; without a call, so that it is vectorised."""
    return (number + NEAREST) - NEAREST


@inner
def _faded(strength: float, factor: float) -> float:
    """The aged absolute value of an item of a run, in quanta; `factor` is what all items of the run have in common."""
    return _nearest(_twice_artanh(strength * factor) * GRID)


@inner
def _aged(llr: float, strength: float, period: int, since: int, at: int, half: int, whole: int, rest: float) -> float:
    """The aged log-likelihood ratio of an item, in nats."""
    if half == 0 or since == at:
        return llr
    if whole - period > FORGOTTEN:
        return 0.0
    if abs(llr) > STRONG:
        fraction = -math.log(2.0) * ((at - since) / half)
        lose, u = -math.expm1(fraction), math.exp(-abs(llr))
        below = 0.5 * lose + (1.0 - 0.5 * lose) * u
        return math.copysign(math.log1p(math.exp(fraction) * -math.expm1(-abs(llr)) / below), llr)
    return math.copysign(_twice_artanh(strength * rest * HALVED[whole - period]), llr)


@inner
def _aged_in_part(
    llr: float, strength: float, period: int, since: int, at: int, half: int, whole: int, rest: float, kept: float
) -> float:
    """The aged log-likelihood ratio of an item that counts in part, in nats."""
    if kept == 1.0:
        return _aged(llr, strength, period, since, at, half, whole, rest)
    if kept <= 0.0:
        return 0.0
    if half == 0 or since == at or abs(llr) > STRONG:
        fraction = math.log(kept)
        if half != 0:
            fraction -= math.log(2.0) * ((at - since) / half)
        lose, u = -math.expm1(fraction), math.exp(-abs(llr))
        below = 0.5 * lose + (1.0 - 0.5 * lose) * u
        return math.copysign(math.log1p(math.exp(fraction) * -math.expm1(-abs(llr)) / below), llr)
    if whole - period > FORGOTTEN:
        return 0.0
    return math.copysign(_twice_artanh(kept * strength * rest * HALVED[whole - period]), llr)


@inner
def _kept(follows: int, since: int, first: Ints, edge: Ints, keep: Floats) -> float:
    """The share of an item that counts, from 0 to 1."""
    if follows < 0:
        return 1.0
    low, high = first[follows], first[follows + 1]
    while high - low > 1:
        middle = (low + high) // 2
        if edge[middle] <= since:
            low = middle
        else:
            high = middle
    kept: float = keep[low]
    return kept


@inner
def _left(since: int, at: int, half: int, kept: float) -> int:
    """The aged count of an item, in quanta of one."""
    if half == 0 or since == at:
        return int(np.rint(kept * GRID))
    return int(np.rint(kept * 2.0 ** (-((at - since) / half)) * GRID))


@native
def gather(
    at: int,
    rev: int,
    group: Narrow,
    llr: Floats,
    strength: Floats,
    period: Ints,
    valid_from: Ints,
    valid_to: Ints,
    rev_from: Narrow,
    rev_to: Narrow,
    half: Ints,
    whole: Ints,
    rest: Floats,
    follows: Narrow,
    first: Ints,
    edge: Ints,
    keep: Floats,
    shared: Flags,
    apart: Flags,
    sums: Ints,
    rows_apart: Ints,
) -> int:
    """Add the items of a block that are visible to `rev` to the sums, [groups, SUMS].

    Items of groups `apart` are only counted; their rows are written to `rows_apart`, and their number is returned.
    """
    found = 0
    for i in range(len(group)):
        if rev_from[i] > rev or rev_to[i] <= rev:
            continue
        g = group[i]
        sums[g, OPEN] += 1
        begun = valid_from[i] <= at
        if begun:
            sums[g, BEGUN] += 1
        if apart[g]:
            rows_apart[found] = i
            found += 1
            continue
        if begun and at < valid_to[i]:
            kept = _kept(follows[g], valid_from[i], first, edge, keep)
            effective = _aged_in_part(
                llr[i], strength[i], period[i], valid_from[i], at, half[g], whole[g], rest[g], kept
            )
            _add(sums, g, int(np.rint(effective * GRID)), int(np.rint(llr[i] * GRID)))
            if shared[g]:
                sums[g, LEFT] += _left(valid_from[i], at, half[g], kept)
    return found


@native
def gather_runs(
    at: int,
    start: Ints,
    group: Narrow,
    falls: Flags,
    period: Ints,
    order: Narrow,
    force: Floats,
    fresh: Ints,
    llr: Floats,
    valid_from: Ints,
    half: Ints,
    whole: Ints,
    rest: Floats,
    follows: Narrow,
    first: Ints,
    edge: Ints,
    keep: Floats,
    shared: Flags,
    apart: Flags,
    sums: Ints,
) -> None:
    """Add the items of runs, all visible to the rev, to the sums; those of groups `apart` are only counted.

    Run r has the entries `start[r]` up to `start[r + 1]`, in the order of their times: `order` is the row of each
    entry, `force` its `strength`, and `fresh` the prefix sum of the unaged absolute values.
    """
    for r in range(len(group)):
        g, low, high = group[r], start[r], start[r + 1]
        sums[g, OPEN] += high - low
        if half[g] != 0 and period[r] > whole[g]:
            continue
        until = end = high
        if half[g] == 0 or period[r] == whole[g]:
            until, end = _begun(at, order, valid_from, low, high)
        sums[g, BEGUN] += end - low
        if apart[g]:
            continue
        sums[g, ITEMS] += end - low
        sums[g, FRESH_RISING + falls[r]] += fresh[end] - fresh[low]
        if follows[g] >= 0:
            for place in range(low, end):
                i = order[place]
                kept = _kept(follows[g], valid_from[i], first, edge, keep)
                effective = _aged_in_part(
                    llr[i], force[place], period[r], valid_from[i], at, half[g], whole[g], rest[g], kept
                )
                sums[g, RISING + falls[r]] += abs(int(np.rint(effective * GRID)))
                if shared[g]:
                    sums[g, LEFT] += _left(valid_from[i], at, half[g], kept)
            continue
        aged = fresh[end] - fresh[low if half[g] == 0 else until]
        if half[g] != 0 and whole[g] - period[r] <= FORGOTTEN:
            factor = rest[g] * HALVED[whole[g] - period[r]]
            for place in range(low, until):
                aged += _quanta(_twice_artanh(force[place] * factor))
        sums[g, RISING + falls[r]] += aged
        if shared[g]:
            for place in range(low, end):
                sums[g, LEFT] += _left(valid_from[order[place]], at, half[g], 1.0)


@inner
def _begun(at: int, order: Narrow, valid_from: Ints, low: int, high: int) -> tuple[int, int]:
    """Up to which entry of a run the items began before a moment, and up to which by that moment."""
    end = _places_before(at + 1, order, valid_from, low, high)
    return _places_before(at, order, valid_from, low, end), end


@inner
def _places_before(at: int, order: Narrow, valid_from: Ints, low: int, high: int) -> int:
    """The first entry of a part of a run that is not before a moment."""
    while low < high:
        middle = (low + high) // 2
        if valid_from[order[middle]] < at:
            low = middle + 1
        else:
            high = middle
    return low


@inner
def _add(sums: Ints, g: int, aged: int, fresh: int) -> None:
    sums[g, RISING] += max(aged, 0)  # an unpredictable branch on the sign would cost a third more
    sums[g, FALLING] -= min(aged, 0)
    sums[g, FRESH_RISING] += max(fresh, 0)
    sums[g, FRESH_FALLING] -= min(fresh, 0)
    sums[g, ITEMS] += 1


@native
def weigh(
    at: int,
    group: Narrow,
    llr: Floats,
    strength: Floats,
    period: Ints,
    valid_from: Ints,
    half: Ints,
    whole: Ints,
    rest: Floats,
    follows: Narrow,
    first: Ints,
    edge: Ints,
    keep: Floats,
    quanta: Ints,
    left: Ints,
) -> None:
    """The aged value and the aged count of each of these items, all of which count at the moment; in quanta."""
    for i in range(len(group)):
        g = group[i]
        kept = _kept(follows[g], valid_from[i], first, edge, keep)
        effective = _aged_in_part(llr[i], strength[i], period[i], valid_from[i], at, half[g], whole[g], rest[g], kept)
        quanta[i] = int(np.rint(effective * GRID))
        left[i] = _left(valid_from[i], at, half[g], kept)


@native
def spread(
    at: int,
    rev: int,
    group: Narrow,
    llr: Floats,
    strength: Floats,
    period: Ints,
    valid_from: Ints,
    valid_to: Ints,
    rev_from: Narrow,
    rev_to: Narrow,
    half: Ints,
    whole: Ints,
    rest: Floats,
    follows: Narrow,
    first: Ints,
    edge: Ints,
    keep: Floats,
    reaches: Flags,
    weight: Floats,
    spread: Floats,
) -> None:
    """Write the aged value of each item of a block times the weight of its group.

    NaN for those that are not visible to `rev`, do not count, or whose group does not reach the target.
    """
    for i in range(len(group)):
        g = group[i]
        if not reaches[g] or rev_from[i] > rev or rev_to[i] <= rev or valid_from[i] > at or at >= valid_to[i]:
            spread[i] = np.nan
            continue
        kept = _kept(follows[g], valid_from[i], first, edge, keep)
        effective = _aged_in_part(llr[i], strength[i], period[i], valid_from[i], at, half[g], whole[g], rest[g], kept)
        spread[i] = np.rint(effective * GRID) / GRID * weight[g]


@native
def spread_runs(
    at: int,
    start: Ints,
    group: Narrow,
    falls: Flags,
    period: Ints,
    order: Narrow,
    force: Floats,
    fresh: Ints,
    llr: Floats,
    valid_from: Ints,
    half: Ints,
    whole: Ints,
    rest: Floats,
    follows: Narrow,
    first: Ints,
    edge: Ints,
    keep: Floats,
    reaches: Flags,
    weight: Floats,
    room: Floats,
    spread: Floats,
) -> None:
    """Write the same for the items of runs, all visible to the rev, and leave the others; `room` is as long as a run.

    The terms are those of `gather_runs`.
    """
    for r in range(len(group)):
        g, low, high = group[r], start[r], start[r + 1]
        if not reaches[g] or (half[g] != 0 and period[r] > whole[g]):
            continue
        until = end = high
        if half[g] == 0 or period[r] == whole[g]:
            until, end = _begun(at, order, valid_from, low, high)
        if follows[g] >= 0:
            for place in range(low, end):
                i = order[place]
                kept = _kept(follows[g], valid_from[i], first, edge, keep)
                effective = _aged_in_part(
                    llr[i], force[place], period[r], valid_from[i], at, half[g], whole[g], rest[g], kept
                )
                spread[i] = np.rint(effective * GRID) / GRID * weight[g]
            continue
        signed = -weight[g] if falls[r] else weight[g]
        if half[g] == 0:
            until = low
        elif whole[g] - period[r] > FORGOTTEN:
            for place in range(low, until):
                spread[order[place]] = 0.0
        else:
            factor = rest[g] * HALVED[whole[g] - period[r]]
            for n in range(until - low):
                room[n] = _faded(force[low + n], factor) / GRID * signed
            for n in range(until - low):
                spread[order[low + n]] = room[n]
        for place in range(until, end):
            spread[order[place]] = (fresh[place + 1] - fresh[place]) / GRID * signed
