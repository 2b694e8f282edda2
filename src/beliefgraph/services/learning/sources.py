"""Learning how far each source of a tenant can be trusted, from all that was said, and putting it in force."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import numpy.typing as npt

from beliefgraph.inference import two_coin
from beliefgraph.inference.reliability import Statements, learn_claims, learn_coins, learn_correlation
from beliefgraph.inference.reliability.statements import sums
from beliefgraph.model.caller import Caller
from beliefgraph.model.definition import Definitions
from beliefgraph.model.page import Page
from beliefgraph.model.parameters import ALWAYS_RIGHT, Coins, ParameterSet, Scope, SharedError, SourceCoins, origin_kind
from beliefgraph.model.question import KnownSource
from beliefgraph.services import paging
from beliefgraph.services.definitions import DefinitionBook
from beliefgraph.services.statements import Collection, Known, Per, Topic
from beliefgraph.services.threads import long_work
from beliefgraph.store import learning as stored
from beliefgraph.store.graph import Graph

Floats = npt.NDArray[np.float64]

LEAST_SETTLED = 30
"""Beliefs of which the truth is known, and of which more than one observation has the origin, before a correlation is
learned from them."""

DRAWN_BACK = (1.0, 0.5, 0.25, 0.125, 0.0)
"""Shares of the error rates that were learned, of which one is kept where the truth is known and origins are shared."""

FOLDS = 5

NINETY = 1.645
"""Standard deviations to either side that 90 % of a normal distribution lies within."""

Progress = Callable[[int, int], None]
"""Told how many twins and pieces of evidence have been read."""


@dataclass(frozen=True)
class LearnedSource:
    """One source about one thing: its coins, and how often it is right, at even odds, with the range of 90 %."""

    source: str
    kind: str | None
    scope: Scope
    coins: Coins
    reliability: float
    low: float
    high: float
    heard: float


@dataclass(frozen=True)
class Lesson:
    """What was learned: the sources, the rarely heard last, what a new one is taken for, and what origins share.

    `discounts` says for each topic what a vote is worth beside others.
    """

    sources: tuple[LearnedSource, ...]
    populations: tuple[SourceCoins, ...]
    trusted: str | None
    shared_errors: tuple[SharedError, ...]
    discounts: dict[str, float]
    twins: int
    evidence: int
    settled: int

    def following(self, before: ParameterSet) -> ParameterSet:
        """The parameters that follow those in force: sources learned anew; correlations that were not learned stay."""
        learned = {shared.kind: shared for shared in self.shared_errors}
        kept = {shared.kind: shared for shared in before.shared_errors}
        sources = [SourceCoins(source=s.source, kind=s.kind, scope=s.scope, coins=s.coins) for s in self.sources]
        if self.trusted is not None:
            sources.append(SourceCoins(source=self.trusted, scope=Scope(), coins=ALWAYS_RIGHT))
        return before.with_sources(
            (*self.populations, *sorted(sources, key=lambda s: (s.source or "", repr(s.scope)))),
            tuple(shared for _, shared in sorted((kept | learned).items())),
        )


class SourceLearner:
    """Learns the sources of a tenant."""

    def __init__(self, graph: Graph, book: DefinitionBook) -> None:
        self._graph = graph
        self._book = book

    async def learn(
        self,
        caller: Caller,
        *,
        per: Per = "attribute",
        truth: Iterable[Known] = (),
        trusted: str | None = None,
        before: datetime | None = None,
        progress: Progress = lambda _twins, _evidence: None,
    ) -> Lesson:
        """What the evidence of the caller's tenant says about its sources; nothing is put in force.

        `truth` and what the source `trusted` says are known, and what people set right. With `before`, only what was
        valid before then is learned from. Refused to a person's key.
        """
        caller.require("define")
        caller.require_service()
        definitions = (await self._book.latest(caller.tenant)).definitions
        collection = Collection(definitions, per, truth, trusted)
        async for twin in stored.said(self._graph, caller.tenant, before):
            collection.add(twin)
            progress(collection.twins, collection.evidence)
        return await long_work(lesson, collection, definitions.parameters, trusted)

    async def page(
        self, caller: Caller, *, first: int = paging.DEFAULT_PAGE, after: str | None = None
    ) -> Page[KnownSource]:
        """The sources of the caller's tenant by name, with what was learned about them; refused to a person's key."""
        caller.require("read")
        caller.require_service()
        walk = paging.walk("sources", caller.tenant, first=first, after=after, by=str)
        parameters = (await self._book.latest(caller.tenant)).reliabilities.parameters
        found = await stored.sources(self._graph, caller.tenant, after=walk.text, limit=walk.limit)
        rows = []
        for source in found:
            learned = parameters.by_source.get(source.name, ())
            kind = next((each.kind for each in learned if each.kind), None)
            rows.append(KnownSource(id=source.id, name=source.name, kind=kind, reliabilities=learned))
        return walk.page(rows, lambda row: paging.Place(row.name, row.id))

    async def publish(self, caller: Caller, learned: Lesson) -> Definitions:
        """Put what was learned in force; the numbered set that then is."""
        return await self._book.publish_parameters(caller, learned.following)


def lesson(collection: Collection, before: ParameterSet | None = None, trusted: str | None = None) -> Lesson:
    """What the statements of a collection say about their sources; `trusted` is heard as it speaks."""
    found: list[LearnedSource] = []
    populations: list[SourceCoins] = []
    discounts: dict[str, float] = {}
    observed: list[_Origin] = []
    for (about, _), topic in sorted(collection.topics.items()):
        fitted = _sobered(topic, _fit(topic), before)
        discounts[about] = fitted.discount
        found += _sources(topic, fitted)
        populations += _populations(fitted)
        observed += _origins(topic, fitted)
    found.sort(key=lambda source: (-source.heard, source.source, repr(source.scope)))
    return Lesson(
        sources=tuple(found),
        populations=tuple(populations),
        trusted=trusted,
        shared_errors=tuple(_shared_errors(observed, before)),
        discounts=discounts,
        twins=collection.twins,
        evidence=collection.evidence,
        settled=collection.settled,
    )


@dataclass(frozen=True)
class _Fitted:
    """A topic's coins, per voice and group of voices; how often each voice is right, how surely, how often heard."""

    groups: Sequence[tuple[str | None, Scope]]
    group: npt.NDArray[np.int64]
    says_if_holds: Floats
    says_if_not: Floats
    group_says_if_holds: Floats
    group_says_if_not: Floats
    reliability: Floats
    spread: Floats
    heard_if_holds: Floats
    heard_if_not: Floats
    discount: float


