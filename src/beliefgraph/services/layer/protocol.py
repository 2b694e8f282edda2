"""A layer of a twin, such as its beliefs or its goals: each publishes rows with every commit of the twin."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.delta import NOTHING, Delta
from beliefgraph.model.identity import record_id
from beliefgraph.model.record import Record
from beliefgraph.model.revision import Publication, Statement
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.derivation.derive import Derivation
from beliefgraph.services.interpretation.protocol import Interpretation
from beliefgraph.services.layer.context import CommandContext
from beliefgraph.services.twin.state import TwinState
from beliefgraph.store.layer_rows import LayerRows


@dataclass(frozen=True)
class PublishContext:
    """The input from which a layer publishes.

    `before` is the twin before the commit; `after` has the rows that the commit adds, and what earlier layers
    published. The derivation is that of the beliefs at the new head time.
    """

    before: TwinState
    after: TwinState
    graph: DefinitionGraph
    derivation: Derivation
    rev: int


@dataclass(frozen=True)
class Published:
    """What a layer publishes, and what it derived for that, which is passed to it with the next commit."""

    delta: Delta = NOTHING
    derived: object = None


class Draft(Protocol):
    """What events add to one layer of a twin, one event after the other."""

    def check(self, context: CommandContext, interpretation: Interpretation, /) -> None:
        """Refuse an event that cannot be processed; nothing is added yet."""
        ...

    def add(self, context: CommandContext, interpretation: Interpretation, /) -> None:
        """Add an event that passed the check of every layer."""
        ...

    @property
    def delta(self) -> Delta:
        """The rows to write."""
        ...

    @property
    def beliefs(self) -> Sequence[BeliefKey]:
        """The beliefs that are named."""
        ...


@dataclass(frozen=True)
class Layer:
    """One layer of a twin: its name in receipts, the records it has, and what a commit publishes of each of them.

    `change` makes the entry of a receipt from a record and its published rows before and after. `publish` returns what
    a commit publishes, as a function of the twin and its derivation alone, so that it can be checked again at any time.
    `draft` collects what events say about the layer. `end_relation` ends a relation of the layer, by its key, at the
    moment of a command. `evidence` gives the ids of what the layer derives from events as evidence on beliefs.

    A layer with a `label` needs no Cypher statements of its own: its records are stored under it, with what is
    published for each and what evidence states about it (`stated`), and are read, subscribed to, erased and exported
    like any others. `fields` is what it adds to the GraphQL schema (`graphql/layer_fields.py`), which services do not
    use.
    """

    name: str
    record: type[Record]
    published: type[Publication]
    change: Callable[[Any, Any, Any], Record]
    publish: Callable[[PublishContext], Published]
    draft: Callable[[TwinState, DefinitionGraph], Draft] | None = None
    end_relation: Callable[[CommandContext, str], Delta] | None = None
    evidence: Callable[[TwinState], Collection[str]] | None = None
    label: str | None = None
    stated: type[Statement] | None = None
    fields: Any = None

    @property
    def rows(self) -> LayerRows | None:
        """How its rows are stored, if it has no Cypher statements of its own."""
        if self.label is None:
            return None
        return LayerRows(self.name, self.label, self.record, self.published, self.stated, self.change)

    def id_of(self, twin: str, key: str) -> str:
        """The id of the layer's record of that key in a twin, by the twin's id."""
        return record_id(self.name, twin, key)

    def key_of(self, record: Record) -> str:
        """The key of one of the layer's records."""
        key: str = record.key  # type: ignore[attr-defined]
        return key

    def ended(self, context: CommandContext, key: str) -> Delta:
        """The rows to close and to open so that a relation of the layer ends; none if it has no such relation."""
        return NOTHING if self.end_relation is None else self.end_relation(context, key)

    def derives(self, state: TwinState, evidence: str) -> bool:
        """Whether a piece of evidence is one that the layer derives from events."""
        return self.evidence is not None and evidence in self.evidence(state)

    def changes(self, after: TwinState, delta: Delta) -> tuple[Any, ...]:
        """The changes by a commit in this layer, given the twin after it."""
        opened = {row.key: row for row in delta.opened.of(self.published)}
        closed = {row.key: row for row in delta.closed.of(self.published)}
        records = after.made_of(self.record)
        return tuple(self.change(records[key], closed.get(key), opened.get(key)) for key in {**opened, **closed})
