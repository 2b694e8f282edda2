"""The page that describes the graph: `python -m beliefgraph.store.docs > docs/graph-schema.md`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from beliefgraph.model.vocabulary import literals
from beliefgraph.store.graph_schema import EDGES, NODES, EdgeRow, NodeRow, constraints

INTRODUCTION = """\
# The graph's schema

Generated from `store/graph_schema.py` and the records in `model/` by `python -m beliefgraph.store.docs`; a test
compares them.

Everything that changes is a relationship; nodes are permanent identities. A relationship that carries state is a
**revision** of one fact, its `key`: valid in the person's world over [`valid_from`, `valid_to`), and current in the
store over [`rev_from`, `rev_to`) of its twin's revs. Intervals are half-open. A value that is null is not stored,
except open ends: these are sentinels, so that an index finds them (`valid_to` = 9999-01-01T00:00Z, `rev_to` =
2147483647). [analysts.md](analysts.md) shows how to query both time axes.
"""

TYPES: Mapping[type[Any], str] = MappingProxyType(
    {
        str: "STRING",
        int: "INTEGER",
        float: "FLOAT",
        bool: "BOOLEAN",
        datetime: "ZONED DATETIME",
        list: "LIST<STRING>",
        list[float]: "LIST<FLOAT>",
        bytes: "BYTE ARRAY",
    }
)


def schema_page() -> str:
    """The whole page."""
    parts = [INTRODUCTION, "## Picture\n", "```mermaid", *_diagram(), "```\n", "## Nodes\n"]
    for node in NODES:
        parts += [f"### {node.label}\n", f"{node.meaning}\n", *_table(node), ""]
    parts.append("## Relationships\n")
    for edge in EDGES:
        parts += [f"### (:{edge.start})-[:{edge.name}]->(:{edge.end})\n", f"{edge.meaning}\n"]
        if edge.properties:
            parts += [*_table(edge), ""]
    parts += ["## Constraints and indexes\n", "```cypher", *(f"{statement};" for statement in constraints()), "```", ""]
    return "\n".join(parts)


def meaning(row: NodeRow | EdgeRow, name: str) -> str:
    """The description of a property, from its record or the store's own list; an empty text if neither has one."""
    if name in row.extra:
        return row.extra[name][1]
    if row.record is None:
        return ""
    info = row.record.model_fields[name]
    words = literals(info.annotation)
    return (info.description or "") + (f" One of {', '.join(words)}." if words else "")


def _table(row: NodeRow | EdgeRow) -> Iterator[str]:
    yield "| property | type | meaning |"
    yield "|---|---|---|"
    for name, kind in row.properties.items():
        yield f"| `{name}` | {TYPES[kind]} | {meaning(row, name)} |"
    unique = "; ".join(", ".join(keys) for keys in row.unique)
    if unique:
        yield f"\nUnique: {unique}."


def _diagram() -> Iterator[str]:
    """The labels and relationship types, for Mermaid; relationships between the same two labels share an arrow."""
    yield "flowchart LR"
    joined: dict[tuple[str, str], list[str]] = {}
    for edge in EDGES:
        joined.setdefault((edge.start, edge.end), []).append(edge.name)
    for (start, end), names in joined.items():
        yield f"  {start} -- {' | '.join(names)} --> {end}".replace(" | ", "<br/>")
    alone = [node.label for node in NODES if not any(node.label in pair for pair in joined)]
    for label in alone:
        yield f"  {label}"


if __name__ == "__main__":
    print(schema_page(), end="")
