"""From everything said in a tenant to the columns that sources are learned from. Pure; twin after twin is added.

Of a twin a few numbers are kept for each source and belief; its rows are let go of as soon as they are counted.
"""

from __future__ import annotations

import math
from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np

from beliefgraph.errors import Incorrect
from beliefgraph.inference import LOG_LIKELIHOOD_BOUND
from beliefgraph.inference.reliability import Answers, Statements
from beliefgraph.inference.reliability.statements import UNKNOWN
from beliefgraph.model.attribute import OTHER, Attribute
from beliefgraph.model.belief import BeliefKey, logit
from beliefgraph.model.definition import Definitions
from beliefgraph.model.identity import PERSON
from beliefgraph.model.parameters import Scope
from beliefgraph.store.learning import SaidRow, TwinSaid

Per = Literal["attribute", "context", "domain", "everything"]
"""What one pair of coins is about: an attribute, an attribute in a context, a domain, or everything a source says."""

MOST_STATEMENTS = 20_000_000
"""Statements that are learned from at once: half a gigabyte of columns, and some gigabytes while they are learned."""


class Known(NamedTuple):
    """What turned out to be true: a belief of a twin by its name, and whether it holds."""

    twin: str
    belief: BeliefKey
    holds: bool


class Voice(NamedTuple):
    """The owner of one pair of coins: a source, and what it speaks about."""

    source: str
    scope: Scope


class Shared(NamedTuple):
    """What has one origin on one belief: the rows of the statements, and how many observations these sum up."""

    origin: str
    answer: int
    rows: Sequence[int]
    observations: int


class _Word(NamedTuple):
    """What a source said on a belief by one origin: the sum of its log-likelihood ratios, unaged, and how many."""

    ratio: float
    observations: int
    kind: str | None


@dataclass
class Topic:
    """All statements that are learned from together; `open` where values are not known in advance.

    Answers are numbered in the order of twins and beliefs, voices as they are first heard; `kinds` has the kind of
    every voice.
    """

    open: bool
    voices: dict[Voice, int] = field(default_factory=dict)
    kinds: list[str | None] = field(default_factory=list)
    shared: list[Shared] = field(default_factory=list)
    questions: int = 0
    _question: array[int] = field(default_factory=lambda: array("q"))
    _log_prior: array[float] = field(default_factory=lambda: array("d"))
    _known: array[int] = field(default_factory=lambda: array("q"))
    _answer: array[int] = field(default_factory=lambda: array("q"))
    _coin: array[int] = field(default_factory=lambda: array("q"))
    _ratio: array[float] = field(default_factory=lambda: array("d"))

    @property
    def answers(self) -> Answers:
        """Everything that can be right."""
        return Answers(np.array(self._question), np.array(self._log_prior), np.array(self._known))

    @property
    def statements(self) -> Statements:
        """What was said."""
        return Statements(np.array(self._answer), np.array(self._coin), np.array(self._ratio))

    def ask(self, log_priors: Iterable[float], known: Iterable[int]) -> int:
        """A new question with its answers; the number of the first."""
        first = len(self._question)
        self._log_prior.extend(log_priors)
        self._known.extend(known)
        self._question.extend([self.questions] * (len(self._known) - first))
        self.questions += 1
        return first

    def say(self, answer: int, voice: Voice, kind: str | None, ratio: float) -> int:
        """A statement; its row."""
        coin = self.voices.setdefault(voice, len(self.voices))
        if coin == len(self.kinds):
            self.kinds.append(kind)
        elif kind is not None:
            self.kinds[coin] = min(kind, self.kinds[coin] or kind)
        self._answer.append(answer)
        self._coin.append(coin)
        self._ratio.append(ratio)
        return len(self._answer) - 1


