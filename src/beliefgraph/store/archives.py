"""The rows of an archive: nodes of the graph with the relationships that start from them, as JSON and back.

What is sealed is opened for the archive and sealed anew when it is imported. JSON has no moments, bytes or numbers
beyond 2**53, and canonical JSON writes 1.0 as 1; such a value is an object with one member that says what it is.
"""

from __future__ import annotations

import asyncio
import base64
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson

from beliefgraph.errors import Fault, Incorrect
from beliefgraph.store import codec
from beliefgraph.store.graph import Graph, Transaction
from beliefgraph.store.graph_schema import EDGES, NODES, EdgeRow, NodeRow
from beliefgraph.store.keys import Keyring
from beliefgraph.store.layer_rows import LABEL
from beliefgraph.store.personal import PersonalTexts, is_sealed
from beliefgraph.store.shown import LABELS as SHOWN_LABELS

Row = dict[str, Any]
"""A node: `kind`, `key`, `labels`, `properties` and `edges`, each of these with `type`, `to`, `properties`."""

LOCK = "lock"
"""What writers write to be one after the other; it says nothing."""

SEALED = "sealed"
NOT_SHOWN = frozenset((LOCK, SEALED))
_ROWS: tuple[NodeRow | EdgeRow, ...] = (*NODES, *EDGES)
MOMENTS = frozenset(name for row in _ROWS for name, kind in row.properties.items() if kind is datetime)
"""Properties that are moments; the queries return them as text."""

VALIDITY = frozenset({"valid_from", "valid_to"})
"""The moments of rows of further layers; others are text there, as the layers store them."""

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
"""What tells nodes of a kind apart, where it is not `id`."""

CONTEXTS = {"Evidence": "evidence", "Event": "event", "Quarantine": "quarantine"}
"""In which context the text of each kind of node is sealed, before its id."""

DECIMAL = re.compile(r"^-?\d+\.\d+$")
"""Numbers that every writer of JSON writes alike."""

LABELS = frozenset(row.label for row in NODES) - {"ApiKey", "Erasing", "Erasure", "Migration", "Checkpoint"}
TYPES = frozenset(row.name for row in EDGES)
BESIDE = frozenset({"Delivery", LABEL, *SHOWN_LABELS})
"""Labels that nodes have beside the one that says of which kind they are."""


async def of_twin(graph: Graph, keyring: Keyring, twin: str) -> list[Row]:
    """All rows of a twin, with what it said in the clear."""
    nodes, edges = await asyncio.gather(
        graph.read("archive/nodes", twin=twin), graph.read("archive/edges", twin=twin)
    )  # whoever needs both of one rev looks at the rev before and after
    return await asyncio.to_thread(_rows, nodes[0] if nodes else [], edges[0] if edges else [], keyring, twin)


async def of_tenant(graph: Graph, keyring: Keyring, tenant: str) -> list[Row]:
    """The rows of what is defined and learned in a tenant."""
    record = await graph.read("archive/definitions", tenant=tenant)
    return _rows(record[0], record[1], keyring, "") if record else []


async def occupied(graph: Graph, tenant: str) -> bool:
    """Whether a tenant has twins or definitions."""
    record = await graph.read("archive/occupied", tenant=tenant)
    return bool(record and record[0])


async def write(graph: Graph, keyring: Keyring, rows: Sequence[Row]) -> None:
    """Write rows to the database, all of them or none."""
    nodes = [[name(row), row["labels"], _stored(row, keyring)] for row in rows]
    edges = [(name(row), edge["type"], _stored(edge, keyring), edge["to"]) for row in rows for edge in row["edges"]]

    async def work(tx: Transaction) -> None:
        made: dict[str, str] = {}
        for at in range(0, len(nodes), ROWS_AT_ONCE):
            record = await tx.run("archive/write_nodes", rows=nodes[at : at + ROWS_AT_ONCE])
            made.update(record[0] if record else [])
        for at in range(0, len(edges), ROWS_AT_ONCE):
            some = [[made[a], type_, values, made[b]] for a, type_, values, b in edges[at : at + ROWS_AT_ONCE]]
            await tx.run("archive/write_edges", rows=some)

    await graph.write(work)


