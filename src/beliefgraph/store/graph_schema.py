"""The graph's schema as data: every label and relationship type, the record it stores, what is unique, what is indexed.

Constraints, indexes, the neomodel classes and `docs/graph-schema.md` are all made from these two tables. A property is
declared in its record; `extra` lists the few that only the store keeps, each with its reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from beliefgraph.model.attribute import Attribute
from beliefgraph.model.belief import Belief, Holding
from beliefgraph.model.caller import ApiKey
from beliefgraph.model.commit import Commit
from beliefgraph.model.decision import Decision, DecisionStatement, Deliberation
from beliefgraph.model.evidence import Bearing, Evidence, Source
from beliefgraph.model.goal import Goal, GoalRelation, GoalStatement, Pursuit
from beliefgraph.model.metric import Measurement, Metric, Reading
from beliefgraph.model.record import Record
from beliefgraph.model.relation import BeliefRelation
from beliefgraph.model.twin import IdentifierLink, Twin

_NONE: Mapping[str, tuple[type[Any], str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class NodeRow:
    """One label: the record it stores, the fields that are not stored as they are, and the store's own properties."""

    label: str
    meaning: str
    record: type[Record] | None = None
    hidden: frozenset[str] = frozenset()
    extra: Mapping[str, tuple[type[Any], str]] = field(default_factory=lambda: _NONE)
    unique: tuple[tuple[str, ...], ...] = ()
    indexed: tuple[tuple[str, ...], ...] = ()

    @property
    def properties(self) -> dict[str, type[Any]]:
        """Every stored property with its Python type."""
        return _properties(self.record, self.hidden, self.extra)


@dataclass(frozen=True, slots=True)
class EdgeRow:
    """One relationship type between two labels; `record` is a `Revision` where it carries state."""

    name: str
    start: str
    end: str
    meaning: str
    record: type[Record] | None = None
    hidden: frozenset[str] = frozenset()
    extra: Mapping[str, tuple[type[Any], str]] = field(default_factory=lambda: _NONE)
    unique: tuple[tuple[str, ...], ...] = ()
    indexed: tuple[tuple[str, ...], ...] = ()

    @property
    def properties(self) -> dict[str, type[Any]]:
        """Every stored property with its Python type."""
        return _properties(self.record, self.hidden, self.extra)


NOW = ("twin", "rev_to", "valid_to")
"""Reads the rows of a twin that a rev sees, without expanding from the twin."""

