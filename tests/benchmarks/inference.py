"""The scoreboard of the inference, beside pyAgrum in the same run: `python tests/benchmarks/inference.py [--json]`.

Times are the best of several equal runs, or the middle of several that differ; ratios are against pyAgrum on the same
network, moments apart. Full passes count pyAgrum's rebuild of its engine; incremental rows keep both sides' state.
`--plots DIR` draws the ratios, `--quick` leaves out the largest networks.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks import peers
from tests.benchmarks.generators import evidence, hier
from tests.benchmarks.report import Row, median, show
from tests.networks import UAI, bnlearn, uai

from beliefgraph.inference import Budget, Model, Structure, combine, compile_model, warm
from beliefgraph.inference.arrays import Flags
from beliefgraph.inference.factor_graph import Factor, FactorGraph, compile_graph
from beliefgraph.inference.propagation import Engine

LARGE = Budget(max_width=60, max_table_entries=2**25)
BNLEARN = ("asia", "sachs", "child", "alarm", "insurance", "hailfinder", "hepar2", "win95pts", "pathfinder")
INSTANCES = ("Promedus_13", "Promedus_15", "Promedus_16", "CSP_12", "Grids_12")
SLOW_INSTANCES = ("Pedigree_12", "Grids_11")


def usual(work: Callable[[], object], seconds: float = 0.5) -> float:
    """The middle of several runs that differ, in seconds."""
    work()
    found: list[float] = []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until or len(found) < 3:
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return median(found)


def best(work: Callable[[], object], seconds: float = 0.5) -> float:
    """The shortest of several runs, in seconds."""
    work()
    found: list[float] = []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until or len(found) < 3:
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return min(found)


def seconds(work: Callable[[], object]) -> float:
    """One run, in seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def accuracy(quick: bool) -> Iterator[Row]:
    """Published networks and instances."""
    for name in BNLEARN:
        network = bnlearn(name)
        if network is None:
            continue
        net = peers.bayes_net(network.graph)
        compiled = compile_graph(network.graph, LARGE)
        error = 0.0
        for share in (0.0, 0.2):
            given = peers.some_evidence(net, network.graph.cards, share, seed=1)
            pairs = zip(compiled.marginals(given), peers.marginals(net, given), strict=True)
            error = max(error, *(float(np.abs(own - theirs).max()) for own, theirs in pairs))
        yield Row(f"{name}: marginals against pyAgrum, prior and with 20 % evidence", error, "", 1e-9, 1e-12)
    for name in INSTANCES if quick else INSTANCES + SLOW_INSTANCES:
        if UAI.exists():
            graph, given, published = uai(name)
            pairs = zip(compile_graph(graph, LARGE).marginals(given), published, strict=True)
            error = max(float(np.abs(own - theirs).max()) for own, theirs in pairs)
            yield Row(f"{name}: marginals against the published ones", error, "", 1e-6, 5.1e-7)


def logistic_net(model: Model, structure: Structure) -> FactorGraph:
    """A causal structure as the Bayesian network that the model holds, for pyAgrum."""
    factors: dict[int, Factor] = {}
    for bundle in model.bundles:
        for family, log_table in zip(bundle.families, bundle.conditionals, strict=True):
            scope = tuple(int(bundle.members[at]) for at in family.scope)
            factors[scope[-1]] = Factor(scope, np.exp(log_table).reshape((2,) * len(scope)))
    for belief, prior in enumerate(structure.priors.tolist()):
        factors.setdefault(belief, Factor((belief,), np.array([1.0 - prior, prior])))
    return FactorGraph((2,) * len(structure.priors), tuple(factors[belief] for belief in range(len(factors))))


def soft(lam: float) -> list[float]:
    """λ as pyAgrum's likelihood of the two states."""
    return [float(np.exp(min(-lam, 0.0))), float(np.exp(min(lam, 0.0)))]


def speed() -> Iterator[Row]:
    """850 beliefs, 935 causal relations: full pass, incremental, one belief; and the wider one."""
    structure, lam = hier(seed=1, directed=True), evidence(850, 1)
    model = compile_model(structure)
    net = peers.bayes_net(logistic_net(model, structure))

    def theirs(engine: Any) -> Any:
        asked = engine(net)
        for belief in np.flatnonzero(lam).tolist():
            asked.addEvidence(str(belief), soft(lam[belief]))
        asked.makeInference()
        return [asked.posterior(str(belief)).toarray() for belief in range(850)]

    found = np.array(theirs(peers.pyagrum.ShaferShenoyInference))
    error = np.abs(model.log_odds(lam).log_odds - np.log(found[:, 1] / found[:, 0])).max()
    yield Row(f"causal 850/935 (width {model.width}): log-odds against pyAgrum", float(error), "nats", 1e-9, 1e-12)
    full = best(lambda: model.log_odds(lam))
    yield Row("causal 850/935: full pass", full * 1e6, "µs")
    shenoy, lazy = (
        best(lambda: theirs(peers.pyagrum.ShaferShenoyInference)),
        best(lambda: theirs(peers.pyagrum.LazyPropagation)),
    )
    yield Row("causal 850/935: full pass, times pyAgrum's Shafer-Shenoy", shenoy / full, "×", 900, 2000, most=False)
    yield Row("causal 850/935: full pass, times pyAgrum's Lazy", lazy / full, "×")
    yield from incremental(model, net, lam)
    undirected = hier(seed=1)
    made = compile_model(undirected)
    yield Row(f"850/935 (width {made.width}): full pass", best(lambda: made.log_odds(lam)) * 1e6, "µs", 60, 25)
    yield Row("850/935: plan compile", best(lambda: compile_model(undirected)) * 1e3, "ms", 30, 5)
    for edges, must, stretch in ((1105, None, None), (1275, 3.0, 0.8)):
        wide = compile_model(hier(seed=1, edges=edges))
        took = best(lambda wide=wide: wide.log_odds(lam)) * 1e3  # type: ignore[misc]
        yield Row(f"850/{edges} (width {wide.width}): full pass", took, "ms", must, stretch)


