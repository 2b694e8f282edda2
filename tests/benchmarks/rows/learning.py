"""What learning is worth, on tasks made from seeds: fitted to the first 70 % of the time, scored on the rest."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from tests.benchmarks.outcome_task import OUTCOME, SEED, outcome_task, sampled
from tests.benchmarks.report import Row
from tests.benchmarks.scoreboard import once, part

from beliefgraph.inference import Relation, Structure, compile_model
from beliefgraph.inference.arrays import Floats
from beliefgraph.inference.learning import Observations, isotonic, learn, platt, propose

FITTED = 0.7


@part("learning")
def outcome(seed: int = SEED) -> Iterator[Row]:
    """One outcome: as elicited, calibrated, learned, and as the truth itself would say."""
    task = outcome_task(seed)
    happened, heard = task.happened, task.observations.log_likelihood
    cut = round(FITTED * len(happened))

    def said(structure: Structure) -> Floats:
        return compile_model(structure).log_odds(heard).log_odds[:, OUTCOME]

    def later(log_odds: Floats) -> float:
        return float(np.logaddexp(0.0, np.where(happened == 1.0, -log_odds, log_odds))[cut:].mean())

    learned = learn(task.elicited, task.observations.part(0.0, FITTED))
    took = once(lambda: learn(task.elicited, task.observations.part(0.0, FITTED)))
    rate = happened[:cut].mean()
    elicited, better = said(task.elicited), said(learned.structure)
    early = slice(cut)
    oracle = later(said(task.truth))
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