NODES: tuple[NodeRow, ...] = (
    NodeRow(
        "Twin",
        "One person's or account's self-model.",
        Twin,
        extra={
            "lock": (str, "written first by every writer, so that they queue"),
            "life": (str, "tells it from another of its name, before or after an erasure"),
        },
        unique=(("id",), ("tenant", "name")),
    ),
    NodeRow(
        "Erasing",
        "What was a twin, while its rows are being deleted; nobody finds it, nobody writes to it.",
        extra={
            "id": (str, "the twin's"),
            "tenant": (str, "whose it was"),
            "name": (str, "the twin's"),
            "rev": (int, "below 0: no commit fits on it"),
            "actor": (str, "by whom"),
            "purpose": (str, "to what end"),
            "at": (datetime, "when"),
        },
        unique=(("id",),),
    ),
    NodeRow(
        "Belief",
        "A proposition in a twin.",
        Belief,
        extra={
            "confidence": (float, "for people in Neo4j Browser; the service never reads it"),
            "caption": (str, "for people in Neo4j Browser; the service never reads it"),
        },
        unique=(("id",),),
        indexed=(("twin",),),
    ),
    NodeRow(
        "Goal",
        "Something a twin may pursue.",
        Goal,
        extra={
            "motivation": (float, "for people in Neo4j Browser; the service never reads it"),
            "caption": (str, "for people in Neo4j Browser; the service never reads it"),
        },
        unique=(("id",),),
        indexed=(("twin",),),
    ),
    NodeRow(
        "Metric",
        "An attribute over time of a twin: a count in a window, a streak, an absence, …",
        Metric,
        extra={"caption": (str, "for people in Neo4j Browser; the service never reads it")},
        unique=(("id",),),
        indexed=(("twin",),),
    ),
    NodeRow(
        "Decision",
        "Something that a twin decides: options, a choice, what was expected of it and what came of it.",
        Decision,
        extra={"caption": (str, "for people in Neo4j Browser; the service never reads it")},
        unique=(("id",),),
        indexed=(("twin",),),
    ),
    NodeRow(
        "Evidence",
        "One observation that bears on beliefs, or tells something of goals or decisions.",
        Evidence,
        hidden=frozenset({"verbatim"}),
        extra={"sealed": (bytes, "the verbatim text under the twin's key")},
        unique=(("id",),),
        indexed=(("twin",),),
    ),
    NodeRow(
        "Source",
        "Who or what said so; it belongs to a tenant.",
        Source,
        unique=(("id",),),
        indexed=(("tenant", "name"),),
    ),
    NodeRow(
        "Delivery",
        "That an event has arrived. It outlives the twin, so that nothing arrives twice.",
        extra={
            "delivery": (str, "keyed hash of tenant, twin, source and id"),
            "body": (str, "keyed hash of what arrived, to notice the same id with another body"),
        },
        unique=(("delivery",),),
    ),
    NodeRow(
        "Event",
        "What arrived: also a Delivery, until its twin is erased.",
        extra={
            "id": (str, "UUIDv5 of twin, source and id"),
            "twin": (str, "the twin it was taken into"),
            "type": (str, "CloudEvents type"),
            "time": (datetime, "valid time"),
            "via": (str, "keyed hash of the identifier that led here, where one did"),
            "withdrawn": (int, "the rev that withdrew what it said, until it comes again"),
            "sealed": (bytes, "the event as it arrived, under the twin's key"),
        },
        unique=(("id",),),
        indexed=(("twin",),),
    ),
    NodeRow(
        "Identifier",
        "Something that leads to a twin, as a keyed hash.",
        extra={
            "id": (str, "keyed hash of tenant, scheme and value"),
            "tenant": (str, "whose it is"),
            "scheme": (str, "what kind of identifier"),
            "lock": (str, "written first by whoever links it"),
        },
        unique=(("id",),),
    ),
    NodeRow(
        "Commit",
        "One numbered change of a twin.",
        Commit,
        extra={
            "open_rows": (int, "how many rows its rev sees, so that a torn read is noticed"),
            "opened_rows": (int, "how many of them it opened itself, for the same reason"),
            "opened_holdings": (int, "how many of those are holdings, for those who read nothing else"),
            "opened_pursuits": (int, "how many of them are pursuits, likewise"),
            "closed_pursuits": (int, "how many pursuits it closed, likewise"),
            "opened_readings": (int, "how many of them are readings, for the same; absent: none"),
            "opened_deliberations": (int, "how many of them are deliberations, likewise"),
            "closed_deliberations": (int, "how many deliberations it closed, likewise"),
        },
        unique=(("twin", "rev"),),
        indexed=(("twin", "at"),),
    ),
    NodeRow(
        "DefinitionSet",
        "The numbered set of all catalogs in force in a tenant.",
        extra={"tenant": (str, "whose it is"), "number": (int, "which commits name"), "at": (datetime, "published")},
        unique=(("tenant", "number"),),
    ),
    NodeRow(
        "ParameterSet",
        "What was learned from a tenant's evidence; it never changes.",
        extra={
            "tenant": (str, "whose it is"),
            "number": (int, "its place among those learned for the tenant"),
            "at": (datetime, "learned"),
            "document": (str, "the whole of it as JSON: what the service reads"),
        },
        unique=(("tenant", "number"),),
    ),
    NodeRow(
        "Catalog",
        "One published document of definitions.",
        extra={
            "tenant": (str, "whose it is"),
            "catalog": (str, "its name"),
            "version": (str, "its semantic version"),
            "document": (str, "the whole of it as JSON: what the service reads"),
        },
        unique=(("tenant", "catalog", "version"),),
    ),
    NodeRow(
        "Definition",
        "An attribute as one version of a catalog defines it.",
        Attribute,
        hidden=frozenset({"half_life", "deprecated", "description", "values", "open_values", "preference"}),
        extra={
            "id": (str, "UUIDv5"),
            "tenant": (str, "whose it is"),
            "version": (str, "of its catalog"),
            "values": (list, "of a categorical attribute: those known in advance"),
            "preference": (str, "the kind of preference that it is, where it is one"),
        },
        unique=(("id",),),
    ),
    NodeRow(
        "Quarantine",
        "An event that could not be taken in, with the reason.",
        extra={
            "id": (str, "keyed hash of the event's source and id"),
            "tenant": (str, "whose it is"),
            "twin": (str, "the twin it named, where it named one"),
            "identifiers": (list, "keyed hashes of the identifiers it carries"),
            "code": (str, "why"),
            "reason": (str, "why, in a sentence"),
            "since": (datetime, "when it first came"),
            "due": (datetime, "its own time, where it came from the future"),
            "sealed": (bytes, "the event, under a key of the tenant's or the twin's"),
        },
        unique=(("id",),),
        indexed=(("tenant", "since"), ("twin",), ("due",)),
    ),
    NodeRow(
        "ApiKey",
        "What a bearer key grants.",
        ApiKey,
        extra={"hash": (str, "SHA-256 of the secret")},
        unique=(("hash",), ("id",)),
    ),
    NodeRow(
        "Erasure",
        "That a twin was erased, and by whom; nothing of what was erased.",
        extra={
            "tenant": (str, "whose it was"),
            "subject": (str, "keyed hash of the twin's name"),
            "at": (datetime, "when"),
            "actor": (str, "by whom"),
            "purpose": (str, "to what end"),
        },
        indexed=(("tenant", "at"),),
    ),
    NodeRow(
        "Migration",
        "A step of the schema that has been taken.",
        extra={"number": (int, "its place"), "name": (str, "its file"), "at": (datetime, "when")},
        unique=(("number",),),
    ),
)


