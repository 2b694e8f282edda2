"""The rows of an archive: nodes of the graph with their outgoing relationships, as JSON and back.

Sealed text is opened for the archive and sealed again on import. JSON has no moments, bytes or numbers beyond 2**53,
and canonical JSON writes 1.0 as 1; such a value is written as an object with one member that names its type.
"""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple, TypeVar

import orjson

from beliefgraph.errors import Fault, Incorrect
from beliefgraph.model.record import Record
from beliefgraph.model.revision import Publication
from beliefgraph.store import codec
from beliefgraph.store.graph import Graph, Transaction
from beliefgraph.store.graph_schema import EDGES, NODES, EdgeRow, NodeRow
from beliefgraph.store.keys import Keyring
from beliefgraph.store.layer_rows import LABEL, VALIDITY, Layers, with_personal
from beliefgraph.store.personal import MARK, PersonalTexts
from beliefgraph.store.shown import LABELS as SHOWN_LABELS

T = TypeVar("T")

Row = dict[str, Any]
"""A node: `kind`, `key`, `labels`, `properties` and `edges`, each of these with `type`, `to`, `properties`."""

LOCK = "lock"
"""A property that writers set to serialise their transactions; it carries no data."""

SEALED = "sealed"
_ROWS: tuple[NodeRow | EdgeRow, ...] = (*NODES, *EDGES)
MOMENTS = frozenset(name for row in _ROWS for name, kind in row.properties.items() if kind is datetime)
"""Properties that are moments; the queries return them as text."""

FURTHER = frozenset({"REPORTS_ON", "PUBLISHES"})
"""The types of the relationships that are such rows."""

PERSONAL = "personal"
EXACT = 2**53
ROWS_AT_ONCE = 2_000
KEYS = {
    "Commit": ("twin", "rev"),
    "DefinitionSet": ("number",),
    "ParameterSet": ("number",),
    "Policy": ("number",),
    "Catalog": ("catalog", "version"),
}
"""The property that identifies nodes of a kind, where it is not `id`."""

CONTEXTS = {"Evidence": "evidence", "Event": "event", "Quarantine": "quarantine"}
"""The sealing context of the text of each kind of node, before its id."""

DECIMAL = re.compile(r"^-?\d+\.\d+$")
"""Numbers that every JSON writer formats alike."""

LABELS = frozenset(row.label for row in NODES) - {"ApiKey", "Erasing", "Erasure", "Migration", "Checkpoint"}
TYPES = frozenset(row.name for row in EDGES)
PUBLISHED = {row.record: row for row in EDGES if row.record is not None and issubclass(row.record, Publication)}
"""The relationship that stores each kind of published row."""
BESIDE = frozenset({"Delivery", LABEL, *SHOWN_LABELS})
"""Labels that nodes have in addition to the one of their kind."""


async def of_twin(graph: Graph, keyring: Keyring, twin: str) -> list[Row]:
    """All rows of a twin, with its sealed text in the clear."""
    shown = _Shown(keyring, twin)

    async def read(query: str, make: Callable[[Sequence[Any]], T]) -> T:
        record = await graph.read(query, twin=twin)
        return await asyncio.to_thread(make, record[0] if record else [])

    nodes, edges = await asyncio.gather(
        read("archive/nodes", shown.nodes), read("archive/edges", shown.edges)
    )  # callers that need both states of one rev read the rev before and after
    return await asyncio.to_thread(_joined, nodes, edges)


async def of_tenant(graph: Graph, keyring: Keyring, tenant: str) -> list[Row]:
    """The rows of the definitions and learned parameters of a tenant."""
    record = await graph.read("archive/definitions", tenant=tenant)
    shown = _Shown(keyring, "")
    return _joined(shown.nodes(record[0]), shown.edges(record[1])) if record else []


def of_publication(publication: Publication, layers: Layers) -> Row:
    """The relationship that would store a publication, as an archive contains it."""
    layer = layers.of_type(type(publication))
    if layer is not None:
        shown = _of_layer(publication)
        return {"type": "PUBLISHES", "to": f"{layer.label} {publication.key}", "properties": shown}
    row = PUBLISHED[type(publication)]
    values = {key: value for key, value in codec.edge_values(publication).items() if value is not None}
    shown = {key: {"time": _utc(value)} if key in MOMENTS else _json(value) for key, value in values.items()}
    return {"type": row.name, "to": f"{row.end} {publication.key}", "properties": shown}


