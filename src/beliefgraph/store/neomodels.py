"""The graph schema as neomodel classes: a read-only description for tools and notebooks.

The service itself does not use them: it reads and writes with named Cypher. They are generated from the tables of
`graph_schema`; `from beliefgraph.store.neomodels import Twin` gives the class of the label `Twin`.

Differences: neomodel refuses properties called `id`, and `source` on relationships, so these are `uid` and `source_`
here; uniqueness and indexes over several properties are in `graph_schema.constraints()` only. Its `connect` merges over
the versions of an edge and its `save` knows no rev, so both refuse.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from types import MappingProxyType
from typing import Any, NoReturn

from neo4j import GraphDatabase
from neomodel import (
    ArrayProperty,
    BooleanProperty,
    DateTimeNeo4jFormatProperty,
    FloatProperty,
    IntegerProperty,
    RelationshipFrom,
    RelationshipTo,
    StringProperty,
    StructuredNode,
    StructuredRel,
    ZeroOrMore,
    db,
    get_config,
)
from neomodel.properties import Property

from beliefgraph.store.graph_schema import EDGES, NODES, EdgeRow, NodeRow

ALSO = {"Event": "Delivery"}
"""Labels whose nodes carry another label too."""

RENAMED = {"id": "uid"}
RENAMED_ON_EDGES = {"source": "source_", "target": "target_"}


class BytesProperty(Property[bytes]):
    """Sealed text: bytes that only the twin's key opens."""

    def inflate(self, value: Any, rethrow: bool = False) -> bytes:  # noqa: ARG002  neomodel's signature
        """The bytes from Neo4j."""
        return bytes(value)

    def deflate(self, value: Any, rethrow: bool = False) -> bytes:  # noqa: ARG002  neomodel's signature
        """The bytes for Neo4j, for use in a filter."""
        return bytes(value)


PROPERTIES: Mapping[type[Any], type[Property[Any]]] = MappingProxyType(
    {
        str: StringProperty,
        int: IntegerProperty,
        float: FloatProperty,
        bool: BooleanProperty,
        datetime: DateTimeNeo4jFormatProperty,
        list: ArrayProperty,
        list[float]: ArrayProperty,
        bytes: BytesProperty,
    }
)


def _refuse(*_: object, **__: object) -> NoReturn:
    raise TypeError("Twins are read through neomodel, not written; change them by their commands.")


class ReadOnly(ZeroOrMore):
    """Any number of relationships, read-only."""

    connect = disconnect = disconnect_all = reconnect = replace = _refuse


def _properties(row: NodeRow | EdgeRow, renamed: Mapping[str, str]) -> dict[str, Any]:
    unique = {keys[0] for keys in row.unique if len(keys) == 1}
    indexed = {keys[0] for keys in row.indexed if len(keys) == 1}
    made: dict[str, Any] = {}
    for name, kind in row.properties.items():
        options: dict[str, Any] = {"unique_index": True} if name in unique else {"index": name in indexed}
        if name in renamed:
            options["db_property"] = name
        made[renamed.get(name, name)] = PROPERTIES[kind](**options)
    return made


def _edge_class(row: EdgeRow) -> type[StructuredRel]:
    refused = {"save": _refuse, "__module__": __name__, "__doc__": row.meaning}
    made: type[StructuredRel] = type(row.name, (StructuredRel,), _properties(row, RENAMED | RENAMED_ON_EDGES) | refused)
    return made


EDGE_CLASSES: Mapping[str, type[StructuredRel]] = MappingProxyType(
    {row.name: _edge_class(row) for row in EDGES if row.record is not None}
)
"""The relationships that carry state, by their type."""


def _edges_of(label: str) -> dict[str, Any]:
    """The relationships of a label: `holds` follows HOLDS, `incoming_holds` follows it backwards."""
    made: dict[str, Any] = {}
    for row in EDGES:
        model = EDGE_CLASSES[row.name] if row.record is not None else None
        name = row.name.lower() + "_" * keyword.iskeyword(row.name.lower())
        if row.start == label:
            made[name] = RelationshipTo(f"{__name__}.{row.end}", row.name, cardinality=ReadOnly, model=model)
        if row.end == label:
            made[f"incoming_{row.name.lower()}"] = RelationshipFrom(
                f"{__name__}.{row.start}", row.name, cardinality=ReadOnly, model=model
            )
    return made


def _node_classes() -> dict[str, type[StructuredNode]]:
    made: dict[str, type[StructuredNode]] = {}
    for row in NODES:
        base = made[ALSO[row.label]] if row.label in ALSO else StructuredNode
        build: Any = type(base)
        described = {"__module__": __name__, "__doc__": row.meaning, "__label__": row.label}
        refused = {"save": _refuse, "delete": _refuse}
        made[row.label] = build(
            row.label, (base,), _properties(row, RENAMED) | _edges_of(row.label) | described | refused
        )
    return made


NODE_CLASSES: Mapping[str, type[StructuredNode]] = MappingProxyType(_node_classes())
"""The classes, by label."""


def __getattr__(name: str) -> type[StructuredNode]:
    """The class of a label, so that it can be imported by name."""
    try:
        return NODE_CLASSES[name]
    except KeyError:
        raise AttributeError(name) from None


@contextmanager
def reading(uri: str, user: str, password: str, database: str = "neo4j") -> Iterator[None]:
    """Connect the classes to a Neo4j inside the block; neomodel keeps one connection per process."""
    with GraphDatabase.driver(uri, auth=(user, password), telemetry_disabled=True) as driver:
        get_config().database_name = database
        db.set_connection(driver=driver)
        try:
            yield
        finally:
            db.close_connection()
