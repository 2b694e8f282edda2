"""The information that every question would provide, and how much is known. Pure."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from weakref import WeakKeyDictionary

import numpy as np

from beliefgraph.inference.foresight.information import Coverage as Bits
from beliefgraph.inference.foresight.information import Question, coverage, gains_of
from beliefgraph.inference.foresight.value_questions import ValueQuestion, value_gains
from beliefgraph.model.asking import (
    FAILS,
    HOLDS,
    Coverage,
    DomainCoverage,
    ExpectedAnswer,
    QuestionDefinition,
    QuestionToAsk,
)
from beliefgraph.model.attribute import OTHER, Attribute
from beliefgraph.model.belief import ANYONE, ANYWHERE, BeliefKey, probability
from beliefgraph.model.decision import Option
from beliefgraph.model.definition import Definitions
from beliefgraph.model.identity import belief_id
from beliefgraph.model.time import microseconds, moment_of
from beliefgraph.services.advice.want import option_attributes
from beliefgraph.services.advice.weigh import DecisionContext, weigh
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.definitions.layout import Unit
from beliefgraph.services.preferences.preference_set import preference_set
from beliefgraph.services.snapshots.as_of import Snapshot
from beliefgraph.services.snapshots.recompute import Recomputed, recompute
from beliefgraph.services.twin.blocks import Floats, Ints

ALL = "*"
"""The name for all domains together."""


def about_the_twin(definitions: Definitions) -> Iterator[BeliefKey]:
    """Every belief about the twin itself that the catalog asks about; for values known in advance, one of them."""
    for attribute in definitions.attributes.values():
        if not attribute.deprecated and _about_people(attribute):
            yield BeliefKey.of(attribute=attribute.key, value=OTHER if attribute.categorical else None)


def _about_people(attribute: Attribute) -> bool:
    """Whether a belief about the person is meaningful: constraints are about operands, valences about things."""
    preference = attribute.preference
    return preference is None or (preference.rule is None and preference.kind != "valence")


def covered(moment: Snapshot) -> Coverage:
    """How much is known of everything that the catalog asks about the twin itself."""
    definitions = moment.graph.definitions
    seen = recompute(moment, about_the_twin(definitions))
    positions = np.array(sorted(_positions(seen, about_the_twin(definitions))), dtype=np.int64)
    derived, layout = seen.derived, seen.derived.layout
    prior = layout.prior[positions]
    names = [definitions.attributes[layout.keys[position].attribute].domain for position in positions.tolist()]
    observed: dict[str, int] = defaultdict(int)
    observed_positions = set(derived.observed_positions.tolist())
    for name, position in zip(names, positions.tolist(), strict=True):
        observed[name] += position in observed_positions
    bits = coverage(np.log(prior) - np.log1p(-prior), derived.log_odds[positions], names)
    domains = [_domain(name, found, names.count(name), observed[name]) for name, found in bits.items()]
    total = Bits(math.fsum(each.asked for each in bits.values()), math.fsum(each.open for each in bits.values()))
    return Coverage(
        total=_domain(ALL, total, len(names), sum(observed.values())),
        domains=tuple(sorted(domains, key=lambda each: (each.known, each.domain))),
        valid_time=moment.at,
        rev=moment.state.rev,
    )


def _domain(name: str, found: Bits, beliefs: int, observed: int) -> DomainCoverage:
    return DomainCoverage(
        domain=name, beliefs=beliefs, heard=observed, asked=found.asked, open=found.open, known=found.known
    )


def _positions(seen: Recomputed, keys: Iterable[BeliefKey]) -> set[int]:
    """The positions of beliefs that have an answer; for a value, of all values of its attribute."""
    layout, twin = seen.derived.layout, seen.moment.state.id
    found: set[int] = set()
    for key in keys:
        place = layout.position[belief_id(twin, key)]
        found.update(layout.values_beside.get(place, (place,)))
    return {place for place in found - layout.unnamed if seen.derived.available[place]}


class _Asked:
    """What follows from a set of definitions alone: the belief of each question, and those about a single one as
    inference takes them; of the beliefs that the catalog asks about, one for each component, which includes the
    others."""

    def __init__(self, graph: DefinitionGraph) -> None:
        definitions = graph.definitions
        self.key_of = {key: _key(question) for key, question in definitions.questions.items()}
        self.single = {
            key: Question(0, _likelihood(question, (FAILS, HOLDS)), question.cost)
            for key, question in definitions.questions.items()
            if not question.by_value
        }
        placed = {graph.place(key.attribute, key.subject, key.context): key for key in about_the_twin(definitions)}
        self.components = tuple(placed.values())


_asked: WeakKeyDictionary[DefinitionGraph, _Asked] = WeakKeyDictionary()


def _asked_of(graph: DefinitionGraph) -> _Asked:
    found = _asked.get(graph)
    if found is None:
        found = _asked[graph] = _Asked(graph)
    return found


@dataclass(frozen=True)
class Asking:
    """The questions that may be asked at a moment, and the beliefs that answers should inform about."""

    moment: Snapshot
    questions: Sequence[QuestionDefinition]
    about: Sequence[BeliefKey]

    @cached_property
    def seen(self) -> Recomputed:
        """The full derivation, including the targets and the beliefs that answers would be evidence on."""
        asked = _asked_of(self.moment.graph)
        return recompute(
            self.moment, [*(self.about or asked.components), *(asked.key_of[each.key] for each in self.questions)]
        )

    @cached_property
    def positions(self) -> Mapping[str, int]:
        """The position of the belief that each question is about; for all values, that of `other`."""
        layout, twin = self.seen.derived.layout, self.moment.state.id
        keys = _asked_of(self.moment.graph).key_of
        return {each.key: layout.position[belief_id(twin, keys[each.key])] for each in self.questions}

    @cached_property
    def targets(self) -> Ints:
        """The positions of the beliefs that answers should inform about; all with an answer if none are named."""
        derived = self.seen.derived
        if not self.about:
            known = np.flatnonzero(derived.available)
            return known[~np.isin(known, list(derived.layout.unnamed))]
        return np.array(sorted({self.seen.answered(key) for key in self.about}), dtype=np.int64)

    def first(self, most: int) -> list[QuestionToAsk]:
        """The most informative questions for their cost; ties by name."""
        gains = self._gains()
        worth = sorted(gains, key=lambda each: (-gains[each] / self.questions[each].cost, self.questions[each].key))
        return [self._answer(self.questions[place], gains[place]) for place in worth[:most]]

    def _gains(self) -> dict[int, float]:
        """The information in bits from each question about the targets, by index; without those that have no answer."""
        derived, layout = self.seen.derived, self.seen.derived.layout
        rows = [(unit, positions) for unit in layout.units for positions in unit.positions]
        row_of = np.full(len(layout.ids), -1)
        for n, (_, positions) in enumerate(rows):
            row_of[positions] = n
        asked: dict[int, list[int]] = defaultdict(list)
        for place, question in enumerate(self.questions):
            position = self.positions[question.key]
            if derived.available[position]:
                asked[int(row_of[position])].append(place)
        found: dict[int, float] = {}
        for row, places in asked.items():
            unit, positions = rows[row]
            found.update(zip(places, self._gains_in(positions, unit, places), strict=True))
        return found

    def _gains_in(self, positions: Ints, unit: Unit, places: Sequence[int]) -> list[float]:
        evidence = self.seen.derived.log_likelihood[positions]
        among = np.zeros(len(self.seen.derived.layout.ids), dtype=np.bool_)
        among[self.targets] = True
        targets = np.flatnonzero(among[positions])
        if not len(targets):
            return [0.0] * len(places)
        column = np.zeros(len(among), dtype=np.int64)
        column[positions] = np.arange(len(positions))
        session = unit.model.session(evidence)
        single = [n for n, place in enumerate(places) if not self.questions[place].by_value]
        several = [n for n, place in enumerate(places) if self.questions[place].by_value]
        found = np.zeros(len(places))
        if single:
            asked = [self._single(self.questions[places[n]], column) for n in single]
            found[single] = gains_of(session, evidence, asked, targets)
        if several:
            about = [self._several(self.questions[places[n]], column) for n in several]
            found[several] = value_gains(session, evidence, about, targets)
        return [float(gain) for gain in found]

    def _single(self, question: QuestionDefinition, column: Ints) -> Question:
        single = _asked_of(self.moment.graph).single[question.key]
        return single.about(int(column[self.positions[question.key]]))

    def _several(self, question: QuestionDefinition, column: Ints) -> ValueQuestion:
        values = self._values(question)
        names = [str(self.seen.derived.layout.keys[position].value) for position in values]
        return ValueQuestion(column[list(values)], _likelihood(question, names))

    def _values(self, question: QuestionDefinition) -> tuple[int, ...]:
        """The positions of all values that a question asks about."""
        layout = self.seen.derived.layout
        position = self.positions[question.key]
        return layout.values_beside.get(position, (position,))

    def _answer(self, question: QuestionDefinition, gain: float) -> QuestionToAsk:
        derived, layout = self.seen.derived, self.seen.derived.layout
        values = self._values(question)
        if question.by_value:
            names = [str(layout.keys[position].value) for position in values]
            share = np.array([probability(float(derived.log_odds[position])) for position in values])
            share /= share.sum()
        else:
            position = self.positions[question.key]
            p = probability(float(derived.log_odds[position]))
            names, share = [FAILS, HOLDS], np.array([1.0 - p, p])
        likely = _likelihood(question, names) @ share
        return QuestionToAsk(
            key=question.key,
            text=question.text,
            attribute=question.attribute,
            value=question.value,
            answers=tuple(
                ExpectedAnswer(text=answer.text, probability=min(each, 1.0))
                for answer, each in zip(question.answers, likely.tolist(), strict=True)
            ),
            gain=gain,
            cost=question.cost,
            worth=gain / question.cost,
        )


def forbidden(moment: Snapshot, context: str, questions: Collection[QuestionDefinition]) -> set[str]:
    """The names of the questions that a hard constraint of the person forbids asking in a context."""
    featured = [question for question in questions if question.features]
    hard = [
        attribute
        for attribute in option_attributes(moment)
        if attribute.preference is not None and attribute.preference.hard
    ]
    if not featured or not hard:
        return set()
    known = DecisionContext(preference_set(moment, context, hard), hard, {}, [])
    return {
        question.key
        for question in featured
        if not weigh(known, Option(key=question.key, features=question.features)).allowed
    }


def last_stated(moment: Snapshot) -> dict[str, datetime]:
    """When something about the twin itself was last stated, by attribute."""
    bearings, beliefs = moment.state.bearings, moment.state.beliefs
    rows = bearings.headed(lambda heading: heading.stance in ("assertion", "correction"))
    if not len(rows):
        return {}
    block, found = bearings.take(rows), dict[str, datetime]()
    visible = np.flatnonzero(block.valid_from <= microseconds(moment.at))
    for row in visible[np.argsort(block.valid_from[visible], kind="stable")].tolist():
        belief = beliefs[bearings.register.headings[block.heading[row]].belief]
        if (belief.subject, belief.context) == (ANYONE, ANYWHERE):
            found[belief.attribute] = moment_of(int(block.valid_from[row]))
    return found


def _key(question: QuestionDefinition) -> BeliefKey:
    """The belief that a question is about; for all values, `other`."""
    value = OTHER if question.by_value else question.value
    return BeliefKey.of(attribute=question.attribute, subject=ANYONE, context=ANYWHERE, value=value)


def _likelihood(question: QuestionDefinition, values: Sequence[str]) -> Floats:
    """The probability of each answer under each of these values, shape [answers, values], each column scaled to 1."""
    table = np.array([[question.likelihood(answer, value) for value in values] for answer in question.answers])
    return np.asarray(table / table.sum(axis=0))
