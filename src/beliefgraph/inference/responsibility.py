"""Which causes brought an effect about, if it is a noisy OR of them.

Each cause that holds triggers the effect with its probability q, and the leak with its own; the effect holds if any of
them did. Given the joint state x of the causes, and that the effect holds, the distribution of the triggers is known,
so that

    P(i brought it about | effect, evidence) = Σ_x P(x | effect, evidence) · x_i·q_i / P(effect | x)

and i alone did with (1 − leak)·Π_{j ≠ i} (1 − q_j)^x_j times as much (the triggers: J. Pearl, Probabilistic Reasoning
in Intelligent Systems, 1988, 4.3.2). Several may have done it together, so these sum to at least 1, and those of one
alone to at most 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beliefgraph.inference.arrays import Floats, frozen
from beliefgraph.inference.bundle import Bundle
from beliefgraph.inference.edge_deleted_part import EdgeDeletedPart


@dataclass(frozen=True, slots=True)
class Responsibility:
    """The probability that each cause brought the effect about, given that it holds; the last entry is the leak.

    `causes` are beliefs, ascending; `brought` and `alone` have shape [causes + 1].
    """

    causes: tuple[int, ...]
    brought: Floats
    alone: Floats


def responsibility_of(bundle: Bundle | EdgeDeletedPart, effect: int, evidence: Floats) -> Responsibility | None:
    """Which causes brought the effect about, given evidence of shape [n]; as exact as the bundle's answers.

    None if it is no noisy OR, and if the bundle is approximated without the effect's table in its tree. Runs one query
    for each joint state of some of the causes that is not impossible: at most 255.
    """
    kept = bundle if isinstance(bundle, Bundle) else bundle.kept[0]
    at = kept.place[effect]
    for family, table in zip(kept.families, kept.conditionals, strict=True):
        if family.effect == at and family.noisy_or:
            causes = tuple(int(kept.members[cause]) for cause in family.causes)
            states, weight = _joint(bundle, effect, causes, evidence)
            return _shared(causes, states, weight, fails=np.exp(table.reshape(-1, 2)[:, 0]))
    return None


def _joint(
    bundle: Bundle | EdgeDeletedPart, effect: int, causes: tuple[int, ...], evidence: Floats
) -> tuple[Floats, Floats]:
    """The possible joint states of the causes, shape [states, causes], and P(state | effect, evidence)."""
    place = bundle.place
    known: list[dict[int, bool]] = [{effect: True}]
    log_weight = np.zeros(1)
    for cause in causes:
        found = bundle.log_marginals(np.tile(evidence, (len(known), 1)), known, set())[place[cause]]
        both = log_weight + found  # [does not hold, holds] given the evidence so far
        possible = np.isfinite(both)
        known = [
            {**before, cause: bool(holds)}
            for holds in (0, 1)
            for before, can in zip(known, possible[holds].tolist(), strict=True)
            if can
        ]
        log_weight = both[possible]
    states = np.array([[one[cause] for cause in causes] for one in known], dtype=np.float64)
    return states, np.exp(log_weight)


def _shared(causes: tuple[int, ...], states: Floats, weight: Floats, fails: Floats) -> Responsibility:
    """`fails` is P(no effect) for each joint state of the causes, the last cause fastest."""
    bits = 1 << np.arange(len(causes))[::-1]
    leak, does = 1.0 - fails[0], 1.0 - fails[bits] / fails[0]
    fail = fails[(states @ bits).astype(np.int64)]
    holding = np.column_stack([states * does, np.full(len(states), leak)])
    brought = holding / (1.0 - fail)[:, None]
    alone = brought * fail[:, None] / (1.0 - holding)
    return Responsibility(causes, frozen(weight @ brought), frozen(weight @ alone))
