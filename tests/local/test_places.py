"""Where a local Neo4j is, for every command alike."""

from __future__ import annotations

import os
import re
from pathlib import Path

from tests.local.conftest import NOWHERE
from tests.terminal import unnamed
from typer.testing import CliRunner

from beliefgraph.cli.main import app
from beliefgraph.local import LocalNeo4j
from beliefgraph.local.jars import default_cache_dir


def test_the_directories_that_are_set_hold_wherever_a_local_neo4j_is_made(tmp_path: Path) -> None:
    environ = {"BELIEFGRAPH_NEO4J_DATA": str(tmp_path / "data"), "BELIEFGRAPH_CACHE": str(tmp_path / "cache")}
    made = LocalNeo4j(environ=environ)
    assert (made.data_dir, made._cache_dir) == (tmp_path / "data", tmp_path / "cache")
    named = LocalNeo4j(tmp_path / "elsewhere", environ=environ)
    assert named.data_dir == tmp_path / "elsewhere"


def test_every_command_means_the_database_and_the_jars_that_the_variables_name(tmp_path: Path) -> None:
    """`neo4j` starts it, `keys create` writes into it and `keys list` finds it there; nothing is made elsewhere."""
    named = tmp_path / "named"
    environ = {
        **dict.fromkeys(os.environ.keys() - unnamed().keys()),
        "BELIEFGRAPH_NEO4J_DATA": str(named),
        "BELIEFGRAPH_CACHE": str(default_cache_dir(os.environ)),
        "BELIEFGRAPH_MAVEN_MIRROR": NOWHERE,
        "XDG_DATA_HOME": str(tmp_path / "user"),
        "XDG_CACHE_HOME": str(tmp_path / "user"),
        "COLUMNS": "200",
    }

    def output_of(*words: str) -> str:
        done = CliRunner().invoke(app, words, env=environ)
        assert done.exit_code == 0, done.output
        return done.output

    create = ("keys", "create", "--tenant", "here", "--actor", "shop", "--scope", "read", "--purpose", "care")
    try:
        assert str(named) in output_of("neo4j", "start", "--bolt-port", "0", "--http-port", "0")
        started = re.search(r"pid (\d+)", output_of("neo4j", "status"))
        output_of(*create)
        assert "shop" in output_of("keys", "list", "--tenant", "here")
        after = re.search(r"pid (\d+)", output_of("neo4j", "status"))
        assert started is not None
        assert after is not None
        assert started[1] == after[1]
    finally:
        assert "is stopped" in output_of("neo4j", "stop")
    assert not list((tmp_path / "user").rglob("password"))
    assert not list((tmp_path / "user").rglob("*.jar"))
