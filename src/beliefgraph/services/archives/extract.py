"""The export of a partially permitted twin: the rows of the permitted part, at every rev. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from beliefgraph.model.commit import Commit
from beliefgraph.services.permissions.replay import Replay
from beliefgraph.store.archives import Row, name, of_publication, of_record
from beliefgraph.store.codec import text
from beliefgraph.store.layer_rows import Layers

REACHED = ("Source", "Purpose")
"""Kinds of rows that are included if another row leads to them."""

OF_THE_TWIN = ("id", "tenant", "name", "rev")
"""Properties of the twin itself that reveal nothing about what is refused."""

CONTESTS = "CONTESTS"


def extract(rows: Sequence[Row], replay: Replay, layers: Layers) -> list[Row]:
    """The stored rows of a twin that remain, given what the permitted part published.

    These are the rows that counted at some rev, their origins, the commits that brought any of them, and what was
    derived from them alone, as of every rev. Forecasts, identifiers, permissions and quarantined events concern the
    whole twin, and are left out.
    """
    edges = {name(row): row["edges"] for row in rows}
    kept = {name(row): row for row in _kept(rows, replay, layers)}
    revisions = {*replay.revisions, ""}
    found = [{**row, "edges": _edges(edges.get(called, ()), kept, revisions)} for called, row in kept.items()]
    for row in found:
        if row["kind"] == "Twin":
            row["properties"] = {key: row["properties"][key] for key in OF_THE_TWIN}
            published = (of_publication(each, layers) for each in replay.publications())
            own = (edge for edge in row["edges"] if edge["type"] == CONTESTS)
            row["edges"] = sorted((*own, *published), key=_order)
    reached = {edge["to"] for row in found for edge in row["edges"]}
    found += [{**row, "edges": []} for row in rows if row["kind"] in REACHED and name(row) in reached]
    return sorted(found, key=lambda row: (row["kind"], row["key"]))


def _order(edge: Row) -> tuple[str, str, int]:
    return edge["type"], edge["to"], edge["properties"]["rev_from"]


def _kept(rows: Sequence[Row], replay: Replay, layers: Layers) -> Iterator[Row]:
    """The twin, its records, the rows about them and its commits; an event is left out if any part of it is.

    Records are as they were created: their stored properties describe their state in the whole twin.
    """
    assert replay.state is not None
    for records in replay.state.made.values():
        yield from (of_record(each, layers) for each in records.values())
    permitted: dict[str, list[bool]] = defaultdict(list)
    for row in rows:
        if row["kind"] == "Evidence":
            for edge in row["edges"]:
                if edge["type"] == "FROM":
                    permitted[edge["to"]].append(row["key"] in replay.evidence)
    for row in rows:
        match row["kind"]:
            case "Twin":
                yield row
            case "Evidence":
                if row["key"] in replay.evidence:
                    yield {**row, "labels": ["Evidence"]}
            case "Event":
                if all(permitted.get(name(row), [False])):
                    yield row
            case "Commit":
                change = replay.changes.get(row["properties"]["rev"])
                if change is not None:
                    yield {**row, "properties": _commit(row["properties"], change.commit)}


def _commit(stored: Mapping[str, object], commit: Commit) -> dict[str, object]:
    """The properties of a commit, with the head time of the permitted part, and without counts of the rest."""
    own = {key: value for key, value in stored.items() if key in Commit.model_fields}
    return own | {"head_time": {"time": text(commit.head_time)}}


def _edges(edges: Sequence[Row], kept: Mapping[str, Row], revisions: Collection[str]) -> list[Row]:
    """The relationships from a row that were included, to rows that remain or are reached."""
    return [
        edge
        for edge in edges
        if (edge["to"] in kept or edge["to"].split(" ", 1)[0] in REACHED)
        and edge["properties"].get("revision_id", "") in revisions
    ]
