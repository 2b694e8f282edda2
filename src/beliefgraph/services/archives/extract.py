"""What is exported of a twin of which a part is permitted: the rows of the twin that exists under it. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from beliefgraph.model.revision import Publication, Revision, Statement
from beliefgraph.services.twin.blocks import Block, Ids, Rows, unpacked
from beliefgraph.services.twin.state import TwinState
from beliefgraph.store.archives import PUBLISHED, STORED, Row, name, of_publication, of_record

REACHED = ("Source", "Purpose")
"""Kinds of rows that are there where another leads to them."""

OF_THE_TWIN = ("id", "tenant", "name", "rev")
"""Properties of the twin itself that say nothing of what is refused."""


def extract(rows: Sequence[Row], state: TwinState) -> list[Row]:
    """The rows of a twin that are left of all that is stored, given the twin as it exists under a permission.

    It is the twin as it stands now: what counts, where that comes from, and what was derived from it alone. Commits,
    forecasts, identifiers and what waits in quarantine are of all of the twin, and are not among it.
    """
    kept = {name(row): row for row in _kept(rows, state)}
    edges = {name(row): row["edges"] for row in rows}
    revisions = _revisions(state)
    found = [{**row, "edges": _edges(edges[called], kept, revisions)} for called, row in kept.items()]
    for row in found:
        if row["kind"] == "Twin":
            row["properties"] = {key: row["properties"][key] for key in OF_THE_TWIN}
            row["edges"] = sorted(
                (
                    edge
                    for kind, published in state.rows.items()
                    if kind in PUBLISHED
                    for each in published.values()
                    if isinstance(each, Publication) and (edge := of_publication(each))["to"] in kept
                ),
                key=lambda edge: (edge["type"], edge["to"]),
            )
    reached = {edge["to"] for row in found for edge in row["edges"]}
    found += [{**row, "edges": []} for row in rows if row["kind"] in REACHED and name(row) in reached]
    return sorted(found, key=lambda row: (row["kind"], row["key"]))


def _kept(rows: Sequence[Row], state: TwinState) -> Iterator[Row]:
    """The twin, its records and what speaks of them; an event is left out if anything that it said is.

    Records are as they were made: what is stored with them says how they stand in all of the twin.
    """
    stored = {name(row) for row in rows}
    for kind, records in state.made.items():
        if kind not in STORED:
            continue  # of a further layer, which an extract does not have
        yield from (made for each in records.values() if name(made := of_record(each)) in stored)
    evidence = set(_evidence(state))
    said: dict[str, list[bool]] = defaultdict(list)
    for row in rows:
        if row["kind"] == "Evidence":
            for edge in row["edges"]:
                if edge["type"] == "FROM":
                    said[edge["to"]].append(row["key"] in evidence)
    for row in rows:
        match row["kind"]:
            case "Twin":
                yield row
            case "Evidence":
                if row["key"] in evidence:
                    yield {**row, "labels": ["Evidence"]}
            case "Event":
                if all(said.get(name(row), [False])):
                    yield row


def _edges(edges: Sequence[Row], kept: Mapping[str, Row], revisions: Collection[str]) -> list[Row]:
    """Of the relationships that start from a row those in force, to rows that are left or are reached."""
    return [
        edge
        for edge in edges
        if (edge["to"] in kept or edge["to"].split(" ", 1)[0] in REACHED)
        and edge["properties"].get("revision_id", "") in revisions
    ]


def _evidence(state: TwinState) -> Iterator[str]:
    """The evidence that a twin has."""
    for table in (state.bearings, state.measurements):
        yield from _column(table, lambda block: block.evidence)
    for rows in state.rows.values():
        yield from (row.evidence for row in rows.values() if isinstance(row, Statement))


def _revisions(state: TwinState) -> set[str]:
    """The ids of what a twin was told, and "" for relationships that have none; what definitions draw is not told."""
    told = {""}
    for table in (state.bearings, state.measurements):
        told.update(_column(table, lambda block: block.revision))
    for kind, rows in state.rows.items():
        if not issubclass(kind, Publication):
            told.update(
                row.revision_id for row in rows.values() if isinstance(row, Revision) and row.origin != "inferred"
            )
    return told


def _column(table: Rows[Any, Any, Any], column: Callable[[Block], Ids]) -> Iterator[str]:
    """The ids in a column of the rows that the rev of a twin sees."""
    for block in table.blocks:
        yield from unpacked(column(block)[block.seen(table.rev)])
