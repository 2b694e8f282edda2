"""What learning is worth, on tasks made from seeds: fitted to the first 70 % of the time, scored on the rest."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from tests.benchmarks.outcome_task import OUTCOME, SEED, outcome_task, sampled
from tests.benchmarks.report import Row
from tests.benchmarks.scoreboard import once, part

from beliefgraph.inference import Relation, Structure, compile_model
from beliefgraph.inference.arrays import Floats, Ints
from beliefgraph.inference.learning import Observations, isotonic, learn, platt, propose
from beliefgraph.inference.reliability import Answers, Statements, learn_source_rates
from beliefgraph.inference.reliability.statements import UNKNOWN
from beliefgraph.services.learning.scoring import accuracy, ece

FITTED = 0.7


@part("learning")
def outcome(seed: int = SEED) -> Iterator[Row]:
    """One outcome: as elicited, calibrated, learned, and as the truth itself would say."""
    task = outcome_task(seed)
    happened, heard = task.happened, task.observations.log_likelihood
    cut = round(FITTED * len(happened))

    def log_odds_of(structure: Structure) -> Floats:
        return compile_model(structure).log_odds(heard).log_odds[:, OUTCOME]

    def later(log_odds: Floats) -> float:
        return float(np.logaddexp(0.0, np.where(happened == 1.0, -log_odds, log_odds))[cut:].mean())

    learned = learn(task.elicited, task.observations.part(0.0, FITTED))
    took = once(lambda: learn(task.elicited, task.observations.part(0.0, FITTED)))
    rate = happened[:cut].mean()
    elicited, better = log_odds_of(task.elicited), log_odds_of(learned.structure)
    early = slice(cut)
    oracle = later(log_odds_of(task.truth))
    best = later(platt(better[early], happened[early])(better))
    yield Row("outcome: base rate", later(np.full(len(happened), np.log(rate / (1.0 - rate)))), "nats")
    yield Row("outcome: as elicited", later(elicited), "nats")
    yield Row("outcome: elicited, isotonic", later(isotonic(elicited[early], happened[early])(elicited)), "nats")
    yield Row("outcome: elicited, Platt", later(platt(elicited[early], happened[early])(elicited)), "nats")
    yield Row("outcome: learned", later(better), "nats")
    yield Row("outcome: learned, Platt", best, "nats")
    yield Row("outcome: the truth itself", oracle, "nats")
    yield Row("outcome: learned with Platt, past the truth itself", best - oracle, "nats", 0.005)
    yield Row(f"outcome: learning {len(learned.learned)} strengths from {cut} rows", took, "s")


@part("proposals")
def proposals(worlds: int = 30, beliefs: int = 15, rows: int = 4_000) -> Iterator[Row]:
    """Random trees with none, one or two relations missing (odds ratio 4), heard of in 36 % of the rows."""
    planted, found, wrong = 0, 0, 0
    for seed in range(worlds):
        rng = np.random.default_rng(seed)
        tree = {(int(rng.integers(belief)), belief) for belief in range(1, beliefs)}
        missing: set[tuple[int, int]] = set()
        while len(missing) < seed % 3:
            one, other = sorted(rng.choice(beliefs, 2, replace=False).tolist())
            missing |= {(one, other)} - tree
        stated = [Relation("supports", one, other, 3.0) for one, other in sorted(tree)]
        more = [Relation("supports", one, other, 4.0) for one, other in sorted(missing)]
        priors = rng.uniform(0.2, 0.8, beliefs)
        world = sampled(Structure(priors, [*stated, *more]), rows, rng)
        heard = np.where(rng.random(world.shape) < 0.6, (world - 0.5) * 4.0 + rng.normal(0.0, 2.0, world.shape), 0.0)
        told = {
            (each.relation.source, each.relation.target)
            for each in propose(Structure(priors, stated), Observations(heard))
        }
        planted, found, wrong = planted + len(missing), found + len(told & missing), wrong + len(told - missing)
    yield Row(f"proposals: missing relations found, of {planted}", found, "", most=False)
    yield Row("proposals: wrong ones among them", wrong / max(found + wrong, 1), "", 0.05)


@part("base rates")
def base_rates(items: int = 500, workers: int = 30, seeds: int = 6) -> Iterator[Row]:
    """Beliefs of which few hold, or half, with a stated prior of one half; workers right in 60 to 95 %."""
    behind, gaps = [], []
    for share in (0.05, 0.1, 0.2, 0.3, 0.5):
        for each in (3, 5):
            scores = np.array([_rated(share, each, seed, items, workers) for seed in range(seeds)]).mean(axis=0)
            behind.append(max(scores[0], scores[1]) - scores[2])
            gaps.append(scores[3])
    yield Row("base rates: accuracy behind the better of Dawid-Skene and the vote, worst of 10", max(behind), "", 0.01)
    yield Row("base rates: calibration error, worst of 10", max(gaps), "", 0.10)


def _rated(share: float, each: int, seed: int, items: int, workers: int) -> tuple[float, float, float, float]:
    """The accuracy of Dawid and Skene, of the vote and of what is learned, and the calibration error of the latter."""
    rng = np.random.default_rng(seed)
    holds = (rng.random(items) < share).astype(np.float64)
    skill = rng.uniform(0.6, 0.95, workers)
    worker = np.array([rng.choice(workers, each, replace=False) for _ in range(items)]).ravel()
    item = np.repeat(np.arange(items), each)
    yes = np.where(rng.random(len(item)) < skill[worker], holds[item], 1.0 - holds[item])
    nothing = np.full(items, UNKNOWN)
    answers = Answers(np.arange(items), np.zeros(items), nothing, np.zeros(items, dtype=np.int64))
    log_odds_of = Statements(item, worker, np.where(yes == 1.0, 12.0, -12.0))
    found = learn_source_rates(answers, log_odds_of, np.zeros(workers, dtype=np.int64)).posterior
    vote = np.bincount(item, yes, items) / each
    known = dawid_skene(item, worker, yes, items, workers)
    return accuracy(known, holds), accuracy(vote, holds), accuracy(found, holds), ece(found, holds)


def dawid_skene(item: Ints, worker: Ints, yes: Floats, items: int, workers: int, turns: int = 100) -> Floats:
    """The probability that each item holds, by expectation maximisation from the vote on."""
    p = np.bincount(item, yes, items) / np.bincount(item, minlength=items)

    def rate(weight: Floats) -> Floats:
        of = np.bincount(worker, weight[item], workers)
        return np.asarray((np.bincount(worker, weight[item] * yes, workers) + 0.01) / (of + 0.02))

    for _ in range(turns):
        a, b, base = rate(p), rate(1.0 - p), p.mean()
        word = np.where(yes == 1.0, np.log(a / b)[worker], np.log((1.0 - a) / (1.0 - b))[worker])
        log_odds = np.log(base / (1.0 - base)) + np.bincount(item, word, items)
        p = 1.0 / (1.0 + np.exp(-np.clip(log_odds, -500.0, 500.0)))
    return p
