"""What is exported of a twin of which a part is permitted: the rows that this part has, at every rev. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from beliefgraph.model.commit import Commit
from beliefgraph.services.permissions.replay import Replay
from beliefgraph.store.archives import Row, name, of_publication, of_record
from beliefgraph.store.codec import text
from beliefgraph.store.layer_rows import Layers

REACHED = ("Source", "Purpose")
"""Kinds of rows that are there where another leads to them."""

OF_THE_TWIN = ("id", "tenant", "name", "rev")
"""Properties of the twin itself that say nothing of what is refused."""

CONTESTS = "CONTESTS"


def extract(rows: Sequence[Row], replay: Replay, layers: Layers) -> list[Row]:
    """The rows of a twin that are left of all that is stored, given what the part that is permitted published.

    They are what counted at some rev, where that came from, the commits that brought some of it, and what was derived
    from it alone, as of every rev. Forecasts, identifiers, permissions and what waits in quarantine are of all of the
    twin, and are not among it.
    """
    edges = {name(row): row["edges"] for row in rows}
    kept = {name(row): row for row in _kept(rows, replay, layers)}
    told = {*replay.revisions, ""}
    found = [{**row, "edges": _edges(edges.get(called, ()), kept, told)} for called, row in kept.items()]
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
    """The twin, its records, what speaks of them and its commits; an event is left out if anything that it said is.

    Records are as they were made: what is stored with them says how they stand in all of the twin.
    """
    assert replay.state is not None
    for records in replay.state.made.values():
        yield from (of_record(each, layers) for each in records.values())
    said: dict[str, list[bool]] = defaultdict(list)
    for row in rows:
        if row["kind"] == "Evidence":
            for edge in row["edges"]:
                if edge["type"] == "FROM":
                    said[edge["to"]].append(row["key"] in replay.evidence)
    for row in rows:
        match row["kind"]:
            case "Twin":
                yield row
            case "Evidence":
                if row["key"] in replay.evidence:
                    yield {**row, "labels": ["Evidence"]}
            case "Event":
                if all(said.get(name(row), [False])):
                    yield row
            case "Commit":
                change = replay.changes.get(row["properties"]["rev"])
                if change is not None:
                    yield {**row, "properties": _commit(row["properties"], change.commit)}


def _commit(stored: Mapping[str, object], commit: Commit) -> dict[str, object]:
    """The properties of a commit, at the head time of what is permitted, and without counts of the rest."""
    own = {key: value for key, value in stored.items() if key in Commit.model_fields}
    return own | {"head_time": {"time": text(commit.head_time)}}


def _edges(edges: Sequence[Row], kept: Mapping[str, Row], told: Collection[str]) -> list[Row]:
    """Of the relationships that start from a row those that were told, to rows that are left or are reached."""
    return [
        edge
        for edge in edges
        if (edge["to"] in kept or edge["to"].split(" ", 1)[0] in REACHED)
        and edge["properties"].get("revision_id", "") in told
    ]
