"""Groups of items combined if every source counts as stated: no error rates, nothing shared.

The same numbers, bit for bit, as the general case in `evidence.py`, in one pass: a twin with little evidence is derived
in the time of a handful of array operations.
"""

from __future__ import annotations

import numpy as np

from beliefgraph.inference.arrays import Floats, Ints
from beliefgraph.inference.kernels.items import GRID
from beliefgraph.inference.native import native


@native
def total(
    belief: Ints,
    group: Ints,
    rising: Ints,
    falling: Ints,
    fresh_rising: Ints,
    fresh_falling: Ints,
    bound: float,
    of_belief: Floats,
    share: Floats,
) -> None:
    """Sum rows, each a group on a belief, by belief.

    Fills `of_belief`, [5, beliefs], with the log-likelihood within its bound and without, the mass, the mass without
    ageing, and the share of the opposing side; `share` with what a quantum of each row adds to its belief.
    """
    beliefs = of_belief.shape[1]
    sums = np.zeros((4, beliefs), dtype=np.int64)
    for row in range(len(belief)):
        g, b = group[row], belief[row]
        sums[0, b] += rising[g] - falling[g]
        sums[1, b] += fresh_rising[g] + fresh_falling[g]
    for b in range(beliefs):
        whole = sums[0, b] / GRID
        of_belief[0, b] = min(max(whole, -bound), bound)
        of_belief[1, b] = whole
    for row in range(len(belief)):
        g, b = group[row], belief[row]
        kept, whole = of_belief[0, b], of_belief[1, b]
        share[row] = 1.0 if kept == whole else kept / whole
        sums[2, b] += int(np.rint(rising[g] / GRID * share[row] * GRID))
        sums[3, b] += int(np.rint(falling[g] / GRID * share[row] * GRID))
    for b in range(beliefs):
        mass = sums[2, b] + sums[3, b]
        of_belief[2, b] = mass / GRID
        of_belief[3, b] = sums[1, b] / GRID
        of_belief[4, b] = min(sums[2, b], sums[3, b]) / max(mass, 1)