def _fit(topic: Topic, without: int | None = None) -> _Fitted:
    """The coins of a topic; voices of one kind about one thing are one population.

    With `without`, the answers of that fold are not learned from.
    """
    named = [(kind, voice.scope) for voice, kind in zip(topic.voices, topic.kinds, strict=True)]
    groups = sorted(set(named), key=repr)
    place = {each: i for i, each in enumerate(groups)}
    group = np.array([place[each] for each in named], dtype=np.int64)
    if topic.open:
        claims = learn_claims(topic.answers, topic.statements, group)
        spread = np.sqrt(claims.reliability * (1.0 - claims.reliability) / (claims.heard + 3.0))
        return _Fitted(
            groups, group, claims.says_if_holds, claims.says_if_not, claims.group_says_if_holds,
            claims.group_says_if_not, claims.reliability, spread, claims.heard, claims.heard, 1.0,
        )  # fmt: skip
    learned = topic.statements
    if without is not None:
        kept = learned.answer % FOLDS != without
        learned = Statements(learned.answer[kept], learned.coin[kept], learned.log_likelihood_ratio[kept])
    coins = learn_coins(topic.answers, learned, group)
    (a, vary_a), (b, vary_b) = _moments(coins.if_holds), _moments(coins.if_not)
    statements = topic.statements
    holds = coins.posterior[statements.answer]
    return _Fitted(
        groups, group, coins.says_if_holds, coins.says_if_not, coins.group_says_if_holds, coins.group_says_if_not,
        (a + 1.0 - b) / 2.0, np.sqrt(vary_a + vary_b) / 2.0,
        sums(statements.coin, holds, len(group)), sums(statements.coin, 1.0 - holds, len(group)),
        coins.discount,
    )  # fmt: skip


