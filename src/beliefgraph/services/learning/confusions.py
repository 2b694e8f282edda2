"""Confusion matrices of sources, and whether each predicts held-out statements better than its source's rates. Pure.

A matrix is learned from four fifths of the questions and scored on what its source states about the rest, given the
statements of the other sources or the truth. It is adopted if it predicts them better by more than the standard error,
on at least `LEAST_JUDGED` questions; otherwise the source keeps its true-positive and false-positive rates. Where
enough truth is known, all adopted matrices together must not predict it worse.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from beliefgraph.inference.reliability import Claims, Rates, learn_confusions, predicted_truth, predicted_values
from beliefgraph.inference.reliability.confusion import LEAST, normalised
from beliefgraph.model.parameters import ALWAYS_RIGHT, BinaryRates, Confusion, Scope
from beliefgraph.services.learning.dataset import Topic
from beliefgraph.services.learning.fitted import FOLDS, Fitted
from beliefgraph.services.learning.judge import (
    LEAST_JUDGED,
    LEAST_SETTLED,
    Bools,
    Floats,
    InForce,
    Ints,
    Judged,
    Learner,
    accompanied,
    by_question,
    standard_error,
)


@dataclass(frozen=True)
class TriedConfusion:
    """The confusion matrix of one source about an attribute, in a context or in all (`scope`).

    `gain` is the improvement over the rates the source would have otherwise, in nats, ± one standard error `error`,
    over `compared` questions. `columns` has the rates of each scoped source by the matrix, for each of `values`.
    """

    source: str
    scope: Scope
    adopted: bool
    gain: float
    error: float
    compared: int
    columns: tuple[tuple[int, BinaryRates], ...] = ()
    values: tuple[str, ...] = ()

    @property
    def most(self) -> tuple[str, str, float] | None:
        """The greatest confusion: the value that holds, the value that is stated, and how often."""
        found = [
            (one.holds, value, one.says) for value, (_, rates) in zip(self.values, self.columns, strict=True)
            for one in rates.confusion
        ]  # fmt: skip
        return max(found, key=lambda each: each[2], default=None)

    @property
    def too_few(self) -> bool:
        """Whether there were too few questions to judge it by."""
        return self.compared < LEAST_JUDGED


@dataclass(frozen=True)
class TriedConfusions:
    """The matrices that were tried, and the rates of each scoped source: from its matrix, or those in force."""

    tried: tuple[TriedConfusion, ...] = ()
    keeps: frozenset[int] = frozenset()

    @property
    def rates(self) -> dict[int, BinaryRates]:
        """The rates of the scoped sources whose matrix is adopted."""
        return dict(column for each in self.tried if each.adopted for column in each.columns)

    @property
    def summaries(self) -> Iterator[str]:
        """One line per attribute: how many matrices are adopted, by how much they predict better, and why the others
        are not."""
        for about in dict.fromkeys(each.scope.attribute for each in self.tried):
            those = [each for each in self.tried if each.scope.attribute == about]
            adopted = [each for each in those if each.adopted]
            few = sum(each.too_few for each in those)
            gain, error = sum(each.gain for each in adopted), math.hypot(*(each.error for each in adopted))
            better = f" (held-out statements {gain:+.2f} ± {error:.2f} nats)" if adopted else ""
            yield (
                f"Confusion matrices about {about}: adopted for {len(adopted)} of {len(those)} sources{better}; "
                f"{few} are judged on fewer than {LEAST_JUDGED} questions, "
                f"{len(those) - len(adopted) - few} do not predict better than the rates."
            )


NOTHING_TRIED = TriedConfusions()
"""The result where no matrix was learned."""


@dataclass(frozen=True)
class _Table:
    """The scoped sources of a topic as a table: `scoped_source` has their numbers by source and value (-1: none)."""

    sources: Sequence[tuple[str, Scope]]
    values: Sequence[str]
    scoped_source: Ints
    source: Ints
    value: Ints

    def of(self, columns: Floats) -> Floats:
        """A column of scoped sources as a table; where one is missing, the mean of those about the value."""
        found = np.where(self.scoped_source >= 0, columns[self.scoped_source], np.nan)
        return np.where(np.isnan(found), np.nanmean(found, axis=0), found)


def confusions(topic: Topic, fitted: Fitted, judged: Judged, in_force: InForce, learner: Learner) -> TriedConfusions:
    """The confusion matrix of every source of a topic, scored on held-out statements.

    None where a topic is not about exclusive values that are known in advance.
    """
    table = _table(topic)
    if table is None or fitted.share == 0.0:
        return NOTHING_TRIED
    answers, size = topic.answers, len(table.values)
    claims = Claims.of(answers, topic.statements, table.source, table.value, size)
    rates = Rates(table.of(fitted.rate_if_holds), table.of(fitted.rate_if_not))
    found = learn_confusions(answers, claims, rates, fitted.discount)
    stated = _Stated.of(topic, table, judged, in_force)
    decisive = (answers.anything_known[topic.statements.answer] | accompanied(topic))[topic.statements.direct]
    gain, folds = np.zeros(len(claims.question)), []
    for fold in range(FOLDS):
        here = claims.question % FOLDS == fold
        apart = learner(topic, fold, (fitted.discount,))
        of_fold = Rates(table.of(apart.rate_if_holds), table.of(apart.rate_if_not))
        again = learn_confusions(answers, claims.part(~here), of_fold, fitted.discount, (found.strength,))
        otherwise = np.where(stated.uses_stated[:, None, None], stated.matrices, of_fold.rows)
        by_rates, by_matrix = predicted_values(answers, claims, of_fold, fitted.discount, otherwise, again.matrices)
        gain[here] = (by_matrix - by_rates)[here]
        folds.append((of_fold, otherwise, again.matrices))
    tried = []
    for s, (source, scope) in enumerate(table.sources):
        gains = by_question(gain, claims.question, decisive & (claims.source == s))
        error = standard_error(gains)
        adopted = bool(stated.judged[s] and len(gains) >= LEAST_JUDGED and gains.sum() > error)
        columns = _columns(table, s, found.matrices[s], rates.says_if_not[s], fitted) if adopted else ()
        stated_values = tuple(
            value for v, value in enumerate(table.values) if adopted and table.scoped_source[s, v] >= 0
        )
        tried.append(
            TriedConfusion(source, scope, adopted, float(gains.sum()), error, len(gains), columns, stated_values)
        )
    adopted_ = np.array([each.adopted for each in tried])
    if adopted_.any() and _predicts_worse(topic, claims, fitted.discount, adopted_, folds):
        tried = [TriedConfusion(t.source, t.scope, False, t.gain, t.error, t.compared) for t in tried]
        adopted_[:] = False
    keeps = table.scoped_source[stated.has_matrix & ~adopted_]
    return TriedConfusions(tuple(tried), frozenset(keeps[keeps >= 0].tolist()))


def _table(topic: Topic) -> _Table | None:
    scopes = [scoped_source.scope for scoped_source in topic.scoped_sources]
    values = sorted({scope.value for scope in scopes if scope.value is not None})
    each = np.bincount(topic.answers.question)
    if topic.open or len(values) < 2 or any(s.value is None for s in scopes) or (each != len(values)).any():
        return None
    about = [
        (scoped_source.source, scoped_source.scope.model_copy(update={"value": None}))
        for scoped_source in topic.scoped_sources
    ]
    sources = {each: s for s, each in enumerate(dict.fromkeys(about))}
    place = {value: v for v, value in enumerate(values)}
    source = np.array([sources[each] for each in about], dtype=np.int64)
    value = np.array([place[scope.value or ""] for scope in scopes], dtype=np.int64)
    scoped_source = np.full((len(sources), len(values)), -1, dtype=np.int64)
    scoped_source[source, value] = np.arange(len(scopes))
    return _Table(list(sources), values, scoped_source, source, value)


@dataclass(frozen=True)
class _Stated:
    """The rates in force of each source as matrices; `uses_stated` where a learned matrix is compared with these and
    not with newly learned rates.

    `judged` are the sources whose matrix may be adopted: those with learned rates, now or before.
    """

    matrices: Floats
    uses_stated: Bools
    has_matrix: Bools
    judged: Bools

    @classmethod
    def of(cls, topic: Topic, table: _Table, judged: Judged, in_force: InForce) -> _Stated:
        rates = [
            in_force(scoped_source, kind) for scoped_source, kind in zip(topic.scoped_sources, topic.kinds, strict=True)
        ]
        holds, if_not = (
            table.of(np.array(each))
            for each in ([c.says_if_holds for c in rates], [c.says_if_not for c in rates])
        )  # fmt: skip
        columns = Rates(holds, if_not).stated
        place = {value: k for k, value in enumerate(table.values)}
        for scoped_source, each in enumerate(rates):
            for one in each.confusion:
                if one.holds in place:
                    columns[table.source[scoped_source], place[one.holds], table.value[scoped_source]] = one.says
        has_rates = table.scoped_source >= 0
        has_matrix = np.zeros(len(table.sources), dtype=np.bool_)
        has_matrix[table.source[[v for v, each in enumerate(rates) if each.confusion]]] = True
        own = (judged.own[table.scoped_source] & has_rates).any(axis=1)
        known = np.array([each != ALWAYS_RIGHT for each in rates])
        learned = (known[table.scoped_source] & ~judged.of_kind[table.scoped_source] & has_rates).any(axis=1)
        return cls(normalised(columns), has_matrix | ~own, has_matrix, np.asarray(own | learned))


def _columns(
    table: _Table, source: int, matrix: Floats, if_not: Floats, fitted: Fitted
) -> tuple[tuple[int, BinaryRates], ...]:
    """The rates of a source for each value: the column of its matrix, discounted and shrunk as its rates are.

    log(p_k / b) = discount · log(π_k / b) for every value k that may hold, where b is the false-positive rate.
    """
    found = []
    for v, scoped_source in enumerate(table.scoped_source[source].tolist()):
        if scoped_source < 0:
            continue
        b = float(fitted.says_if_not[scoped_source])
        ratio = (matrix[:, v] / max(float(if_not[v]), LEAST)) ** fitted.discount
        says = np.clip(b / fitted.share * ratio, 0.0, 1.0) * fitted.share
        says[v] += 1.0 - fitted.share
        rates = BinaryRates(
            says_if_holds=float(says[v]),
            says_if_not=b,
            observations_if_holds=float(fitted.statements_if_holds[scoped_source]),
            observations_if_not=float(fitted.statements_if_not[scoped_source]),
            confusion=tuple(
                Confusion(holds=value, says=float(says[k])) for k, value in enumerate(table.values) if k != v
            ),
        )
        found.append((scoped_source, rates))
    return tuple(found)


def _predicts_worse(
    topic: Topic, claims: Claims, discount: float, adopted: Bools, folds: Sequence[tuple[Rates, Floats, Floats]]
) -> bool:
    """Whether the adopted matrices predict known truth worse, by more than the standard error."""
    answers, gains = topic.answers, []
    settled = np.unique(answers.question[answers.anything_known])
    for fold, (rates, otherwise, matrices) in enumerate(folds):
        here = settled[settled % FOLDS == fold]
        mixed = np.where(adopted[:, None, None], matrices, otherwise)
        before, after = (predicted_truth(answers, claims, rates, discount, each) for each in (otherwise, mixed))
        gains.append((after - before)[here])
    gain = np.concatenate(gains)
    return len(gain) >= LEAST_SETTLED and gain.sum() < -standard_error(gain)
