"""Structures shaped like self-models, made from a seed: what the benchmarks run on, and some tests.

`hier` is a hierarchy (domains, a trait each, attitudes under it, behaviours under those) with extra relations, mostly
local; `modular` is random clusters with few relations between them. Odds ratios are drawn log-uniformly, three in ten
of them inverted (contradictions, or causes that prevent); priors uniformly.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from beliefgraph.inference import Relation, Structure
from beliefgraph.inference.arrays import Floats

DOMAINS = 30
ATTITUDES = 5
MOST_CAUSES = 4
OBSERVED = 0.3
"""The share of beliefs that carry evidence."""

Edge = tuple[int, int]


def hier(
    n: int = 850,
    edges: int = 935,
    seed: int = 0,
    *,
    directed: bool = False,
    odds_ratios: tuple[float, float] = (2.5, 6.0),
    domains: int = DOMAINS,
) -> Structure:
    """A hierarchy of n beliefs with so many relations; `directed` makes them causes, from parent to child.

    The first `domains` beliefs are the traits, then the attitudes, then the behaviours. The traits are joined by a
    random tree. Relations past the hierarchy's own: 70 % local (of these 60 % to a sibling, else to the grandparent),
    20 % to an attitude of the same domain, 10 % anywhere.
    """
    rng = np.random.default_rng(seed)
    parent = np.full(n, -1)
    domain = np.arange(n) % domains
    attitudes_end = domains * (1 + ATTITUDES)
    parent[domains:attitudes_end] = domain[domains:attitudes_end]
    for behaviour in range(attitudes_end, n):
        parent[behaviour] = domain[behaviour] + domains * int(rng.integers(1, 1 + ATTITUDES))
    for trait in range(1, domains):
        parent[trait] = rng.integers(trait)
    chosen: dict[Edge, None] = {(int(parent[child]), child): None for child in range(1, n)}
    children: dict[int, list[int]] = {}
    for above, below in chosen:
        children.setdefault(above, []).append(below)
    causes_of = np.zeros(n, dtype=np.int64)
    causes_of[1:] = 1
    while len(chosen) < edges:
        one = int(rng.integers(domains, n))
        draw = rng.random()
        if draw < 0.7:
            siblings = children[int(parent[one])]
            other = int(rng.choice(siblings)) if rng.random() < 0.6 else int(parent[parent[one]])
        elif draw < 0.9:
            other = int(domain[one]) + domains * int(rng.integers(1, 1 + ATTITUDES))
        else:
            other = int(rng.integers(n))
        _join(chosen, causes_of, one, other, directed)
    return _structure(rng, n, list(chosen), directed, odds_ratios)


def modular(
    n: int = 850,
    edges: int = 935,
    seed: int = 0,
    *,
    directed: bool = False,
    odds_ratios: tuple[float, float] = (2.5, 6.0),
) -> Structure:
    """n beliefs in DOMAINS random clusters; nine relations in ten stay inside one."""
    rng = np.random.default_rng(seed)
    cluster = rng.integers(DOMAINS, size=n)
    members = [np.flatnonzero(cluster == c) for c in range(DOMAINS)]
    chosen: dict[Edge, None] = {}
    causes_of = np.zeros(n, dtype=np.int64)
    while len(chosen) < edges:
        one = int(rng.integers(n))
        other = int(rng.choice(members[cluster[one]])) if rng.random() < 0.9 else int(rng.integers(n))
        _join(chosen, causes_of, one, other, directed)
    return _structure(rng, n, list(chosen), directed, odds_ratios)


def evidence(n: int, seed: int = 0, *, size: float = 1.0) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """λ for n beliefs: normal with this standard deviation on a random OBSERVED share of them, 0 on the rest."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random(n) < OBSERVED, rng.normal(0.0, size, n), 0.0)


def _join(
    chosen: dict[Edge, None],
    causes_of: np.ndarray[tuple[int], np.dtype[np.int64]],
    one: int,
    other: int,
    directed: bool,
) -> None:
    """Add a relation if it is new; from the lower index to the higher, so that causes never form a cycle."""
    edge = (min(one, other), max(one, other))
    if one == other or edge[0] < 0 or edge in chosen or (directed and causes_of[edge[1]] >= MOST_CAUSES):
        return
    chosen[edge] = None
    causes_of[edge[1]] += 1


def _structure(
    rng: np.random.Generator, n: int, chosen: list[Edge], directed: bool, odds_ratios: tuple[float, float]
) -> Structure:
    priors = rng.uniform(0.1, 0.9, n)
    low, high = np.log(odds_ratios)
    strengths = np.exp(rng.uniform(low, high, len(chosen)))
    opposed = rng.random(len(chosen)) < 0.3
    relations = []
    for (one, other), strength, against in zip(chosen, strengths.tolist(), opposed.tolist(), strict=True):
        if directed:
            relations.append(Relation("causes", one, other, 1.0 / strength if against else strength))
        elif against:
            relations.append(Relation("contradicts", one, other, 1.0 / strength))
        else:
            relations.append(Relation("supports", one, other, strength))
    return Structure(priors, relations)


def clique(beliefs: int, seed: int, *, odds_ratios: tuple[float, float], contradicting: float) -> Structure:
    """Every belief related to every other; a share of the relations contradict."""
    return _signed(list(combinations(range(beliefs), 2)), beliefs, seed, odds_ratios, contradicting)


def grid(side: int, seed: int, *, odds_ratios: tuple[float, float], contradicting: float) -> Structure:
    """A square grid of beliefs; a share of the relations contradict."""
    right = [(i, i + 1) for i in range(side * side) if (i + 1) % side]
    down = [(i, i + side) for i in range(side * (side - 1))]
    return _signed(right + down, side * side, seed, odds_ratios, contradicting)


def causes(beliefs: int, edges: int, seed: int, *, most: float, against: float) -> Structure:
    """Causes with odds ratios up to `most`, at most four of an effect; a share of them make it less likely."""
    rng = np.random.default_rng(seed)
    pairs: set[tuple[int, int]] = set()
    while len(pairs) < edges:
        one, other = sorted(rng.choice(beliefs, 2, replace=False).tolist())
        if sum(effect == other for _, effect in pairs) < 4:
            pairs.add((one, other))
    relations = []
    for one, other in sorted(pairs):
        ratio = float(np.exp(rng.uniform(np.log(1.5), np.log(most))))
        relations.append(Relation("causes", one, other, 1.0 / ratio if rng.random() < against else ratio))
    return Structure(rng.uniform(0.2, 0.8, beliefs), relations)


def soft(beliefs: int, seed: int) -> Floats:
    """Soft evidence on three beliefs of ten."""
    rng = np.random.default_rng(100 + seed)
    return np.where(rng.random(beliefs) < 0.3, rng.normal(0.0, 2.0, beliefs), 0.0)


def _signed(
    pairs: list[tuple[int, int]], beliefs: int, seed: int, odds_ratios: tuple[float, float], contradicting: float
) -> Structure:
    rng = np.random.default_rng(seed)
    low, high = np.log(odds_ratios)
    relations = []
    for one, other in pairs:
        ratio = float(np.exp(rng.uniform(low, high)))
        against = rng.random() < contradicting
        relations.append(
            Relation("contradicts" if against else "supports", one, other, 1 / ratio if against else ratio)
        )
    return Structure(rng.uniform(0.2, 0.8, beliefs), relations)
