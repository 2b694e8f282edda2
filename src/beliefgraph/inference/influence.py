"""What moved a belief: the contribution of every piece of evidence, and the result without it."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import numpy.typing as npt

from beliefgraph.errors import Incorrect
from beliefgraph.inference.arrays import Floats, floats, frozen, indices
from beliefgraph.inference.bundle import Bundle
from beliefgraph.inference.edge_deleted_part import EdgeDeletedPart

RESIDUAL_BOUND = 1e-4
"""The contributions sum to the change of log-odds within this, in nats; a hundredth of what is published."""

NODES = (4, 8, 16, 32)
"""Gauss–Legendre nodes on the path from no evidence to all of it: four are almost always enough, otherwise more are
used."""


@dataclass(frozen=True, slots=True)
class Influence:
    """How the evidence moved one belief, the target T.

    `gradient` g (shape [n]): evidence λ_i on belief i contributed λ_i·g_i nats; g is the gradient of T's log-odds
    averaged along the path s·λ, s from 0 to 1 (R. J. Aumann and L. S. Shapley, Values of Non-Atomic Games, 1974).
    `prior_log_odds` and `log_odds` are T's without and with the evidence, under the same assumptions; Σ λ_i·g_i is
    their difference up to `residual`, which is below RESIDUAL_BOUND unless even the largest of NODES does not reach it.
    A belief in another part has g = 0.

    In a part that is too wide (`exact` false) the two clamped queries are answered approximately, so all of this is
    approximate, and `residual` may exceed the bound.
    """

    target: int
    gradient: Floats
    prior_log_odds: float
    log_odds: float
    residual: float
    nodes: int
    exact: bool
    _given: Floats = field(repr=False)
    """log P(i = x | T = t, evidence); shape [n, x, t]."""

    def without(self, variable: npt.ArrayLike, delta: npt.ArrayLike) -> Floats:
        """The target's log-odds if a part δ of the evidence on a belief were missing: as exact as the influence.

        `variable` and `delta` are columns that broadcast; δ is in nats, as included in λ. Uses the joint of the two
        beliefs: removing δ divides the weight of "i holds" by e^δ. Raises `invalid-input`.
        """
        which = indices("variable", np.atleast_1d(variable))
        missing = floats("delta", delta)
        if which.size and not 0 <= which.min() <= which.max() < len(self.gradient):
            raise Incorrect(
                "invalid-input", f"A belief's index lies between 0 and {len(self.gradient) - 1}.", field="variable"
            )
        kept = np.logaddexp(self._given[which, 0].T, self._given[which, 1].T - missing)
        change = np.where(which == self.target, -missing * self.gradient[self.target], kept[1] - kept[0])
        return np.asarray(self.log_odds + change)

    @classmethod
    def fixed(cls, target: int, size: int, log_odds: float) -> Influence:
        """The influence on a belief that is assumed: none."""
        given = np.zeros((size, 2, 2))
        given[:, 1] = -np.inf
        return cls(target, frozen(np.zeros(size)), log_odds, log_odds, 0.0, 0, True, frozen(given))

    @classmethod
    def alone(cls, target: int, size: int, prior_log_odds: float, evidence: float) -> Influence:
        """The influence on a belief without relations: only its own evidence."""
        still = cls.fixed(target, size, prior_log_odds)
        gradient = np.zeros(size)
        gradient[target] = 1.0
        return cls(target, frozen(gradient), prior_log_odds, prior_log_odds + evidence, 0.0, 0, True, still._given)


def influence_of(
    bundle: Bundle | EdgeDeletedPart,
    target: int,
    prior_log_odds: float,
    evidence: Floats,
    fixed: Mapping[int, bool],
    cut: AbstractSet[int],
) -> Influence:
    """The influence on a target in a bundle: two clamped queries per node of the path, all in one pass."""
    members = bundle.members
    at = int(np.flatnonzero(members == target)[0])
    ends = np.array([[0.0], [1.0]]) * evidence
    tied = np.flatnonzero(bundle.part == bundle.part[at])
    corrected = bool(np.isin(members[tied], list(fixed)).any())
    silent = [not corrected, not (corrected or evidence[members[tied]].any())]
    clamped = [{**fixed, target: False}, {**fixed, target: True}]
    exact = isinstance(bundle, Bundle)
    for nodes in NODES if exact else NODES[:1]:
        path, weight = _path(nodes)
        rows = np.concatenate([np.repeat(path, 2)[:, None] * evidence, ends])
        logs = bundle.log_marginals(rows, clamped * len(path) + [fixed, fixed], cut)
        holds = np.exp(logs[:, 1, :-2]).reshape(len(members), len(path), 2)
        slope = (holds[:, :-1, 1] - holds[:, :-1, 0]) @ weight
        slope[at] = 1.0
        before, after = np.where(silent, prior_log_odds, logs[at, 1, -2:] - logs[at, 0, -2:]).tolist()
        residual = float(evidence[members] @ slope) - (after - before)
        if abs(residual) <= RESIDUAL_BOUND:
            break
    gradient, given = np.zeros(len(evidence)), np.zeros((len(evidence), 2, 2))
    given[:, 1] = -np.inf
    gradient[members[tied]] = slope[tied]
    given[members[tied]] = logs[..., -4:-2].take(tied, axis=0)
    return Influence(target, frozen(gradient), before, after, residual, nodes, exact, frozen(given))


@cache
def _path(nodes: int) -> tuple[Floats, Floats]:
    """The points on the path from 0 to 1, including its end, and the weights of all but the end."""
    abscissa, weight = np.polynomial.legendre.leggauss(nodes)
    return frozen(np.append(0.5 * (abscissa + 1.0), 1.0)), frozen(0.5 * weight)
