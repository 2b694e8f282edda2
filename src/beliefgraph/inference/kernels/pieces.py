"""Contributions of items, merged by piece of evidence and by kind in one pass over a block."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from beliefgraph.inference.arrays import Flags, Floats, Ints, Narrow
from beliefgraph.inference.native import native

LAST, PIECE = range(2)
"""What `place` has: the last row that counted, and the index of its piece; -1 before the first."""


@native
def merge(
    begin: int,
    contribution: Floats,
    group: Narrow,
    begins: Flags,
    evidence: npt.NDArray[np.uint64],
    kind: Ints,
    place: Ints,
    last_evidence: npt.NDArray[np.uint64],
    sums: Floats,
    share: Floats,
    first: Narrow,
    end: Narrow,
    number: Ints,
    total: Floats,
    greatest: Floats,
    weightiest: Ints,
) -> None:
    """Add the items of a block that count to the pieces of evidence and to the kinds found so far.

    `begin` is the row of the first item; those whose `contribution` is NaN do not count. Consecutive items of one
    evidence are one piece; `begins` flags those whose evidence differs from the one before. `place`, `last_evidence`
    and `sums` are where the pass stands between blocks. A piece has its sum in `share`, its first row, and the row
    after its last. A kind is twice the `kind` of a group, plus one for contributions above 0; for each it counts and
    sums, and notes the first row with the greatest contribution.
    """
    last, piece = place[LAST], place[PIECE]
    head, more = sums[0], sums[1]
    for i in range(len(group)):
        one = contribution[i]
        if one != one:
            continue
        row = begin + i
        if i > 0 and last == row - 1:
            new = begins[i] != 0
        elif last >= begin:
            before = last - begin
            new = evidence[i, 0] != evidence[before, 0] or evidence[i, 1] != evidence[before, 1]
        else:
            new = last < 0 or evidence[i, 0] != last_evidence[0] or evidence[i, 1] != last_evidence[1]
        if new:
            piece += 1
            first[piece] = row
            head, more = one, -0.0
        else:
            more += one
        share[piece] = head + more
        end[piece] = row + 1
        last = row
        k = 2 * kind[group[i]] + (one > 0.0)
        number[k] += 1
        total[k] += one
        size = abs(one)
        if size > greatest[k]:
            greatest[k] = size
            weightiest[k] = row
    place[LAST], place[PIECE] = last, piece
    sums[0], sums[1] = head, more
    if last >= begin:
        last_evidence[0], last_evidence[1] = evidence[last - begin, 0], evidence[last - begin, 1]