def of_record(record: Record, layers: Layers) -> Row:
    """The node that stores a record, as it was created, without its relationships."""
    layer = layers.of_type(type(record))
    kind = type(record).__name__ if layer is None else layer.label
    values = (
        {key: _json(value) for key, value in codec.node_values(record).items()} if layer is None else _of_layer(record)
    )
    return {
        "kind": kind,
        "key": values["id"],
        "labels": [kind] if layer is None else sorted((kind, LABEL)),
        "properties": values,
        "edges": [],
    }


def _of_layer(record: Record) -> Row:
    """The properties of a record or row of an additional layer."""
    found: Row = {}
    for key, value in with_personal(record, lambda text: {PERSONAL: text}).items():
        if key in VALIDITY:
            found[key] = {"time": value}
        else:
            found[key] = value if isinstance(value, dict) else _json(value)
    return found


async def occupied(graph: Graph, tenant: str) -> bool:
    """Whether a tenant has twins or definitions."""
    record = await graph.read("archive/occupied", tenant=tenant)
    return bool(record and record[0])


async def write(graph: Graph, keyring: Keyring, rows: Callable[[], Iterable[Row]]) -> int:
    """Write rows to the database, all or none, and return their number. Each call of `rows` starts at the first.

    `invalid-archive` if a row does not fit this schema, or refers to one that does not exist.
    """
    labels = LABELS | SHOWN_LABELS | graph.layers.labels

    async def work(tx: Transaction) -> int:
        made: dict[str, str] = {}
        written = 0
        async for nodes in _portions(rows(), lambda row: [[name(row), _labels(row, labels), *_stored(row, keyring)]]):
            record = await tx.run("archive/write_nodes", rows=nodes)
            made.update(record[0] if record else [])
            written += len(nodes)
        async for edges in _portions(rows(), lambda row: [_written(row, edge, made, keyring) for edge in row["edges"]]):
            await tx.run("archive/write_edges", rows=edges)
        return written

    return await graph.write(work)


async def _portions(rows: Iterable[Row], make: Callable[[Row], list[Any]]) -> AsyncIterator[list[Any]]:
    """What `make` builds of rows, one portion at a time; both run in a thread."""
    made = (each for row in rows for each in make(row))
    while some := await asyncio.to_thread(lambda: list(islice(made, ROWS_AT_ONCE))):
        yield some


def _labels(row: Row, known: frozenset[str]) -> list[str]:
    if not set(row["labels"]) <= known or row["kind"] not in row["labels"]:
        raise _invalid(f"A row has labels that no archive has: {row['labels']}.")
    labels: list[str] = row["labels"]
    return labels


def _written(row: Row, edge: Row, made: Mapping[str, str], keyring: Keyring) -> list[Any]:
    """A relationship between nodes that were written."""
    if edge["type"] not in TYPES or edge["to"] not in made:
        raise _invalid(f"A row of {row['kind']} leads to {edge['to']}, which the archive does not have.")
    values, moments = _stored(edge, keyring)
    return [made[name(row)], edge["type"], values, made[edge["to"]], moments]


def line(json: Any) -> bytes:
    """A row, or what is built of rows, as canonical JSON (RFC 8785).

    With ASCII names and only integers and plain decimals as numbers, sorted names suffice.
    """
    return orjson.dumps(json, option=orjson.OPT_SORT_KEYS)


def name(row: Row) -> str:
    """The name of a row in an archive: its kind and key."""
    return f"{row['kind']} {row['key']}"


class _Edge(NamedTuple):
    """A relationship between two nodes by their internal ids; with the far node if the query returned only that one."""

    start: str
    end: str
    type: str
    properties: dict[str, Any]
    source: Row | None


