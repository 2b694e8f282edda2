"""The pieces of evidence that contribute most, found from bounds on runs without weighing every item.

Within a run, the items of one group and sign that began in the same half-life, the strongest item contributes most. A
piece of at most m items that contributes at least T has an item that contributes at least T / m; and if the items of a
piece are of different groups, at least T − (m − 1)·B, where B bounds the items of all other groups. So only runs whose
bound reaches that are searched. All items of these blocks count if their group reaches the target.
"""

from __future__ import annotations

import numpy as np

from beliefgraph.inference.arrays import Flags, Floats, Ints, Narrow
from beliefgraph.inference.kernels.items import FORGOTTEN, GRID, HALVED, _aged, _faded, _places_before
from beliefgraph.inference.native import inner, native

TINY = 1e-8
"""Strength below which the value of an item may be 0 quanta although it never ages."""


@native
def bounds(
    at: int,
    begin: int,
    start: Ints,
    group: Narrow,
    falls: Flags,
    period: Ints,
    order: Narrow,
    force: Floats,
    fresh: Ints,
    strongest: Narrow,
    weakest: Floats,
    valid_from: Ints,
    half: Ints,
    whole: Ints,
    rest: Floats,
    reaches: Flags,
    weight: Floats,
    kind: Ints,
    number: Ints,
    greatest: Floats,
    weightiest: Ints,
    bound: Floats,
    row: Narrow,
) -> None:
    """Write the greatest size of a contribution in every run, -1 for those that do not reach the target, and its row.

    The runs are those of `gather_runs`, of a block from row `begin` on; `strongest` is the entry with the greatest
    `force` of each, `weakest` the least force. Their items are added to the kinds, as by `merge`, without sums.
    """
    for r in range(len(group)):
        g, low, high = group[r], start[r], start[r + 1]
        bound[r] = -1.0
        if not reaches[g]:
            continue
        signed = -weight[g] if falls[r] else weight[g]
        best, place, zeros, zero = -1.0, low, 0, low
        until, factor = _ageing(at, order, valid_from, low, high, period[r], half[g], whole[g], rest[g])
        if until > low:
            if strongest[r] < until:
                place = strongest[r]
                best = _faded(force[place], factor)
            else:
                for n in range(low, until):
                    value = _faded(force[n], factor)
                    if value > best:
                        best, place = value, n
            if best < 1.0:
                zeros = until - low
            elif _faded(weakest[r], factor) < 1.0:
                for n in range(low, until):
                    if _faded(force[n], factor) < 1.0:
                        zeros += 1
                        zero = n
        if half[g] == 0:
            place = strongest[r]
            best = float(fresh[place + 1] - fresh[place])
        else:
            for n in range(until, high):
                if fresh[n + 1] - fresh[n] > best:
                    best, place = float(fresh[n + 1] - fresh[n]), n
        if weakest[r] < TINY:
            for n in range(until, high):
                if fresh[n + 1] == fresh[n]:
                    zeros += 1
                    zero = n
        bound[r], row[r] = abs(best / GRID * signed), order[place]
        if signed > 0.0:
            _note(2 * kind[g] + 1, high - low - zeros, bound[r], begin + order[place], number, greatest, weightiest)
            _note(2 * kind[g], zeros, 0.0, begin + order[zero], number, greatest, weightiest)
        else:
            _note(2 * kind[g], high - low, bound[r], begin + order[place], number, greatest, weightiest)


@native
def kinds_of_rows(
    begin: int,
    rows: Ints,
    contribution: Floats,
    group: Narrow,
    kind: Ints,
    number: Ints,
    greatest: Floats,
    weightiest: Ints,
) -> None:
    """Add some rows of a block to the kinds, given their contributions; NaN for those that do not count."""
    for n in range(len(rows)):
        one = contribution[n]
        if one == one:
            k = 2 * kind[group[n]] + (one > 0.0)
            _note(k, 1, abs(one), begin + rows[n], number, greatest, weightiest)


@inner
def _ageing(
    at: int, order: Narrow, valid_from: Ints, low: int, high: int, period: int, half: int, whole: int, rest: float
) -> tuple[int, float]:
    """Up to which entry of a run the items have aged, and the factor of their strength at the moment."""
    if half == 0:
        return low, 0.0
    until = high if period < whole else _places_before(at, order, valid_from, low, high)
    return until, rest * HALVED[whole - period] if whole - period <= FORGOTTEN else 0.0


