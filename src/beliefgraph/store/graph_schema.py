"""The graph's schema as data: labels and relationship types, the records they store, uniqueness and indexes.

Constraints, indexes, the neomodel classes and `docs/graph-schema.md` are generated from these two tables. A property is
declared in its record; `extra` lists the few that only the store has, each with its reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType, NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AwareDatetime

from beliefgraph.model.attribute import Attribute
from beliefgraph.model.belief import Belief, Holding
from beliefgraph.model.caller import ApiKey
from beliefgraph.model.commit import Commit
from beliefgraph.model.contest import Contested
from beliefgraph.model.decision import Decision, DecisionStatement, Deliberation
from beliefgraph.model.evidence import Bearing, Evidence, Source
from beliefgraph.model.forecast import Forecast, Resolution
from beliefgraph.model.goal import Goal, GoalRelation, GoalStatement, Pursuit
from beliefgraph.model.metric import Measurement, Metric, Reading
from beliefgraph.model.permission import NumberedPolicy, Permission
from beliefgraph.model.record import Record
from beliefgraph.model.relation import BeliefRelation
from beliefgraph.model.revision import Publication, Statement
from beliefgraph.model.twin import IdentifierLink, Twin

_NONE: Mapping[str, tuple[type[Any], str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class NodeRow:
    """One label: the record it stores, the fields that are stored differently, and the store's own properties."""

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
"""Index for the rows of a twin that a rev sees, without expanding from the twin."""

OPENED = ("twin", "rev_to", "rev_from")
"""Index for the open rows of a twin in the order in which revs opened them, from any rev on."""

ERASED = (
    "beliefs",
    "goals",
    "metrics",
    "decisions",
    "records",
    "forecasts",
    "checkpoints",
    "evidence",
    "commits",
    "quarantined",
    "events",
)
"""The kinds of nodes that an erasure counts."""

