"""Which Neo4j is meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from beliefgraph.errors import Incorrect, NotFound
from beliefgraph.local import Endpoint, LocalNeo4j, resolve_endpoint


def test_neo4j_uri_wins_and_nothing_is_started(tmp_path: Path) -> None:
    environ = {"NEO4J_URI": "neo4j://elsewhere:7687", "NEO4J_PASSWORD": "secret"}
    found = resolve_endpoint(LocalNeo4j(tmp_path / "data"), environ)
    assert found == Endpoint("neo4j://elsewhere:7687", "neo4j", "secret")
    assert resolve_endpoint(LocalNeo4j(tmp_path / "data"), {**environ, "NEO4J_USERNAME": "me"}).user == "me"
    assert not (tmp_path / "data").exists()


def test_neo4j_uri_without_a_password_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Incorrect, match="NEO4J_PASSWORD"):
        resolve_endpoint(LocalNeo4j(tmp_path), {"NEO4J_URI": "neo4j://elsewhere:7687"})


@pytest.mark.parametrize("uri", ["nonsense", "http://localhost:7474", "bolt://", "bolt://localhost:port"])
def test_neo4j_uri_that_is_no_address_is_refused(uri: str, tmp_path: Path) -> None:
    with pytest.raises(Incorrect, match="NEO4J_URI is no address"):
        resolve_endpoint(LocalNeo4j(tmp_path), {"NEO4J_URI": uri, "NEO4J_PASSWORD": "secret"})


def test_a_password_is_not_printed_by_accident() -> None:
    assert "secret" not in repr(Endpoint("bolt://x", "neo4j", "secret"))


def test_asking_for_a_server_that_does_not_run_says_how_to_start_it(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="beliefgraph neo4j start"):
        LocalNeo4j(tmp_path).endpoint()
    assert LocalNeo4j(tmp_path).status().state == "stopped"
    assert LocalNeo4j(tmp_path).stop() is False
    assert LocalNeo4j(tmp_path).logs() == []