def _moments(counts: Floats) -> tuple[Floats, Floats]:
    """The mean and variance of Beta distributions, given as their two counts."""
    whole = counts.sum(axis=1)
    mean = counts[:, 0] / whole
    return mean, mean * (1.0 - mean) / (whole + 1.0)


def _sources(topic: Topic, fitted: _Fitted) -> Iterator[LearnedSource]:
    for voice, i in topic.voices.items():
        middle, aside = float(fitted.reliability[i]), NINETY * float(fitted.spread[i])
        yield LearnedSource(
            source=voice.source,
            kind=topic.kinds[i],
            scope=voice.scope,
            coins=Coins(
                says_if_holds=float(fitted.says_if_holds[i]),
                says_if_not=float(fitted.says_if_not[i]),
                observations_if_holds=float(fitted.heard_if_holds[i]),
                observations_if_not=float(fitted.heard_if_not[i]),
            ),
            reliability=middle,
            low=max(0.0, middle - aside),
            high=min(1.0, middle + aside),
            heard=float(fitted.heard_if_holds[i] if topic.open else fitted.heard_if_holds[i] + fitted.heard_if_not[i]),
        )


def _populations(fitted: _Fitted) -> Iterator[SourceCoins]:
    """What a source is taken for that was not heard before: the mean of its kind, and of all kinds by their numbers."""
    members = np.bincount(fitted.group, minlength=len(fitted.groups)).astype(np.float64)
    about: dict[Scope, list[int]] = defaultdict(list)
    for i, (kind, scope) in enumerate(fitted.groups):
        about[scope].append(i)
        if kind is not None:
            yield SourceCoins(kind=kind, scope=scope, coins=_mean(fitted, [i], members))
    for scope, which in about.items():
        yield SourceCoins(scope=scope, coins=_mean(fitted, which, members))


def _mean(fitted: _Fitted, which: Sequence[int], members: Floats) -> Coins:
    share = members[which] / members[which].sum()
    return Coins(
        says_if_holds=float(np.clip(share @ fitted.group_says_if_holds[which], 0.0, 1.0)),
        says_if_not=float(np.clip(share @ fitted.group_says_if_not[which], 0.0, 1.0)),
    )


@dataclass(frozen=True)
class _Origin:
    """One origin on one belief of which the truth is known; `rest` is everything else that speaks, in log-odds."""

    kind: str
    belief: tuple[int, int]
    spoken: float
    count: int
    rest: float
    holds: bool


def _origins(topic: Topic, fitted: _Fitted) -> Iterator[_Origin]:
    """What shares an origin, where the truth is known."""
    answers, said = topic.answers, topic.statements
    known = answers.anything_known
    words = two_coin(
        np.where(said.spoken, said.log_likelihood_ratio, 0.0),
        fitted.says_if_holds[said.coin],
        fitted.says_if_not[said.coin],
    )
    words = np.where(said.spoken, words, 0.0)
    shared = np.zeros(len(words), dtype=np.bool_)
    for each in topic.shared:
        shared[each.rows] = True
    alone = np.bincount(said.answer[~shared], words[~shared], len(answers.question))
    for each in topic.shared:
        if known[each.answer]:
            yield _Origin(
                kind=origin_kind(each.origin),
                belief=(id(topic), each.answer),
                spoken=float(words[each.rows].sum()),
                count=each.observations,
                rest=float(answers.log_prior[each.answer] + alone[each.answer]),
                holds=bool(answers.known[each.answer] == 1),
            )