NODES: tuple[NodeRow, ...] = (
    NodeRow(
        "Twin",
        "One person's or account's self-model.",
        Twin,
        extra={
            "lock": (str, "Written first by every writer, so that writers are serialised."),
            "life": (str, "Distinguishes it from a twin of the same name before or after an erasure."),
        },
        unique=(("id",), ("tenant", "name")),
    ),
    NodeRow(
        "Erasing",
        "A former twin whose rows are being deleted; it can be neither found nor written to.",
        extra={
            "id": (str, "Taken from the twin."),
            "tenant": (str, "Tenant that it belonged to."),
            "name": (str, "Taken from the twin."),
            "rev": (int, "Always below 0, so that no commit can follow it."),
            "actor": (str, "Actor who requested it."),
            "purpose": (str, "Purpose of the call."),
            "at": (datetime, "When it happened."),
            "receipt": (str, "Id of the receipt."),
            "life": (str, "Taken from the twin."),
            "moved": (str, "Shard that it was moved to; null if it was erased."),
            "digest": (str, "SHA-256 over its `life` and the ids of its events."),
            **{kind: (int, f"Number of nodes deleted so far, of the kind {kind}.") for kind in ERASED},
        },
        unique=(("id",),),
    ),
    NodeRow(
        "Belief",
        "A proposition in a twin.",
        Belief,
        extra={
            "confidence": (float, "For display in Neo4j Browser; the service never reads it."),
            "caption": (str, "For display in Neo4j Browser; the service never reads it."),
        },
        unique=(("id",),),
        indexed=(("twin",),),
    ),
    NodeRow(
        "Goal",
        "Something a twin may pursue.",
        Goal,
        extra={
            "motivation": (float, "For display in Neo4j Browser; the service never reads it."),
            "caption": (str, "For display in Neo4j Browser; the service never reads it."),
        },
        unique=(("id",),),
        indexed=(("twin",),),
    ),
    NodeRow(
        "Metric",
        "An attribute over time of a twin: a count in a window, a streak, an absence, …",
        Metric,
        extra={"caption": (str, "For display in Neo4j Browser; the service never reads it.")},
        unique=(("id",),),
        indexed=(("twin",),),
    ),
    NodeRow(
        "Decision",
        "Something that a twin decides: options, a choice, and its expected and actual results.",
        Decision,
        extra={"caption": (str, "For display in Neo4j Browser; the service never reads it.")},
        unique=(("id",),),
        indexed=(("twin",),),
    ),
    NodeRow(
        "LayerRecord",
        "A record of an additional layer of a twin, with the label and the fields that the layer declares.",
        extra={
            "id": (str, "UUIDv5 of the layer, the twin and the record's key."),
            "twin": (str, "Id of the twin that it belongs to."),
        },
        unique=(("id",),),
        indexed=(("twin",),),
    ),
    NodeRow(
        "Forecast",
        "A forecast of an outcome within a horizon; it never changes.",
        Forecast,
        hidden=frozenset({"horizon", "inputs", "cumulative", "grades", "resolutions"}),
        extra={
            "tenant": (str, "Tenant that the twin belongs to."),
            "horizon": (str, "How far ahead it looks, as ISO 8601 duration."),
            "inputs": (str, "The inputs and what each contributes, as JSON."),
            "cumulative": (
                list[float],
                "Probability that the outcome has happened by the end of each period of the horizon.",
            ),
            "grades": (str, "Probability of each grade, as JSON."),
            "caption": (str, "For display in Neo4j Browser; the service never reads it."),
        },
        unique=(("id",),),
        indexed=(("twin",), ("tenant", "outcome", "horizon", "id")),
    ),
    NodeRow(
        "Resolution",
        "The resolution of a forecast, as known at one rev; the one with the highest number counts.",
        Resolution,
        extra={"caption": (str, "For display in Neo4j Browser; the service never reads it.")},
        unique=(("id",),),
    ),
    NodeRow(
        "Evidence",
        "One observation that bears on beliefs, or states something about goals or decisions.",
        Evidence,
        hidden=frozenset({"event", "source", "verbatim"}),
        extra={"sealed": (bytes, "The verbatim text, encrypted with the twin's key.")},
        unique=(("id",),),
        indexed=(("twin",),),
    ),
    NodeRow(
        "Source",
        "Who or what provides evidence; it belongs to a tenant.",
        Source,
        unique=(("id",),),
        indexed=(("tenant", "name"),),
    ),
    NodeRow(
        "Delivery",
        "Record that an event has arrived. It outlives the twin, so that no event is processed twice.",
        extra={
            "delivery": (str, "Keyed hash of tenant, twin, source and id."),
            "body": (str, "First half of a keyed hash of the content, to detect the same id with different content."),
        },
        unique=(("delivery",),),
    ),
    NodeRow(
        "Event",
        "An event as it arrived; also a Delivery, until its twin is erased.",
        extra={
            "id": (str, "UUIDv5 of twin, source and id."),
            "twin": (str, "Id of the twin that it was committed to."),
            "type": (str, "CloudEvents type."),
            "time": (datetime, "Valid time of the event."),
            "via": (str, "Keyed hash of the identifier that led here; null if none did."),
            "withdrawn": (int, "Rev that withdrew its evidence; null once it has arrived again."),
            "taken_back": (bool, "True if the person withdrew it: it is not accepted again."),
            "sealed": (bytes, "The event as it arrived, encrypted with the twin's key."),
        },
        unique=(("id",),),
        indexed=(("twin",),),
    ),
    NodeRow(
        "Identifier",
        "Something that leads to a twin, as a keyed hash.",
        extra={
            "id": (str, "Keyed hash of tenant, scheme and value."),
            "tenant": (str, "Tenant that it belongs to."),
            "scheme": (str, "Kind of identifier."),
            "lock": (str, "Written first by every transaction that links it, so that they are serialised."),
        },
        unique=(("id",),),
    ),
    NodeRow(
        "Purpose",
        "A purpose that is permitted or refused for twins; without a key, the restriction of all purposes.",
        extra={
            "id": (str, "UUIDv5 of tenant and key."),
            "tenant": (str, "Tenant that it belongs to."),
            "key": (str, "Name of the purpose; missing for all purposes."),
        },
        unique=(("id",),),
    ),
    NodeRow(
        "Policy",
        "A numbered policy of a tenant on its use of personal data.",
        NumberedPolicy,
        hidden=frozenset({"policy"}),
        extra={"document": (str, "The policy as JSON.")},
        unique=(("tenant", "number"),),
    ),
    NodeRow(
        "Commit",
        "One numbered change of a twin.",
        Commit,
        extra={
            "open_rows": (int, "Number of rows visible at its rev, to detect torn reads."),
            "opened_rows": (int, "Number of those rows that it opened itself, for the same purpose."),
            "opened_holdings": (int, "Number of holdings that it opened, for reads of holdings only."),
            "dropped_holdings": (int, "Number of holdings that it closed for good; null: none."),
            "opened_pursuits": (int, "Number of pursuits that it opened."),
            "closed_pursuits": (int, "Number of pursuits that it closed."),
            "opened_readings": (int, "Number of readings that it opened; null: none."),
            "opened_deliberations": (int, "Number of deliberations that it opened."),
            "closed_deliberations": (int, "Number of deliberations that it closed."),
            "opened_in_layers": (int, "Number of published rows of further layers that it opened; null: none."),
            "closed_in_layers": (int, "Number of published rows of further layers that it closed; null: none."),
        },
        unique=(("twin", "rev"),),
        indexed=(("twin", "at"),),
    ),
    NodeRow(
        "Checkpoint",
        "A block of a twin's rows, stored in addition to them so that the twin is read faster; never the "
        "source of truth.",
        extra={
            "id": (str, "UUIDv5 of the twin, the kind and the number."),
            "twin": (str, "Id of the twin."),
            "life": (str, "The twin's `life`, which differs after an erasure."),
            "kind": (str, "Kind of rows: bearings or measurements."),
            "number": (int, "Position among the blocks of its kind."),
            "after": (int, "Rev after whose rows it begins."),
            "rev": (int, "Last rev whose rows it contains."),
            "rows": (int, "Number of rows."),
            "sealed": (bytes, "The columns, compressed and encrypted with the twin's key."),
        },
        unique=(("id",),),
        indexed=(("twin",),),
    ),
    NodeRow(
        "DefinitionSet",
        "The numbered set of all catalogs in force in a tenant.",
        extra={
            "tenant": (str, "Tenant that it belongs to."),
            "number": (int, "Number of the set, which commits refer to."),
            "at": (datetime, "When it was published."),
        },
        unique=(("tenant", "number"),),
    ),
    NodeRow(
        "ParameterSet",
        "The parameters learned from a tenant's evidence; a set never changes.",
        extra={
            "tenant": (str, "Tenant that it belongs to."),
            "number": (int, "Number of the set within the tenant."),
            "at": (datetime, "When it was learned."),
            "document": (str, "The whole document as JSON, which the service reads."),
        },
        unique=(("tenant", "number"),),
    ),
    NodeRow(
        "Catalog",
        "One published document of definitions.",
        extra={
            "tenant": (str, "Tenant that it belongs to."),
            "catalog": (str, "Name of the catalog."),
            "version": (str, "Semantic version of the catalog."),
            "document": (str, "The whole document as JSON, which the service reads."),
        },
        unique=(("tenant", "catalog", "version"),),
    ),
    NodeRow(
        "Definition",
        "An attribute as one version of a catalog defines it.",
        Attribute,
        hidden=frozenset({"half_life", "deprecated", "description", "values", "open_values", "preference"}),
        extra={
            "id": (str, "UUIDv5 of tenant, catalog, version and attribute."),
            "tenant": (str, "Tenant that it belongs to."),
            "version": (str, "Version of its catalog."),
            "values": (list, "Values of a categorical attribute that are known in advance."),
            "preference": (str, "Kind of preference; null if the attribute is not a preference."),
        },
        unique=(("id",),),
    ),
    NodeRow(
        "Quarantine",
        "An event that could not be taken in, with the reason.",
        extra={
            "id": (str, "Keyed hash of the event's source and id."),
            "tenant": (str, "Tenant that it belongs to."),
            "twin": (str, "Id of the twin that it named; null if none."),
            "identifiers": (list, "Keyed hashes of the identifiers that it carries."),
            "code": (str, "Error code of the reason."),
            "reason": (str, "The reason in a sentence."),
            "since": (datetime, "When it first arrived."),
            "due": (datetime, "Time of the event, if that was in the future; otherwise null."),
            "sealed": (bytes, "The event, encrypted with a key of the tenant or the twin."),
        },
        unique=(("id",),),
        indexed=(("tenant", "since"), ("twin",), ("due",)),
    ),
    NodeRow(
        "ApiKey",
        "An API key, as a hash, with what it grants.",
        ApiKey,
        extra={"hash": (str, "SHA-256 of the secret.")},
        unique=(("hash",), ("id",)),
    ),
    NodeRow(
        "Erasure",
        "Record that a twin was erased and by whom; it contains nothing that was erased.",
        extra={
            "id": (str, "Id of the receipt; null for an erasure from before receipts were introduced."),
            "receipt": (str, "The signed receipt, as canonical JSON."),
            "tenant": (str, "Tenant that it belonged to."),
            "subject": (str, "Keyed hash of the twin's name."),
            "at": (datetime, "When it happened."),
            "actor": (str, "Actor who requested it."),
            "purpose": (str, "Purpose of the call."),
        },
        unique=(("id",),),
    ),
    NodeRow(
        "Copy",
        "What an analyst's copy contains; only in the database of a copy.",
        extra={
            "id": (str, "Always `copy`."),
            "tenant": (str, "Tenant whose twins it contains."),
            "purpose": (str, "Purpose whose permissions decide what is copied."),
            "salt": (str, "Random; pseudonyms are derived from it and the tenant's key."),
            "definitions": (int, "Number of the definition set that is copied."),
        },
        unique=(("id",),),
    ),
    NodeRow(
        "CopiedTwin",
        "Up to which rev one twin of an analyst's copy was copied; only in the database of a copy.",
        extra={
            "id": (str, "Id of the twin in the copy."),
            "rev": (int, "Rev up to which it was copied."),
            "life": (str, "Taken from the twin."),
            "sight": (str, "Hash of the part of the twin that was permitted; empty: everything."),
            "rows": (int, "Number of its statements that bear on beliefs or count in metrics."),
            "forecasts": (int, "Number of its forecasts."),
            "resolutions": (int, "Number of their resolutions."),
        },
        unique=(("id",),),
    ),
    NodeRow(
        "Migration",
        "A migration that has been applied.",
        extra={
            "number": (int, "Number of the step."),
            "name": (str, "Name of the step's file."),
            "at": (datetime, "When it was applied."),
        },
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
            "odds_ratio": (float, "Odds ratio of the relation; null if a probability is given."),
            "probability": (
                float,
                "For IMPLIES, P(target given source); for CAUSES, P(the source alone causes the target).",
            ),
        },
        unique=(("revision_id",),),
    )
    drawn = EdgeRow(
        kind,
        "Definition",
        "Definition",
        f"{meaning} As stated in a version of a catalog.",
        extra={
            "odds_ratio": state.extra["odds_ratio"],
            "probability": state.extra["probability"],
            "source_subject": (str, "For CAUSES, the key of the goal whose pursuit is the cause; otherwise null."),
            "source_value": (str, "Value of the first attribute, if it is categorical."),
            "target_value": (str, "Value of the second attribute, if it is categorical."),
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
    )


_DECISION_AS_JSON: Mapping[str, tuple[type[Any], str]] = MappingProxyType(
    {
        "options": (str, "The options, as JSON."),
        "reasons": (str, "Beliefs and goals that the reasons refer to, as JSON."),
    }
)

EDGES: tuple[EdgeRow, ...] = (
    EdgeRow(
        "HOLDS",
        "Twin",
        "Belief",
        "What the twin published about a belief: one revision for every change.",
        Holding,
        indexed=(NOW, ("twin", "rev_from"), ("key", "rev_to")),
    ),
    EdgeRow(
        "BEARS_ON",
        "Evidence",
        "Belief",
        "How evidence bears on a belief, while it counts.",
        Bearing,
        hidden=frozenset({"key", "evidence", "belief"}),
        extra={"caption": (str, "For display in Neo4j Browser; the service never reads it.")},
        indexed=(OPENED,),
    ),
    EdgeRow(
        "PURSUES",
        "Twin",
        "Goal",
        "What the twin published about a goal: one revision for every change.",
        Pursuit,
        unique=(("revision_id",),),
        indexed=(NOW, ("twin", "rev_from"), ("key", "rev_to")),
    ),
    EdgeRow(
        "STATES",
        "Evidence",
        "Goal",
        "What evidence states about a goal; fields that it does not state are absent.",
        GoalStatement,
        hidden=frozenset({"evidence", "goal"}),
        unique=(("revision_id",),),
        indexed=(NOW,),
    ),
    _goals("PART_OF", "Goal", "The first is part of the second, its whole."),
    _goals("DEPENDS_ON", "Goal", "The first cannot be achieved before the second."),
    _goals("COMPETES_WITH", "Goal", "The two goals compete for effort."),
    _goals("MOTIVATES", "Belief", "The higher the confidence in the belief, the more the goal matters."),
    EdgeRow(
        "COUNTS_IN",
        "Evidence",
        "Metric",
        "The event counts in the metric, from its time on until its retention ends.",
        Measurement,
        hidden=frozenset({"key", "evidence", "metric"}),
        indexed=(OPENED,),
    ),
    EdgeRow(
        "MEASURES",
        "Twin",
        "Metric",
        "What the twin published about a metric: one revision for every change.",
        Reading,
        indexed=(NOW, ("twin", "rev_from"), ("key", "rev_to")),
    ),
    EdgeRow(
        "DECIDES",
        "Twin",
        "Decision",
        "What the twin published about a decision: one revision for every change.",
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
        "What evidence states about a decision; fields that it does not state are absent.",
        DecisionStatement,
        hidden=frozenset({"evidence", "decision", *_DECISION_AS_JSON}),
        extra={**_DECISION_AS_JSON, "sealed": (bytes, "The person's own words, encrypted with the twin's key.")},
        unique=(("revision_id",),),
        indexed=(NOW,),
    ),
    EdgeRow(
        "REPORTS_ON",
        "Evidence",
        "LayerRecord",
        "What evidence states about a record of an additional layer, with the fields that the layer declares.",
        Statement,
        unique=(("revision_id",),),
        indexed=(NOW,),
    ),
    EdgeRow(
        "PUBLISHES",
        "Twin",
        "LayerRecord",
        "What the twin published about a record of an additional layer: one revision for every change.",
        Publication,
        unique=(("revision_id",),),
        indexed=(NOW, ("twin", "rev_from"), ("key", "rev_to")),
    ),
    EdgeRow("FORECASTS", "Twin", "Forecast", "The forecast is about the twin."),
    EdgeRow("RESOLVED_AS", "Forecast", "Resolution", "A resolution of the forecast."),
    EdgeRow("REPORTED_BY", "Evidence", "Source", "Source of the evidence."),
    EdgeRow("FROM", "Evidence", "Event", "Event that it was read from."),
    EdgeRow("CAUSED_BY", "Commit", "Event", "Event that caused this commit."),
    *_relation("SUPPORTS", "Each makes the other more likely."),
    *_relation("CONTRADICTS", "Each makes the other less likely."),
    *_relation("IMPLIES", "If the first holds, the second holds with a stated probability."),
    *_relation("EXCLUDES", "The two rarely hold together."),
    *_relation("CAUSES", "The first causes the second."),
    EdgeRow(
        "IDENTIFIES",
        "Identifier",
        "Twin",
        "The identifier leads to the twin.",
        IdentifierLink,
        hidden=frozenset({"scheme"}),
        unique=(("revision_id",),),
        indexed=(NOW,),
    ),
    EdgeRow(
        "PERMITS",
        "Twin",
        "Purpose",
        "The data stored about the twin's person may, or may not, be used for the purpose.",
        Permission,
        unique=(("revision_id",),),
        indexed=(NOW,),
    ),
    EdgeRow(
        "CONTESTS",
        "Twin",
        "Evidence",
        "The person contests the evidence; it still counts.",
        Contested,
        unique=(("revision_id",),),
        indexed=(NOW,),
    ),
    EdgeRow("INCLUDES", "DefinitionSet", "Catalog", "The set includes this version of the catalog."),
    EdgeRow("APPLIES", "DefinitionSet", "ParameterSet", "The set uses these learned parameters."),
    EdgeRow("DEFINES", "Catalog", "Definition", "The catalog defines the attribute."),
)


RETIRED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Erasure", ("tenant", "at")),
    ("BEARS_ON", NOW),
    ("COUNTS_IN", NOW),
    *((kind, NOW) for kind in ("SUPPORTS", "CONTRADICTS", "IMPLIES", "EXCLUDES", "CAUSES")),
    *((kind, NOW) for kind in ("PART_OF", "DEPENDS_ON", "COMPETES_WITH", "MOTIVATES")),
)
"""Indexes of earlier versions that no query uses; each slows down every write."""

