"""Fields and intercepts so that without evidence every belief has its stated prior.

The unknowns are one number per belief: a field (added to its log-odds) for one that is nobody's effect, the intercept
of its conditional table for an effect. The starting point is exact where the relations form a tree: Plackett tables
divided by their margins, scaled where several tie the same two variables, and intercepts as if causes were independent.
Elsewhere a Newton iteration on the exact marginals removes what is left. Without effects it is the gradient system of a
convex dual, so its solution is unique.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beliefgraph.errors import Incorrect
from beliefgraph.inference.arrays import Floats
from beliefgraph.inference.factors import Factors
from beliefgraph.inference.marginals import Marginals, State
from beliefgraph.inference.plan import Plan
from beliefgraph.inference.variables import Variables

DRIFT_BOUND = 1e-10
"""How far, in nats, the model's answer without evidence may lie from a stated prior: a tenth of the 1e-9 that is
promised."""

_MOST_STEPS = 60
"""Seven are usual, and strong statements take a few dozen; after these, no model is found."""
_LONGEST_STEP = 4.0
"""In nats: no field moves more in one step, so that a step from a flat place cannot run away."""
_LOOKED_BACK = 6
"""Exact steps by which it is judged how fast they go."""
_NEAR = 1.0
"""The error, in squared nats, from which a few exact steps lead to the end."""
_MEMORY = 5
"""How many earlier steps a step learns from."""
_SHORTEST = 2.0**-6
"""A direction that does not improve at this fraction of its length is given up for the exact one."""


@dataclass(frozen=True, slots=True)
class Calibrated:
    """The log-potential of every table entry (shape [entries], at most 0), each effect's log table, the drift left, and
    each belief's own log-odds, before any relation (0 for an effect: its table has them)."""

    log_potential: Floats
    conditionals: tuple[Floats, ...]
    drift: float
    own: Floats


def calibrate(plan: Plan, variables: Variables, factors: Factors) -> Calibrated:
    """The potentials under which the plan's marginals are the stated priors, to DRIFT_BOUND.

    Raises `infeasible-statements`, naming the beliefs (local indices) that cannot be reached, when there are none.
    """
    marginals = Marginals(plan, variables, factors)
    now = marginals.at(marginals.start())
    past = _Past()
    exact = False
    slow = _Slow()
    for left in range(_MOST_STEPS, 0, -1):
        if now.drift <= DRIFT_BOUND or marginals.leakless(now):
            break
        if exact and slow.hopeless(now.error, left):
            break
        try:
            direction = marginals.newton(now) if exact else past.accelerated(now.unknown, marginals.quasi_newton(now))
        except np.linalg.LinAlgError:  # covariances that are no numbers any more: nothing to go by
            break
        tried, step = _search(marginals, now, direction)
        improved = tried.error < now.error
        if not improved and exact:
            now = marginals.cause_by_cause(DRIFT_BOUND)
            break
        if step < 1.0 and past.long:
            past = _Past()
        elif step < 1.0:
            exact = marginals.affordable
        if improved:
            now = tried
    if not now.drift <= DRIFT_BOUND:
        for effect, least in marginals.overshot(now).items():
            raise Incorrect(
                "infeasible-statements",
                f"The causes of this effect alone make it likelier, {least:.3g}, than it is stated to be, "
                f"{marginals.priors[effect]:.3g}: state a higher prior, or lower probabilities into its noisy OR.",
                beliefs=[effect],
                drift=now.drift,
            )
        far = np.argsort(-np.abs(now.off))[:5]
        raise Incorrect(
            "infeasible-statements",
            "These priors and relations do not hold together: no model was found that returns all the stated priors.",
            beliefs=[int(belief) for belief in far],
            drift=now.drift,
        )
    own = marginals.log_odds + now.unknown
    own[marginals.effects] = 0.0
    return Calibrated(marginals.log_potential(now.unknown), marginals.conditionals(now.unknown), now.drift, own)


def _search(marginals: Marginals, now: State, direction: Floats) -> tuple[State, float]:
    """The state after the longest step, halving from the whole direction, that improves; and that step."""
    direction = direction * min(1.0, _LONGEST_STEP / max(float(np.abs(direction).max()), _LONGEST_STEP))
    step = 1.0
    while True:
        tried = marginals.at(now.unknown + step * direction)
        if tried.error < now.error * (1.0 - 0.1 * step) or step < _SHORTEST:
            return tried, step
        step /= 2.0


class _Slow:
    """Detects that the exact steps lead nowhere: at their present rate the error would be large after the last."""

    def __init__(self) -> None:
        self._errors: list[float] = []

    def hopeless(self, error: float, left: int) -> bool:
        """Whether as many steps as are left would not do."""
        self._errors.append(error)
        if len(self._errors) <= _LOOKED_BACK:
            return False
        rate = error / self._errors[-1 - _LOOKED_BACK]
        return bool(error * rate ** (left / _LOOKED_BACK) > _NEAR)


class _Past:
    """Anderson's acceleration (1965): the steps already taken say how the next one will fall short."""

    def __init__(self) -> None:
        self._points: list[Floats] = []
        self._steps: list[Floats] = []

    @property
    def long(self) -> bool:
        """Whether there is anything to learn from."""
        return len(self._points) > 1

    def accelerated(self, point: Floats, step: Floats) -> Floats:
        """The step corrected by what the last few steps left over."""
        self._points = [*self._points[-_MEMORY:], point]
        self._steps = [*self._steps[-_MEMORY:], step]
        if not self.long:
            return step
        moved, changed = np.diff(self._points, axis=0).T, np.diff(self._steps, axis=0).T
        mixture, *_ = np.linalg.lstsq(changed, step, rcond=None)
        return np.asarray(step - (moved + changed) @ mixture)
