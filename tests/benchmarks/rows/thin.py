"""The second tier: parts that are too wide to be exact.

Exact references exist where a junction tree past the usual budget still fits: hierarchies of 150 beliefs of degree 4.
At 850 beliefs of degree 4 none does, so times are taken there and errors are not.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

import numpy as np
from tests.benchmarks import peers
from tests.benchmarks.generators import causes, clique, evidence, grid, hier, soft
from tests.benchmarks.report import Row
from tests.benchmarks.scoreboard import best, drawing, part
from tests.inference.loopy import loopy_log_odds
from tests.networks import UAI, bnlearn, uai

from beliefgraph.inference import APPROXIMATE, EXACT, UNRELIABLE, Budget, Relation, Structure, combine, compile_model
from beliefgraph.inference.arrays import Floats
from beliefgraph.inference.edge_choice import choose, strength
from beliefgraph.inference.edge_deleted_graph import compile_edge_deleted_graph
from beliefgraph.inference.factor_graph import compile_graph
from beliefgraph.inference.factors import factors_of

SEEDS = range(8)
PATIENT = Budget(max_width=24, max_table_entries=2**24)
NARROW = Budget(max_width=4)
"""Everything is too wide for it, so that what has an exact answer is approximated at the usual thin width."""


def probability(log_odds: Floats) -> Floats:
    """The probability whose log-odds these are."""
    return np.asarray(1.0 / (1.0 + np.exp(-log_odds)))


def small(seed: int, odds_ratio: float) -> Structure:
    """A hierarchy of 150 beliefs, degree 4."""
    return hier(150, 300, seed, odds_ratios=(odds_ratio, odds_ratio), domains=8)


@part("thin errors")
def errors() -> Iterator[Row]:
    """Against exact answers, beside plain loopy belief propagation; and whether the error bars cover."""
    for odds_ratio in (2.5, 4.0, 6.0):
        ours, loopy, covered, trusted, widths = [], [], 0, 0, []
        for seed in SEEDS:
            structure, lam = small(seed, odds_ratio), evidence(150, seed)
            exact, thin = compile_model(structure, PATIENT), compile_model(structure, NARROW)
            truth, found = exact.log_odds(lam).log_odds, thin.log_odds(lam)
            relied = found.quality == APPROXIMATE
            widths.append(exact.width)
            ours.append(np.abs(probability(found.log_odds) - probability(truth))[relied])
            loopy.append(np.abs(probability(loopy_log_odds(structure, lam)) - probability(truth))[relied])
            covered += int((np.abs(found.log_odds - truth) <= found.error)[relied].sum())
            trusted += int(relied.sum())
        own, plain = np.concatenate(ours), np.concatenate(loopy)
        strict = odds_ratio == 2.5
        label = f"thin 150/300, OR {odds_ratio:g} (exact width {min(widths)} to {max(widths)})"
        yield Row(f"{label}: greatest error", float(own.max()), "", *((0.03, 0.012) if strict else (None, None)))
        yield Row(f"{label}: mean error", float(own.mean()), "", *((0.002, 0.0006) if strict else (None, None)))
        share = float(own.mean() / plain.mean())
        yield Row(f"{label}: mean error, share of loopy's", share, "", 1 / 3 if strict else None)
        yield Row(f"{label}: relied on", trusted / (150 * len(SEEDS)), "")
        yield Row(f"{label}: covered by error bars", covered / trusted, "", 0.95, 0.99, most=False)


@part("thin coverage")
def coverage() -> Iterator[Row]:
    """Whether the error bars cover in dense parts, of mixed sign, and with strong causes."""
    kinds: dict[str, tuple[Callable[[int], Structure], int]] = {
        "clique of 20, OR 1.5 to 3, 30 % contradicting": (
            lambda seed: clique(20, seed, odds_ratios=(1.5, 3.0), contradicting=0.3), 20
        ),
        "clique of 16, OR 1.5 to 3, 30 % contradicting": (
            lambda seed: clique(16, seed, odds_ratios=(1.5, 3.0), contradicting=0.3), 16
        ),
        "clique of 16, OR 1.5 to 2, 30 % contradicting": (
            lambda seed: clique(16, seed, odds_ratios=(1.5, 2.0), contradicting=0.3), 16
        ),
        "grid of 64, OR 2 to 6, 30 % contradicting": (
            lambda seed: grid(8, seed, odds_ratios=(2.0, 6.0), contradicting=0.3), 64
        ),
        "40 causes, OR up to 20, 30 % against": (lambda seed: causes(40, 75, seed, most=20.0, against=0.3), 40),
        "40 causes, OR up to 20": (lambda seed: causes(40, 70, seed, most=20.0, against=0.0), 40),
    }  # fmt: skip
    for name, (made, beliefs) in kinds.items():
        covered = trusted = 0
        for seed in SEEDS:
            structure, lam = made(seed), soft(beliefs, seed)
            truth, found = (
                compile_model(structure, PATIENT).log_odds(lam),
                compile_model(structure, NARROW).log_odds(lam),
            )
            relied = (found.quality == APPROXIMATE) & (truth.quality == EXACT)
            covered += int((np.abs(found.log_odds - truth.log_odds) <= found.error)[relied].sum())
            trusted += int(relied.sum())
        yield Row(f"thin {name}: covered by error bars, of {trusted}", covered / trusted, "", 0.98, 1.0, most=False)


@part("thin published networks")
def networks() -> Iterator[Row]:
    """Published networks with a fifth of the variables seen, against exact answers; a warning is an error."""
    near = trusted = 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in ("alarm", "insurance", "hailfinder", "hepar2", "win95pts", "water"):
            network = bnlearn(name)
            assert network is not None
            graph, net = network.graph, peers.bayes_net(network.graph)
            exact, thin = compile_graph(graph, PATIENT), compile_edge_deleted_graph(graph, Budget())
            for seed in range(3):
                seen = peers.some_evidence(net, graph.cards, 0.2, seed=seed)
                truth, (found, reliable) = exact.marginals(seen), thin.marginals(seen)
                off = np.array([np.abs(one - other).max() for one, other in zip(truth, found, strict=True)])
                relied = reliable & ~np.isin(np.arange(len(off)), list(seen))
                near += int((off[relied] <= 0.05).sum())
                trusted += int(relied.sum())
    label = f"thin published networks, a fifth seen: within .05, of {trusted} relied on"
    yield Row(label, near / trusted, "", 0.98, 1.0, most=False)


@part("thin times")
def times() -> Iterator[Row]:
    """850 beliefs, 1,700 relations."""
    structure, lam = hier(edges=1700, seed=1, odds_ratios=(2.5, 2.5)), evidence(850, 1)
    factors = factors_of(structure)
    strengths = np.array([strength(pair.log_table) for pair in factors.pairs])
    took = best(lambda: choose([2] * 850, factors.joined, strengths, 8))
    yield Row("thin 850/1700: choosing the edges", took * 1e3, "ms", 2000, 100)
    yield Row("thin 850/1700: compile", best(lambda: compile_model(structure)) * 1e3, "ms")
    model = compile_model(structure)
    (wide,) = model.edge_deleted
    yield Row("thin 850/1700: cold, with error bars", best(lambda: model.log_odds(lam)) * 1e3, "ms", 5, 1.5)
    yield Row("thin 850/1700: cold, the answer alone", best(lambda: model.cohort(lam, range(850))) * 1e3, "ms")
    before, moved = wide.preview(lam), lam.copy()
    moved[77] += 1.0
    took = best(lambda: wide.preview(moved, before)) * 1e3
    yield Row("thin 850/1700: warm after one new evidence", took, "ms", 2, 0.4)
    drift = np.abs(model.log_odds(np.full(850, 1e-14)).log_odds - model.prior_log_odds).max()
    yield Row("thin 850/1700: drift without evidence", float(drift), "nats", 1e-6, 1e-8)
    rng = np.random.default_rng(4)
    belief, source = rng.integers(0, 850, 2_000), rng.integers(0, 40, 2_000)
    said, ones, answers = rng.normal(0.0, 0.5, 2_000), np.ones(2_000), set()
    for _ in range(100):
        order = rng.permutation(2_000)
        heard = combine(belief[order], source[order], said[order], 0.0 * ones, ones * np.inf, beliefs=850)
        answers.add(model.log_odds(heard.log_likelihood).log_odds.tobytes())
    yield Row("thin 850/1700: different answers in 100 arrival orders", len(answers), "", 1, 1)


@part("thin honesty")
def honesty() -> Iterator[Row]:
    """What must be labelled unreliable is; and the rigorous intervals hold."""
    for name in ("Grids_16", "Grids_17"):
        if UAI.exists():
            graph, given, _ = uai(name)
            _, reliable = compile_edge_deleted_graph(graph, Budget()).marginals(given)
            yield Row(f"{name}: relied on, share of beliefs", float(reliable.mean()), "", 0, 0)
    relied = []
    for width, prior, odds_ratio in ((w, p, o) for w in (2, 4, 8) for p in (0.3, 0.5) for o in (0.01, 0.1)):
        relations = [Relation("contradicts", i, j, odds_ratio) for i, j in combinations(range(10), 2)]
        model = compile_model(Structure([prior] * 10, relations), Budget(max_width=1, approximate_width=width))
        relied.append(float((model.log_odds(np.eye(10)[0] * 3.0).quality != UNRELIABLE).mean()))
    yield Row("K10 of contradictions, approximated: relied on, share of beliefs", max(relied), "", 0, 0)
    violated, asked, wide = 0, 0, []
    for seed in range(8):
        model, lam = compile_model(hier(seed=seed)), evidence(850, seed)
        truth = model.log_odds(lam).log_odds
        for belief in range(0, 850, 10):
            found = model.interval(belief, lam)
            if found is not None:
                violated += not found[0] <= truth[belief] <= found[1]
                asked += 1
                wide.append(found[1] - found[0])
    yield Row(f"850/935: intervals violated of {asked}", violated, "", 0, 0)
    yield Row("850/935: usual width of an interval", float(np.median(wide)), "nats")
    yield Row("850/935: an interval", best(lambda: model.interval(100, lam)) * 1e3, "ms")


@drawing("accuracy-by-tier")
def accuracy_by_tier(axes: Any) -> None:
    """How far each belief is off, beside how far plain loopy belief propagation puts it; below the line is nearer."""
    for odds_ratio, mark in ((2.5, "o"), (4.0, "s"), (6.0, "^")):
        ours, loopy = [], []
        for seed in SEEDS:
            structure, lam = small(seed, odds_ratio), evidence(150, seed)
            truth = probability(compile_model(structure, PATIENT).log_odds(lam).log_odds)
            found = compile_model(structure, NARROW).log_odds(lam)
            relied = found.quality == APPROXIMATE
            ours.append(np.abs(probability(found.log_odds) - truth)[relied])
            loopy.append(np.abs(probability(loopy_log_odds(structure, lam)) - truth)[relied])
        label = f"odds ratio {odds_ratio:g}"
        axes.plot(np.concatenate(loopy), np.concatenate(ours), mark, markersize=2, alpha=0.5, label=label)
    axes.plot([1e-6, 1], [1e-6, 1], color="grey", linewidth=0.8)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(1e-6, 1)
    axes.set_ylim(1e-6, 1)
    axes.set_xlabel("error of loopy belief propagation, probability")
    axes.set_ylabel("error of the second tier, probability")
    axes.legend()