RETIRED_UNIQUE = ("HOLDS", "BEARS_ON", "COUNTS_IN", "MEASURES")
"""Types whose `revision_id` had a uniqueness constraint in earlier versions, which every event paid for. Their rows are
closed by their key or their evidence, and the lock on the twin keeps a row from being written twice."""


def retired() -> Iterator[str]:
    """The statements that drop the indexes and constraints of earlier versions; safe to repeat."""
    for owner, keys in RETIRED:
        yield f"DROP INDEX {_name(owner, keys)} IF EXISTS"
    for owner in RETIRED_UNIQUE:
        yield f"DROP CONSTRAINT {_name(owner, ('revision_id',))}_unique IF EXISTS"


def constraints() -> Iterator[str]:
    """The statements that create every constraint and index; safe to repeat."""
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
    name = _name(owner, keys) + ("_unique" if what == "CONSTRAINT" else "")
    columns = ", ".join(f"n.{key}" for key in keys)
    if what == "CONSTRAINT":
        return f"CREATE CONSTRAINT {name} IF NOT EXISTS FOR {pattern} REQUIRE ({columns}) IS UNIQUE"
    return f"CREATE INDEX {name} IF NOT EXISTS FOR {pattern} ON ({columns})"


def _name(owner: str, keys: tuple[str, ...]) -> str:
    return f"{owner.lower()}_{'_'.join(keys)}"


def _properties(
    record: type[Record] | None, hidden: frozenset[str], extra: Mapping[str, tuple[type[Any], str]]
) -> dict[str, type[Any]]:
    stored: dict[str, type[Any]] = {}
    if record is not None:
        stored = {name: plain_type(info.annotation) for name, info in record.model_fields.items() if name not in hidden}
    return stored | {name: kind for name, (kind, _) in extra.items()}


def plain_type(annotation: Any) -> type[Any]:
    """The Python type that a field is stored as, without its annotations."""
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return plain_type(next(each for each in inside if each is not NoneType))
    if origin is Annotated:
        return plain_type(inside[0])
    if origin is Literal:
        return str
    if origin is tuple:
        return list
    return datetime if annotation is AwareDatetime else annotation