def incremental(model: Model, net: Any, lam: np.ndarray[Any, Any]) -> Iterator[Row]:
    """After one new evidence: all beliefs, and one."""
    told = np.flatnonzero(lam).tolist()
    rng = np.random.default_rng(2)
    turns = [(int(rng.choice(told)), float(value)) for value in rng.normal(size=4096)]

    def in_turn(step: Callable[[int, float], object]) -> Callable[[], object]:
        waiting = iter(turns * 50)
        return lambda: step(*next(waiting))

    session = model.session(lam)
    now = lam.copy()
    error = 0.0
    for belief, value in turns[:500]:
        now[belief] = value
        session.tell(belief, value)
        error = max(error, float(np.abs(session.log_odds() - model.log_odds(now).log_odds).max()))
    yield Row("causal 850/935: 500 updates, incremental against full", error, "nats", 1e-12, 1e-13)

    def all_of(belief: int, value: float) -> None:
        session.tell(belief, value)
        session.log_odds()

    def one_of(belief: int, value: float) -> None:
        session.tell(belief, value)
        session.ask(5)

    lazy = peers.pyagrum.LazyPropagation(net)
    for belief in told:
        lazy.addEvidence(str(belief), soft(lam[belief]))
    lazy.makeInference()

    def their_all(belief: int, value: float) -> None:
        lazy.chgEvidence(str(belief), soft(value))
        lazy.makeInference()
        for other in range(850):
            lazy.posterior(str(other))

    aimed = peers.pyagrum.LazyPropagation(net)
    aimed.addTarget("5")
    for belief in told:
        aimed.addEvidence(str(belief), soft(lam[belief]))
    aimed.makeInference()

    def their_one(belief: int, value: float) -> None:
        aimed.chgEvidence(str(belief), soft(value))
        aimed.makeInference()
        aimed.posterior("5")

    ours, one = usual(in_turn(all_of)), usual(in_turn(one_of))
    yield Row("causal 850/935: one new evidence, all beliefs", ours * 1e6, "µs", 40, 15)
    ratio = usual(in_turn(their_all), 2.0) / ours
    yield Row("causal 850/935: the same, times pyAgrum's chgEvidence", ratio, "×", 1500, most=False)
    yield Row("causal 850/935: one new evidence, one belief", one * 1e6, "µs")
    ratio = usual(in_turn(their_one), 2.0) / one
    yield Row("causal 850/935: the same, times pyAgrum with one target", ratio, "×", 25, 300, most=False)


def large_tables() -> Iterator[Row]:
    """Large multi-state tables against pyAgrum's Lazy propagation: what each makes of the network and what was seen."""
    for name, must, stretch in (("munin2", 3.0, 10.0), ("water", 1.0, 5.0), ("diabetes", 1.0, 5.0)):
        network = bnlearn(name)
        if network is None:
            continue
        net = peers.bayes_net(network.graph)
        compiled = compile_graph(network.graph, LARGE)
        engine = compiled.engine
        nothing = np.zeros((1, len(network.graph.cards)), dtype=np.uint8)

        def anew(engine: Engine = engine, nothing: Flags = nothing) -> None:
            Engine.of(engine.plan, engine.log_potential).log_marginals(np.ones((1, engine.plan.leaves)), nothing)

        ratio = best(partial(peers.marginals, net, {}), 0.1) / best(anew, 0.1)
        yield Row(f"{name}: full pass, nothing seen, times pyAgrum's Lazy", ratio, "×", must, stretch, most=False)
        sets = [peers.some_evidence(net, network.graph.cards, 0.2, seed=seed) for seed in range(1, 11)]
        own, again, theirs = [], [], []
        for given in sets:
            own.append(seconds(partial(compiled.marginals, given)))
            theirs.append(seconds(partial(peers.marginals, net, given)))
            again.append(seconds(partial(compiled.marginals, given)))
        ratio = median(theirs) / median(own)
        item = f"{name}: 20 % seen, another fifth each time, times pyAgrum's Lazy"
        yield Row(item, ratio, "×", must, stretch, most=False)
        yield Row(f"{name}: the same asked again, times pyAgrum's Lazy", median(theirs) / median(again), "×")


