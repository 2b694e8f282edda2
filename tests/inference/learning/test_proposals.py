from __future__ import annotations

import numpy as np
import pytest
from tests.benchmarks.outcome_task import sampled

from beliefgraph.inference import Relation, Structure
from beliefgraph.inference.learning.observations import Observations
from beliefgraph.inference.learning.proposals import propose

BELIEFS = 12


def world(seed: int, planted: list[Relation], rows: int = 3_000) -> tuple[Structure, Observations]:
    """A random tree of odds ratios 3, its last four beliefs leaves; what is heard where more is true than it says."""
    rng = np.random.default_rng(seed)
    relations = [Relation("supports", int(rng.integers(min(belief, 8))), belief, 3.0) for belief in range(1, BELIEFS)]
    stated = Structure(rng.uniform(0.25, 0.75, BELIEFS), relations)
    truth = sampled(Structure(stated.priors, [*relations, *planted]), rows, rng)
    heard = np.where(rng.random(truth.shape) < 0.7, (truth - 0.5) * 6.25 + rng.normal(0.0, 2.5, truth.shape), 0.0)
    return stated, Observations(heard)


def pairs(found: object) -> list[tuple[str, int, int]]:
    return [(each.relation.kind, each.relation.source, each.relation.target) for each in found]  # type: ignore[attr-defined]


@pytest.mark.parametrize("seed", range(6))
def test_the_planted_relations_are_found_and_nothing_else(seed: int) -> None:
    planted = [Relation("supports", 8, 11, 5.0), Relation("contradicts", 9, 10, 0.2)]
    stated, observations = world(seed, planted)
    found = propose(stated, observations)

    assert sorted(pairs(found)) == [("contradicts", 9, 10), ("supports", 8, 11)]
    for each in found:
        truth = next(np.log(r.parameter) for r in planted if r.source == each.relation.source)
        assert each.strength == pytest.approx(truth, abs=4 * each.deviation)
        assert each.interval[0] < each.gain < each.interval[1]
        assert 0 < each.observations < len(observations)


def test_where_nothing_is_missing_hardly_anything_is_proposed() -> None:
    """Twenty worlds of 55 pairs each, with a false-discovery bound of .05: one world in twenty may have one."""
    wrong = sum(len(propose(*world(seed, [], rows=1_000))) for seed in range(20))
    assert wrong <= 3  # the chance of more is 2 %, of a fixed set of seeds


def test_too_few_observations_are_not_compared() -> None:
    stated, observations = world(0, [Relation("supports", 8, 11, 5.0)], rows=60)
    assert propose(stated, observations) == ()


def test_proposals_are_the_same_every_time() -> None:
    stated, observations = world(1, [Relation("supports", 8, 11, 5.0)])
    assert propose(stated, observations) == propose(stated, observations)


def test_known_truth_counts_as_observed() -> None:
    rng = np.random.default_rng(5)
    priors = [0.5, 0.4, 0.3]
    truth = sampled(Structure(priors, [Relation("supports", 0, 2, 4.0)]), 1_500, rng)
    found = propose(Structure(priors), Observations(np.zeros(truth.shape), truth))
    assert pairs(found) == [("supports", 0, 2)]
    assert found[0].strength == pytest.approx(np.log(4.0), abs=0.5)