def _sobered(topic: Topic, fitted: _Fitted, before: ParameterSet | None) -> _Fitted:
    """The coins of a topic, drawn back to those of a source that is always right, as far as that foretells better.

    Coins are learned as if each source erred by itself. Where sources share an error, it would be laid to each of them
    and then counted again by the correlation. What foretells is found by cross-validation over what turned out: they
    are drawn back the farthest that does so as well as the best, within a standard error.
    """
    if not list(_shared_errors(list(_origins(topic, fitted)), before)):
        return fitted
    folds = [_fit(topic, without=fold) for fold in range(FOLDS)]
    losses = [
        np.concatenate([_losses(topic, _drawn_back(apart, share), fold, before) for fold, apart in enumerate(folds)])
        for share in DRAWN_BACK
    ]
    best = min(losses, key=np.sum)
    worse = [loss - best for loss in losses]
    close = [each.sum() <= each.std() * math.sqrt(len(each)) for each in worse]
    return _drawn_back(fitted, min(share for share, as_well in zip(DRAWN_BACK, close, strict=True) if as_well))


def _drawn_back(fitted: _Fitted, share: float) -> _Fitted:
    """The coins with a share of their error rates."""
    return replace(
        fitted,
        says_if_holds=1.0 - share * (1.0 - fitted.says_if_holds),
        says_if_not=share * fitted.says_if_not,
        group_says_if_holds=1.0 - share * (1.0 - fitted.group_says_if_holds),
        group_says_if_not=share * fitted.group_says_if_not,
    )


def _losses(topic: Topic, fitted: _Fitted, fold: int, before: ParameterSet | None) -> Floats:
    """How unlikely all that turned out in a fold is, by coins and correlations learned from the others: −ln P each."""
    observed = list(_origins(topic, fitted))
    learned = _shared_errors([each for each in observed if each.belief[1] % FOLDS != fold], before)
    correlations = {shared.kind: shared.correlation for shared in learned}
    log_odds: dict[tuple[int, int], float] = {}
    holds: dict[tuple[int, int], bool] = {}
    for each in observed:
        if each.belief[1] % FOLDS == fold:
            heard = each.spoken / (1 + (each.count - 1) * correlations.get(each.kind, 1.0))
            log_odds[each.belief] = log_odds.get(each.belief, each.rest) + heard
            holds[each.belief] = each.holds
    return np.array([np.logaddexp(0.0, -value if holds[on] else value) for on, value in log_odds.items()])


def _shared_errors(observed: Sequence[_Origin], before: ParameterSet | None) -> Iterator[SharedError]:
    """The correlation of every kind of origin of which enough turned out; other kinds count as they do in force."""
    in_force = {} if before is None else before.correlations
    on: dict[tuple[int, int], list[_Origin]] = defaultdict(list)
    for each in observed:
        on[each.belief].append(each)
    for kind in sorted({each.kind for each in observed}):
        beliefs = [each for each in on.values() if any(o.kind == kind for o in each)]
        if sum(any(o.kind == kind and o.count > 1 for o in each) for each in beliefs) < LEAST_SETTLED:
            continue
        rest = [
            each[0].rest
            + sum(o.spoken / (1 + (o.count - 1) * in_force.get(o.kind, 1.0)) for o in each if o.kind != kind)
            for each in beliefs
        ]
        rows = [(i, o) for i, each in enumerate(beliefs) for o in each if o.kind == kind]
        correlation = learn_correlation(
            np.array([i for i, _ in rows]),
            np.array([o.spoken for _, o in rows]),
            np.array([float(o.count) for _, o in rows]),
            np.array(rest),
            np.array([each[0].holds for each in beliefs]),
        )
        yield SharedError(kind=kind, correlation=correlation, observations=float(len(beliefs)))
