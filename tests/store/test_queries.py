"""Every query the program runs, read by Neo4j's own planner: it knows all its words and scans nothing that grows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from neo4j import AsyncDriver

from beliefgraph.store.graph import Graph
from beliefgraph.store.graph_schema import EDGES, NODES, EdgeRow, NodeRow, constraints, retired
from beliefgraph.store.migrations import migrate
from beliefgraph.store.queries import cypher_folder, file_text, query

PARAMETER = re.compile(r"\$([a-z_]+)")
COMMENT = re.compile(r"//.*$", re.MULTILINE)

SCANS = {"AllNodesScan", "AllRelationshipsScan", "NodeByLabelScan", "CartesianProduct"}
"""What a query may not do; `DirectedRelationshipTypeScan`, `NodeIndexScan` and their like are found by their endings.

The planner takes an index that was never sampled for empty, and reads all of it unless `USING INDEX SEEK` forbids that.
"""

PARAMETER_MISSING = "01N60"
"""What `EXPLAIN` says of every query that is read without its parameters."""

INDEX_USED = re.compile(r"(?:\b\w*:|\[\w*:)(\w+)\(([\w, ]+)\)")
"""How a plan names the index that an operator seeks in."""

PRESCRIBED = re.compile(r"USING INDEX SEEK \w+:(\w+)\(([\w, ]+)\)")
MERGED = re.compile(r"MERGE \(\w*:(\w+) \{")
"""Labels of nodes that are found or made by what is unique in them; such a search takes no `USING INDEX`."""

NOT_SHOWN: dict[tuple[str, tuple[str, ...]], str] = {
    ("Commit", ("twin", "at")): "`twin/moment` names it with USING INDEX, in a branch of a CASE that plans do not show",
}
"""Indexes of which no plan shows a seek, each with the reason for which it is kept."""

ALLOWED: dict[tuple[str, str], str] = {
    ("caller/list", "NodeByLabelScan"): "lists every key, which is what is asked; keys are few",
    ("migrations/taken", "NodeByLabelScan"): "migrations are few, and read at the start alone",
    ("migrations/grid", "DirectedRelationshipTypeScan"): "a migration rewrites every open holding, once",
    ("erasure/unfinished", "NodeByLabelScan"): "a label that nodes carry for seconds",
    ("erasure/receipts", "NodeIndexScan"): "lists every receipt, which is what is asked",
    ("erasure/finish", "NodeByLabelScan"): "the person's keys; keys are few",
    ("copy/state", "CartesianProduct"): "one node with one number",
    ("event/evidence_ids", "CartesianProduct"): "one source, found by its unique id, with the evidence of one twin",
    ("caller/forget", "NodeByLabelScan"): "the same, where the keys lie in another database",
    **{
        (name, "CartesianProduct"): "one node with one node, each found by its unique id, for each row"
        for name in (
            "archive/write_edges",
            "commit/decisions",
            "commit/goals",
            "copy/join",
            "commit/identifiers",
            "commit/metrics",
            "commit/relations",
            "commit/write",
            "definition/publish",
            "layer/write",
        )
    },
}

NAMES = sorted(
    str(path.relative_to(cypher_folder()).with_suffix(""))
    for path in cypher_folder().rglob("*.cypher")
    if path.parent.name != "browser"
)


@cache
def declared(name: str) -> frozenset[str]:
    """The parameters that the head of a query names, without what it says of them in brackets."""
    head = "".join(line[2:] for line in file_text(name).splitlines() if line.startswith("//"))
    named = re.search(r"params:(.*?)(?:returns:|$)", head, re.DOTALL)
    return frozenset(PARAMETER.findall(re.sub(r"[(\[{][^)\]}]*[)\]}]", "", named[1]))) if named else frozenset()


def body(name: str) -> str:
    return COMMENT.sub("", file_text(name))


def test_every_query_that_is_named_in_the_source_exists_and_every_query_is_named() -> None:
    source = Path(__file__).parents[2] / "src" / "beliefgraph"
    text = "".join(
        p.read_text(encoding="utf-8") for room in ("store", "services") for p in (source / room).rglob("*.py")
    )
    assert [name for name in NAMES if f'"{name}"' not in text] == []


@pytest.mark.parametrize("name", NAMES)
def test_its_head_says_what_it_returns_and_names_exactly_the_parameters_it_uses(name: str) -> None:
    lines = file_text(name).splitlines()
    assert re.match(r"// [A-Z].*", lines[0])
    head = [line for line in lines if line.startswith("//")]
    assert lines[: len(head)] == head
    assert any(line.startswith("// returns: one record") for line in head)
    (mode,) = [line.removeprefix("// mode: ") for line in head if line.startswith("// mode: ")]
    writes = re.search(r"\b(CREATE|MERGE|SET|DELETE|REMOVE)\b", body(name))
    assert mode == ("write" if writes else "read")
    assert declared(name) == set(PARAMETER.findall(body(name)))


@pytest.mark.parametrize("name", NAMES)
async def test_the_planner_knows_every_word_of_it_and_finds_what_it_needs_by_index(graph: Graph, name: str) -> None:
    await _every_word_known(graph)
    plan, notes = await _explained(graph, query(name))
    assert notes == []
    operators = {operator.split("@")[0] for operator in _operators(plan)}
    scans = {o for o in operators if o in SCANS or o.endswith(("RelationshipTypeScan", "IndexScan"))}
    assert scans <= {scan for of, scan in ALLOWED if of == name}


@pytest.mark.parametrize("name", NAMES)
async def test_it_prescribes_every_index_that_it_seeks_in(graph: Graph, name: str) -> None:
    """Else the planner may read the whole of an index that was never sampled, which it takes for empty."""
    await _every_word_known(graph)
    plan, _ = await _explained(graph, query(name))
    prescribed = set(PRESCRIBED.findall(body(name)))
    merged = set(MERGED.findall(body(name)))
    sought = INDEX_USED.findall(" ".join(_details(plan, "Seek")))
    assert {(owner, keys) for owner, keys in sought if owner not in merged} <= prescribed


async def test_a_query_is_planned_once_however_much_it_is_given(graph: Graph) -> None:
    async def planned(*sizes: int) -> int:
        """How many plans it takes to ask for these numbers of deliveries."""
        await _forgotten_plans(graph)
        for size in sizes:
            await graph.read("event/arrive", tenant="t", deliveries=["d"] * size, twins=[])
        return await _forgotten_plans(graph)

    assert await planned(0, 1, 2, 20, 200, 2_000) == await planned(1) > 0


async def test_what_a_query_is_given_is_not_in_the_log_of_the_driver(
    graph: Graph, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG", logger="neo4j"):
        await graph.read("event/arrive", tenant="t", deliveries=["a personal secret"], twins=[])
    assert "<tenant, deliveries, twins>" in caplog.text
    assert "a personal secret" not in caplog.text


async def test_every_index_serves_a_query(graph: Graph) -> None:
    await _every_word_known(graph)
    serves: dict[tuple[str, tuple[str, ...]], str] = {}
    for path in sorted(cypher_folder().rglob("*.cypher")):
        plan, _ = await _explained(graph, path.read_text(encoding="utf-8"))
        for found in INDEX_USED.findall(" ".join(_details(plan, "Seek", "IndexScan"))):
            serves.setdefault((found[0], tuple(found[1].split(", "))), path.stem)
    declared = {(n.label, keys) for n in NODES for keys in n.indexed} | {(e.name, k) for e in EDGES for k in e.indexed}
    assert declared - serves.keys() <= NOT_SHOWN.keys()


async def test_indexes_and_constraints_of_earlier_versions_are_dropped(graph: Graph) -> None:
    await graph.schema("CREATE INDEX supports_twin_rev_to_valid_to IF NOT EXISTS FOR ()-[n:SUPPORTS]-() ON (n.twin)")
    name, found = "holds_revision_id_unique", "()-[n:HOLDS]-()"
    await graph.schema(f"CREATE CONSTRAINT {name} IF NOT EXISTS FOR {found} REQUIRE (n.revision_id) IS UNIQUE")
    await migrate(graph, _Now())
    async with graph._driver.session() as session:
        names = await (await session.run("SHOW INDEXES YIELD name RETURN collect(name)")).single()
    assert names is not None
    assert not {statement.split()[2] for statement in retired()} & set(names[0])


async def test_every_constraint_and_index_of_the_schema_exists_and_is_online(graph: Graph) -> None:
    wanted = {statement.split()[2] for statement in constraints()}
    async with graph._driver.session() as session:
        found = await (await session.run("SHOW INDEXES YIELD name, state RETURN collect([name, state])")).single()
    assert found is not None
    states = {name: state for name, state in found[0] if name in wanted}
    assert states == dict.fromkeys(wanted, "ONLINE")


async def test_the_schema_can_be_made_again(graph: Graph) -> None:
    for statement in constraints():
        await graph.schema(statement)


_explained_before: dict[str, tuple[dict[str, object], list[str]]] = {}


async def _explained(graph: Graph, text: str) -> tuple[dict[str, object], list[str]]:
    """The plan of a query and the planner's notes on it; every query is planned once."""
    if text not in _explained_before:
        driver: AsyncDriver = graph._driver
        async with driver.session(notifications_min_severity="INFORMATION") as session:
            result = await session.run(f"EXPLAIN {text}")
            summary = await result.consume()
        told = [s for s in summary.gql_status_objects if s.is_notification and s.gql_status != PARAMETER_MISSING]
        _explained_before[text] = summary.plan or {}, [status.status_description for status in told]
    return _explained_before[text]


