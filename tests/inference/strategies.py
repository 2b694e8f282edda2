"""Small random structures for property tests."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from beliefgraph.inference import Relation, RelationKind, Structure

KINDS: tuple[RelationKind, ...] = ("supports", "contradicts", "excludes", "implies", "causes")


@st.composite
def structures(draw: st.DrawFn, kinds: tuple[RelationKind, ...] = KINDS, most: int = 6) -> Structure:
    """Two to `most` beliefs, any relations between them that can hold; causes from the lower index to the higher."""
    n = draw(st.integers(2, most))
    priors = [draw(st.floats(0.05, 0.95)) for _ in range(n)]
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=8))
    relations = []
    for i, j in chosen:
        kind = draw(st.sampled_from(kinds))
        strength = draw(st.floats(1.0, 8.0))
        if kind == "implies":
            least, most_ = max(0.0, (priors[j] - 1 + priors[i]) / priors[i]), min(1.0, priors[j] / priors[i])
            relations.append(Relation(kind, i, j, least + draw(st.floats(0.1, 0.9)) * (most_ - least)))
        elif kind == "causes":
            relations.append(Relation(kind, i, j, draw(st.sampled_from([strength, 1 / strength]))))
        else:
            relations.append(Relation(kind, i, j, strength if kind == "supports" else 1 / strength))
    return Structure(priors, relations)


@st.composite
def evidence_for(
    draw: st.DrawFn, structure: Structure, size: float = 5.0
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """λ for each belief, some of them exactly 0."""
    value = st.one_of(st.just(0.0), st.floats(-size, size))
    return np.array([draw(value) for _ in structure.priors])


@st.composite
def questions(
    draw: st.DrawFn, kinds: tuple[RelationKind, ...] = KINDS, size: float = 5.0
) -> tuple[Structure, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """A structure and evidence on it."""
    structure = draw(structures(kinds))
    return structure, draw(evidence_for(structure, size))
