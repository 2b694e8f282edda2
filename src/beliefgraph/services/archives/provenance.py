"""The provenance of an archive's beliefs, as W3C PROV-JSON: events, evidence, beliefs, sources, commits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from beliefgraph.store.archives import Row, text_of

PREFIX = "bg"
NAMESPACE = "urn:beliefgraph:"
AS: dict[str, str] = {
    "Event": "entity",
    "Evidence": "entity",
    "Belief": "entity",
    "Source": "agent",
    "Commit": "activity",
}
"""The PROV type of each kind of row."""

RELATIONS: dict[str, tuple[str, str, str]] = {
    "FROM": ("wasDerivedFrom", "prov:generatedEntity", "prov:usedEntity"),
    "REPORTED_BY": ("wasAttributedTo", "prov:entity", "prov:agent"),
    "CAUSED_BY": ("used", "prov:activity", "prov:entity"),
    "BEARS_ON": ("wasDerivedFrom", "prov:usedEntity", "prov:generatedEntity"),
}
"""For each relationship, the PROV relation and the roles of its two ends."""


def provenance(rows: Iterable[Row]) -> dict[str, Any]:
    """The PROV-JSON document for the rows of an archive."""
    document: dict[str, Any] = {"prefix": {PREFIX: NAMESPACE}}
    found: dict[str, list[dict[str, str]]] = {relation: [] for relation, _, _ in RELATIONS.values()}
    for row in rows:
        own = _name(row["kind"], row["key"])
        if row["kind"] in AS:
            document.setdefault(AS[row["kind"]], {})[own] = _about(row)
        for edge in row["edges"]:
            if edge["type"] in RELATIONS:
                relation, from_, to = RELATIONS[edge["type"]]
                found[relation].append({from_: own, to: _name(*edge["to"].split(" ", 1))})
    for relation, ends in found.items():
        if ends:
            document[relation] = {f"_:{relation}{n}": each for n, each in enumerate(ends)}
    return document


def _about(row: Row) -> dict[str, Any]:
    values = row["properties"]
    shown = {"prov:type": f"{PREFIX}:{row['kind']}"}
    label = values.get("statement") or values.get("summary") or values.get("name") or values.get("type")
    if label:
        shown["prov:label"] = text_of(label)
    if row["kind"] == "Commit":
        shown["prov:startTime"] = shown["prov:endTime"] = values["at"]["time"]
    return shown


def _name(kind: str, key: str) -> str:
    return f"{PREFIX}:{kind.lower()}/{key}"
