"""Published networks as factor graphs: the bnlearn networks that pgmpy ships, and the UAI 2014 instances."""

from __future__ import annotations

import gzip
import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from beliefgraph.inference.factor_graph import Factor, FactorGraph

UAI = Path(__file__).parents[2] / "shared" / "data" / "uai2014_mar"


@dataclass(frozen=True)
class Network:
    """A Bayesian network: factor i is P(variable i | its parents), over (parents, i)."""

    name: str
    graph: FactorGraph


def bnlearn(name: str) -> Network | None:
    """A network from the installed pgmpy, which is not imported; None where it is not installed."""
    spec = importlib.util.find_spec("pgmpy")
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(spec.submodule_search_locations[0]) / "utils" / "example_models" / f"{name}.bif.gz"
    return Network(name, bif(gzip.decompress(path.read_bytes()).decode())) if path.exists() else None


def bif(text: str) -> FactorGraph:
    """A network in the Bayesian Interchange Format, as bnlearn writes it."""
    states: dict[str, list[str]] = {}
    for name, listed in re.findall(r"variable\s+(\S+)\s*\{\s*type\s+discrete\s*\[\s*\d+\s*\]\s*\{([^}]*)\}", text):
        states[name] = [state.strip() for state in listed.split(",")]
    number = {name: at for at, name in enumerate(states)}
    factors: dict[int, Factor] = {}
    for head, body in re.findall(r"probability\s*\(([^)]*)\)\s*\{([^}]*)\}", text):
        child, _, given = (part.strip() for part in head.partition("|"))
        parents = [name.strip() for name in given.split(",") if name.strip()]
        table = np.zeros([len(states[name]) for name in [*parents, child]])
        for row in filter(str.strip, body.split(";")):
            found = re.match(r"\s*\((.*)\)\s*([-+.\deE,\s]+)$", row, re.DOTALL)
            values = found.group(2) if found else row.replace("table", "")
            at = (
                tuple(states[p].index(s.strip()) for p, s in zip(parents, found.group(1).split(","), strict=True))
                if found
                else ()
            )
            table[at] = [float(value) for value in values.split(",")]
        factors[number[child]] = Factor((*(number[p] for p in parents), number[child]), table)
    return FactorGraph(tuple(map(len, states.values())), tuple(factors[at] for at in range(len(states))))


def uai(name: str) -> tuple[FactorGraph, dict[int, int], list[np.ndarray]]:
    """An instance, its evidence and its published marginals."""
    words = iter(gzip.decompress((UAI / f"{name}.uai.gz").read_bytes()).split())
    next(words)  # MARKOV or BAYES: both are products of tables
    cards = tuple(int(next(words)) for _ in range(int(next(words))))
    scopes = [tuple(int(next(words)) for _ in range(int(next(words)))) for _ in range(int(next(words)))]
    factors = []
    for scope in scopes:
        values = [float(next(words)) for _ in range(int(next(words)))]
        factors.append(Factor(scope, np.array(values).reshape([cards[v] for v in scope])))
    told = [int(word) for word in (UAI / f"{name}.uai.evid").read_text().split()]
    pairs = told[1:] if len(told) % 2 else told[2:]
    evidence = dict(zip(pairs[::2], pairs[1::2], strict=True))
    published = iter((UAI / f"{name}.uai.MAR").read_text().split()[1:])
    marginals = []
    for _ in range(int(next(published))):
        marginals.append(np.array([float(next(published)) for _ in range(int(next(published)))]))
    return FactorGraph(cards, tuple(f for f in factors if f.scope)), evidence, marginals
