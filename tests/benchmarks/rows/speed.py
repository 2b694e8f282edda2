"""850 beliefs: a full pass, what one new evidence costs, compiling; beside pyAgrum and pgmpy on the same network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from tests.benchmarks import peers
from tests.benchmarks.generators import evidence, hier
from tests.benchmarks.report import Row
from tests.benchmarks.scoreboard import best, drawing, in_turn, once, part, usual

from beliefgraph.inference import Model, Structure, compile_model
from beliefgraph.inference.arrays import Floats
from beliefgraph.inference.factor_graph import Factor, FactorGraph


@dataclass(frozen=True)
class Causal:
    """The causal structure of 850 beliefs and 935 relations, its evidence, and the same network for the peers."""

    lam: Floats
    model: Model
    graph: FactorGraph
    net: Any

    @property
    def observed(self) -> list[int]:
        """The beliefs with evidence."""
        return [int(belief) for belief in np.flatnonzero(self.lam)]


@cache
def causal() -> Causal:
    """The one that all rows of this module ask."""
    structure = hier(seed=1, directed=True)
    model = compile_model(structure)
    graph = _logistic(model, structure)
    return Causal(evidence(850, 1), model, graph, peers.bayes_net(graph))


def _logistic(model: Model, structure: Structure) -> FactorGraph:
    """A causal structure as the Bayesian network that the model holds."""
    factors: dict[int, Factor] = {}
    for bundle in model.bundles:
        for family, log_table in zip(bundle.families, bundle.conditionals, strict=True):
            scope = tuple(int(bundle.members[at]) for at in family.beliefs)
            factors[scope[-1]] = Factor(scope, np.exp(log_table).reshape((2,) * len(scope)))
    for belief, prior in enumerate(structure.priors.tolist()):
        factors.setdefault(belief, Factor((belief,), np.array([1.0 - prior, prior])))
    return FactorGraph((2,) * len(structure.priors), tuple(factors[belief] for belief in range(len(factors))))


@part("full-pass")
def full_pass() -> Iterator[Row]:
    """All marginals from the evidence; pyAgrum makes its engine for them."""
    it = causal()

    def ours() -> Floats:
        return it.model.log_odds(it.lam).log_odds

    def theirs(engine: Any) -> Callable[[], list[Any]]:
        def ask() -> list[Any]:
            asked = engine(it.net)
            for belief in it.observed:
                asked.addEvidence(str(belief), peers.soft(it.lam[belief]))
            asked.makeInference()
            return [asked.posterior(str(belief)).toarray() for belief in range(850)]

        return ask

    shenoy, lazy = theirs(peers.pyagrum.ShaferShenoyInference), theirs(peers.pyagrum.LazyPropagation)
    found = np.array(shenoy())
    error = np.abs(ours() - np.log(found[:, 1] / found[:, 0])).max()
    yield Row(f"causal 850/935 (width {it.model.width}): log-odds against pyAgrum", float(error), "nats", 1e-9, 1e-12)
    own, other = in_turn(ours, shenoy)
    yield Row("causal 850/935: full pass", own * 1e6, "µs")
    yield Row("causal 850/935: full pass, times pyAgrum's Shafer-Shenoy", other / own, "×", 900, 2000, most=False)
    own, other = in_turn(ours, lazy)
    yield Row("causal 850/935: full pass, times pyAgrum's Lazy", other / own, "×")
    model = compile_model(hier(seed=1))
    full = best(lambda: model.log_odds(it.lam))
    yield Row(f"850/935 (width {model.width}): full pass", full * 1e6, "µs", 60, 25)


@part("wide")
def wide() -> Iterator[Row]:
    """Full passes of wider structures."""
    lam = evidence(850, 1)
    for edges, must, stretch in ((1105, None, None), (1275, 3.0, 0.8)):
        model = compile_model(hier(seed=1, edges=edges))
        full = best(lambda model=model: model.log_odds(lam)) * 1e3  # type: ignore[misc]
        yield Row(f"850/{edges} (width {model.width}): full pass", full, "ms", must, stretch)


@part("compile")
def compiling() -> Iterator[Row]:
    """From statements to a model, calibration included."""
    structure = hier(seed=1)
    yield Row("850/935: plan compile", best(lambda: compile_model(structure), 1.0) * 1e3, "ms", 30, 5)


@part("incremental")
def incremental() -> Iterator[Row]:
    """After one new evidence: all beliefs, and one; both sides keep their state."""
    it = causal()
    rng = np.random.default_rng(2)
    turns = [(int(rng.choice(it.observed)), float(value)) for value in rng.normal(size=4096)]
    session = it.model.session(it.lam)
    now = it.lam.copy()
    error = 0.0
    for belief, value in turns[:500]:
        now[belief] = value
        session.set_evidence(belief, value)
        error = max(error, float(np.abs(session.log_odds() - it.model.log_odds(now).log_odds).max()))
    yield Row("causal 850/935: 500 updates, incremental against full", error, "nats", 1e-12, 1e-13)

    def stepping(step: Callable[[int, float], object]) -> Callable[[], object]:
        waiting = iter(turns * 50)
        return lambda: step(*next(waiting))

    def persistent(target: str | None) -> Any:
        engine = peers.pyagrum.LazyPropagation(it.net)
        if target:
            engine.addTarget(target)
        for belief in it.observed:
            engine.addEvidence(str(belief), peers.soft(it.lam[belief]))
        engine.makeInference()
        return engine

    lazy, aimed = persistent(None), persistent("5")

    def all_of(belief: int, value: float) -> None:
        session.set_evidence(belief, value)
        session.log_odds()

    def one_of(belief: int, value: float) -> None:
        session.set_evidence(belief, value)
        session.log_odds_of(5)

    def their_all(belief: int, value: float) -> None:
        lazy.chgEvidence(str(belief), peers.soft(value))
        lazy.makeInference()
        for other in range(850):
            lazy.posterior(str(other))

    def their_one(belief: int, value: float) -> None:
        aimed.chgEvidence(str(belief), peers.soft(value))
        aimed.makeInference()
        aimed.posterior("5")

    all_time, one_time = usual(stepping(all_of)), usual(stepping(one_of))
    yield Row("causal 850/935: one new evidence, all beliefs", all_time * 1e6, "µs", 40, 15)
    ratio = usual(stepping(their_all), 2.0) / all_time
    yield Row("causal 850/935: the same, times pyAgrum's chgEvidence", ratio, "×", 1500, most=False)
    yield Row("causal 850/935: one new evidence, one belief", one_time * 1e6, "µs")
    ratio = usual(stepping(their_one), 2.0) / one_time
    yield Row("causal 850/935: the same, times pyAgrum with one target", ratio, "×", 25, 300, most=False)


@part("pgmpy")
def variable_elimination() -> Iterator[Row]:
    """One belief by pgmpy's variable elimination, which has no way to ask for all at once."""
    it = causal()
    ask = peers.variable_elimination(it.graph, {belief: peers.soft(it.lam[belief]) for belief in it.observed})
    error = 0.0
    for belief in (5, 400):
        no, yes = ask(belief)
        error = max(error, abs(float(np.log(yes / no)) - float(it.model.log_odds(it.lam).log_odds[belief])))
    yield Row("causal 850/935: log-odds against pgmpy's variable elimination", error, "nats", 1e-9, 1e-12)
    theirs = min(once(lambda: ask(5)) for _ in range(3))
    ours = best(lambda: it.model.log_odds(it.lam))
    yield Row("causal 850/935: full pass, times pgmpy's for a single belief", theirs / ours, "×")


@drawing("time-by-width")
def time_by_width(axes: Any) -> None:
    """What all marginals of 850 beliefs cost as the structure grows wider."""
    lam = evidence(850, 1)
    for label, directed, mark in (("supports and contradicts", False, "o"), ("causes", True, "s")):
        points = []
        for edges in (850, 900, 935, 1000, 1050, 1105, 1160, 1200, 1240, 1275):
            model = compile_model(hier(seed=1, edges=edges, directed=directed))
            if model.available.all():
                points.append((model.width, best(lambda model=model: model.log_odds(lam), 0.2) * 1e3))  # type: ignore[misc]
        axes.plot(*zip(*points, strict=True), mark, label=label)
    axes.set_yscale("log")
    axes.set_xlabel("width: the largest clique less one")
    axes.set_ylabel("all 850 marginals, ms")
    axes.legend()
