"""The expected information gain of questions about several exclusive values, exact.

As in `information.py`, with a distribution over the values v of one attribute instead of one belief. For a target t,
P(t | answer) = Σ_v P(t | v) P(v | answer). With other evidence on each value in turn, as many runs of the model as
there are values give P(t | v) for all of them by a linear system.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from beliefgraph.errors import Incorrect
from beliefgraph.inference.arrays import Floats, Ints
from beliefgraph.inference.evidence import LOG_LIKELIHOOD_BOUND
from beliefgraph.inference.foresight.information import PAST, bits
from beliefgraph.inference.session import Session


@dataclass(frozen=True, eq=False)
class ValueQuestion:
    """A question about the values of one attribute.

    Their beliefs, and the probability of each answer under each value, shape [answers, values], columns that sum to 1.
    """

    values: Ints
    likelihood: Floats

    def __post_init__(self) -> None:
        if self.likelihood.ndim != 2 or self.likelihood.shape[1] != len(self.values) or len(self.likelihood) < 2:
            raise Incorrect("invalid-input", "A question has at least two answers, each with its likelihoods.")
        if not ((self.likelihood > 0).all() and np.allclose(self.likelihood.sum(axis=0), 1.0)):
            raise Incorrect("invalid-input", "The answers' likelihoods are positive, and sum to 1 under each value.")


def value_gains(session: Session, evidence: Floats, questions: Sequence[ValueQuestion], targets: Ints) -> Floats:
    """The expected gain in bits of each question about the targets; the session has this evidence before and after."""
    now = session.log_odds()
    own = expit(now[targets])
    before = bits(own)
    given: dict[bytes, Floats] = {}
    found = np.zeros(len(questions))
    for at, question in enumerate(questions):
        key = question.values.tobytes()
        if key not in given:
            given[key] = _given_each(session, evidence, question.values, targets, now)
        p = expit(now[question.values])
        p /= p.sum()
        joint = question.likelihood * p
        answer = joint.sum(axis=1)
        then = (joint / answer[:, None]) @ given[key]
        found[at] = before.sum() - answer @ bits(then).sum(axis=1)
    return np.maximum(found, 0.0)


def _given_each(session: Session, evidence: Floats, values: Ints, targets: Ints, now: Floats) -> Floats:
    """The probability of each target given each value, shape [values, targets]."""
    seen = np.empty((len(values), len(values)))
    felt = np.empty((len(values), len(targets)))
    for row, value in enumerate(values.tolist()):
        stated = float(evidence[value])
        raised = stated + max(PAST - float(now[value]), 0.0)
        session.set_evidence(value, min(max(raised, -LOG_LIKELIHOOD_BOUND), LOG_LIKELIHOOD_BOUND))
        other = session.log_odds()
        session.set_evidence(value, stated)
        seen[row], felt[row] = expit(other[values]), expit(other[targets])
    seen /= seen.sum(axis=1, keepdims=True)
    return np.clip(np.linalg.lstsq(seen, felt, rcond=None)[0], 0.0, 1.0)
