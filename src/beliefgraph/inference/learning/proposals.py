"""Relations that the data support and no catalog states: for review, never adopted automatically.

*Shortlist.* If the model is right, the evidence on belief a changes it by u_a = P(a | all) − P(a | all except the
evidence on a), whose mean is 0 whatever the other evidence is. So u_a is uncorrelated with d_b, the change of b by the
evidence on b alone, unless a and b are related in a way the model lacks: for small strengths this is the score test of
the missing relation. *Choice.* The most significant pair within the false-discovery bound is fitted, and kept if it
increases the likelihood of later rows; then all pairs are tested again, because one missing relation makes others
appear missing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from beliefgraph.errors import Incorrect
from beliefgraph.inference.arrays import Bools, Floats
from beliefgraph.inference.compile import compile_model
from beliefgraph.inference.evidence import LOG_LIKELIHOOD_BOUND
from beliefgraph.inference.learning.observations import Observations
from beliefgraph.inference.learning.strengths import learn, log_probability
from beliefgraph.inference.model import Model
from beliefgraph.inference.structure import Relation, Structure

FITTED = 0.7
"""Share of the rows, the earlier ones, in which relations are found and fitted; the others measure their gain."""
FALSE_DISCOVERIES = 0.05
"""False discovery rate of the shortlist (Y. Benjamini and Y. Hochberg, 1995)."""
FEWEST = 50
"""Minimum number of rows with evidence on both beliefs for a test of a pair."""
MOST_PROPOSED = 20
"""Maximum number of proposals for one review."""
_WIDE = float(ndtri(0.975))
"""Standard errors to each side of a 95 % interval."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A relation, supports or contradicts, that the data support.

    `strength` is its log odds ratio and `deviation` its standard deviation. `gain` is the improvement of the
    log-likelihood of later rows, in nats, given the other proposals, with a 95 % `interval`; `observations` is the
    number of rows with evidence on both beliefs.
    """

    relation: Relation
    strength: float
    deviation: float
    gain: float
    interval: tuple[float, float]
    observations: int


def propose(
    structure: Structure,
    observations: Observations,
    *,
    false_discoveries: float = FALSE_DISCOVERIES,
    most: int = MOST_PROPOSED,
) -> tuple[Proposal, ...]:
    """Relations between unrelated beliefs that improve the prediction of later rows, the greatest gain first.

    Known truth counts as conclusive evidence. Raises `invalid-input`.
    """
    if observations.log_likelihood.shape[1] != len(structure.priors):
        raise Incorrect("invalid-input", f"Observations have one column per belief: {len(structure.priors)}.")
    early, later = _with_evidence(observations.part(0.0, FITTED)), _with_evidence(observations.part(FITTED, 1.0))
    stated = {frozenset((relation.source, relation.target)) for relation in structure.relations}
    now, refused, added = structure, set(stated), set[frozenset[int]]()
    shortlist = _shortlist(compile_model(now), early, false_discoveries)
    while len(added) < most and len(later):
        pair = next((pair for pair in shortlist if pair not in refused), None)
        if pair is None:
            break
        refused.add(pair)
        grown = _fitted(now, pair, shortlist[pair], early)
        if grown is None or _gain(grown, now, later)[0] <= 0.0:
            continue
        now = grown
        added.add(pair)
        shortlist = _shortlist(compile_model(now), early, false_discoveries)
    return _tested(now, added, early, later)


def _tested(
    now: Structure, added: Collection[frozenset[int]], early: Observations, later: Observations
) -> tuple[Proposal, ...]:
    """The added relations, fitted together, each with its gain given the others."""
    own = [k for k, relation in enumerate(now.relations) if frozenset((relation.source, relation.target)) in added]
    silent = [each._replace(parameter=1.0) if k in own else each for k, each in enumerate(now.relations)]
    learned = learn(Structure(now.priors, silent, now.exclusive, now.noisy_or), early, objective="joint", only=own)
    found = []
    for k in own:
        relation = learned.structure.relations[k]
        rest = Structure(
            now.priors, [each for each in learned.structure.relations if each != relation], now.exclusive, now.noisy_or
        )
        gain, interval = _gain(learned.structure, rest, later)
        ends = [relation.source, relation.target]
        together = int((early.log_likelihood[:, ends] != 0.0).all(axis=1).sum())
        together += int((later.log_likelihood[:, ends] != 0.0).all(axis=1).sum())
        found.append(
            Proposal(relation, float(learned.learned[k]), float(learned.deviation[k]), gain, interval, together)
        )
    return tuple(sorted((each for each in found if each.gain > 0.0), key=lambda each: -each.gain))


def _with_evidence(observations: Observations) -> Observations:
    """The rows with known truth added as evidence."""
    sure = np.where(observations.truth == 1.0, LOG_LIKELIHOOD_BOUND, -LOG_LIKELIHOOD_BOUND)
    return Observations(np.where(np.isnan(observations.truth), observations.log_likelihood, sure))


def _shortlist(model: Model, rows: Observations, false_discoveries: float) -> dict[frozenset[int], float]:
    """The pairs with correlated residuals, with their z-scores, most significant first, up to the bound.

    Values of one variable are not pairs.
    """
    evidence = rows.log_likelihood
    observed = (evidence != 0.0) & model.available
    log_odds = model.log_odds(evidence).log_odds
    moved = np.where(observed, _chance(log_odds) - _chance(log_odds - evidence), 0.0)
    alone = np.where(observed, _chance(model.prior_log_odds + evidence) - model.priors, 0.0)
    z, together = _correlated(moved, alone, observed)
    first, second = np.triu_indices(len(model.priors), 1)
    variable = np.arange(len(model.priors))
    for group in model.exclusive:
        variable[list(group)] = group[0]
    compared = (together[first, second] >= FEWEST) & np.isfinite(z[first, second])
    compared &= variable[first] != variable[second]
    first, second = first[compared], second[compared]
    score = (z[first, second] + z[second, first]) / 2.0  # the mean of two standard normals is at most as wide as one
    order = np.argsort(-np.abs(score), kind="stable")
    chance = 2.0 * ndtr(-np.abs(score[order]))
    within = np.flatnonzero(chance <= false_discoveries * np.arange(1, len(order) + 1) / max(len(order), 1))
    last = within[-1] + 1 if within.size else 0
    return {frozenset((int(first[k]), int(second[k]))): float(score[k]) for k in order[:last]}


def _correlated(one: Floats, other: Floats, observed: Bools) -> tuple[Floats, Floats]:
    """For each pair (a, b), over the rows with evidence on both: the test statistic, and the number of rows.

    The statistic is the centred sum of one_a·other_b in standard errors.
    """
    here = observed.astype(np.float64)
    n = here.T @ here
    with np.errstate(divide="ignore", invalid="ignore"):
        mean, mean_other = one.T @ here / n, here.T @ other / n
        covariance = one.T @ other - n * mean * mean_other
        square, square_other = one**2, other**2
        variance = (
            square.T @ square_other
            - 2.0 * mean_other * (square.T @ other)
            + mean_other**2 * (square.T @ here)
            - 2.0 * mean * (one.T @ square_other - 2.0 * mean_other * (one.T @ other) + mean_other**2 * n * mean)
            + mean**2 * (here.T @ square_other - mean_other**2 * n)
        )
        return covariance / np.sqrt(variance), n


def _fitted(now: Structure, pair: frozenset[int], score: float, rows: Observations) -> Structure | None:
    """The structure with one more relation, fitted; None if it would then have no exact answers."""
    first, second = sorted(pair)
    new = Relation("supports" if score > 0.0 else "contradicts", first, second, 1.0)
    grown = Structure(now.priors, [*now.relations, new], now.exclusive, now.noisy_or)
    learned = learn(grown, rows, objective="joint", only=[grown.relations.index(new)])
    wider = compile_model(learned.structure).available
    return learned.structure if wider.sum() >= compile_model(now).available.sum() else None


def _gain(grown: Structure, now: Structure, rows: Observations) -> tuple[float, tuple[float, float]]:
    each = log_probability(grown, rows) - log_probability(now, rows)
    each = each[np.isfinite(each)]
    gain, wide = float(each.sum()), _WIDE * float(np.sqrt(len(each)) * each.std())
    return gain, (gain - wide, gain + wide)


def _chance(log_odds: Floats) -> Floats:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * log_odds)))
