"""Strengths of relations and causes from known truth, shrunk to the stated ones.

The loss is −Σ log P(truth | evidence) (*discriminative*) or −Σ log P(truth, evidence) (*joint*), plus a penalty Σ
(θ − θ₀)²/(2·deviation²) around the stated log odds ratio θ₀. Its gradient is exact: E[s | evidence, truth] minus E[s |
evidence], or minus E[s], and the same for the fields and intercepts that depend on θ so that the stated priors are kept
(`part.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from scipy.optimize import minimize

from beliefgraph.errors import Incorrect
from beliefgraph.inference.arrays import Bools, Floats, Ints, frozen
from beliefgraph.inference.learning.observations import Observations
from beliefgraph.inference.learning.part import Part, Point, parts_of, restated, strength_of
from beliefgraph.inference.structure import Structure
from beliefgraph.model.relation import RelationKind

Objective = Literal["discriminative", "joint"]

STRONGEST_LEARNT = float(np.log(1000.0))
"""Bound on learned log odds ratios, unless a stronger one was stated: otherwise few unanimous rows would lead to
infinity."""
WEAKEST_LEARNT = 1e-3
"""Least distance from 1, on the side of the relation's kind: strength 1 would be no relation."""
DEVIATION = 1.0
"""Default standard deviation of the error of stated log odds ratios, in nats: a factor of e either way."""
_MOST_STEPS = 200


@dataclass(frozen=True, slots=True)
class Learned:
    """Learned strengths; arrays by relation, in the order of `structure.relations`.

    `structure` contains them; `stated` and `learned` are log odds ratios before and after; `deviation` is the standard
    deviation of `learned` from the curvature (scores and penalty); `observations` is the number of informative rows.
    `loss` are the mean losses of a row before and after, without the penalty, in nats; NaN if no row is informative.
    `left_out` rows were impossible or lost precision. `converged` says whether the search ended at an optimum.
    """

    structure: Structure
    stated: Floats
    learned: Floats
    deviation: Floats
    observations: Ints
    loss: tuple[float, float]
    left_out: int
    converged: bool


def learn(
    structure: Structure,
    observations: Observations,
    *,
    objective: Objective = "discriminative",
    deviation: float = DEVIATION,
    only: Collection[int] | None = None,
) -> Learned:
    """The strengths that fit the observations; priors stay as stated.

    `only` lists the relations that may change, by their index in `structure.relations`; left out: all. Each stays on
    its kind's side of 1 (support never becomes contradiction) and within STRONGEST_LEARNT. Parts that are too wide for
    exact answers, and those without information, keep the stated strengths. The result does not depend on the order of
    the rows. Raises `invalid-input`, and `infeasible-statements` as compiling does.
    """
    if observations.log_likelihood.shape[1] != len(structure.priors):
        raise Incorrect("invalid-input", f"Observations have one column per belief: {len(structure.priors)}.")
    if not deviation > 0.0:
        raise Incorrect("invalid-input", "The deviation of stated strengths is positive.", field="deviation")
    stated = np.array([strength_of(structure, relation) for relation in structure.relations])
    learned, spread = stated.copy(), np.full(len(stated), deviation)
    counts = np.zeros(len(stated), dtype=np.int64)
    before, after, left_out, converged = 0.0, 0.0, 0, True
    rows = observations.canonical()
    used = np.zeros(len(rows), dtype=np.bool_)
    for part in parts_of(structure):
        problem = _Problem.of(part, observations, rows, objective)
        if not len(problem.rows) or (only is not None and not set(only) & set(part.relations.tolist())):
            continue
        pull = _Pull(stated[part.relations], deviation)
        bounds = [
            _bounds(structure.relations[k].kind, value) if only is None or k in only else (value, value)
            for k, value in zip(part.relations.tolist(), pull.centre.tolist(), strict=True)
        ]
        found = minimize(
            partial(_total, part, problem, pull),
            np.clip(pull.centre, *np.array(bounds).T),
            jac=True,
            method="L-BFGS-B",
            bounds=bounds,
            options={"maxiter": _MOST_STEPS, "ftol": 1e-13, "gtol": 1e-7 * len(problem.evidence)},
        )
        learned[part.relations] = found.x
        point = part.at(found.x)
        loss, scores, right = problem.scores(point)
        information = scores.T @ scores + np.eye(len(found.x)) / deviation**2
        spread[part.relations] = np.sqrt(np.diag(np.linalg.inv(information)))
        counts[part.relations] = int(right.sum())
        before += problem.loss(part.at(pull.centre))[0]
        after += loss
        left_out += int((~right).sum())
        used[problem.rows] = True
        converged = converged and bool(found.success)
    number = int(used.sum())
    return Learned(
        structure=restated(structure, learned),
        stated=frozen(stated),
        learned=frozen(learned),
        deviation=frozen(spread),
        observations=frozen(counts),
        loss=(before / number, after / number) if number else (np.nan, np.nan),
        left_out=left_out,
        converged=converged,
    )