class _Shown:
    """The stored rows of one twin, or of none, as an archive contains them: in the clear, as far as the keys exist."""

    def __init__(self, keyring: Keyring, twin: str) -> None:
        self._personal = PersonalTexts(keyring)
        self._keyring = keyring
        self._twin = twin
        self._openers: dict[str, Callable[[bytes, str], bytes]] = {}

    def nodes(self, found: Sequence[Any]) -> dict[str, Row]:
        """Rows by the internal ids of their nodes, without relationships."""
        return {id_: self._node(labels, values) for id_, labels, values in found}

    def edges(self, found: Sequence[Any]) -> list[_Edge]:
        """The relationships."""
        return [
            _Edge(
                start,
                end,
                type_,
                self._values(values, f"decision:{values.get('revision_id')}", type_ in FURTHER) if values else {},
                None if source is None else self._node(*source),
            )
            for start, type_, values, end, source in found
        ]

    def _node(self, labels: Sequence[str], values: Mapping[str, Any]) -> Row:
        kind, ordered = _kind(tuple(labels))
        key = "/".join([str(values[part]) for part in KEYS.get(kind, ("id",))])
        shown = self._values(values, f"{CONTEXTS.get(kind, '')}:{values.get('id')}", LABEL in labels)
        return {"kind": kind, "key": key, "labels": ordered, "properties": shown, "edges": []}

    def _values(self, values: Mapping[str, Any], context: str, further: bool) -> dict[str, Any]:
        owner, moments = values.get("twin") or self._twin, VALIDITY if further else MOMENTS
        shown: dict[str, Any] = {}
        for key, value in values.items():
            if value is None or key == LOCK:
                continue
            if key == SEALED:
                shown[key] = self._unsealed(owner, bytes(value), context)
            elif type(value) is not str:
                shown[key] = _json(value)
            elif key in moments:
                shown[key] = {"time": _utc(value)}
            else:
                shown[key] = self._opened(owner, value) if value.startswith(MARK) else value
        return shown

    def _unsealed(self, owner: str, sealed: bytes, context: str) -> Any:
        if owner not in self._openers:
            self._openers[owner] = self._keyring.opener(owner)
        try:
            return {SEALED: self._openers[owner](sealed, context).decode(), "context": context}
        except Fault as fault:
            if fault.code != "key-missing":
                raise
            return _json(sealed)  # its key is destroyed

    def _opened(self, owner: str, text: str) -> Any:
        """A text of a personal attribute, in the clear; unchanged if its key was destroyed."""
        try:
            return {PERSONAL: self._personal.open(owner, text)}
        except Fault as fault:
            if fault.code != "key-missing":
                raise
            return text


def _joined(rows: dict[str, Row], edges: Sequence[_Edge]) -> list[Row]:
    """The rows in order, each with its relationships in order."""
    rows = {**{edge.end: edge.source for edge in edges if edge.source is not None}, **rows}
    called = {id_: name(row) for id_, row in rows.items()}
    for edge in edges:
        rows[edge.start]["edges"].append({"type": edge.type, "to": called[edge.end], "properties": edge.properties})
    for row in rows.values():
        row["edges"].sort(key=_edge_order)
    return sorted(rows.values(), key=lambda row: (row["kind"], row["key"]))


def _edge_order(edge: Mapping[str, Any]) -> tuple[str, str, str]:
    return edge["type"], edge["to"], edge["properties"].get("revision_id", "")


@lru_cache(maxsize=1_000)
def _kind(labels: tuple[str, ...]) -> tuple[str, list[str]]:
    """The kind of a node with these labels, and the labels in order."""
    ordered = sorted(labels)
    return next(label for label in ordered if label not in BESIDE), ordered


def text_of(value: Any) -> str:
    """A readable text of an archive, whether or not it is sealed in the store."""
    return str(value[PERSONAL] if isinstance(value, dict) and PERSONAL in value else value)


@lru_cache(maxsize=50_000)
def _utc(written: str) -> str:
    """A moment that the store wrote as text, in the format of archives."""
    return codec.text(codec.moment(written))


def _json(value: Any) -> Any:
    """A stored value as JSON."""
    if isinstance(value, datetime):
        return {"time": codec.text(value)}
    if isinstance(value, bytes | bytearray):
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return value if abs(value) < EXACT else {"integer": str(value)}
    if isinstance(value, float):
        written = repr(value)
        return {"float": written} if value.is_integer() or not DECIMAL.match(written) else value
    if isinstance(value, list):
        return [_json(each) for each in value]
    raise TypeError(type(value).__name__)


def _stored(row: Row, keyring: Keyring) -> tuple[dict[str, Any], dict[str, str]]:
    """The properties of a node or a relationship as they are stored; moments separately, as text."""
    values: dict[str, Any] = {}
    moments: dict[str, str] = {}
    owner = row["properties"].get("twin", "")
    for key, json in row["properties"].items():
        if isinstance(json, dict) and key in MOMENTS and isinstance(written := json.get("time"), str):
            moments[key] = _utc(written)
        else:
            values[key] = _value(json, keyring, owner)
    return values, moments


def _value(json: Any, keyring: Keyring, twin: str) -> Any:
    """A value of an archive as it is stored."""
    match json:
        case {"time": str(text)}:
            return codec.moment(text)
        case {"bytes": str(text)}:
            return base64.b64decode(text)
        case {"integer": str(text)}:
            return int(text)
        case {"float": str(text)}:
            return float(text)
        case {"personal": str(text)}:
            return PersonalTexts(keyring).seal(twin, text)
        case {"sealed": str(text), "context": str(context)}:
            return keyring.seal(twin, text.encode(), context)
        case list():
            return [_value(each, keyring, twin) for each in json]
        case dict():
            raise _invalid(f"A value of an unknown kind: {sorted(json)}.")
        case _:
            return json


def _invalid(message: str) -> Incorrect:
    return Incorrect("invalid-archive", message)