def explanation() -> Iterator[Row]:
    """Contributions and leave-one-out of every item at once."""
    lam = evidence(850, 1)
    model = compile_model(hier(seed=1))
    told = np.flatnonzero(lam)
    why = model.influence(3, lam)
    brute = np.repeat(lam[None], len(told), axis=0)
    brute[np.arange(len(told)), told] = 0.0
    error = np.abs(why.without(told, lam[told]) - model.log_odds(brute).log_odds[:, 3]).max()
    yield Row(f"leave-one-out of {len(told)} items against brute force", float(error), "nats", 1e-9, 1e-12)
    (bundle,) = model.bundles
    two = np.repeat(lam[None], 2, axis=0)
    clamped = [{3: False}, {3: True}]

    def leave_out() -> None:
        bundle.log_marginals(two, clamped, set())
        why.without(told, lam[told])

    yield Row(f"leave-one-out of {len(told)} items", best(leave_out) * 1e3, "ms", 0.5, 0.1)
    sums = [abs(model.influence(target, lam).residual) for target in range(0, 850, 50)]
    yield Row("Aumann-Shapley: farthest sum from the change", max(sums), "nats", 1e-4, 1e-5)
    yield Row("Aumann-Shapley with leave-one-out: time", best(lambda: model.influence(3, lam)) * 1e3, "ms", 1.5, 0.4)


def drift() -> Iterator[Row]:
    """How far the stated priors are from the model's, and what finding the fields takes (the plan included)."""
    for label, strengths, must, stretch in (("2.5", (2.5, 2.5), 1e-6, None), ("2.5 to 6", (2.5, 6.0), None, 1e-8)):
        structure = hier(seed=3, odds_ratios=strengths)
        model = compile_model(structure)
        off = np.abs(model.log_odds(np.full(850, 1e-14)).log_odds - model.prior_log_odds).max()
        yield Row(f"drift without evidence, OR {label}", float(off), "nats", must, stretch)
        yield Row(f"compile with calibration, OR {label}", best(lambda s=structure: compile_model(s)) * 1e3, "ms")  # type: ignore[misc]


def orders() -> Iterator[Row]:
    """The same items in a hundred orders: how many different answers there are, bit for bit."""
    rng = np.random.default_rng(4)
    model = compile_model(hier(seed=1))
    items, answers = 2_000, set()
    belief, source = rng.integers(0, 850, items), rng.integers(0, 40, items)
    said, ones = rng.normal(0.0, 0.5, items), np.ones(items)
    coins = {"says_if_holds": 0.95, "says_if_not": 0.05}
    for _ in range(100):
        order = rng.permutation(items)
        heard = combine(belief[order], source[order], said[order], 0.0 * ones, ones * np.inf, beliefs=850, **coins)
        answers.add(model.log_odds(heard.log_likelihood).log_odds.tobytes())
    yield Row("100 arrival orders: different answers", len(answers), "", 1, 1)


def cohorts() -> Iterator[Row]:
    """100,000 users on 850 beliefs with 935 relations, evidence on 30 % of each; streamed in parts of 5,000."""
    model = compile_model(hier(seed=1))
    rng = np.random.default_rng(5)
    rows = np.where(rng.random((5_000, 850)) < 0.3, rng.normal(size=(5_000, 850)), 0.0)
    for label, asked, must, stretch in (("one outcome", [845], 1.0, 0.3), ("all marginals", range(850), 2.5, 1.0)):
        took = best(lambda asked=asked: model.cohort(rows, asked), 2.0) * 20  # type: ignore[misc]
        yield Row(f"100,000 users, {label} (from 5,000)", took, "s", must, stretch)


def plot(rows: list[Row], folder: Path) -> None:
    """The ratios to pyAgrum, drawn."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    ratios = [row for row in rows if row.unit == "×"]
    figure, axes = pyplot.subplots(figsize=(9, 0.5 * len(ratios) + 1.2), layout="constrained")
    axes.barh([row.item for row in ratios], [row.value for row in ratios], color="#4477aa")
    axes.set_xscale("log")
    axes.set_xlabel("times as fast as pyAgrum, same network, same run")
    axes.invert_yaxis()
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / "inference.png", dpi=120)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--json", action="store_true")
    asked.add_argument("--plots", type=Path)
    asked.add_argument("--quick", action="store_true")
    given = asked.parse_args()
    warm()
    rows = [*speed(), *explanation(), *drift(), *orders(), *cohorts(), *accuracy(given.quick)]
    if not given.quick:
        rows += large_tables()
    show("The inference", rows, given.json)
    if given.plots:
        plot(rows, given.plots)


if __name__ == "__main__":
    main()