def log_probability(structure: Structure, observations: Observations, objective: Objective = "joint") -> Floats:
    """The log-probability of each row, in nats; shape [B].

    `discriminative`: ln P(truth | evidence). `joint`: ln E[e^(λ·x), restricted to x that agree with the truth],
    relative to a row in which no belief holds. Parts without an exact answer are skipped; NaN if precision was lost.
    """
    answer = np.zeros(len(observations))
    alone = np.ones(len(structure.priors), dtype=np.bool_)
    alone[[end for relation in structure.relations for end in (relation.source, relation.target)]] = False
    alone[[value for group in structure.exclusive for value in group]] = False
    every = np.arange(len(observations))
    for part in parts_of(structure):
        problem = _Problem.of(part, observations, every, objective)
        strengths = np.array([strength_of(structure, structure.relations[k]) for k in part.relations])
        answer[problem.rows] += problem.each(part.at(strengths))
    prior, truth = structure.priors[alone], observations.truth[:, alone]
    yes = np.log(prior) + observations.log_likelihood[:, alone]
    no = np.broadcast_to(np.log1p(-prior), yes.shape)
    agreeing = np.logaddexp(np.where(truth == 0.0, -np.inf, yes), np.where(truth == 1.0, -np.inf, no))
    if objective == "discriminative":
        agreeing = agreeing - np.logaddexp(yes, no)
    return np.asarray(answer + agreeing.sum(axis=1))


@dataclass(frozen=True, slots=True)
class _Pull:
    """The penalty towards the stated strengths."""

    centre: Floats
    deviation: float

    def loss(self, strength: Floats) -> tuple[float, Floats]:
        """The loss, and its gradient."""
        off = (strength - self.centre) / self.deviation
        return 0.5 * float(off @ off), off / self.deviation


@dataclass(frozen=True, slots=True)
class _Problem:
    """The informative rows of a part; `evidence` and `truth` have shape [B, members]."""

    evidence: Floats
    truth: Floats
    rows: Ints
    objective: Objective

    @classmethod
    def of(cls, part: Part, observations: Observations, rows: Ints, objective: Objective) -> _Problem:
        """The informative ones of the rows, in order."""
        evidence, truth = observations.log_likelihood[:, part.members], observations.truth[:, part.members]
        known = np.asarray(~np.isnan(truth))
        informative = np.asarray((known if objective == "discriminative" else known | (evidence != 0.0)).any(axis=1))
        mine = rows[informative[rows]]
        return cls(evidence[mine], truth[mine], mine, objective)

    def each(self, point: Point) -> Floats:
        """The log-probability of each row; NaN if precision was lost."""
        found = [np.where(right, more, np.nan) for more, _, right in self._differences(point)]
        return np.concatenate(found) if found else np.zeros(0)

    def loss(self, point: Point) -> tuple[float, Floats]:
        """−Σ log-probability, and its gradient in the strengths."""
        loss, total = 0.0, np.zeros(point.engine.plan.entries)
        for more, joint, right in self._differences(point):
            loss -= float(more[right].sum())
            total += joint[right].sum(axis=0)
        return loss, -point.along(point.statistics.T @ total)

    def scores(self, point: Point) -> tuple[float, Floats, Bools]:
        """The loss, each row's gradient of its log-probability, and which rows are valid.

        The gradients have shape [B, relations], 0 for invalid rows.
        """
        loss, found, rights = 0.0, [], []
        for more, joint, right in self._differences(point):
            loss -= float(more[right].sum())
            found.append(np.where(right[:, None], point.along((point.statistics.T @ joint.T).T), 0.0))
            rights.append(right)
        return loss, np.concatenate(found), np.concatenate(rights)

    def _differences(self, point: Point) -> Iterator[tuple[Floats, Floats, Bools]]:
        """Block by block: the log-probability of rows, the gradient statistics of the joints, and which rows are valid.

        The statistics are the joints given evidence and truth, minus those they are compared with.
        """
        given_truth = point.expectations(self.evidence, self.truth)
        if self.objective == "joint":
            for with_truth in given_truth:
                yield with_truth.log_mass - point.prior.log_mass, with_truth.joint - point.prior.joint, with_truth.right
            return
        for with_truth, without in zip(
            given_truth, point.expectations(self.evidence, np.full_like(self.truth, np.nan)), strict=True
        ):
            right = np.asarray(with_truth.right & without.right)
            yield with_truth.log_mass - without.log_mass, with_truth.joint - without.joint, right


def _total(part: Part, problem: _Problem, pull: _Pull, strength: Floats) -> tuple[float, Floats]:
    loss, gradient = problem.loss(part.at(strength))
    held, back = pull.loss(strength)
    return loss + held, gradient + back


def _bounds(kind: RelationKind, stated: float) -> tuple[float, float]:
    strongest = max(STRONGEST_LEARNT, abs(stated))
    match kind:
        case "supports":
            return WEAKEST_LEARNT, strongest
        case "contradicts" | "excludes":
            return -strongest, -WEAKEST_LEARNT
        case "implies" | "causes":
            return -strongest, strongest
