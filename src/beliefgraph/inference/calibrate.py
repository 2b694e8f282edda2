"""Fields and intercepts such that without evidence every belief has its stated prior.

There is one unknown per belief: a field (added to its log-odds) if it is no effect, the intercept of its conditional
table if it is one. The starting point is exact if the relations form a tree: Plackett tables divided by their margins,
scaled if several connect the same two variables, and intercepts as if causes were independent. Otherwise a Newton
iteration on the exact marginals removes the remaining drift. Without effects this is the gradient system of a convex
dual, so its solution is unique.
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
"""Maximum deviation, in nats, of the model's answer without evidence from a stated prior: a tenth of the guaranteed
1e-9."""

_MOST_STEPS = 60
"""Maximum number of iterations. Seven are usual; strong relations take a few dozen."""
_LONGEST_STEP = 4.0
"""Maximum change of a field per step, in nats, so that a step from a flat region cannot run away."""
_LOOKED_BACK = 6
"""Exact steps after which their rate of convergence is judged."""
_NEAR = 1.0
"""Error, in squared nats, from which a few exact steps suffice."""
_MEMORY = 5
"""Number of earlier steps used for acceleration."""
_SHORTEST = 2.0**-6
"""If a direction gives no improvement at this fraction of its length, the exact one is used."""


@dataclass(frozen=True, slots=True)
class Calibrated:
    """The result of calibration.

    The log-potential of every table entry (shape [entries], at most 0), each effect's log table, the remaining drift,
    and each belief's own log-odds before any relation (0 for an effect, whose table contains them).
    """

    log_potential: Floats
    conditionals: tuple[Floats, ...]
    drift: float
    own: Floats


def calibrate(plan: Plan, variables: Variables, factors: Factors) -> Calibrated:
    """The potentials under which the plan's marginals are the stated priors, to DRIFT_BOUND.

    Raises `infeasible-statements`, with the beliefs (local indices) that cannot reach their priors, if there are none.
    """
    marginals = Marginals(plan, variables, factors)
    now = marginals.at(marginals.start())
    past = _Past()
    exact = False
    slow = _Slow()
    for left in range(_MOST_STEPS, 0, -1):
        if now.drift <= DRIFT_BOUND or marginals.leakless(now):
            break
        if exact and slow.will_not_converge(now.error, left):
            break
        try:
            direction = marginals.newton(now) if exact else past.accelerated(now.unknown, marginals.quasi_newton(now))
        except np.linalg.LinAlgError:  # covariances are NaN: no direction is known
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
            "These priors and relations are inconsistent: no model was found that has all the stated priors.",
            beliefs=[int(belief) for belief in far],
            drift=now.drift,
        )
    own = marginals.log_odds + now.unknown
    own[marginals.effects] = 0.0
    return Calibrated(marginals.log_potential(now.unknown), marginals.conditionals(now.unknown), now.drift, own)


def _search(marginals: Marginals, now: State, direction: Floats) -> tuple[State, float]:
    """The state after the longest improving step, halving from the full one; and that step."""
    direction = direction * min(1.0, _LONGEST_STEP / max(float(np.abs(direction).max()), _LONGEST_STEP))
    step = 1.0
    while True:
        tried = marginals.at(now.unknown + step * direction)
        if tried.error < now.error * (1.0 - 0.1 * step) or step < _SHORTEST:
            return tried, step
        step /= 2.0


class _Slow:
    """Detects slow convergence: at the present rate the error would still be large after the last exact step."""

    def __init__(self) -> None:
        self._errors: list[float] = []

    def will_not_converge(self, error: float, left: int) -> bool:
        """Whether the remaining number of steps would not suffice."""
        self._errors.append(error)
        if len(self._errors) <= _LOOKED_BACK:
            return False
        rate = error / self._errors[-1 - _LOOKED_BACK]
        return bool(error * rate ** (left / _LOOKED_BACK) > _NEAR)


class _Past:
    """Anderson acceleration (1965): earlier steps predict the residual of the next one."""

    def __init__(self) -> None:
        self._points: list[Floats] = []
        self._steps: list[Floats] = []

    @property
    def long(self) -> bool:
        """Whether there are earlier steps to use."""
        return len(self._points) > 1

    def accelerated(self, point: Floats, step: Floats) -> Floats:
        """The step corrected by the residuals of the last few steps."""
        self._points = [*self._points[-_MEMORY:], point]
        self._steps = [*self._steps[-_MEMORY:], step]
        if not self.long:
            return step
        moved, changed = np.diff(self._points, axis=0).T, np.diff(self._steps, axis=0).T
        mixture, *_ = np.linalg.lstsq(changed, step, rcond=None)
        return np.asarray(step - (moved + changed) @ mixture)
