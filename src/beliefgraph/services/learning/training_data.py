"""Training rows from the twins of a tenant: the evidence on each belief before its truth became known.

The truth of a belief is known where a correction is in force, or where one observation is conclusive (SURE). The row is
the twin just before that, derived under the definitions in force; nothing later is in it.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np
import numpy.typing as npt

from beliefgraph.inference import Relation, Structure
from beliefgraph.inference.learning import Observations
from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.caller import Caller
from beliefgraph.model.catalog import RelationDefinition
from beliefgraph.model.counting import counting_at
from beliefgraph.model.definition import Definitions
from beliefgraph.model.evidence import Bearing
from beliefgraph.services.commits.recheck import every_twin
from beliefgraph.services.definitions.book import DefinitionBook
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.derivation.derive import Derivation, derive, segment_at
from beliefgraph.services.learning.dataset import KnownTruth
from beliefgraph.services.permissions.usable import Usable
from beliefgraph.services.twin.load import every_state
from beliefgraph.services.twin.state import TwinState
from beliefgraph.store.graph import Graph

Floats = npt.NDArray[np.float64]

SURE = 6.0
"""Strength, in nats, of a single observation that counts as known truth: 400 to 1."""

_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True)
class TrainingData:
    """Training data as columns by attribute; rows are in order of time.

    `attributes` are the binary ones, and `structure` is what the definitions state of them; `stated` has the definition
    of each of its relations. `labels` has one row per belief with known truth: the evidence in its subject and context
    before, and the truth of that belief alone; `column` is the column of that belief, `derived_log_odds` its log-odds
    derived then (NaN where the twin was too wide), `twin` the number of its twin and `segment` the segment it was in.
    `current` has one row per subject and context of each twin, in its current state.
    """

    definitions: Definitions
    attributes: tuple[str, ...]
    structure: Structure
    stated: tuple[RelationDefinition, ...]
    labels: Observations
    column: npt.NDArray[np.int64]
    derived_log_odds: Floats
    current: Observations
    twins: int
    segment: tuple[str | None, ...] = ()
    twin: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    @cached_property
    def left_out(self) -> tuple[str, ...]:
        """What is not learned: noisy ORs, and attributes joined by relations to one or to an attribute related in one
        place only.

        A noisy OR without effects is left out alone, because an unobserved effect does not change its causes. States,
        and preferences that inherit, are related in one place only: a row of another place has none of their relations.
        """
        preferences = [self.definitions.attributes[attribute].preference for attribute in self.attributes]
        barren, relations = _barren(self.structure)
        out = set(self.structure.noisy_or) - barren
        out |= {at for at, each in enumerate(preferences) if each is not None and not each.everywhere}
        ends = [{relation.source, relation.target} for relation in relations]
        while reached := {end for pair in ends if pair & out for end in pair} - out:
            out |= reached
        return tuple(self.attributes[at] for at in sorted(out | barren))

    @property
    def learnable(self) -> TrainingData:
        """The training data without what is left out: columns, relations and labels."""
        kept = [at for at, attribute in enumerate(self.attributes) if attribute not in self.left_out]
        place = {at: new for new, at in enumerate(kept)}
        inside = [k for k, r in enumerate(self.structure.relations) if {r.source, r.target} <= place.keys()]
        relations = [
            relation._replace(source=place[relation.source], target=place[relation.target])
            for relation in (self.structure.relations[k] for k in inside)
        ]
        rows = np.isin(self.column, kept)
        return replace(
            self,
            attributes=tuple(self.attributes[at] for at in kept),
            structure=Structure(self.structure.priors[kept], relations),
            stated=tuple(self.stated[k] for k in inside),
            labels=Observations(self.labels.log_likelihood[rows][:, kept], self.labels.truth[rows][:, kept]),
            column=np.array([place[at] for at in self.column[rows].tolist()], dtype=np.int64),
            derived_log_odds=self.derived_log_odds[rows],
            current=Observations(self.current.log_likelihood[:, kept]),
            segment=tuple(each for each, row in zip(self.segment, rows.tolist(), strict=True) if row),
            twin=self.twin[rows],
        )

    @cached_property
    def segment_number(self) -> npt.NDArray[np.int64]:
        """The number of the segment of the twin of each label; one more than the last for none."""
        number = {key: place for place, key in enumerate((*self.definitions.segments, None))}
        return np.array([number[each] for each in self.segment], dtype=np.int64)

    @cached_property
    def happened(self) -> Floats:
        """1 where the belief of a label holds, else 0."""
        return np.asarray(self.labels.truth[np.arange(len(self.column)), self.column])


async def training_data(
    caller: Caller,
    graph: Graph,
    book: DefinitionBook,
    *,
    before: datetime | None = None,
    truth: Iterable[KnownTruth] = (),
    progress: Callable[[int], None] = lambda _: None,
    usable: Usable | None = None,
) -> TrainingData:
    """Read every twin of the caller's tenant, one after another; `progress` is called with the number read.

    `truth` is known in addition to corrections in the twins; without a time, it became known after all evidence. With
    `before`, only evidence valid before then is used. `usable` leaves twins out. Refused to a person's key: what is
    learned concerns everybody.
    """
    caller.require("define")
    caller.require_service()
    tenant = caller.tenant
    columns = _Columns(await book.latest(tenant))
    known: dict[str, list[KnownTruth]] = defaultdict(list)
    for each in truth:
        known[each.twin].append(each)
    read: list[_Read] = []
    twins = every_twin(graph, tenant)
    async for state in every_state(graph, tenant, usable.of(twins) if usable else twins):
        if state.head_time is not None:
            head = state.head_time if before is None else min(state.head_time, before - _MOMENT)
            read.append(await asyncio.to_thread(columns.read, state, head, known[state.name]))
        progress(len(read))
    return columns.joined(read)


@dataclass(frozen=True)
class _Label:
    """One belief with known truth, and the row just before."""

    at: datetime
    id: str
    row: Floats
    column: int
    holds: bool
    derived_log_odds: float
    twin: str
    segment: str | None


@dataclass(frozen=True)
class _Read:
    """The training data of one twin."""

    head: datetime
    id: str
    labels: tuple[_Label, ...]
    rows: Mapping[tuple[str, str], Floats]


def _barren(structure: Structure) -> tuple[set[int], list[Relation]]:
    """The noisy ORs whose effects are only other such noisy ORs, and the relations without those into them."""
    relations, barren = list(structure.relations), set[int]()
    while True:
        leads = {r.source for r in relations} | {r.target for r in relations if r.kind != "causes"}
        ends = set(structure.noisy_or) - barren - leads
        if not ends:
            return barren, relations
        barren |= ends
        relations = [r for r in relations if r.target not in ends]


class _Columns:
    """The attributes as columns, and what they are read from."""

    def __init__(self, graph: DefinitionGraph) -> None:
        self._graph = graph
        named = graph.definitions.attributes
        self.attributes = tuple(key for key, attribute in named.items() if not attribute.categorical)
        self._column = {key: at for at, key in enumerate(self.attributes)}

    def read(self, state: TwinState, head: datetime, known: Sequence[KnownTruth] = ()) -> _Read:
        """The labels of a twin, including those given as `truth`, and its current rows."""
        outcomes = {belief: (at, holds) for belief, at, holds in self._outcomes(state, head)}
        for each in known:
            if each.belief.attribute in self._column:
                outcomes[each.belief] = each.at or head + _MOMENT, each.holds
        labels = [self._label(state, belief, at, holds) for belief, (at, holds) in outcomes.items()]
        rows = self._rows(derive(state, self._graph, head))
        return _Read(head, state.id, tuple(labels), {place: row for place, row in rows.items() if row.any()})

    def joined(self, read: list[_Read]) -> TrainingData:
        """All that was read, in order of time."""
        ordered = sorted((label for each in read for label in each.labels), key=lambda label: (label.at, label.id))
        rows = np.array([label.row for label in ordered]).reshape(len(ordered), len(self.attributes))
        column = np.array([label.column for label in ordered], dtype=np.int64)
        truth = np.full(rows.shape, np.nan)
        truth[np.arange(len(ordered)), column] = [float(label.holds) for label in ordered]
        standing = [
            row for each in sorted(read, key=lambda one: (one.head, one.id)) for _, row in sorted(each.rows.items())
        ]
        structure, stated = self._structure()
        return TrainingData(
            definitions=self._graph.definitions,
            attributes=self.attributes,
            structure=structure,
            stated=stated,
            labels=Observations(rows, truth),
            column=column,
            derived_log_odds=np.array([label.derived_log_odds for label in ordered], dtype=np.float64),
            current=Observations(np.array(standing).reshape(len(standing), len(self.attributes))),
            twins=len(read),
            segment=tuple(label.segment for label in ordered),
            twin=np.array([int(label.twin[:8], 16) for label in ordered], dtype=np.int64),
        )

    def _outcomes(self, state: TwinState, head: datetime) -> Iterator[tuple[BeliefKey, datetime, bool]]:
        """The beliefs whose truth became known, since when, and what it is."""
        on: dict[str, list[Bearing]] = {}
        for bearing in state.bearings:
            on.setdefault(bearing.belief, []).append(bearing)
        for id_, bearings in sorted(on.items()):
            belief = state.beliefs[id_].belief_key
            sure = [b for b in counting_at(bearings, head) if abs(b.log_likelihood_ratio) >= SURE]
            if belief.attribute in self._column and sure:
                last = max(sure, key=lambda b: (b.valid_from, b.key))
                yield belief, last.valid_from, last.log_likelihood_ratio > 0.0

    def _label(self, state: TwinState, belief: BeliefKey, at: datetime, holds: bool) -> _Label:
        derived = derive(state, self._graph, at - _MOMENT, also=[belief])
        position = derived.layout.keys.index(belief)
        log_odds = derived.value(position)
        row = self._rows(derived)[belief.subject, belief.context]
        return _Label(
            at,
            derived.layout.ids[position],
            row,
            self._column[belief.attribute],
            holds,
            np.nan if log_odds is None else log_odds,
            state.id,
            segment_at(state, self._graph, at - _MOMENT),
        )

    def _rows(self, derived: Derivation) -> dict[tuple[str, str], Floats]:
        """The effective evidence, for each subject and context."""
        rows: dict[tuple[str, str], Floats] = {}
        for position, key in enumerate(derived.layout.keys):
            if key.attribute in self._column:
                row = rows.setdefault((key.subject, key.context), np.zeros(len(self.attributes)))
                row[self._column[key.attribute]] = derived.log_likelihood[position]
        return rows

    def _structure(self) -> tuple[Structure, tuple[RelationDefinition, ...]]:
        definitions = self._graph.definitions
        stated: dict[Relation, RelationDefinition] = {}
        for _, relation in definitions.relations():
            if relation.source_subject is None and {relation.source, relation.target} <= self._column.keys():
                ends = self._column[relation.source], self._column[relation.target]
                if relation.kind not in ("causes", "implies"):
                    ends = min(ends), max(ends)
                stated[Relation(relation.kind, *ends, relation.strength.parameter)] = relation
        priors = [definitions.attributes[key].prior for key in self.attributes]
        noisy_or = {each.target for each, relation in stated.items() if relation.strength.into_noisy_or}
        structure = Structure(np.array(priors, dtype=np.float64), stated, noisy_or=noisy_or)
        return structure, tuple(stated[relation] for relation in structure.relations)
