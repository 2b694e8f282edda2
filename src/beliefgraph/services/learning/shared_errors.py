"""Correlated errors: within an origin on one belief, and across beliefs by year, house or instrument. Pure.

They are learned from beliefs with known truth: correlation, scale and the size of the error shared across beliefs,
together for each kind of origin. They are adopted if they predict held-out truth better than what is in force, by more
than a standard error; whole groups are held out, because the races of a year help to predict the others of that year.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from beliefgraph.inference import apply_rates
from beliefgraph.inference.reliability import COPIES, Observed, SharedErrors, learn_shared_errors, surprise
from beliefgraph.inference.reliability.source_rates import DISCOUNTS
from beliefgraph.model.parameters import ParameterSet, RandomEffect, SharedError, origin_kind
from beliefgraph.services.learning.dataset import Topic
from beliefgraph.services.learning.fitted import FOLDS, Fitted, fit

Floats = npt.NDArray[np.float64]

LEAST_SETTLED = 30
"""Beliefs with known truth and several observations of one origin, needed to learn a correlation."""

LEAST_GROUPS = 3
"""Groups of beliefs with known truth, several in each, needed to learn the error they share."""

SHRINKAGES = (1.0, 0.5, 0.25, 0.125, 0.0)
"""Candidates for the share of the learned error rates that is kept where the truth is known and origins are shared."""


@dataclass(frozen=True)
class Origin:
    """One origin on one belief with known truth; `rest` is all other evidence, in log-odds.

    `kind` is that of the origin, "" where observations only share an error across beliefs; `across` is the number of
    observations that share each error.
    """

    kind: str
    belief: tuple[int, int]
    fold: int
    rated_sum: float
    count: float
    rest: float
    holds: bool
    across: Mapping[str, float]


@dataclass(frozen=True)
class TriedErrors:
    """The learned errors of a kind of origin, of a kind of group, or of both, and whether they are adopted.

    `gain` is the improvement on the truth of `compared` held-out beliefs, in nats, ± one standard error.
    """

    shared: SharedError | None
    effect: RandomEffect | None
    adopted: bool
    gain: float
    error: float
    compared: int

    @property
    def about(self) -> str:
        """The kinds it applies to."""
        return " and ".join(each.kind for each in (self.shared, self.effect) if each is not None)


def origins(topic: Topic, fitted: Fitted) -> Iterator[Origin]:
    """The origins and errors shared across beliefs, where the truth is known."""
    answers, stated = topic.answers, topic.statements
    known = answers.anything_known
    effective = apply_rates(
        np.where(stated.direct, stated.log_likelihood_ratio, 0.0),
        fitted.says_if_holds[stated.rate_pair],
        fitted.says_if_not[stated.rate_pair],
    )
    effective = np.where(stated.direct, effective, 0.0)
    shared = np.zeros(len(effective), dtype=np.bool_)
    for each in topic.shared:
        shared[each.rows] = True
    alone = np.bincount(stated.answer[~shared], effective[~shared], len(answers.question))
    for each in topic.shared:
        if known[each.answer]:
            yield Origin(
                kind=origin_kind(each.origin),
                belief=(id(topic), each.answer),
                fold=int(answers.question[each.answer]) % FOLDS,
                rated_sum=float(effective[each.rows].sum()),
                count=each.observations,
                rest=float(answers.log_prior[each.answer] + alone[each.answer]),
                holds=bool(answers.known[each.answer] == 1),
                across=each.across,
            )


def shrunk_rates(
    topic: Topic,
    without: int | None = None,
    discounts: tuple[float, ...] = DISCOUNTS,
    *,
    before: ParameterSet | None,
) -> Fitted:
    """The rates of a topic, shrunk towards those of a perfect source as far as that predicts better.

    Rates are learned as if sources erred independently. Where sources share an error, it would be attributed to each of
    them and then counted again by the correlation. The amount of shrinkage is cross-validated on known truth: the
    strongest whose predictions are within a standard error of the best.
    """
    fitted = fit(topic, without, discounts)
    if not any(_enough(columns) for _, columns in _by_kind(list(origins(topic, fitted)), before)):
        return fitted
    folds = [fit(topic, without=fold) for fold in range(FOLDS)]
    losses = [
        np.concatenate([_losses(topic, shrunk_by(apart, share), fold, before) for fold, apart in enumerate(folds)])
        for share in SHRINKAGES
    ]
    best = min(losses, key=np.sum)
    worse = [loss - best for loss in losses]
    close = [each.sum() <= each.std() * math.sqrt(len(each)) for each in worse]
    return shrunk_by(fitted, min(share for share, as_well in zip(SHRINKAGES, close, strict=True) if as_well))


def shrunk_by(fitted: Fitted, share: float) -> Fitted:
    """The rates with a share of their error rates."""
    return replace(
        fitted,
        says_if_holds=1.0 - share * (1.0 - fitted.says_if_holds),
        says_if_not=share * fitted.says_if_not,
        group_says_if_holds=1.0 - share * (1.0 - fitted.group_says_if_holds),
        group_says_if_not=share * fitted.group_says_if_not,
        share=share * fitted.share,
    )


def tried_errors(observed: Sequence[Origin], before: ParameterSet | None) -> Iterator[TriedErrors]:
    """The learned errors of every kind of origin and group with enough known truth; other kinds keep those in force."""
    learned: set[str] = set()
    for kind, columns in _by_kind(observed, before):
        if not _enough(columns):
            continue
        across = "" if columns.across in learned else columns.across
        seen = columns.observed if across else columns.observed.alone
        found = learn_shared_errors(seen, bool(kind))
        apart = np.zeros(len(seen.rest))
        for fold in np.unique(columns.fold):
            held = columns.fold == fold
            apart[held] = surprise(seen.part(held), learn_shared_errors(seen.part(~held), bool(kind)))
        gain = surprise(columns.observed, columns.in_force) - apart
        error = float(gain.std() * math.sqrt(len(gain)))
        beliefs = float(len(seen.rest))
        shared = SharedError(
            kind=kind, correlation=found.correlation, scale=found.scale, observations=beliefs
        ) if kind else None  # fmt: skip
        effect = RandomEffect(
            kind=across, deviation=found.deviation, groups=columns.groups, observations=beliefs
        ) if across else None  # fmt: skip
        if shared is None and effect is None:
            continue
        yield TriedErrors(shared, effect, bool(gain.sum() > error), float(gain.sum()), error, len(gain))
        learned.add(across)


@dataclass(frozen=True)
class _Columns:
    """The observations of one kind of origin, with the fold of every belief; `across` is the kind of group that shares
    an error, "" for none, and `several` the number of beliefs with more than one observation.
    """

    observed: Observed
    fold: npt.NDArray[np.int64]
    across: str
    groups: int
    several: int
    in_force: SharedErrors


def _enough(columns: _Columns) -> bool:
    return columns.several >= LEAST_SETTLED


def _by_kind(observed: Sequence[Origin], before: ParameterSet | None) -> Iterator[tuple[str, _Columns]]:
    """The columns of every kind of origin, by name; those without an origin last."""
    on: dict[tuple[int, int], list[Origin]] = defaultdict(list)
    for each in observed:
        on[each.belief].append(each)
    beliefs = sorted((sorted(each, key=_origin_key) for each in on.values()), key=_truth_key)
    for kind in sorted({each.kind for each in observed}, key=lambda kind: (not kind, kind)):
        yield kind, _columns(kind, [each for each in beliefs if any(o.kind == kind for o in each)], before)


def _origin_key(origin: Origin) -> tuple[object, ...]:
    """A sort key of an origin that does not depend on the order in which twins are read."""
    return origin.kind, origin.rated_sum, origin.count, sorted(origin.across.items())


def _truth_key(origins: Sequence[Origin]) -> tuple[object, ...]:
    return origins[0].holds, origins[0].rest, [_origin_key(each) for each in origins]


def _columns(kind: str, beliefs: Sequence[Sequence[Origin]], before: ParameterSet | None) -> _Columns:
    rows = [(i, o) for i, each in enumerate(beliefs) for o in each if o.kind == kind]
    kinds = Counter(origin_kind(name) for _, o in rows for name in o.across)
    across = min(kinds, key=lambda name: (-kinds[name], name), default="")
    names = sorted({name for _, o in rows for name in o.across if origin_kind(name) == across})
    place = {name: i for i, name in enumerate(names)}
    shares = [
        (row, place[name], size) for row, (_, o) in enumerate(rows) for name, size in o.across.items() if name in place
    ]
    found = Observed(
        question=np.array([i for i, _ in rows], dtype=np.int64),
        rated_sum=np.array([o.rated_sum for _, o in rows]),
        count=np.array([o.count for _, o in rows]),
        rest=np.array(
            [each[0].rest + _total_effective([o for o in each if o.kind != kind], before) for each in beliefs]
        ),
        holds=np.array([each[0].holds for each in beliefs], dtype=np.bool_),
        row=np.array([row for row, _, _ in shares], dtype=np.int64),
        group=np.array([group for _, group, _ in shares], dtype=np.int64),
        size=np.array([size for _, _, size in shares]),
    )
    fold = np.array([each[0].fold for each in beliefs], dtype=np.int64)
    if len(names) < LEAST_GROUPS:
        found, across = found.alone, ""
    elif all(len(o.across) == 1 for _, o in rows):
        fold[found.question[found.row]] = found.group % FOLDS
    several = sum(any(o.kind == kind and (o.count > 1 or not kind) for o in each) for each in beliefs)
    shared = _in_force(kind, before)
    deviation = 0.0 if before is None or not across else before.deviations.get(across, 0.0)
    return _Columns(found, fold, across, len(names), several, replace(shared, deviation=deviation))


def _in_force(kind: str, before: ParameterSet | None) -> SharedErrors:
    """The errors in force of a kind of origin: copies where nothing is learned; independent where there is no
    origin."""
    if not kind:
        return SharedErrors(correlation=0.0)
    known = None if before is None else before.shared_error_of.get(kind)
    return COPIES if known is None else SharedErrors(known.correlation, known.scale)


def _total_effective(origins: Sequence[Origin], before: ParameterSet | None) -> float:
    """The effective evidence of some origins, by the parameters in force."""
    return math.fsum(_effective(each, _in_force(each.kind, before)) for each in origins)


def _effective(origin: Origin, errors: SharedErrors) -> float:
    return errors.scale * origin.rated_sum / (1 + max(origin.count - 1, 0.0) * errors.correlation)


def _losses(topic: Topic, fitted: Fitted, fold: int, before: ParameterSet | None) -> Floats:
    """The log losses of the known truth in a fold, with rates and shared errors learned from the others."""
    observed = list(origins(topic, fitted))
    learned = {
        kind: learn_shared_errors(columns.observed.alone, bool(kind))
        for kind, columns in _by_kind([each for each in observed if each.fold != fold], before)
        if kind and _enough(columns)
    }
    log_odds: dict[tuple[int, int], float] = {}
    holds: dict[tuple[int, int], bool] = {}
    for each in observed:
        if each.fold == fold:
            effective = _effective(each, learned.get(each.kind) or _in_force(each.kind, before))
            log_odds[each.belief] = log_odds.get(each.belief, each.rest) + effective
            holds[each.belief] = each.holds
    return np.array([np.logaddexp(0.0, -value if holds[on] else value) for on, value in log_odds.items()])