def _relation(kind: str, meaning: str) -> tuple[EdgeRow, EdgeRow]:
    state = EdgeRow(
        kind,
        "Belief",
        "Belief",
        meaning,
        BeliefRelation,
        hidden=frozenset({"source", "target", "strength"}),
        extra={
            "odds_ratio": (float, "its strength"),
            "probability": (float, "for IMPLIES, P(target given source); for CAUSES, that the source alone does it"),
        },
        unique=(("revision_id",),),
        indexed=(NOW,),
    )
    drawn = EdgeRow(
        kind,
        "Definition",
        "Definition",
        f"{meaning} As a version of a catalog states it.",
        extra={
            "odds_ratio": state.extra["odds_ratio"],
            "probability": state.extra["probability"],
            "source_subject": (str, "for CAUSES, the goal whose pursuit is the cause, where one is"),
            "source_value": (str, "the value meant, where the first is categorical"),
            "target_value": (str, "the value meant, where the second is categorical"),
        },
    )
    return state, drawn


def _goals(kind: str, start: str, meaning: str) -> EdgeRow:
    return EdgeRow(
        kind,
        start,
        "Goal",
        meaning,
        GoalRelation,
        hidden=frozenset({"kind", "source", "target"}),
        unique=(("revision_id",),),
        indexed=(NOW,),
    )


_DECISION_AS_JSON: Mapping[str, tuple[type[Any], str]] = MappingProxyType(
    {
        "options": (str, "what there is to choose from, as JSON"),
        "reasons": (str, "the beliefs and goals that the reasons name, as JSON"),
    }
)