async def _forgotten_plans(graph: Graph) -> int:
    """How many plans Neo4j had, all of which it forgets."""
    async with graph._driver.session() as session:
        record = await (await session.run("CALL db.clearQueryCaches()")).single()
    assert record is not None
    return int((re.findall(r"\d+", record[0]) or [0])[0])


class _Now:
    def now(self) -> datetime:
        return datetime.now(UTC)


def _details(plan: dict[str, Any], *operators: str) -> Iterator[str]:
    if any(operator in plan["operatorType"] for operator in operators):
        yield str(plan["args"].get("Details", ""))
    for child in plan.get("children", []):
        yield from _details(child, *operators)


def _operators(plan: dict[str, object]) -> Iterator[str]:
    yield str(plan["operatorType"])
    for child in plan.get("children", []):  # type: ignore[attr-defined]
        yield from _operators(child)


_met: set[int] = set()


async def _every_word_known(graph: Graph) -> None:
    """Have the database meet every word of the schema: one it never met would be told as unknown."""
    if id(graph) in _met:
        return
    _met.add(id(graph))
    rows: list[NodeRow | EdgeRow] = [*NODES, *EDGES]
    words = sorted({name for row in rows for name in row.properties})
    async with graph._driver.session() as session:
        for word in words:
            await (await session.run("CALL db.createProperty($word)", {"word": word})).consume()
        for node in NODES:
            await (await session.run("CALL db.createLabel($word)", {"word": node.label})).consume()
        for edge in EDGES:
            await (await session.run("CALL db.createRelationshipType($word)", {"word": edge.name})).consume()
