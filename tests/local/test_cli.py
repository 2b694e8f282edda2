"""`beliefgraph neo4j` from a terminal: a detached server's life, and how errors read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from beliefgraph.cli.neo4j import app
from beliefgraph.local import LocalNeo4j
from beliefgraph.local.data_dir import DataDir
from beliefgraph.local.processes import find


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    """A data directory of its own; whatever runs in it at the end is stopped."""
    yield tmp_path / "data"
    LocalNeo4j(tmp_path / "data").stop()


def test_start_leaves_a_server_running_that_stop_ends(directory: Path) -> None:
    started = _run("start", "--bolt-port", "0", "--http-port", "0", directory=directory)
    assert started.exit_code == 0, started.output
    assert "is ready" in started.output
    assert "/browser/" in started.output
    assert (directory / "password").read_text().strip() not in started.output

    assert "already running" in _run("start", directory=directory).output
    running = _run("status", directory=directory)
    assert running.exit_code == 0
    assert "is running (pid" in running.output
    read = json.loads(_run("status", "--json", directory=directory).output)
    assert (read["state"], read["data"], read["user"]) == ("running", str(directory), "neo4j")
    assert "Started." in _run("logs", "-n", "100", directory=directory).output

    state = DataDir(directory).run_state()
    assert state is not None
    assert state.detached
    assert "stopped" in _run("stop", directory=directory).output
    assert find(state.java) is None
    assert find(state.supervisor) is None
    assert "was not running" in _run("stop", directory=directory).output
    assert _run("status", directory=directory).exit_code == 3


def test_an_error_is_its_code_and_a_sentence(directory: Path, offline: dict[str, str], tmp_path: Path) -> None:
    failed = _run("start", "--cache-dir", str(tmp_path / "empty"), directory=directory, env=offline)
    assert failed.exit_code == 1
    assert failed.output.startswith(
        f"no-network: Neo4j's jars cannot be fetched from {offline['BELIEFGRAPH_MAVEN_MIRROR']}"
    )
    assert "Traceback" not in failed.output
    assert _run("start", "--heap", "lots", directory=directory).output.startswith("invalid-input: ")


@pytest.mark.parametrize("command", [[], ["start"], ["stop"], ["status"], ["logs"]])
def test_help_helps(command: list[str]) -> None:
    told = CliRunner().invoke(app, [*command, "--help"])
    assert told.exit_code == 0
    assert "Neo4j" in told.output


def _run(*arguments: str, directory: Path, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(app, [*arguments, "--data-dir", str(directory)], env=env)
