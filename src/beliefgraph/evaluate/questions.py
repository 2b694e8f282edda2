"""Questions: do five chosen questions tell more about a new twin than five random ones? On simulated twins.

The beliefs form a hierarchy (a trait in each domain, attitudes under it, behaviours under those). Twins are drawn from
the model; questions can be asked about half of the beliefs, and the log loss of the other half is measured.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from beliefgraph.evaluate.report import Evaluation, Line, Row, at_least
from beliefgraph.inference import Model, Relation, Structure, compile_model
from beliefgraph.inference.foresight.information import Question, gains_of, yes_or_no
from beliefgraph.model.belief import probability

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

TWINS = 400
SEED = 1406
DOMAINS, ATTITUDES, BEHAVIOURS = 8, 3, 3
"""Attitudes of each domain, and behaviours of each attitude."""
ODDS_RATIOS = (3.0, 9.0)
ASKED = 5
RIGHT = 0.85
RATIO = math.log(RIGHT / (1 - RIGHT))
"""Log-likelihood ratio of an answer."""
CERTAIN = 30.0
MUST = 1.5


def evaluate(twins: int = TWINS, seed: int = SEED) -> Evaluation:
    """Ask simulated twins five chosen and five random questions, and compare the log loss on the other beliefs."""
    draw = np.random.default_rng(seed)
    model = compile_model(hierarchy(draw))
    order = draw.permutation(len(model.priors))
    offered, held = np.sort(order[: len(order) // 2]), np.sort(order[len(order) // 2 :])
    questions = [yes_or_no(int(belief), RATIO, -RATIO) for belief in offered]
    losses = np.zeros((twins, 3))
    expected = np.zeros(twins)
    for twin in range(twins):
        truth = drawn(model, draw)
        answers = np.where(truth ^ (draw.random(len(truth)) > RIGHT), RATIO, -RATIO)
        chosen, expected[twin] = chosen_questions(model, questions, answers, held)
        losses[twin, 0] = loss(model, np.zeros(len(truth)), truth, held)
        losses[twin, 1] = loss(model, chosen, truth, held)
        known = np.zeros(len(truth))
        picked = draw.choice(offered, ASKED, replace=False)
        known[picked] = answers[picked]
        losses[twin, 2] = loss(model, known, truth, held)
    before, chosen_loss, random_loss = losses.mean(axis=0).tolist()
    setting = f"log loss of {len(held)} beliefs never asked about"
    return Evaluation(
        name="questions",
        checks=[
            Row("questions offered", len(questions)),
            Row("chosen: bits that were expected, per twin", float(expected.mean())),
            Row("chosen: bits that came, per twin", (before - chosen_loss) * len(held) / math.log(2)),
            at_least(
                "chosen: fall of the log loss, over that by random ones",
                (before - chosen_loss) / (before - random_loss),
                MUST,
            ),
        ],
        lines=[
            Line(setting, f"{ASKED} chosen questions", {"log loss": chosen_loss}),
            Line(setting, f"{ASKED} random questions", {"log loss": random_loss}, baseline=True),
            Line(setting, "nothing asked", {"log loss": before}, baseline=True),
        ],
        curves=[],
    )


def hierarchy(draw: np.random.Generator) -> Structure:
    """The beliefs and what relates them."""
    low, high = np.log(ODDS_RATIOS).tolist()
    relations, parents = [], []
    count = DOMAINS
    for trait in range(DOMAINS):
        for _ in range(ATTITUDES):
            attitude, count = count, count + 1
            parents.append((trait, attitude))
            for _ in range(BEHAVIOURS):
                parents.append((attitude, count))
                count += 1
    for (parent, child), ratio in zip(parents, np.exp(draw.uniform(low, high, len(parents))).tolist(), strict=True):
        relations.append(Relation("supports", parent, child, ratio))
    return Structure(draw.uniform(0.2, 0.8, count), relations)


def drawn(model: Model, draw: np.random.Generator) -> npt.NDArray[np.bool_]:
    """The beliefs of one twin, drawn from the joint distribution of the model."""
    session = model.session(np.zeros(len(model.priors)))
    holds = np.zeros(len(model.priors), dtype=bool)
    for belief, chance in enumerate(draw.random(len(holds)).tolist()):
        holds[belief] = chance < probability(session.log_odds_of(belief))
        session.set_evidence(belief, CERTAIN if holds[belief] else -CERTAIN)
    return holds


def chosen_questions(model: Model, questions: list[Question], answers: Floats, targets: Ints) -> tuple[Floats, float]:
    """The evidence after asking questions, each the most informative at its turn, and the expected number of bits."""
    known = np.zeros(len(answers))
    left = list(questions)
    session = model.session(known)
    expected = 0.0
    for _ in range(ASKED):
        gain = gains_of(session, known, left, targets)
        best = left.pop(int(gain.argmax()))
        expected += float(gain.max())
        known[best.belief] = answers[best.belief]
        session.set_evidence(best.belief, float(known[best.belief]))
    return known, expected


def loss(model: Model, evidence: Floats, truth: npt.NDArray[np.bool_], targets: Ints) -> float:
    """The mean log loss of the targets given the evidence."""
    log_odds = model.log_odds(evidence).log_odds[targets]
    return float(np.logaddexp(0.0, np.where(truth[targets], -log_odds, log_odds)).mean())
