"""Parallel relations between two variables: scaling their tables so that together they keep both stated priors.

The table of one relation is divided by its margins, so that alone it moves neither of its beliefs. Several between the
values of two variables do move them together, whichever way they are divided. Scaling the product's rows and columns in
turn (R. Sinkhorn, 1964) finds the remaining divisors.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

import numpy as np

from beliefgraph.inference.arrays import Floats
from beliefgraph.inference.factors import Pair
from beliefgraph.inference.variables import Variables

_ROUNDS = 200
"""Maximum number of iterations. A dozen are usual; calibration removes what is left with strong relations."""
_SETTLED = 1e-14
"""Convergence, in nats: scales that change by less are final."""


def scales(variables: Variables, own: Floats, pairs: Sequence[Pair], fixed: Collection[int]) -> Floats:
    """The log scale of every state (shape [leaves]) that keeps connected variables at their `own` distributions.

    It is exact if the variables form a tree. Variables that are `fixed` are left out, as are two binary beliefs, whose
    table is exact already.
    """
    found = np.zeros(len(own))
    tables: dict[tuple[int, int], Floats] = {}
    cards = variables.cards.tolist()
    for pair, (first, *others) in zip(pairs, variables.scopes([pair.beliefs for pair in pairs]), strict=True):
        for second in others:
            if cards[first] == cards[second] == 2 or first in fixed or second in fixed:
                continue
            log = pair.log_table.ravel()[variables.stated([pair.beliefs])].reshape(cards[first], cards[second])
            ordered, log = ((first, second), log) if first < second else ((second, first), log.T)
            tables[ordered] = tables[ordered] + log if ordered in tables else log
    alike: dict[tuple[int, ...], list[tuple[int, int]]] = defaultdict(list)
    for ordered, log in tables.items():
        alike[log.shape].append(ordered)
    for (rows, columns), tied in alike.items():
        first, second = np.array(tied).T
        row = variables.start[first][:, None] + np.arange(rows)
        column = variables.start[second][:, None] + np.arange(columns)
        scaled = _scaled(np.exp([tables[each] for each in tied]), own[row], own[column])
        for states, scale in zip((row, column), scaled, strict=True):
            np.add.at(found, states, np.log(scale))
    return found


def _scaled(tables: Floats, row: Floats, column: Floats) -> tuple[Floats, Floats]:
    """The scale factors for the rows and columns of tables (shape [G, rows, columns]).

    Weighted with the distributions of both (shapes [G, rows], [G, columns]), the scaled tables have these as margins.
    """
    columns = np.ones_like(column)
    for _ in range(_ROUNDS):
        rows = 1.0 / np.einsum("gij,gj->gi", tables, column * columns)
        before, columns = columns, 1.0 / np.einsum("gij,gi->gj", tables, row * rows)
        if np.abs(np.log(columns / before)).max() < _SETTLED:
            break
    return rows, columns
