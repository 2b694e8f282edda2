"""Where a local Neo4j is, for every command alike."""

from __future__ import annotations

from pathlib import Path

from beliefgraph.local import LocalNeo4j


def test_the_directories_that_are_set_hold_wherever_a_local_neo4j_is_made(tmp_path: Path) -> None:
    environ = {"BELIEFGRAPH_NEO4J_DATA": str(tmp_path / "data"), "BELIEFGRAPH_CACHE": str(tmp_path / "cache")}
    made = LocalNeo4j(environ=environ)
    assert (made.data_dir, made._cache_dir) == (tmp_path / "data", tmp_path / "cache")
    named = LocalNeo4j(tmp_path / "elsewhere", environ=environ)
    assert named.data_dir == tmp_path / "elsewhere"
