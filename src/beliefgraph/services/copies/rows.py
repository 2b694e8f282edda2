"""A twin as rows of an analyst's copy: the part that exists for the purpose, pseudonymised, without verbatims. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import orjson

from beliefgraph.model.belief import Belief, Holding
from beliefgraph.model.decision import Decision, DecisionStatement, Deliberation
from beliefgraph.model.evidence import Bearing
from beliefgraph.model.goal import Goal, GoalRelation, GoalStatement, Pursuit
from beliefgraph.model.metric import Measurement, Metric, Reading
from beliefgraph.model.record import Record
from beliefgraph.model.relation import BeliefRelation
from beliefgraph.model.revision import Revision, Statement
from beliefgraph.services.copies.pseudonyms import Pseudonymised, Pseudonyms
from beliefgraph.services.twin.state import TwinState
from beliefgraph.store import captions, codec
from beliefgraph.store.copies import CopiedEvidence, CopyEdge, CopyNode
from beliefgraph.store.layer_rows import LABEL, NO_LAYERS, VALIDITY, Layers, with_personal
from beliefgraph.store.personal import COMMON, SHOWN, TEXTS, is_sealed
from beliefgraph.store.shown import belief_labels, evidence_labels

MOMENTS = ("valid_from", "valid_to", "deadline")
OF_ONE_REV = ("revision_id", "rev_from", "rev_to")
OF_DERIVING = (*OF_ONE_REV, "valid_from", "definition")
"""Properties of a derived row about when it was derived, not about its content."""

Ends = tuple[tuple[str, str], str, tuple[str, str]]
"""The start of a relationship (label and id), its type, and its end."""

ENDS: Mapping[type[Revision], Callable[[Any], Ends]] = {
    Holding: lambda r: (("Twin", r.twin), "HOLDS", ("Belief", r.key)),
    Pursuit: lambda r: (("Twin", r.twin), "PURSUES", ("Goal", r.key)),
    Reading: lambda r: (("Twin", r.twin), "MEASURES", ("Metric", r.key)),
    Deliberation: lambda r: (("Twin", r.twin), "DECIDES", ("Decision", r.key)),
    Bearing: lambda r: (("Evidence", r.evidence), "BEARS_ON", ("Belief", r.belief)),
    Measurement: lambda r: (("Evidence", r.evidence), "COUNTS_IN", ("Metric", r.metric)),
    GoalStatement: lambda r: (("Evidence", r.evidence), "STATES", ("Goal", r.goal)),
    DecisionStatement: lambda r: (("Evidence", r.evidence), "TELLS", ("Decision", r.decision)),
    BeliefRelation: lambda r: (("Belief", r.source), r.strength.kind.upper(), ("Belief", r.target)),
    GoalRelation: lambda r: (
        ("Belief" if r.kind == "motivates" else "Goal", r.source),
        r.kind.upper(),
        ("Goal", r.target),
    ),
}
"""How each kind of row joins two nodes; other layers add theirs. Permissions and identifiers are not copied."""

COLUMNS = (Bearing, Measurement)


@dataclass(frozen=True)
class CopyRow:
    """One current row of a twin: the nodes it joins, its properties, and its content, which identifies it."""

    ends: Ends
    values: Mapping[str, Any]
    content: str

    def edge(self, rev: int) -> CopyEdge:
        """The relationship, with the rev since which the copy has it."""
        start, type_, end = self.ends
        values = {**self.values, "revision_id": f"{self.content}@{rev}", "rev_from": rev}
        return CopyEdge(reference(start), type_, reference(end), values)


def reference(node: tuple[str, str]) -> str:
    """The key of a node within one write."""
    return f"{node[0]} {node[1]}"


def _content(ends: Ends, values: Mapping[str, Any]) -> str:
    """The content of a row, independent of when it was written."""
    without = OF_DERIVING if values["origin"] == "inferred" else OF_ONE_REV
    shown = {key: value for key, value in values.items() if key not in without}
    return orjson.dumps([ends, shown], option=orjson.OPT_SORT_KEYS).decode()


@dataclass(frozen=True)
class TwinRows:
    """The rows of one twin; `names` are people's names that its texts may contain, `personal` personal attributes."""

    state: TwinState
    pseudonyms: Pseudonyms
    names: Sequence[str] = ()
    personal: frozenset[str] = frozenset()
    layers: Layers = NO_LAYERS

    @cached_property
    def clean(self) -> Pseudonymised:
        """Its texts and properties under pseudonyms."""
        return Pseudonymised(self.pseudonyms, (self.state.name, *self.names))

    @cached_property
    def id(self) -> str:
        """Its id in the copy."""
        return self.pseudonyms.id(self.state.id)

    @cached_property
    def current(self) -> dict[str, CopyRow]:
        """Its current rows by content, except for those that can be very many."""
        stored = (row for kind in self._kinds for row in self.state.rows_of(kind).values())
        rows = (self._row(row) for row in stored if isinstance(row, Revision))
        return {row.content: row for row in rows}

    @property
    def _kinds(self) -> Iterator[type[Record]]:
        """The kinds of rows that are copied."""
        return (kind for kind in self.state.rows if kind in ENDS or self.layers.of_type(kind) is not None)

    def columns(self, after: int) -> Iterator[CopyRow]:
        """The bearings and measurements that later revs opened."""
        for table in (self.state.bearings, self.state.measurements):
            for row in table.records(table.where(lambda block: block.rev_from > after)):
                yield self._row(row)

    @property
    def count(self) -> int:
        """The number of these, over all revs."""
        return len(self.state.bearings) + len(self.state.measurements)

    def _row(self, row: Revision) -> CopyRow:
        own = type(row) in ENDS
        values = codec.edge_values(row) if own else self._further(row)
        values.pop("sealed", None)
        start, type_, end = ENDS[type(row)](row) if own else self._ends_of_further(row)
        moments = MOMENTS if own else VALIDITY
        values = self.clean.values(values) | {k: codec.moment(values[k]) for k in moments if k in values}
        content = row.revision_id if type(row) in COLUMNS else _content((start, type_, end), values)
        return CopyRow((start, type_, end), values, self.pseudonyms.content(content))

    def _ends_of_further(self, row: Revision) -> Ends:
        """How a row of another layer joins two nodes."""
        layer = self.layers.of_type(type(row))
        assert layer is not None
        if isinstance(row, Statement):
            return ("Evidence", row.evidence), "REPORTS_ON", (layer.label, row.about[0])
        return ("Twin", row.twin), "PUBLISHES", (layer.label, row.key)

    def _further(self, record: Record) -> dict[str, Any]:
        """The properties of a record or a row of another layer, with pseudonyms replacing what is personal."""
        return with_personal(record, self.pseudonyms.text)

    def nodes(self, ends: Iterable[tuple[str, str]], evidence: Sequence[CopiedEvidence]) -> Iterator[CopyNode]:
        """The nodes at these ends; evidence comes with its events and sources."""
        yield self._twin()
        for label, id_ in dict.fromkeys(ends):
            if (layer := self.layers.of((label,))) is not None:
                record = self.state.made_of(layer.record)[id_]
                named = self._node(label, id_, self._further(record))
                yield replace(named, label=LABEL, shown=(label,))
            elif label in ("Belief", "Goal", "Metric", "Decision"):
                yield self._named(label, id_)
        sources: dict[str, str] = {}
        bearings = self.state.bearings
        against = evidence_labels(bearings.records(bearings.of_evidence([each.id for each in evidence])))
        for each in evidence:
            yield replace(self._node("Evidence", each.id, self._evidence(each)), shown=against.get(each.id, ()))
            yield self._node(
                "Event", each.event, {"twin": self.id, "type": each.type, "time": codec.moment(each.event_time)}
            )
            sources[each.source] = each.source_name
        for id_, name in sources.items():
            yield self._node("Source", id_, {"tenant": self.state.tenant, "name": self.pseudonyms.source(name)})

    def commit(self, evidence: Sequence[CopiedEvidence]) -> tuple[CopyNode, list[CopyEdge]]:
        """The commit by which the copy reaches this rev, with the events that brought what is new."""
        state = self.state
        place = ("Commit", f"{state.id}/{state.rev}")
        values = {
            "twin": self.id,
            "rev": state.rev,
            "at": state.last_updated,
            "head_time": state.head_time,
            "definitions": state.definitions,
            "cause": "copied",
        }
        events = dict.fromkeys(each.event for each in evidence)
        edges = [CopyEdge(reference(place), "CAUSED_BY", reference(("Event", event)), {}) for event in events]
        return CopyNode(reference(place), "Commit", self.pseudonyms.id(place[1]), values), edges

    def forecasts(
        self, found: Sequence[tuple[dict[str, Any], list[dict[str, Any]]]]
    ) -> tuple[list[CopyNode], list[CopyEdge]]:
        """Forecasts with their resolutions, as they are stored."""
        nodes: list[CopyNode] = []
        joins: list[CopyEdge] = []
        for values, resolutions in found:
            forecast = self._node("Forecast", values["id"], values)
            nodes.append(forecast)
            joins.append(CopyEdge(reference(("Twin", self.state.id)), "FORECASTS", forecast.reference, {}))
            for each in resolutions:
                resolution = self._node("Resolution", each["id"], each)
                nodes.append(resolution)
                joins.append(CopyEdge(forecast.reference, "RESOLVED_AS", resolution.reference, {}))
        return nodes, joins

    @staticmethod
    def evidence_edges(evidence: Sequence[CopiedEvidence]) -> Iterator[CopyEdge]:
        """The relationships between evidence and its events and sources."""
        for each in evidence:
            start = reference(("Evidence", each.id))
            yield CopyEdge(start, "FROM", reference(("Event", each.event)), {})
            yield CopyEdge(start, "REPORTED_BY", reference(("Source", each.source)), {})

    def _twin(self) -> CopyNode:
        state = self.state
        values = {
            "tenant": state.tenant,
            "name": self.pseudonyms.twin(state.name),
            "rev": state.rev,
            "head_time": state.head_time,
            "last_updated": state.last_updated,
            "definitions": state.definitions,
        }
        return self._node("Twin", state.id, values)

    def _named(self, label: str, id_: str) -> CopyNode:
        """A belief, goal, metric or decision, with the properties that Neo4j Browser shows."""
        state = self.state
        shown: dict[str, Any] = {}
        record: Belief | Goal | Metric | Decision
        match label:
            case "Belief":
                record = self._without_texts(state.beliefs[id_])
                holding = state.holdings.get(id_)
                shown = {"caption": record.statement}
                if holding is not None:
                    shown = {
                        "caption": captions.belief_caption(holding, record.statement),
                        "confidence": captions.displayed_confidence(holding),
                    }
            case "Goal":
                record = state.goals[id_]
                if (pursuit := state.pursuits.get(id_)) is not None:
                    shown = {"caption": captions.goal_caption(pursuit), "motivation": pursuit.motivation}
            case "Metric":
                record = state.metrics[id_]
                if (reading := state.readings.get(id_)) is not None:
                    shown = {"caption": f"{record.statement}: {captions.reading_caption(reading)}"}
            case _:
                record = state.decisions[id_]
                if (deliberation := state.deliberations.get(id_)) is not None:
                    shown = {"caption": captions.decision_caption(deliberation)}
        held = state.holdings.get(id_) if label == "Belief" else None
        node = self._node(label, id_, codec.node_values(record, **shown))
        return node if held is None else replace(node, shown=belief_labels(held))

    def _without_texts(self, belief: Belief) -> Belief:
        """A belief, with pseudonyms replacing its texts if its attribute is personal."""
        if belief.attribute not in self.personal:
            return belief
        texts = {name: getattr(belief, name) for name in TEXTS if getattr(belief, name) not in COMMON}
        hidden = {name: self.pseudonyms.text(text) for name, text in texts.items()}
        return belief.model_copy(update=hidden | {"statement": belief.attribute})

    def _evidence(self, each: CopiedEvidence) -> dict[str, Any]:
        return {
            "twin": self.id,
            "event": each.event,
            "source": each.source,
            "time": codec.moment(each.time),
            "summary": SHOWN if is_sealed(each.summary) else each.summary,
        }

    def _node(self, label: str, id_: str, values: Mapping[str, Any]) -> CopyNode:
        pseudonym = self.pseudonyms.id(id_)
        return CopyNode(reference((label, id_)), label, pseudonym, {**self.clean.values(values), "id": pseudonym})
