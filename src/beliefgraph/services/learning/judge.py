"""Whether learned rates predict better than those in force, and if not, the reason. Pure.

Rates are learned from four fifths of the questions and scored on the rest. Where the truth of enough beliefs is known,
they must predict it; elsewhere they must predict the statements of each source from those of the others about the same
question. The rates of a kind of source are adopted if they do so better by more than the standard error of the
difference; a source whose own statements are predicted worse by more than that keeps the rates in force.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from beliefgraph.inference.reliability import Statements, predicted
from beliefgraph.inference.reliability.statements import sums
from beliefgraph.model.parameters import BinaryRates, Scope
from beliefgraph.services.learning.dataset import ScopedSource, Topic
from beliefgraph.services.learning.fitted import FOLDS, Fitted, fit

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

LEAST_SETTLED = 30
"""Beliefs with known truth needed to judge by it rather than by the statements of others."""

LEAST_JUDGED = 30
"""Questions needed to find a single source worse. With fewer, even a source without errors does not contradict the
rates of its kind."""

BY_CHANCE = 0.01
"""A source counts as unable to state anything else if a source of its kind states the same every time with less than
this probability."""

ALONE = "no other source has evidence on the same beliefs"
ONE_SIDED = "it always states the same, and what it does not state is not recorded"
NOT_BETTER = "it does not predict better than the rates in force"
WORSE = "its statements are predicted worse than by the rates in force"

Learner = Callable[[Topic, int, tuple[float, ...]], Fitted]
"""Learns the rates of a topic without one fold of its questions, with one of the given discounts."""

InForce = Callable[[ScopedSource, str | None], BinaryRates]
"""The rates in force of a scoped source of a kind."""


@dataclass(frozen=True)
class Verdict:
    """Whether the learned rates of some sources of a kind are adopted, with the reason if not.

    `gain` is the improvement in nats, ± one standard error `error`, over `compared` questions, judged by known truth
    (`by_truth`) or by the statements of the others.
    """

    scope: Scope
    kind: str | None
    source: str | None
    adopted: bool
    reason: str | None
    gain: float = 0.0
    error: float = 0.0
    compared: int = 0
    by_truth: bool = False


@dataclass(frozen=True)
class Judged:
    """The verdicts on kinds of sources and on single sources that differ; and which rates each scoped source gets.

    Per scoped source, `own` says that its own rates are adopted, `of_kind` that it gets the rates of its kind;
    otherwise it keeps those in force. Per group of scoped sources, `groups` says whether it is adopted.
    """

    verdicts: tuple[Verdict, ...]
    own: Bools
    of_kind: Bools
    groups: Bools


def judge(topic: Topic, fitted: Fitted, in_force: InForce, learner: Learner = fit) -> Judged:
    """Which rates of a topic are adopted; `learner` learns them again without one fold of the questions."""
    answers, ordered = topic.answers, topic.statements
    scoped_sources, groups = list(topic.scoped_sources), len(fitted.groups)
    stated = [in_force(scoped_source, kind) for scoped_source, kind in zip(scoped_sources, topic.kinds, strict=True)]
    a, b = np.array([c.says_if_holds for c in stated]), np.array([c.says_if_not for c in stated])
    question, group = answers.question[ordered.answer], fitted.group[ordered.rate_pair]
    known = answers.anything_known[ordered.answer]
    judged = known | accompanied(topic)
    by_statement, by_truth = np.zeros(len(question)), np.zeros(answers.questions)
    if judged.any():
        fold = question % FOLDS
        before, true_before = predicted(answers, ordered, a, b, answers.log_prior)
        for each in np.unique(fold[judged]).tolist():
            apart = learner(topic, each, (fitted.discount,))
            after, true_after = predicted(answers, ordered, apart.says_if_holds, apart.says_if_not, apart.log_prior)
            by_statement = np.where(fold == each, after - before, by_statement)
            by_truth = np.where(np.arange(len(by_truth)) % FOLDS == each, true_after - true_before, by_truth)
    values = topic.open or not ordered.direct.all()
    one_sided = np.zeros(len(scoped_sources), np.bool_) if values else _one_sided(ordered, fitted.group)
    verdicts, adopted = [], np.zeros(groups, dtype=np.bool_)
    for at, (kind, scope) in enumerate(fitted.groups):
        mine = judged & (group == at)
        settled = np.unique(question[mine & known])
        truth = len(settled) >= LEAST_SETTLED
        gains = by_truth[settled] if truth else by_question(by_statement, question, mine)
        reason = ALONE if not mine.any() else ONE_SIDED if one_sided[fitted.group == at].all() else None
        if reason is None and not gains.sum() > standard_error(gains):
            reason = NOT_BETTER
        adopted[at] = reason is None
        verdicts.append(
            Verdict(
                scope, kind, None, reason is None, reason, float(gains.sum()), standard_error(gains), len(gains), truth
            )
        )
    own, of_kind = adopted[fitted.group], np.zeros(len(scoped_sources), dtype=np.bool_)
    for i in np.flatnonzero(own).tolist():
        mine = judged & (ordered.rate_pair == i)
        gains = by_question(by_statement, question, mine)
        if one_sided[i]:
            reason = ONE_SIDED
        elif not mine.any():
            own[i], of_kind[i] = False, True
            continue
        elif len(gains) >= LEAST_JUDGED and gains.sum() < -2.0 * standard_error(gains):
            reason = WORSE
        else:
            continue
        own[i] = False
        scoped_source = scoped_sources[i]
        verdicts.append(
            Verdict(
                scoped_source.scope,
                topic.kinds[i],
                scoped_source.source,
                False,
                reason,
                float(gains.sum()),
                standard_error(gains),
                len(gains),
            )
        )
    return Judged(tuple(verdicts), own, of_kind, adopted)


def accompanied(topic: Topic) -> Bools:
    """The statements about questions on which another source has a statement, by another vote."""
    answers, ordered = topic.answers, topic.statements
    question, questions = answers.question[ordered.answer], answers.questions
    names = sorted({scoped_source.source for scoped_source in topic.scoped_sources})
    place = {name: i for i, name in enumerate(names)}
    source = np.array([place[scoped_source.source] for scoped_source in topic.scoped_sources], dtype=np.int64)[
        ordered.rate_pair
    ]
    return _several(question, source, questions) & _several(question, ordered.votes, questions)


def _several(question: Ints, of: Ints, questions: int) -> Bools:
    """The rows whose question has at least two distinct values of `of`."""
    least, most = np.full(questions, np.iinfo(np.int64).max), np.full(questions, -1)
    np.minimum.at(least, question, of)
    np.maximum.at(most, question, of)
    return np.asarray((least < most)[question])


def _one_sided(statements: Statements, group: Ints) -> Bools:
    """The pairs of rates whose statements were all alike, where that is unlikely for their group by chance.

    A source is taken to be able to state the opposite if others of its group state it with the same strength.
    """
    yes = sums(statements.rate_pair, (statements.log_likelihood_ratio > 0).astype(np.float64), len(group))
    times = np.bincount(statements.rate_pair, minlength=len(group)).astype(np.float64)
    share = sums(group, yes, int(group.max(initial=-1)) + 1)[group] / np.maximum(
        sums(group, times, int(group.max(initial=-1)) + 1)[group], 1.0
    )
    always, never = yes == times, yes == 0
    chance = np.where(always, share, 1.0 - share) ** times
    found = (always | never) & (chance < BY_CHANCE)
    strengths = set(zip(group[statements.rate_pair].tolist(), statements.log_likelihood_ratio.tolist(), strict=True))
    for rate_pair in np.flatnonzero(found).tolist():
        own = np.unique(statements.log_likelihood_ratio[statements.rate_pair == rate_pair]).tolist()
        found[rate_pair] = not any((int(group[rate_pair]), -ratio) in strengths for ratio in own)
    whole = np.where(always, share == 1.0, share == 0.0)
    return np.asarray(found | whole)


def by_question(gain: Floats, question: Ints, rows: Bools) -> Floats:
    """The gains of these rows, summed by question."""
    _, which = np.unique(question[rows], return_inverse=True)
    return np.bincount(which, gain[rows]).astype(np.float64)


def standard_error(gains: Floats) -> float:
    """The standard error of the sum of these gains."""
    return float(gains.std() * math.sqrt(len(gains))) if len(gains) else 0.0


def reasons(verdicts: Iterable[Verdict]) -> Iterator[str]:
    """Why learned rates are not adopted, one line each."""
    for each in verdicts:
        if each.adopted:
            continue
        who = each.source or (f"sources of the kind {each.kind}" if each.kind else "sources")
        about = " · ".join(
            p for p in (each.scope.attribute or each.scope.domain or "everything", each.scope.value) if p
        )
        by = "the truth" if each.by_truth else "what others say"
        numbers = f" ({each.gain:+.2f} ± {each.error:.2f} nats on {by} of {each.compared:,} questions)"
        yield f"Not adopted, {who} about {about}: {each.reason}{numbers if each.compared else ''}."
