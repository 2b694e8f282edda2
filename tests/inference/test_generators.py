"""The benchmarks' structures have the shape they promise, and the same seed makes the same one."""

from __future__ import annotations

import numpy as np
import pytest
from tests.benchmarks.generators import MOST_CAUSES, OBSERVED, evidence, hier, modular


@pytest.mark.parametrize("make", [hier, modular])
@pytest.mark.parametrize("directed", [False, True])
def test_a_seed_makes_one_structure_of_the_size_asked_for(make: object, directed: bool) -> None:
    assert callable(make)
    one, same, other = (make(n=400, edges=440, seed=seed, directed=directed) for seed in (3, 3, 4))
    assert one.content_hash == same.content_hash != other.content_hash
    assert len(one.priors) == 400
    assert len(one.relations) == 440
    assert {relation.kind for relation in one.relations} <= ({"causes"} if directed else {"supports", "contradicts"})
    strength = np.abs(np.log([relation.parameter for relation in one.relations]))
    assert np.log(2.5) <= strength.min() <= strength.max() <= np.log(6.0)
    if directed:
        assert np.bincount([relation.target for relation in one.relations]).max() <= MOST_CAUSES


def test_three_beliefs_in_ten_carry_evidence() -> None:
    assert np.mean(evidence(10_000, 1) != 0) == pytest.approx(OBSERVED, abs=0.02)
