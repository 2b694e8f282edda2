"""The training data for sources, built from the evidence of a tenant, one twin after another. Pure.

Of a twin a few numbers are kept for each source and belief; its rows are released as soon as they are counted.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

import numpy as np

from beliefgraph.errors import Incorrect
from beliefgraph.inference import LOG_LIKELIHOOD_BOUND
from beliefgraph.inference.reliability import Answers, Statements
from beliefgraph.inference.reliability.statements import KEPT, UNKNOWN
from beliefgraph.model.attribute import OTHER, Attribute
from beliefgraph.model.belief import BeliefKey, logit
from beliefgraph.model.definition import Definitions
from beliefgraph.model.identity import PERSON
from beliefgraph.model.parameters import Scope, origin_kind
from beliefgraph.services.learning.epochs import Epoch, SourceOrigin, epochs, remaining_share, summed_strength
from beliefgraph.store.learning import EvidenceRow, TwinEvidence

Per = Literal["attribute", "context", "domain", "everything"]
"""What one pair of rates is about: an attribute, an attribute in a context, a domain, or everything a source states."""

MOST_STATEMENTS = 20_000_000
"""Statements that are learned from at once: half a gigabyte of columns, and some gigabytes during learning."""


class KnownTruth(NamedTuple):
    """Known truth: a belief of a twin, by name, whether it holds, and since when; None: at all times."""

    twin: str
    belief: BeliefKey
    holds: bool
    at: datetime | None = None


class ScopedSource(NamedTuple):
    """The owner of one pair of rates: a source, and what its statements are about."""

    source: str
    scope: Scope


class Shared(NamedTuple):
    """Statements on one belief whose errors are correlated, and how many observations they sum up, aged.

    They have one origin, or are statements of one source without an origin ("") that share an error across beliefs.
    `across` is the number of observations that share such an error, by its name.
    """

    origin: str
    answer: int
    rows: Sequence[int]
    observations: float
    across: Mapping[str, float]


class _SummedStatements(NamedTuple):
    """What a source states on a belief from one origin: the sum of its log-likelihood ratios, the number of
    observations, its weight in statements, and how many observations share an error across beliefs, by its name.
    """

    ratio: float
    observations: float
    kind: str | None
    weight: float
    across: Mapping[str, float]


@dataclass
class Topic:
    """All statements that are learned from together; `open` where values are not known in advance.

    Answers are numbered in the order of twins and beliefs, scoped sources in order of appearance; `kinds` has the kind
    of each.
    """

    open: bool
    scoped_sources: dict[ScopedSource, int] = field(default_factory=dict)
    kinds: list[str | None] = field(default_factory=list)
    shared: list[Shared] = field(default_factory=list)
    questions: int = 0
    _votes: int = 0
    _question: array[int] = field(default_factory=lambda: array("q"))
    _log_prior: array[float] = field(default_factory=lambda: array("d"))
    _known: array[int] = field(default_factory=lambda: array("q"))
    _answer: array[int] = field(default_factory=lambda: array("q"))
    _rate_pair: array[int] = field(default_factory=lambda: array("q"))
    _ratio: array[float] = field(default_factory=lambda: array("d"))
    _column: array[int] = field(default_factory=lambda: array("q"))
    _vote: array[int] = field(default_factory=lambda: array("q"))
    _share: array[float] = field(default_factory=lambda: array("d"))
    _weight: array[float] = field(default_factory=lambda: array("d"))
    rates: dict[str, int] = field(default_factory=dict)
    """The attributes whose base rate is learned, each with the number of its column."""

    @property
    def answers(self) -> Answers:
        """All possible answers."""
        column = np.array(self._column) if self.rates else None
        return Answers(np.array(self._question), np.array(self._log_prior), np.array(self._known), column)

    @property
    def statements(self) -> Statements:
        """All statements."""
        columns = (self._answer, self._rate_pair, self._ratio, self._vote, self._share, self._weight)
        return Statements(*(np.array(column) for column in columns))

    def vote(self) -> int:
        """A new vote number."""
        self._votes += 1
        return self._votes - 1

    def add_question(self, log_priors: Iterable[float], known: Iterable[int], rate: str | None = None) -> int:
        """Add a question with its answers; the number of the first. `rate` is the attribute whose base rate applies."""
        first = len(self._question)
        self._log_prior.extend(log_priors)
        self._known.extend(known)
        column = KEPT if rate is None else self.rates.setdefault(rate, len(self.rates))
        self._column.extend([column] * (len(self._known) - first))
        self._question.extend([self.questions] * (len(self._known) - first))
        self.questions += 1
        return first

    def add_statement(
        self,
        answer: int,
        scoped_source: ScopedSource,
        kind: str | None,
        ratio: float,
        *,
        vote: int,
        share: float,
        weight: float,
    ) -> int:
        """Add a statement; its row."""
        rate_pair = self.scoped_sources.setdefault(scoped_source, len(self.scoped_sources))
        if rate_pair == len(self.kinds):
            self.kinds.append(kind)
        elif kind is not None:
            self.kinds[rate_pair] = min(kind, self.kinds[rate_pair] or kind)
        self._answer.append(answer)
        self._rate_pair.append(rate_pair)
        self._ratio.append(ratio)
        self._vote.append(vote)
        self._share.append(share)
        self._weight.append(weight)
        return len(self._answer) - 1


class Collection:
    """Collects the statements of the sources of a tenant, twin after twin.

    Corrections, statements of the source `trusted`, and `truth` count as known; the rest is learned from.
    """

    def __init__(
        self, definitions: Definitions, per: Per, truth: Iterable[KnownTruth] = (), trusted: str | None = None
    ) -> None:
        self.topics: dict[tuple[str, bool], Topic] = {}
        self.twins = self.evidence = self.statements = self.settled = 0
        self._definitions = definitions
        self._per = per
        self._trusted = trusted
        self._attributes = definitions.as_stated.attributes
        self._shared = {} if definitions.parameters is None else definitions.parameters.shared_error_of
        self._joined = {name for _, relation in definitions.relations() for name in (relation.source, relation.target)}
        self._truth: dict[str, dict[BeliefKey, list[tuple[datetime | None, bool]]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for known in truth:
            self._truth[known.twin][known.belief].append((known.at, known.holds))

    @property
    def stated(self) -> Mapping[str, float]:
        """The prior that the definitions state for every attribute that has one."""
        return {key: each.prior for key, each in self._attributes.items() if each.prior is not None}

    def add(self, twin: TwinEvidence) -> None:
        """Count the statements in one twin; `too-large` if there are more than can be learned from at once."""
        self.twins += 1
        self.evidence += len(twin.rows)
        on: dict[BeliefKey, dict[BeliefKey, list[EvidenceRow]]] = defaultdict(lambda: defaultdict(list))
        for row in twin.rows:
            belief = twin.beliefs.get(row.belief)
            if belief is not None and belief.attribute in self._definitions.attributes and belief.value != OTHER:
                on[belief.variable][belief].append(row)
        for variable in sorted(on, key=lambda key: (key.attribute, key.subject, key.context)):
            self._add_variable(twin, variable, on[variable])
        if self.statements > MOST_STATEMENTS:
            raise Incorrect("too-large", f"There are more than {MOST_STATEMENTS:,} statements to learn from.")

    def _add_variable(
        self, twin: TwinEvidence, variable: BeliefKey, by_belief: Mapping[BeliefKey, Sequence[EvidenceRow]]
    ) -> None:
        """One belief, or all values of an attribute: a question per epoch, or one if the truth has no time."""
        attribute = self._attributes[variable.attribute]
        by_source = {key: self._by_source(twin, rows) for key, rows in by_belief.items()}
        if not any(by_source.values()):
            return
        truth = {key: each for key, each in self._truth.get(twin.name, {}).items() if key.variable == variable}
        static = any(at is None for each in truth.values() for at, _ in each) or any(
            self._is_truth(twin, row) for rows in by_belief.values() for row in rows
        )
        every = {source_origin: 1.0 for statements in by_source.values() for source_origin in statements}
        for epoch in [Epoch(None, None, by_source, every)] if static else epochs(by_source):
            self._add_question(twin, attribute, variable, by_belief, truth, epoch)

    def _add_question(
        self,
        twin: TwinEvidence,
        attribute: Attribute,
        variable: BeliefKey,
        by_belief: Mapping[BeliefKey, Sequence[EvidenceRow]],
        truth: Mapping[BeliefKey, Sequence[tuple[datetime | None, bool]]],
        epoch: Epoch,
    ) -> None:
        """The answers of one epoch with the known truth, and the statements in force."""
        values = {*(key.value for key in by_belief), *(attribute.values or ())}
        keys = [variable.model_copy(update={"value": v}) for v in sorted(values, key=lambda v: v or "")]
        then = {key: found for key, each in truth.items() if (found := _truth_in(each, epoch)) is not None}
        known = [self._known(twin, then, key, by_belief.get(key, ())) for key in keys]
        if any(holds and key not in keys for key, holds in then.items()):
            known = [0] * len(keys)
        topic = self._topic(attribute)
        rate = None if attribute.prior is None or not self._has_base_rate(attribute) else attribute.key
        first = topic.add_question((_log_prior(attribute, key.value, len(keys)) for key in keys), known, rate)
        self.settled += any(each != UNKNOWN for each in known)
        moment = max(self._settled_at(twin, truth, by_belief, epoch), default=epoch.end)
        for place, key in enumerate(keys):
            self._add_statements(topic, twin, attribute, keys, first + place, key, _summed(epoch, key, moment))

    def _settled_at(
        self,
        twin: TwinEvidence,
        truth: Mapping[BeliefKey, Sequence[tuple[datetime | None, bool]]],
        by_belief: Mapping[BeliefKey, Sequence[EvidenceRow]],
        epoch: Epoch,
    ) -> Iterator[datetime]:
        """When the truth of an epoch became known; statements are aged up to then, as the belief was derived."""
        for each in truth.values():
            yield from (at for at, _ in each if at is not None and epoch.contains(at))
        for rows in by_belief.values():
            yield from (row.valid_from for row in rows if self._is_truth(twin, row) and epoch.contains(row.valid_from))

    def _has_base_rate(self, attribute: Attribute) -> bool:
        """Whether the prior of an attribute is its base rate: not if relations or a preference contribute to it."""
        return attribute.key not in self._joined and attribute.preference is None

    def _add_statements(
        self,
        topic: Topic,
        twin: TwinEvidence,
        attribute: Attribute,
        keys: Sequence[BeliefKey],
        answer: int,
        key: BeliefKey,
        summed: Mapping[tuple[str, str], _SummedStatements],
    ) -> None:
        """A statement for each source and origin; where the values are known, also one for each value it did not
        name."""
        shared: dict[tuple[str, str], list[tuple[int, _SummedStatements]]] = defaultdict(list)
        copies = Counter(origin for _, origin in summed if origin)
        votes: dict[tuple[int, str], int] = {}
        for (source, origin), each in sorted(summed.items()):
            name = twin.sources[source]
            shared_error = self._shared.get(origin_kind(origin))
            correlation = 1.0 if shared_error is None else shared_error.correlation
            share = 1.0 / (1.0 + (copies[origin] - 1) * correlation) if origin else 1.0

            def add(
                about: int, of: BeliefKey, ratio: float,
                name: str = name, origin: str = origin, each: _SummedStatements = each, share: float = share,
            ) -> int:  # fmt: skip
                vote = votes.setdefault((about, origin), topic.vote()) if origin else topic.vote()
                self.statements += 1
                scoped_source = ScopedSource(name, self._scope(attribute, of))
                return topic.add_statement(
                    about, scoped_source, each.kind, ratio, vote=vote, share=share, weight=each.weight
                )

            row = add(answer, key, each.ratio)
            if origin or each.across:
                shared[origin, "" if origin else source].append((row, each))
            if attribute.values is not None and each.ratio > 0:
                for other, passed in enumerate(keys, answer - keys.index(key)):
                    if passed != key:
                        add(other, passed, -math.inf)
        for (origin, _), rows in sorted(shared.items()):
            across: dict[str, float] = defaultdict(float)
            for _, each in rows:
                for name, share in each.across.items():
                    across[name] += share
            observations = math.fsum(each.observations for _, each in rows)
            topic.shared.append(Shared(origin, answer, [row for row, _ in rows], observations, across))

    def _topic(self, attribute: Attribute) -> Topic:
        is_open = attribute.open_values is not None
        about = {"domain": attribute.domain, "everything": ""}.get(self._per, attribute.key)
        return self.topics.setdefault((about, is_open), Topic(is_open))

    def _scope(self, attribute: Attribute, key: BeliefKey) -> Scope:
        value = key.value if attribute.values is not None else None
        if self._per == "attribute":
            return Scope(attribute=attribute.key, value=value)
        if self._per == "context":
            return Scope(attribute=attribute.key, value=value, context=key.context)
        return Scope(domain=attribute.domain) if self._per == "domain" else Scope()

    def _by_source(
        self, twin: TwinEvidence, rows: Sequence[EvidenceRow]
    ) -> Mapping[SourceOrigin, Sequence[EvidenceRow]]:
        """Each source's statements on a belief, by origin ("" for none). What people state about themselves does not
        count."""
        by_source: dict[SourceOrigin, list[EvidenceRow]] = defaultdict(list)
        for row in rows:
            if not self._is_truth(twin, row) and not twin.sources[row.source].startswith(PERSON):
                by_source[row.source, row.shared_origin or ""].append(row)
        return by_source

    def _is_truth(self, twin: TwinEvidence, row: EvidenceRow) -> bool:
        """Whether a row is known truth: a correction, or a statement of the trusted source."""
        return row.stance == "correction" or twin.sources[row.source] == self._trusted

    def _known(
        self, twin: TwinEvidence, truth: Mapping[BeliefKey, bool], key: BeliefKey, rows: Sequence[EvidenceRow]
    ) -> int:
        """The known truth of a belief: as given, else the latest correction or statement of the trusted source."""
        if key in truth:
            return int(truth[key])
        decisive = [row for row in rows if self._is_truth(twin, row)]
        if not decisive:
            return UNKNOWN
        return int(max(decisive, key=lambda row: (row.valid_from, row.log_likelihood_ratio)).log_likelihood_ratio > 0)


def _truth_in(truth: Sequence[tuple[datetime | None, bool]], epoch: Epoch) -> bool | None:
    """The last known truth within an epoch; truth without a time applies to every epoch."""
    inside = [(at, holds) for at, holds in truth if at is None or epoch.contains(at)]
    return max(inside, key=lambda each: (each[0] is not None, each[0] or datetime.min))[1] if inside else None


def _summed(epoch: Epoch, key: BeliefKey, moment: datetime | None) -> dict[SourceOrigin, _SummedStatements]:
    """The statements of each speaker on a belief in an epoch, summed, and aged up to a moment."""
    return {
        source_origin: _SummedStatements(
            max(-LOG_LIKELIHOOD_BOUND, min(LOG_LIKELIHOOD_BOUND, summed_strength(rows, moment))),
            math.fsum(remaining_share(row, moment) for row in rows),
            min((row.source_kind for row in rows if row.source_kind), default=None),
            epoch.weight[source_origin],
            _across(rows, moment),
        )
        for source_origin, rows in epoch.statements.get(key, {}).items()
    }


def _across(rows: Sequence[EvidenceRow], moment: datetime | None) -> dict[str, float]:
    """The number of rows, aged, that share an error across beliefs, by its name."""
    found: dict[str, float] = defaultdict(float)
    for row in rows:
        if row.shared_across is not None:
            found[row.shared_across] += remaining_share(row, moment)
    return found


def _log_prior(attribute: Attribute, value: str | None, named: int) -> float:
    """The log of an answer's prior over the prior of none of the answers."""
    if attribute.prior is not None:
        return logit(attribute.prior)
    other = attribute.value_priors[OTHER]
    stated = (1.0 - other) / named if attribute.values is None or value is None else attribute.value_priors[value]
    return math.log(stated / other)
