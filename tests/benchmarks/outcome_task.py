"""A task to learn from, made from a seed: an outcome, what people said of its causes, and what turned out.

The true model has an outcome with eight causes and 21 more beliefs that support or contradict each other and them. What
was elicited has the right relations with exaggerated, noisy odds ratios and a base rate that is too high. λ is the
true log-likelihood ratio of a normal observation, on half of the beliefs; the outcome itself is never heard of.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from beliefgraph.inference import Relation, RelationKind, Structure, compile_model
from beliefgraph.inference.learning.observations import Observations

SEED = 20260105
ROWS = 6_000
BELIEFS = 30
CAUSES = 8
OUTCOME = 0
BASE_RATE, STATED_BASE_RATE = 0.21, 0.27
EXAGGERATED, NOISE = 2.0, 1.0
"""What a true log odds ratio is multiplied with when it is stated, and the deviation in nats that is added to it."""
HEARD, LOUDNESS = 0.5, 1.5
"""The share of beliefs that are heard of, and the deviation of λ."""


@dataclass(frozen=True)
class OutcomeTask:
    """`truth` holds in the world, `elicited` is what was stated of it; the rows are in the order of time."""

    truth: Structure
    elicited: Structure
    observations: Observations

    @property
    def happened(self) -> npt.NDArray[np.float64]:
        """1 where the outcome came, else 0."""
        return self.observations.truth[:, OUTCOME]


def outcome_task(seed: int = SEED, rows: int = ROWS) -> OutcomeTask:
    """The task of a seed."""
    rng = np.random.default_rng(seed)
    priors = rng.uniform(0.2, 0.8, BELIEFS)
    priors[OUTCOME] = BASE_RATE
    strengths: dict[tuple[int, int], float] = {}
    for cause in range(1, 1 + CAUSES):
        strengths[cause, OUTCOME] = _strength(rng)
    for belief in range(1 + CAUSES, BELIEFS):
        near = rng.choice(np.arange(1, belief), size=1 + int(rng.random() < 0.2), replace=False)
        for other in near.tolist():
            strengths[other, belief] = _strength(rng)
    stated = {ends: EXAGGERATED * strength + rng.normal(0.0, NOISE) for ends, strength in strengths.items()}
    stated = {ends: float(np.copysign(strength, strengths[ends])) for ends, strength in stated.items()}
    elicited_priors = priors.copy()
    elicited_priors[OUTCOME] = STATED_BASE_RATE
    truth = _structure(priors, strengths)
    world = sampled(truth, rows, rng)
    heard = np.where(
        rng.random(world.shape) < HEARD, (world - 0.5) * LOUDNESS**2 + rng.normal(0.0, LOUDNESS, world.shape), 0.0
    )
    heard[:, OUTCOME] = 0.0
    known = np.full(world.shape, np.nan)
    known[:, OUTCOME] = world[:, OUTCOME]
    return OutcomeTask(truth, _structure(elicited_priors, stated), Observations(np.clip(heard, -30.0, 30.0), known))


def sampled(structure: Structure, rows: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Worlds drawn from a structure: each belief in turn, given those before it; shape [rows, n]."""
    model = compile_model(structure)
    given = np.zeros((rows, len(structure.priors)))
    for belief in range(len(structure.priors)):
        chance = 1.0 / (1.0 + np.exp(-model.log_odds(given).log_odds[:, belief]))
        given[:, belief] = np.where(rng.random(rows) < chance, 30.0, -30.0)
    return np.asarray((given > 0.0).astype(np.float64))


def _strength(rng: np.random.Generator) -> float:
    return float(rng.uniform(0.1, 1.6) * rng.choice([1.0, 1.0, -1.0]))


def _structure(priors: npt.NDArray[np.float64], strengths: dict[tuple[int, int], float]) -> Structure:
    relations = []
    for (source, target), strength in strengths.items():
        kind: RelationKind = "causes" if target == OUTCOME else "supports" if strength > 0 else "contradicts"
        relations.append(Relation(kind, source, target, float(np.exp(strength))))
    return Structure(priors, relations)
