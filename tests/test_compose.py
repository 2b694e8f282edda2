"""The compose file is valid for whichever compose command is here, and means what the README says of it."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from beliefgraph.local.lock import shipped_lock

ROOT = Path(__file__).parent.parent


@cache
def compose_command() -> tuple[str, ...] | None:
    """Answers the compose command of this machine: the Docker plugin, else the program of its own, else none."""
    for command in (("docker", "compose"), ("docker-compose",)):
        if shutil.which(command[0]):
            asked = subprocess.run([*command, "version"], capture_output=True, check=False)
            if asked.returncode == 0:
                return command
    return None


def config(**environ: str) -> subprocess.CompletedProcess[str]:
    command = compose_command()
    if command is None:
        pytest.skip("neither `docker compose` nor `docker-compose` is here; Debian has the package docker-compose")
    bare = {name: value for name, value in os.environ.items() if not name.startswith("NEO4J_")}
    return subprocess.run(
        [*command, "-f", "docker-compose.yml", "config"],
        cwd=ROOT,
        env={**bare, **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def test_compose_accepts_the_file_and_fills_in_the_password() -> None:
    done = config(NEO4J_PASSWORD="correct-horse")
    assert done.returncode == 0, done.stderr
    services = yaml.safe_load(done.stdout)["services"]
    assert services["neo4j"]["environment"]["NEO4J_AUTH"] == "neo4j/correct-horse"
    assert services["beliefgraph"]["environment"]["NEO4J_PASSWORD"] == "correct-horse"


def test_compose_refuses_to_start_without_a_password() -> None:
    done = config()
    assert done.returncode != 0
    assert "set NEO4J_PASSWORD" in done.stderr


def test_every_service_has_a_health_check_and_is_published_on_loopback_only() -> None:
    for name, service in _file()["services"].items():
        assert service["healthcheck"]["test"], name
        assert all(str(port).startswith("127.0.0.1:") for port in service["ports"]), name


def test_the_service_waits_for_bolt_and_keeps_its_keys_in_a_volume_of_their_own() -> None:
    services = _file()["services"]
    assert services["beliefgraph"]["depends_on"]["neo4j"]["condition"] == "service_healthy"
    mounts = [mount.split(":")[0] for service in services.values() for mount in service["volumes"]]
    assert sorted(mounts) == sorted(_file()["volumes"])
    keys = services["beliefgraph"]["environment"]["BELIEFGRAPH_KEYS"]
    assert f"beliefgraph-keys:{keys}" in services["beliefgraph"]["volumes"]


def test_docker_and_the_local_server_run_the_same_neo4j() -> None:
    assert _file()["services"]["neo4j"]["image"] == f"neo4j:{shipped_lock().neo4j_version}-community"


def test_the_health_check_of_the_service_is_python_that_compiles() -> None:
    *_, program = _file()["services"]["beliefgraph"]["healthcheck"]["test"]
    compile(program, "healthcheck", "exec")


def _file() -> dict[str, Any]:
    read = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    assert isinstance(read, dict)
    return read
