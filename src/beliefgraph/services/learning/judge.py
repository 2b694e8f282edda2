"""Whether what was learned of a source predicts better than what is in force, and if not, why nothing changes. Pure.

Coins are learned from four fifths of the questions and tried on the rest. Where the truth of enough beliefs is known,
they must predict it; elsewhere they must predict what each source says from what all the others say of the same
question. What is learned of a kind of source is adopted where it does so better by more than the standard error of the
difference; a source whose own statements are predicted worse by more than that keeps what is in force.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from beliefgraph.inference.reliability import Statements, foretold
from beliefgraph.inference.reliability.statements import sums
from beliefgraph.model.parameters import Coins, Scope
from beliefgraph.services.learning.dataset import Topic, Voice
from beliefgraph.services.learning.fitted import FOLDS, Fitted, fit

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

LEAST_SETTLED = 30
"""Beliefs of which the truth is known before it decides in the place of what others say."""

LEAST_JUDGED = 30
"""Questions on which a source is compared with others before it can be found worse by itself. One that erred in none of
fewer is no proof against what its kind has shown."""

BY_CHANCE = 0.01
"""How likely a source of its kind must be to say the same each time, for it not to be one that can say nothing else."""

ALONE = "no other source speaks about the same beliefs"
ONE_SIDED = "it always says the same; what it does not say leaves no trace"
NOT_BETTER = "it does not predict better than the rates in force"
WORSE = "its statements are predicted worse than by the rates in force"

Learner = Callable[[Topic, int, tuple[float, ...]], Fitted]
"""Learns the coins of a topic without one fold of its questions, with one of some discounts."""

InForce = Callable[[Voice, str | None], Coins]
"""The coins in force of a voice, of a kind."""


@dataclass(frozen=True)
class Verdict:
    """Whether what was learned of some sources of a kind about something is adopted, with the reason if not.

    `gain` is by how many nats it predicts better, ± one standard error `error`, over `compared` questions, of which
    either the truth or what others say decides (`by_truth`).
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
    """The verdicts on a topic's kinds of sources, and on single sources that differ; and what each voice is heard by.

    Per voice, `own` says that its own coins are adopted; `of_kind` that it is heard as one of its kind; otherwise it
    keeps what is in force. Per group of voices, `groups` says whether it is adopted.
    """

    verdicts: tuple[Verdict, ...]
    own: Bools
    of_kind: Bools
    groups: Bools


def judge(topic: Topic, fitted: Fitted, in_force: InForce, learner: Learner = fit) -> Judged:
    """What of a topic's coins is adopted; `learner` learns them again without one fold of the questions."""
    answers, said = topic.answers, topic.statements
    voices, groups = list(topic.voices), len(fitted.groups)
    stated = [in_force(voice, kind) for voice, kind in zip(voices, topic.kinds, strict=True)]
    a, b = np.array([c.says_if_holds for c in stated]), np.array([c.says_if_not for c in stated])
    question, group = answers.question[said.answer], fitted.group[said.coin]
    known = answers.anything_known[said.answer]
    judged = known | accompanied(topic)
    by_word, by_truth = np.zeros(len(question)), np.zeros(answers.questions)
    if judged.any():
        fold = question % FOLDS
        before, true_before = foretold(answers, said, a, b, answers.log_prior)
        for each in np.unique(fold[judged]).tolist():
            apart = learner(topic, each, (fitted.discount,))
            after, true_after = foretold(answers, said, apart.says_if_holds, apart.says_if_not, apart.log_prior)
            by_word = np.where(fold == each, after - before, by_word)
            by_truth = np.where(np.arange(len(by_truth)) % FOLDS == each, true_after - true_before, by_truth)
    values = topic.open or not said.spoken.all()
    one_sided = np.zeros(len(voices), np.bool_) if values else _one_sided(said, fitted.group)
    verdicts, adopted = [], np.zeros(groups, dtype=np.bool_)
    for at, (kind, scope) in enumerate(fitted.groups):
        mine = judged & (group == at)
        settled = np.unique(question[mine & known])
        truth = len(settled) >= LEAST_SETTLED
        gains = by_truth[settled] if truth else by_question(by_word, question, mine)
        reason = ALONE if not mine.any() else ONE_SIDED if one_sided[fitted.group == at].all() else None
        if reason is None and not gains.sum() > standard_error(gains):
            reason = NOT_BETTER
        adopted[at] = reason is None
        verdicts.append(
            Verdict(
                scope, kind, None, reason is None, reason, float(gains.sum()), standard_error(gains), len(gains), truth
            )
        )
    own, of_kind = adopted[fitted.group], np.zeros(len(voices), dtype=np.bool_)
    for i in np.flatnonzero(own).tolist():
        mine = judged & (said.coin == i)
        gains = by_question(by_word, question, mine)
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
        voice = voices[i]
        verdicts.append(
            Verdict(
                voice.scope,
                topic.kinds[i],
                voice.source,
                False,
                reason,
                float(gains.sum()),
                standard_error(gains),
                len(gains),
            )
        )
    return Judged(tuple(verdicts), own, of_kind, adopted)


def accompanied(topic: Topic) -> Bools:
    """The statements on whose question another source speaks, by another vote."""
    answers, said = topic.answers, topic.statements
    question, questions = answers.question[said.answer], answers.questions
    names = sorted({voice.source for voice in topic.voices})
    place = {name: i for i, name in enumerate(names)}
    source = np.array([place[voice.source] for voice in topic.voices], dtype=np.int64)[said.coin]
    return _several(question, source, questions) & _several(question, said.votes, questions)


def _several(question: Ints, of: Ints, questions: int) -> Bools:
    """The rows on whose question there are at least two of something."""
    least, most = np.full(questions, np.iinfo(np.int64).max), np.full(questions, -1)
    np.minimum.at(least, question, of)
    np.maximum.at(most, question, of)
    return np.asarray((least < most)[question])


def _one_sided(said: Statements, group: Ints) -> Bools:
    """The coins that said the same each time, where one of their group would hardly do so by chance.

    A source is taken to be able to say the contrary if others of its group say it with the same strength.
    """
    yes = sums(said.coin, (said.log_likelihood_ratio > 0).astype(np.float64), len(group))
    times = np.bincount(said.coin, minlength=len(group)).astype(np.float64)
    share = sums(group, yes, int(group.max(initial=-1)) + 1)[group] / np.maximum(
        sums(group, times, int(group.max(initial=-1)) + 1)[group], 1.0
    )
    always, never = yes == times, yes == 0
    chance = np.where(always, share, 1.0 - share) ** times
    found = (always | never) & (chance < BY_CHANCE)
    strengths = set(zip(group[said.coin].tolist(), said.log_likelihood_ratio.tolist(), strict=True))
    for coin in np.flatnonzero(found).tolist():
        own = np.unique(said.log_likelihood_ratio[said.coin == coin]).tolist()
        found[coin] = not any((int(group[coin]), -ratio) in strengths for ratio in own)
    whole = np.where(always, share == 1.0, share == 0.0)
    return np.asarray(found | whole)


def by_question(gain: Floats, question: Ints, rows: Bools) -> Floats:
    """The gains of some rows, those of one question together."""
    _, which = np.unique(question[rows], return_inverse=True)
    return np.bincount(which, gain[rows]).astype(np.float64)


def standard_error(gains: Floats) -> float:
    """The standard error of the sum of so many gains."""
    return float(gains.std() * math.sqrt(len(gains))) if len(gains) else 0.0


def reasons(verdicts: Iterable[Verdict]) -> Iterator[str]:
    """Why what was learned is not adopted, a line each."""
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
