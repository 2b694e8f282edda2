"""Sums over one clique's table."""

from __future__ import annotations

from beliefgraph.inference.arrays import Codes, Floats
from beliefgraph.inference.native import inner
from beliefgraph.inference.plan import STATES, WIDTH


@inner
def halves(values: Floats, start: int, size: int, step: int) -> tuple[float, float]:
    """The sums of a table's entries for each state of a binary variable.

    Two entries that differ only in it are `step` apart.
    """
    no, yes = 0.0, 0.0
    if size == 4:
        no, yes = values[start] + values[start + 3 - step], values[start + step] + values[start + 3]
    elif size == 8:
        one, two = start + (2 if step == 1 else 1), start + (2 if step == 4 else 4)
        both = one + two - start
        no = values[start] + values[one] + values[two] + values[both]
        yes = values[start + step] + values[one + step] + values[two + step] + values[both + step]
    else:
        for block in range(start, start + size, 2 * step):
            for j in range(block, block + step):
                no += values[j]
                yes += values[j + step]
    return no, yes


@inner
def collect(
    maps: Codes, off: int, step: int, width: int, values: Floats, start: int, size: int, to: Floats, at: int
) -> None:
    """Sum a table into the `width` entries that its map gives."""
    if width == 2:
        to[at], to[at + 1] = halves(values, start, size, step)
    else:
        for s in range(at, at + width):
            to[s] = 0.0
        for j in range(size):
            to[at + maps[off + j]] += values[start + j]


@inner
def widest(codes: Codes, leaf_codes: Codes) -> int:
    """The greatest number of entries that a table is summed to."""
    most = 2
    for k in range(len(codes)):
        most = max(most, codes[k, WIDTH])
    for row in range(len(leaf_codes)):
        most = max(most, leaf_codes[row, STATES])
    return most