def check(rows: Iterable[Row], further: Collection[str] = ()) -> None:
    """Refuse (`invalid-archive`) rows that are none of this schema, or that lead to rows which are not there.

    `further` are the labels of further layers.
    """
    rows, labels = list(rows), LABELS.union(SHOWN_LABELS, further)
    known = {name(row) for row in rows}
    for row in rows:
        if not set(row["labels"]) <= labels or row["kind"] not in row["labels"]:
            raise _invalid(f"A row has labels that no archive has: {row['labels']}.")
        for edge in row["edges"]:
            if edge["type"] not in TYPES or edge["to"] not in known:
                raise _invalid(f"A row of {row['kind']} leads to {edge['to']}, which the archive does not have.")


def line(json: Any) -> bytes:
    """A row, or what is made of rows, as canonical JSON (RFC 8785).

    With names in ASCII and no numbers but integers and plain decimals, sorted names are all that it asks for.
    """
    return orjson.dumps(json, option=orjson.OPT_SORT_KEYS)


def name(row: Row) -> str:
    """What a row is called in an archive: its kind and key."""
    return f"{row['kind']} {row['key']}"


def _rows(nodes: Sequence[Any], edges: Sequence[Any], keyring: Keyring, twin: str) -> list[Row]:
    rows: dict[str, Row] = {id_: _node(labels, values, keyring, twin) for id_, labels, values in nodes}
    starting: dict[str, list[Row]] = defaultdict(list)
    for from_, type_, values, to, source in edges:
        if source is not None and to not in rows:
            rows[to] = _node(source[0], source[1], keyring, twin)
        context = f"decision:{values.get('revision_id')}"
        moments = VALIDITY if LABEL in rows[to]["labels"] else MOMENTS
        edge = {"type": type_, "to": name(rows[to]), "properties": _shown(values, keyring, twin, context, moments)}
        starting[from_].append(edge)
    for id_, row in rows.items():
        row["edges"] = sorted(starting[id_], key=line)
    return sorted(rows.values(), key=lambda row: (row["kind"], str(row["key"])))


def _node(labels: Collection[str], values: Mapping[str, Any], keyring: Keyring, twin: str) -> Row:
    kind = next(label for label in sorted(labels) if label not in BESIDE)
    key = "/".join(str(values[part]) for part in KEYS.get(kind, ("id",)))
    moments = VALIDITY if LABEL in labels else MOMENTS
    shown = _shown(values, keyring, twin, f"{CONTEXTS.get(kind, '')}:{values.get('id')}", moments)
    return {"kind": kind, "key": key, "labels": sorted(labels), "properties": shown, "edges": []}


def _shown(
    values: Mapping[str, Any], keyring: Keyring, twin: str, context: str, moments: Collection[str]
) -> dict[str, Any]:
    owner = values.get("twin") or twin
    shown: dict[str, Any] = {}
    for key, value in values.items():
        if type(value) is str and key != LOCK:
            if key in moments:
                shown[key] = {"time": _utc(value)}
            else:
                shown[key] = _opened(value, keyring, owner) if is_sealed(value) else value
        elif value is not None and key not in NOT_SHOWN:
            shown[key] = _json(value)
    if values.get(SEALED) is not None:
        sealed = bytes(values[SEALED])
        try:
            text = keyring.unseal(owner, sealed, context).decode()
            shown[SEALED] = {"sealed": text, "context": context}
        except Fault as fault:
            if fault.code != "key-missing":
                raise
            shown[SEALED] = _json(sealed)  # nobody can read it any more
    return shown


def _opened(text: str, keyring: Keyring, twin: str) -> Any:
    """A text of a personal attribute, in the clear; as it is if its key was destroyed."""
    try:
        return {PERSONAL: PersonalTexts(keyring).open(twin, text)}
    except Fault as fault:
        if fault.code != "key-missing":
            raise
        return text


def text_of(value: Any) -> str:
    """A text of an archive for people, whether it is sealed in the store or not."""
    return str(value[PERSONAL] if isinstance(value, dict) and PERSONAL in value else value)


@lru_cache(maxsize=50_000)
def _utc(written: str) -> str:
    """A moment that the store wrote as text, as archives have it."""
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


def _stored(row: Row, keyring: Keyring) -> dict[str, Any]:
    """The properties of a node or a relationship as they are stored."""
    values = row["properties"]
    return {key: _value(value, keyring, values.get("twin", "")) for key, value in values.items()}


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
