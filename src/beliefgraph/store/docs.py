"""The page that describes the graph: `python -m beliefgraph.store.docs > docs/graph-schema.md`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from beliefgraph.store.graph_schema import EDGES, NODES, EdgeRow, NodeRow, constraints

INTRODUCTION = """\
# The graph's schema

Made from `store/graph_schema.py` by `python -m beliefgraph.store.docs`; a test holds the two together.

Everything that changes is a relationship; nodes are identities that stay. A relationship that carries state is a
**revision** of one fact, its `key`: true in the person's world over [`valid_from`, `valid_to`), and known to the store
over [`rev_from`, `rev_to`) of its twin's revs. Intervals are half-open. An open end is a sentinel, so that an index
finds it: `valid_to` = 9999-01-01T00:00Z, `rev_to` = 2147483647. How to ask at both times is in
[analysts.md](analysts.md).
"""

TYPES: Mapping[type[Any], str] = MappingProxyType(
    {
        str: "STRING",
        int: "INTEGER",
        float: "FLOAT",
        bool: "BOOLEAN",
        datetime: "ZONED DATETIME",
        list: "LIST<STRING>",
        bytes: "BYTE ARRAY",
    }
)

MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "actor": "who asked for it",
        "at": "when it was stored; never runs backwards in a twin",
        "attribute": "what it is about, as a definition names it",
        "cause": "what kind of thing made it: observed, asserted, corrected, …",
        "context": "the situation it applies in; `any`",
        "created_at": "when it was made",
        "deadline": "until when it is to be achieved; absent: no deadline",
        "definition": "catalog and version it was written under, `buying@1.2.0`",
        "definitions": "number of the definition set it was derived under",
        "domain": "world, product, needs, …, as its definition says",
        "error": "error bar of an approximation, in log-odds either way, on a grid of 0.01; absent: none",
        "event": "id of the event it was read from",
        "evidence": "id of the evidence that states it",
        "half_life": "seconds in which it loses half its force; absent: never",
        "shared_origin": "what it has in common with other evidence on the belief, where it has",
        "source_kind": "the kind of source that spoke, where one was named",
        "head_time": "the twin's now: the greatest valid time it has seen",
        "id": "UUIDv5 of what it is",
        "importance": "how much it is expected to matter, in [0, 1], on a grid of 0.01",
        "key": "the fact that this is a revision of, stable",
        "last_updated": "when its newest commit was stored",
        "log_likelihood_ratio": "how much likelier the observation is if the belief holds; natural log",
        "log_odds": "what was published, on a grid of 0.01; absent: unavailable",
        "motivation": "how much of its importance calls for work on it now, in [0, 1], on a grid of 0.01",
        "name": "as the application names it",
        "origin": "provided (somebody said so), observed (an event showed it) or inferred (the engine derived it)",
        "person": "the one twin that the key belongs to, where a person holds it",
        "prior": "probability before any evidence; absent: categorical",
        "priority": "how much it matters in itself, in [0, 1]; absent: only for what it serves",
        "progress": "how far it has come, in [0, 1]",
        "purpose": "to what end",
        "purposes": "what it may be used for",
        "quality": "exact; approximate or unreliable: the twin is too wide to be exact; or unavailable: no answer",
        "reason": "what changed it, in a sentence",
        "rev": "the twin's counter, +1 for every commit",
        "rev_from": "first rev that knew it",
        "rev_to": "first rev that knew better",
        "revision_id": "id of this one revision",
        "revoked_at": "when it was ended; absent: it is in force",
        "scopes": "what it may do: read, write, correct, define, erase",
        "source": "id of the source that said so",
        "speaker": "id of the source that said so",
        "stance": "observation, assertion, correction or retraction",
        "statement": "what it says, in words",
        "status": "forming, established, contested, dissolving, dissolved or retracted",
        "subject": "whom or what it is about; `self`",
        "summary": "what was observed, in plain words",
        "tenant": "whose it is",
        "time": "valid time of the event",
        "title": "what it is called, in plain words",
        "twin": "id of the twin it belongs to",
        "valid_from": "when it begins to hold",
        "valid_to": "when it ceases to hold",
        "value": "which value of a categorical attribute; absent: it has none",
        "weight": "how much of the importance passes along it, in (0, 1]",
    }
)
"""What a property means that a record declares; `extra` in `graph_schema` says the others."""

SPECIAL: Mapping[str, str] = MappingProxyType(
    {
        "Attribute.key": "the attribute's dotted name",
        "Definition.key": "the attribute's dotted name",
        "Definition.statement": "the sentence template, may name {subject} and {context}",
        "Holding.valid_from": "the head time it was derived at",
        "PURSUES.valid_from": "the head time it was derived at",
        "PURSUES.key": "id of the goal",
        "PURSUES.status": "proposed, active, blocked, achieved or abandoned",
        "STATES.status": "proposed, active, blocked, achieved or abandoned; absent: not named",
        "STATES.progress": "how far it has come, in [0, 1]; absent: not named",
        "STATES.deadline": "absent: not named",
        "Goal.key": "as the application names it",
        "Decision.key": "as the application names it",
        "DECIDES.valid_from": "the head time it was derived at",
        "DECIDES.key": "id of the decision",
        "DECIDES.status": "open, decided or done",
        "DECIDES.chosen": "the key of the option chosen; absent: none yet",
        "DECIDES.expected": "how good it was expected to be, in [-1, 1]; absent: not told",
        "DECIDES.actual": "how good it was, in [-1, 1]; absent: not told",
        "TELLS.chosen": "the key of an option",
        "TELLS.expected": "how good it is expected to be, in [-1, 1]",
        "TELLS.actual": "how good it was, in [-1, 1]",
        "HOLDS.valid_from": "the head time it was derived at",
        "Commit.purpose": "to what end, as the caller's key lists it",
        "IDENTIFIES.key": "keyed hash of the identifier",
        "HOLDS.key": "id of the belief",
        "MEASURES.valid_from": "the head time it was derived at",
        "MEASURES.key": "id of the metric",
        "MEASURES.value": "what was published, to hundredths; absent: unknown",
        "MEASURES.label": "the most frequent label, where the metric is a mode",
        "MEASURES.band": "the lower end of the band it was in; absent: none",
        "COUNTS_IN.value": "what it adds to a sum",
        "COUNTS_IN.label": "what it is called: counted by a mode, or pairing it with its follow-up",
        "COUNTS_IN.answers": "whether it is a follow-up, which answers others",
        "Metric.name": "the metric's dotted name, as its definition has it",
        "ApiKey.actor": "on whose behalf it speaks",
        "ApiKey.id": "what it is called when it is listed or revoked",
        "Twin.definitions": "number of the definition set its newest commit was derived under",
    }
)
"""Where the same name says something more particular."""


def schema_page() -> str:
    """The whole page."""
    parts = [INTRODUCTION, "## Picture\n", "```mermaid", *_diagram(), "```\n", "## Nodes\n"]
    for node in NODES:
        parts += [f"### {node.label}\n", f"{node.meaning}\n", *_table(node.label, node), ""]
    parts.append("## Relationships\n")
    for edge in EDGES:
        parts += [f"### (:{edge.start})-[:{edge.name}]->(:{edge.end})\n", f"{edge.meaning}\n"]
        if edge.properties:
            parts += [*_table(edge.name, edge), ""]
    parts += ["## Constraints and indexes\n", "```cypher", *(f"{statement};" for statement in constraints()), "```", ""]
    return "\n".join(parts)


def meaning(owner: str, row: NodeRow | EdgeRow, name: str) -> str:
    """What a property means; an empty text if nobody has said."""
    if name in row.extra:
        return row.extra[name][1]
    return SPECIAL.get(f"{owner}.{name}") or MEANINGS.get(name, "")


def _table(owner: str, row: NodeRow | EdgeRow) -> Iterator[str]:
    yield "| property | type | meaning |"
    yield "|---|---|---|"
    for name, kind in row.properties.items():
        yield f"| `{name}` | {TYPES[kind]} | {meaning(owner, row, name)} |"
    unique = "; ".join(", ".join(keys) for keys in row.unique)
    if unique:
        yield f"\nUnique: {unique}."


def _diagram() -> Iterator[str]:
    """The labels and what joins them, for Mermaid; relationships between the same two share an arrow."""
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