class Collection:
    """Collects what the sources of a tenant said, twin after twin.

    What people set right is known, and what `trusted`, a source, says, and `truth`; all else is learned from.
    """

    def __init__(
        self, definitions: Definitions, per: Per, truth: Iterable[Known] = (), trusted: str | None = None
    ) -> None:
        self.topics: dict[tuple[str, bool], Topic] = {}
        self.twins = self.evidence = self.statements = self.settled = 0
        self._definitions = definitions
        self._per = per
        self._trusted = trusted
        self._truth: dict[str, dict[BeliefKey, bool]] = defaultdict(dict)
        for known in truth:
            self._truth[known.twin][known.belief] = known.holds

    def add(self, twin: TwinSaid) -> None:
        """Count what was said in one twin; `too-large` where it is more than can be learned from at once."""
        self.twins += 1
        self.evidence += len(twin.rows)
        on: dict[BeliefKey, dict[BeliefKey, list[SaidRow]]] = defaultdict(lambda: defaultdict(list))
        for row in twin.rows:
            belief = twin.beliefs.get(row.belief)
            if belief is not None and belief.attribute in self._definitions.attributes and belief.value != OTHER:
                on[belief.variable][belief].append(row)
        for variable in sorted(on, key=lambda key: (key.attribute, key.subject, key.context)):
            self._question(twin, variable, on[variable])
        if self.statements > MOST_STATEMENTS:
            raise Incorrect("too-large", f"There are more than {MOST_STATEMENTS:,} statements to learn from.")

    def _question(self, twin: TwinSaid, variable: BeliefKey, said: Mapping[BeliefKey, Sequence[SaidRow]]) -> None:
        """One belief, or all values of an attribute: the answers, what is known of them, and what was said."""
        attribute = self._definitions.attributes[variable.attribute]
        words = {key: self._words(twin, rows) for key, rows in said.items()}
        if not any(words.values()):
            return
        values = {*(key.value for key in said), *(attribute.values or ())}
        keys = [variable.model_copy(update={"value": v}) for v in sorted(values, key=lambda v: v or "")]
        told = self._truth.get(twin.name, {})
        known = [self._known(twin, told, key, said.get(key, ())) for key in keys]
        if any(holds and key.variable == variable and key not in keys for key, holds in told.items()):
            known = [0] * len(keys)
        topic = self._topic(attribute)
        first = topic.ask((_log_prior(attribute, key.value, len(keys)) for key in keys), known)
        self.settled += any(each != UNKNOWN for each in known)
        for place, key in enumerate(keys):
            self._say(topic, twin, attribute, keys, first + place, key, words.get(key, {}))

    def _say(
        self,
        topic: Topic,
        twin: TwinSaid,
        attribute: Attribute,
        keys: Sequence[BeliefKey],
        answer: int,
        key: BeliefKey,
        words: Mapping[tuple[str, str], _Word],
    ) -> None:
        """A statement for each source and origin; and where the values are known, one for each that it passed over."""
        shared: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for (source, origin), word in sorted(words.items()):
            name = twin.sources[source]
            row = topic.say(answer, Voice(name, self._scope(attribute, key)), word.kind, word.ratio)
            self.statements += 1
            if origin:
                shared[origin].append((row, word.observations))
            if attribute.values is not None and word.ratio > 0:
                for other, passed in enumerate(keys, answer - keys.index(key)):
                    if passed != key:
                        topic.say(other, Voice(name, self._scope(attribute, passed)), word.kind, -math.inf)
                        self.statements += 1
        for origin, spoken in sorted(shared.items()):
            topic.shared.append(Shared(origin, answer, [row for row, _ in spoken], sum(times for _, times in spoken)))

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

    def _words(self, twin: TwinSaid, rows: Sequence[SaidRow]) -> dict[tuple[str, str], _Word]:
        """What each source said on a belief, by origin ("" for none). People speak of themselves, and do not count."""
        heard: dict[tuple[str, str], list[SaidRow]] = defaultdict(list)
        for row in rows:
            name = twin.sources[row.source]
            if row.stance != "correction" and not name.startswith(PERSON) and name != self._trusted:
                heard[row.source, row.shared_origin or ""].append(row)
        return {
            voice: _Word(
                max(-LOG_LIKELIHOOD_BOUND, min(LOG_LIKELIHOOD_BOUND, math.fsum(r.log_likelihood_ratio for r in said))),
                len(said),
                min((row.source_kind for row in said if row.source_kind), default=None),
            )
            for voice, said in heard.items()
        }

    def _known(self, twin: TwinSaid, told: Mapping[BeliefKey, bool], key: BeliefKey, rows: Sequence[SaidRow]) -> int:
        """What is known of a belief: by the truth handed in, else by the last who set it right or is trusted."""
        if key in told:
            return int(told[key])
        sure = [row for row in rows if row.stance == "correction" or twin.sources[row.source] == self._trusted]
        if not sure:
            return UNKNOWN
        return int(max(sure, key=lambda row: (row.valid_from, row.log_likelihood_ratio)).log_likelihood_ratio > 0)


def _log_prior(attribute: Attribute, value: str | None, named: int) -> float:
    """The log of an answer's prior over the prior of none of the answers."""
    if attribute.prior is not None:
        return logit(attribute.prior)
    other = attribute.value_priors[OTHER]
    stated = (1.0 - other) / named if attribute.values is None or value is None else attribute.value_priors[value]
    return math.log(stated / other)
