"""The rates of all sources of a topic, learned from all of its statements or from some folds of its questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from beliefgraph.inference.reliability import learn_claims, learn_source_rates
from beliefgraph.inference.reliability.source_rates import DISCOUNTS
from beliefgraph.inference.reliability.statements import sums
from beliefgraph.model.parameters import Scope
from beliefgraph.services.learning.dataset import Topic

Floats = npt.NDArray[np.float64]

FOLDS = 5


@dataclass(frozen=True)
class Fitted:
    """The rates of a topic, per scoped source and group of scoped sources; how often each scoped source is right, with
    its standard deviation and number of statements.

    `log_prior` is the learned prior of each answer, in the form of `Answers`. `rate_if_holds` and `rate_if_not` are the
    rates of each scoped source as counted; `says_if_holds` and `says_if_not` are the same discounted and with a `share`
    of their errors.
    """

    groups: Sequence[tuple[str | None, Scope]]
    group: npt.NDArray[np.int64]
    says_if_holds: Floats
    says_if_not: Floats
    group_says_if_holds: Floats
    group_says_if_not: Floats
    reliability: Floats
    spread: Floats
    statements_if_holds: Floats
    statements_if_not: Floats
    discount: float
    log_prior: Floats
    rate_if_holds: Floats
    rate_if_not: Floats
    share: float = 1.0


def fit(topic: Topic, without: int | None = None, discounts: tuple[float, ...] = DISCOUNTS) -> Fitted:
    """The rates of a topic; scoped sources of one kind and scope are one population.

    With `without`, the questions of that fold are left out; `discounts` are the candidates for the effective weight.
    """
    named = [(kind, scoped_source.scope) for scoped_source, kind in zip(topic.scoped_sources, topic.kinds, strict=True)]
    groups = sorted(set(named), key=repr)
    place = {each: i for i, each in enumerate(groups)}
    group = np.array([place[each] for each in named], dtype=np.int64)
    learned = topic.statements
    if without is not None:
        learned = learned.part(topic.answers.question[learned.answer] % FOLDS != without)
    if topic.open:
        claims = learn_claims(topic.answers, learned, group)
        spread = np.sqrt(claims.reliability * (1.0 - claims.reliability) / (claims.compared + 3.0))
        return Fitted(
            groups, group, claims.says_if_holds, claims.says_if_not, claims.group_says_if_holds,
            claims.group_says_if_not, claims.reliability, spread, claims.compared, claims.compared, 1.0,
            topic.answers.log_prior, claims.says_if_holds, claims.says_if_not,
        )  # fmt: skip
    rates = learn_source_rates(topic.answers, learned, group, discounts=discounts)
    (a, vary_a), (b, vary_b) = _moments(rates.if_holds), _moments(rates.if_not)
    statements = topic.statements
    holds = rates.posterior[statements.answer]
    return Fitted(
        groups, group, rates.says_if_holds, rates.says_if_not, rates.group_says_if_holds, rates.group_says_if_not,
        (a + 1.0 - b) / 2.0, np.sqrt(vary_a + vary_b) / 2.0,
        sums(statements.rate_pair, holds, len(group)), sums(statements.rate_pair, 1.0 - holds, len(group)),
        rates.discount, rates.log_prior, a, b,
    )  # fmt: skip


def _moments(counts: Floats) -> tuple[Floats, Floats]:
    """Mean and variance of Beta distributions given by their two counts."""
    whole = counts.sum(axis=1)
    mean = counts[:, 0] / whole
    return mean, mean * (1.0 - mean) / (whole + 1.0)
