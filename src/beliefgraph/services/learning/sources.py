"""Learning the reliability of each source of a tenant from all statements, and putting it in force."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import numpy as np
import numpy.typing as npt

from beliefgraph.model.belief import ANYWHERE, probability
from beliefgraph.model.caller import Caller
from beliefgraph.model.definition import Definitions
from beliefgraph.model.page import Page
from beliefgraph.model.parameters import (
    ALWAYS_RIGHT,
    BinaryRates,
    LearnedPrior,
    ParameterSet,
    RandomEffect,
    Scope,
    SharedError,
    SourceRates,
    scopes,
)
from beliefgraph.model.question import KnownSource
from beliefgraph.services.definitions.book import DefinitionBook
from beliefgraph.services.learning.confusions import NOTHING_TRIED, TriedConfusion, TriedConfusions, confusions
from beliefgraph.services.learning.dataset import Collection, KnownTruth, Per, ScopedSource, Topic
from beliefgraph.services.learning.fitted import Fitted
from beliefgraph.services.learning.judge import InForce, Judged, Learner, Verdict, judge
from beliefgraph.services.learning.shared_errors import (
    Origin,
    TriedErrors,
    origins,
    shrunk_by,
    shrunk_rates,
    tried_errors,
)
from beliefgraph.services.permissions.included import EVERYBODY
from beliefgraph.services.permissions.sights import Sights
from beliefgraph.services.permissions.usable import Usable
from beliefgraph.services.process.threads import long_work
from beliefgraph.services.twin import paging
from beliefgraph.store import learning as stored
from beliefgraph.store.graph import Graph

Floats = npt.NDArray[np.float64]

NINETY = 1.645
"""Standard deviations on either side of the mean that contain 90 % of a normal distribution."""

Progress = Callable[[int, int], None]
"""Called with the number of twins and of pieces of evidence read."""


@dataclass(frozen=True)
class LearnedSource:
    """One source about one thing: its rates, how often it is right at even odds, and a 90 % range."""

    source: str
    kind: str | None
    scope: Scope
    rates: BinaryRates
    reliability: float
    low: float
    high: float
    statements: float


@dataclass(frozen=True)
class LearnedSources:
    """What was learned: sources, most statements first, the rates of new sources, and correlated errors.

    `discounts` is the effective weight of a vote among several, by topic. `left_out` is the number of twins that were
    not permitted.
    """

    sources: tuple[LearnedSource, ...]
    populations: tuple[SourceRates, ...]
    trusted: str | None
    errors: tuple[TriedErrors, ...]
    discounts: dict[str, float]
    twins: int
    evidence: int
    settled: int
    adopted: tuple[SourceRates, ...] = ()
    priors: tuple[LearnedPrior, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    left_out: int = 0
    confusions: TriedConfusions = NOTHING_TRIED

    @property
    def shared_errors(self) -> tuple[SharedError, ...]:
        """The adopted errors that observations of one origin share on a belief."""
        return tuple(each.shared for each in self.errors if each.adopted and each.shared is not None)

    @property
    def random_effects(self) -> tuple[RandomEffect, ...]:
        """The adopted errors shared across beliefs."""
        return tuple(each.effect for each in self.errors if each.adopted and each.effect is not None)

    @property
    def adopts(self) -> bool:
        """Whether anything is to be put in force."""
        return bool(self.adopted or self.shared_errors or self.random_effects or self.trusted)

    def following(self, before: ParameterSet) -> ParameterSet:
        """The parameters with what was adopted; what was not learned or not adopted stays as it is."""
        errors = {shared.kind: shared for shared in (*before.shared_errors, *self.shared_errors)}
        effects = {effect.kind: effect for effect in (*before.random_effects, *self.random_effects)}
        priors = {prior.attribute: prior for prior in (*before.priors, *self.priors)}
        tried = {(each.kind, each.scope) for each in self.verdicts if each.source is None}
        refused = {(each.kind, each.scope) for each in self.verdicts if each.source is None and not each.adopted}
        sources = {_owner(each): each for each in before.sources if not tried or (each.kind, each.scope) in refused}
        if self.adopted or not tried:
            sources |= {_owner(each): each for each in self.adopted}
        else:
            sources = {_owner(each): each for each in before.sources}
        if self.trusted is not None:
            always = SourceRates(source=self.trusted, scope=Scope(), rates=ALWAYS_RIGHT)
            sources[_owner(always)] = always
        return before.with_sources(
            tuple(sorted(sources.values(), key=_place)),
            tuple(shared for _, shared in sorted(errors.items())),
            tuple(prior for _, prior in sorted(priors.items())),
            tuple(effect for _, effect in sorted(effects.items())),
        )


def _owner(learned: SourceRates) -> tuple[str | None, str | None, Scope]:
    return learned.source, None if learned.source else learned.kind, learned.scope


def _place(learned: SourceRates) -> tuple[bool, str, str, str]:
    """The sort key of rates in a set: populations first."""
    return learned.source is not None, learned.source or "", learned.kind or "", repr(learned.scope)


class SourceLearner:
    """Learns the sources of a tenant."""

    def __init__(self, graph: Graph, book: DefinitionBook, sights: Sights | None = None) -> None:
        self._graph = graph
        self._sights = sights
        self._book = book

    async def learn(
        self,
        caller: Caller,
        *,
        per: Per = "attribute",
        truth: Iterable[KnownTruth] = (),
        trusted: str | None = None,
        before: datetime | None = None,
        progress: Progress = lambda _twins, _evidence: None,
    ) -> LearnedSources:
        """The reliability of the sources of the caller's tenant, from its evidence; nothing is put in force.

        `truth`, statements of the source `trusted`, and corrections count as known. With `before`, only what was valid
        before then is used. Refused to a person's key.
        """
        caller.require("define")
        caller.require_service()
        definitions = (await self._book.latest(caller.tenant)).definitions
        collection = Collection(definitions, per, truth, trusted)
        usable = Usable(self._sights, caller)
        async for twin in usable.of(stored.twin_evidence(self._graph, caller.tenant, before)):
            collection.add(twin)
            progress(collection.twins, collection.evidence)
        learned = await long_work(learned_sources, collection, definitions, trusted)
        return replace(learned, left_out=usable.left_out)

    async def page(
        self, caller: Caller, *, first: int = paging.DEFAULT_PAGE, after: str | None = None
    ) -> Page[KnownSource]:
        """The sources of the caller's tenant by name, with their learned rates; refused to a person's key.

        Sources that reported only on twins that are not fully permitted are left out.
        """
        caller.require("read")
        caller.require_service()
        included = EVERYBODY if self._sights is None else await self._sights.included(caller)
        walk = paging.walk("sources", caller.tenant, first=first, after=after, by=str)
        parameters = (await self._book.latest(caller.tenant)).reliabilities.parameters
        found = await stored.sources(
            self._graph, caller.tenant, after=walk.text, limit=walk.limit, **included.parameters
        )
        rows = []
        for source in found:
            learned = parameters.by_source.get(source.name, ())
            kind = next((each.kind for each in learned if each.kind), None)
            rows.append(KnownSource(id=source.id, name=source.name, kind=kind, reliabilities=learned))
        return walk.page(rows, lambda row: paging.Position(row.name, row.id))

    async def publish(self, caller: Caller, learned: LearnedSources) -> Definitions:
        """Put what was learned in force; the definition set that is then in force."""
        return await self._book.publish_parameters(caller, learned.following)


def learned_sources(collection: Collection, definitions: Definitions, trusted: str | None = None) -> LearnedSources:
    """The reliability of the sources in a collection; the source `trusted` counts as always right.

    Only what predicts better than the parameters in force is adopted.
    """
    before = definitions.parameters
    found: list[LearnedSource] = []
    populations: list[SourceRates] = []
    adopted: list[SourceRates] = []
    priors: list[LearnedPrior] = []
    verdicts: list[Verdict] = []
    tried: list[TriedConfusion] = []
    discounts: dict[str, float] = {}
    observed: list[Origin] = []
    for (about, _), topic in sorted(collection.topics.items()):
        fitted, in_force = shrunk_rates(topic, before=before), partial(rates_in_force, definitions)
        learner = _once(partial(shrunk_rates, before=before))
        judged = judge(topic, fitted, in_force, learner)
        confused = confusions(topic, fitted, judged, in_force, learner)
        tried += confused.tried
        discounts[about] = fitted.discount
        learned = list(_sources(topic, fitted))
        found += learned
        populations += _populations(fitted, np.ones(len(fitted.groups), dtype=np.bool_))
        verdicts += judged.verdicts
        if judged.groups.any() or confused.rates:
            adopted += _adopted(topic, learned, judged, confused, in_force)
        if judged.groups.any():
            adopted += _populations(fitted, judged.groups)
            priors += _priors(topic, fitted, collection.stated)
        observed += origins(topic, fitted if judged.groups.any() else shrunk_by(fitted, 0.0))
    found.sort(key=lambda source: (-source.statements, source.source, repr(source.scope)))
    return LearnedSources(
        sources=tuple(found),
        populations=tuple(populations),
        trusted=trusted,
        errors=tuple(tried_errors(observed, before)),
        discounts=discounts,
        twins=collection.twins,
        evidence=collection.evidence,
        settled=collection.settled,
        adopted=tuple(adopted),
        priors=tuple(priors),
        verdicts=tuple(verdicts),
        confusions=TriedConfusions(tuple(tried)),
    )


def _once(learner: Learner) -> Learner:
    """A learner that caches the fit of each fold."""
    known: dict[tuple[int, tuple[float, ...]], Fitted] = {}

    def apart(topic: Topic, fold: int, discounts: tuple[float, ...]) -> Fitted:
        if (fold, discounts) not in known:
            known[fold, discounts] = learner(topic, fold, discounts)
        return known[fold, discounts]

    return apart


def rates_in_force(definitions: Definitions, scoped_source: ScopedSource, kind: str | None) -> BinaryRates:
    """The rates in force of a source of a kind about something: the nearest scope, as in deriving beliefs."""
    known = {} if definitions.parameters is None else definitions.parameters.source_rates
    scope = scoped_source.scope
    if scope.attribute is not None:
        attribute = definitions.attributes[scope.attribute]
        near = tuple(scopes(scope.attribute, scope.value, scope.context or ANYWHERE, attribute.domain))
    else:
        near = (scope, Scope())
    for who in ((scoped_source.source, None), (None, kind), (None, None)):
        for each in near:
            if (found := known.get((*who, each))) is not None:
                return found
    return ALWAYS_RIGHT


def _adopted(
    topic: Topic, learned: Sequence[LearnedSource], judged: Judged, confused: TriedConfusions, in_force: InForce
) -> Iterator[SourceRates]:
    """The rates of each source from now on: a column of its confusion matrix, its own, or those in force; none for
    sources that get the rates of their kind."""
    by_matrix = confused.rates
    for i, (scoped_source, source) in enumerate(zip(topic.scoped_sources, learned, strict=True)):
        if not judged.of_kind[i]:
            own = source.rates if judged.own[i] and i not in confused.keeps else in_force(scoped_source, topic.kinds[i])
            rates = by_matrix.get(i, own)
            yield SourceRates(source=scoped_source.source, kind=topic.kinds[i], scope=scoped_source.scope, rates=rates)


def _priors(topic: Topic, fitted: Fitted, stated: Mapping[str, float]) -> Iterator[LearnedPrior]:
    """The learned priors, in place of the stated ones."""
    answers = topic.answers
    for attribute, column in topic.rates.items():
        assert answers.column is not None
        rows = answers.column == column
        learned = probability(float(fitted.log_prior[rows][0]))
        if not math.isclose(learned, probability(float(answers.log_prior[rows][0])), rel_tol=1e-9):
            yield LearnedPrior(
                attribute=attribute, stated=stated[attribute], learned=learned, observations=float(rows.sum())
            )


def _sources(topic: Topic, fitted: Fitted) -> Iterator[LearnedSource]:
    for scoped_source, i in topic.scoped_sources.items():
        middle, aside = float(fitted.reliability[i]), NINETY * float(fitted.spread[i])
        yield LearnedSource(
            source=scoped_source.source,
            kind=topic.kinds[i],
            scope=scoped_source.scope,
            rates=BinaryRates(
                says_if_holds=float(fitted.says_if_holds[i]),
                says_if_not=float(fitted.says_if_not[i]),
                observations_if_holds=float(fitted.statements_if_holds[i]),
                observations_if_not=float(fitted.statements_if_not[i]),
            ),
            reliability=middle,
            low=max(0.0, middle - aside),
            high=min(1.0, middle + aside),
            statements=float(
                fitted.statements_if_holds[i]
                if topic.open
                else fitted.statements_if_holds[i] + fitted.statements_if_not[i]
            ),
        )


def _populations(fitted: Fitted, wanted: npt.NDArray[np.bool_]) -> Iterator[SourceRates]:
    """The rates of new sources: the mean of a kind, and the mean of all kinds weighted by their numbers.

    For the wanted groups only.
    """
    members = np.bincount(fitted.group, minlength=len(fitted.groups)).astype(np.float64)
    about: dict[Scope, list[int]] = defaultdict(list)
    for i in np.flatnonzero(wanted).tolist():
        kind, scope = fitted.groups[i]
        about[scope].append(i)
        if kind is not None:
            yield SourceRates(kind=kind, scope=scope, rates=_mean(fitted, [i], members))
    for scope, which in about.items():
        yield SourceRates(scope=scope, rates=_mean(fitted, which, members))


def _mean(fitted: Fitted, which: Sequence[int], members: Floats) -> BinaryRates:
    share = members[which] / members[which].sum()
    return BinaryRates(
        says_if_holds=float(np.clip(share @ fitted.group_says_if_holds[which], 0.0, 1.0)),
        says_if_not=float(np.clip(share @ fitted.group_says_if_not[which], 0.0, 1.0)),
    )