@inner
def _note(k: int, count: int, size: float, row: int, number: Ints, greatest: Floats, weightiest: Ints) -> None:
    if count > 0:
        number[k] += count
        if size > greatest[k] or (size == greatest[k] and row < weightiest[k]):
            greatest[k] = size
            weightiest[k] = row


@native
def pieces_of_runs(
    at: int,
    least: float,
    least_item: Floats,
    start: Ints,
    run_group: Narrow,
    run_period: Ints,
    order: Narrow,
    force: Floats,
    fresh: Ints,
    bound: Floats,
    begins: Flags,
    group: Narrow,
    llr: Floats,
    strength: Floats,
    period: Ints,
    valid_from: Ints,
    half: Ints,
    whole: Ints,
    rest: Floats,
    reaches: Flags,
    weight: Floats,
    share: Floats,
    first: Narrow,
    end: Narrow,
) -> int:
    """Write the pieces of a block that contribute at least `least`, and return their number.

    Found are those with an item of at least `least_item` in a run whose `bound` reaches that, of shape [runs]; a piece
    with several such items is written several times.
    """
    found = 0
    for r in range(len(run_group)):
        if bound[r] < least_item[r]:
            continue
        g, low, high = run_group[r], start[r], start[r + 1]
        until, factor = _ageing(at, order, valid_from, low, high, run_period[r], half[g], whole[g], rest[g])
        size = abs(weight[g])
        for place in range(low, high):
            quanta = _faded(force[place], factor) if place < until else float(fresh[place + 1] - fresh[place])
            if quanta / GRID * size < least_item[r]:
                continue
            one, begin, after = _piece(
                order[place], at, begins, group, llr, strength, period, valid_from, half, whole, rest, reaches, weight
            )
            if abs(one) >= least:
                share[found], first[found], end[found] = one, begin, after
                found += 1
    return found


@native
def pieces_at(
    at: int,
    rows: Ints,
    begins: Flags,
    group: Narrow,
    llr: Floats,
    strength: Floats,
    period: Ints,
    valid_from: Ints,
    half: Ints,
    whole: Ints,
    rest: Floats,
    reaches: Flags,
    weight: Floats,
    share: Floats,
    first: Narrow,
    end: Narrow,
) -> None:
    """Write the piece that each of some rows of a block belongs to."""
    for n in range(len(rows)):
        share[n], first[n], end[n] = _piece(
            rows[n], at, begins, group, llr, strength, period, valid_from, half, whole, rest, reaches, weight
        )


@inner
def _piece(
    row: int,
    at: int,
    begins: Flags,
    group: Narrow,
    llr: Floats,
    strength: Floats,
    period: Ints,
    valid_from: Ints,
    half: Ints,
    whole: Ints,
    rest: Floats,
    reaches: Flags,
    weight: Floats,
) -> tuple[float, int, int]:
    """The contribution of the piece that a row belongs to, its first row, and the row after its last."""
    i = row
    while i > 0 and begins[i] == 0:
        i -= 1
    head, more, first, last = 0.0, -0.0, -1, -1
    while True:
        g = group[i]
        if reaches[g]:
            aged = _aged(llr[i], strength[i], period[i], valid_from[i], at, half[g], whole[g], rest[g])
            one = np.rint(aged * GRID) / GRID * weight[g]
            if first < 0:
                first, head = i, one
            else:
                more += one
            last = i
        i += 1
        if i >= len(group) or begins[i] != 0:
            return head + more, first, last + 1


@native
def count_pieces(begins: Flags, group: Narrow, reaches: Flags) -> int:
    """The number of pieces of a block with an item whose group reaches the target."""
    found = 0
    counted = False
    for i in range(len(group)):
        counted = counted and begins[i] == 0
        if not counted and reaches[group[i]]:
            counted = True
            found += 1
    return found


@native
def pieces_in(begins: Flags, group: Narrow) -> tuple[int, bool]:
    """The most items of a piece of a block, and whether the items of each piece are of different groups."""
    longest, distinct, first = 0, True, 0
    for i in range(len(group)):
        if begins[i] != 0:
            first = i
        longest = max(longest, i + 1 - first)
        for j in range(first, i):
            distinct = distinct and group[j] != group[i]
    return longest, distinct