EDGES: tuple[EdgeRow, ...] = (
    EdgeRow(
        "HOLDS",
        "Twin",
        "Belief",
        "What the twin published about a belief, one for every change.",
        Holding,
        unique=(("revision_id",),),
        indexed=(NOW, ("twin", "rev_from"), ("key", "rev_to")),
    ),
    EdgeRow(
        "BEARS_ON",
        "Evidence",
        "Belief",
        "How evidence bears on a belief, while it counts.",
        Bearing,
        hidden=frozenset({"evidence", "belief"}),
        unique=(("revision_id",),),
        indexed=(NOW,),
    ),
    EdgeRow(
        "PURSUES",
        "Twin",
        "Goal",
        "What the twin published about a goal, one for every change.",
        Pursuit,
        unique=(("revision_id",),),
        indexed=(NOW, ("twin", "rev_from"), ("key", "rev_to")),
    ),
    EdgeRow(
        "STATES",
        "Evidence",
        "Goal",
        "What evidence states of a goal; fields that it does not name are absent.",
        GoalStatement,
        hidden=frozenset({"evidence", "goal"}),
        unique=(("revision_id",),),
        indexed=(NOW,),
    ),
    _goals("PART_OF", "Goal", "The first is part of the second, its whole."),
    _goals("DEPENDS_ON", "Goal", "The first cannot be achieved before the second."),
    _goals("COMPETES_WITH", "Goal", "What is put into one is not put into the other."),
    _goals("MOTIVATES", "Belief", "The surer the belief, the more the goal matters."),
    EdgeRow(
        "COUNTS_IN",
        "Evidence",
        "Metric",
        "The event counts in the metric, from its time on for as long as it is remembered.",
        Measurement,
        hidden=frozenset({"evidence", "metric"}),
        unique=(("revision_id",),),
        indexed=(NOW,),
    ),
    EdgeRow(
        "MEASURES",
        "Twin",
        "Metric",
        "What the twin published about a metric, one for every change.",
        Reading,
        unique=(("revision_id",),),
        indexed=(NOW, ("twin", "rev_from"), ("key", "rev_to")),
    ),
    EdgeRow(
        "DECIDES",
        "Twin",
        "Decision",
        "What the twin published about a decision, one for every change.",
        Deliberation,
        hidden=frozenset(_DECISION_AS_JSON),
        extra=_DECISION_AS_JSON,
        unique=(("revision_id",),),
        indexed=(NOW, ("twin", "rev_from"), ("key", "rev_to")),
    ),
    EdgeRow(
        "TELLS",
        "Evidence",
        "Decision",
        "What evidence tells of a decision; fields that it does not name are absent.",
        DecisionStatement,
        hidden=frozenset({"evidence", "decision", *_DECISION_AS_JSON}),
        extra={**_DECISION_AS_JSON, "sealed": (bytes, "what it says in the person's words, under the twin's key")},
        unique=(("revision_id",),),
        indexed=(NOW,),
    ),
    EdgeRow("REPORTED_BY", "Evidence", "Source", "Who said so."),
    EdgeRow("FROM", "Evidence", "Event", "What it was read from."),
    EdgeRow("CAUSED_BY", "Commit", "Event", "What arrived and made this commit."),
    *_relation("SUPPORTS", "Each makes the other likelier."),
    *_relation("CONTRADICTS", "Each makes the other less likely."),
    *_relation("IMPLIES", "Where the first holds, the second holds with a stated probability."),
    *_relation("EXCLUDES", "They hardly ever hold together."),
    *_relation("CAUSES", "The first brings the second about."),
    EdgeRow(
        "IDENTIFIES",
        "Identifier",
        "Twin",
        "The identifier leads to the twin, while it does.",
        IdentifierLink,
        hidden=frozenset({"scheme"}),
        unique=(("revision_id",),),
        indexed=(NOW,),
    ),
    EdgeRow("INCLUDES", "DefinitionSet", "Catalog", "The set has this version of the catalog."),
    EdgeRow("APPLIES", "DefinitionSet", "ParameterSet", "The set hears its evidence by what was learned there."),
    EdgeRow("DEFINES", "Catalog", "Definition", "The catalog defines the attribute."),
)


def constraints() -> Iterator[str]:
    """The statements that make every constraint and index, each safe to run again."""
    for node in NODES:
        for keys in node.unique:
            yield _statement("CONSTRAINT", f"(n:{node.label})", node.label, keys)
        for keys in node.indexed:
            yield _statement("INDEX", f"(n:{node.label})", node.label, keys)
    done = set()
    for edge in EDGES:
        for keys in edge.unique:
            yield _statement("CONSTRAINT", f"()-[n:{edge.name}]-()", edge.name, keys)
        for keys in edge.indexed:
            if (edge.name, keys) not in done:
                done.add((edge.name, keys))
                yield _statement("INDEX", f"()-[n:{edge.name}]-()", edge.name, keys)


def _statement(what: str, pattern: str, owner: str, keys: tuple[str, ...]) -> str:
    name = f"{owner.lower()}_{'_'.join(keys)}{'_unique' if what == 'CONSTRAINT' else ''}"
    columns = ", ".join(f"n.{key}" for key in keys)
    if what == "CONSTRAINT":
        return f"CREATE CONSTRAINT {name} IF NOT EXISTS FOR {pattern} REQUIRE ({columns}) IS UNIQUE"
    return f"CREATE INDEX {name} IF NOT EXISTS FOR {pattern} ON ({columns})"


def _properties(
    record: type[Record] | None, hidden: frozenset[str], extra: Mapping[str, tuple[type[Any], str]]
) -> dict[str, type[Any]]:
    stored: dict[str, type[Any]] = {}
    if record is not None:
        stored = {name: _plain(info.annotation) for name, info in record.model_fields.items() if name not in hidden}
    return stored | {name: kind for name, (kind, _) in extra.items()}


def _plain(annotation: Any) -> type[Any]:
    """The Python type a field is stored as, whatever it is wrapped in."""
    text = str(annotation)
    for mark, kind in (("etime", datetime), ("float", float), ("int", int), ("bool", bool), ("tuple", list)):
        if mark in text:
            return kind
    return str
