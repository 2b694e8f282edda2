"""Small random structures for property tests."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import strategies as st

from beliefgraph.inference import Relation, RelationKind, Structure
from beliefgraph.inference.arrays import Floats

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
        relations.append(draw(_relation(draw(st.sampled_from(kinds)), i, j, np.array(priors))))
    return Structure(priors, relations)


@st.composite
def _relation(draw: st.DrawFn, kind: RelationKind, i: int, j: int, priors: Floats) -> Relation:
    strength = draw(st.floats(1.0, 8.0))
    if kind == "implies":
        least, most = max(0.0, (priors[j] - 1 + priors[i]) / priors[i]), min(1.0, priors[j] / priors[i])
        return Relation(kind, i, j, least + draw(st.floats(0.1, 0.9)) * (most - least))
    if kind == "causes":
        return Relation(kind, i, j, draw(st.sampled_from([strength, 1 / strength])))
    return Relation(kind, i, j, strength if kind == "supports" else 1 / strength)


@st.composite
def rivals(draw: st.DrawFn) -> Structure:
    """Two to five roots, two noisy ORs of some of them, the second perhaps of the first too, and a few other relations.

    Whatever joint the causes have, Σ q·P(cause) bounds what they do; the effects' priors lie above it.
    """
    roots = draw(st.integers(2, 5))
    priors = [draw(st.floats(0.05, 0.6)) for _ in range(roots)]
    relations = []
    for effect in (roots, roots + 1):
        several = draw(st.lists(st.integers(0, effect - 1), min_size=1, max_size=3, unique=True))
        share = 0.6 / sum(priors[cause] for cause in several)
        does = {cause: min(0.95, share * draw(st.floats(0.2, 1.0))) for cause in several}
        bound = sum(chance * priors[cause] for cause, chance in does.items())
        priors.append(bound + draw(st.floats(0.02, 0.9)) * (1.0 - bound))
        relations += [Relation("causes", cause, effect, chance) for cause, chance in does.items()]
    if draw(st.booleans()):
        relations.append(Relation("supports", 0, 1, draw(st.floats(1.0, 5.0))))
    if draw(st.booleans()):
        relations.append(Relation("contradicts", 0, roots, draw(st.floats(0.3, 1.0))))
    return Structure(priors, relations, noisy_or=[roots, roots + 1])


@st.composite
def categorical(draw: st.DrawFn, kinds: tuple[RelationKind, ...] = KINDS) -> Structure:
    """One or two variables of two to four values, up to three beliefs by themselves, and any relations between them
    that can hold. Values and beliefs are in no order."""
    sizes = draw(st.lists(st.integers(2, 4), min_size=1, max_size=2))
    alone = draw(st.integers(1, 3))
    n = sum(sizes) + alone
    order = draw(st.permutations(range(n)))
    priors, groups, first = np.empty(n), [], 0
    for size in sizes:
        group = order[first : first + size]
        share = np.array([draw(st.floats(0.1, 1.0)) for _ in group])
        priors[group] = share / share.sum()
        groups.append(group)
        first += size
    single = order[first:]
    priors[single] = [draw(st.floats(0.05, 0.95)) for _ in single]
    variables = [*groups, *([belief] for belief in single)]
    pairs = [(i, j) for one, other in combinations(variables, 2) for i in one for j in other]
    relations = []
    for i, j in draw(st.lists(st.sampled_from(pairs), unique=True, max_size=7)):
        possible: list[RelationKind] = [kind for kind in kinds if kind != "causes" or j in single] or ["supports"]
        kind = draw(st.sampled_from(possible))
        relations.append(draw(_relation(kind, i, j, priors)))
    return Structure(priors, relations, groups)


@st.composite
def evidence_for(draw: st.DrawFn, structure: Structure, size: float = 5.0) -> Floats:
    """λ for each belief, some of them exactly 0."""
    value = st.one_of(st.just(0.0), st.floats(-size, size))
    return np.array([draw(value) for _ in structure.priors])


@st.composite
def questions(draw: st.DrawFn, kinds: tuple[RelationKind, ...] = KINDS, size: float = 5.0) -> tuple[Structure, Floats]:
    """A structure and evidence on it."""
    structure = draw(structures(kinds))
    return structure, draw(evidence_for(structure, size))


@st.composite
def categorical_questions(
    draw: st.DrawFn, kinds: tuple[RelationKind, ...] = KINDS, size: float = 5.0
) -> tuple[Structure, Floats]:
    """A structure with categorical variables and evidence on it."""
    structure = draw(categorical(kinds))
    return structure, draw(evidence_for(structure, size))
