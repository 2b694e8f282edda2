"""Neo4j's own dumps of a stopped local Neo4j, made and loaded by the commands that `neo4j-admin` runs."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from beliefgraph.local.java import find_java

SERVER = '"org.neo4j.server.'
"""How the line of the arguments begins from which on they are the server's own."""


def dump(home: Path, folder: Path) -> Path:
    """Dump the database of a stopped Neo4j, as `neo4j-admin database dump`; the file."""
    folder.mkdir()
    _admin(home, home, "dump", "neo4j", f"--to-path={folder}")
    (file,) = folder.iterdir()
    return file


def load(home: Path, dumped: Path, loaded: Path) -> None:
    """Unpack a dump into a folder as a database's files, as `neo4j-admin database load`."""
    loaded.mkdir()
    _admin(home, loaded, "load", "neo4j", f"--from-path={dumped.parent}")


def _admin(home: Path, of: Path, *words: str) -> None:
    """Run a command on a database, with the jars and options that the server in `home` ran with."""
    options: list[str] = []
    for line in (home / "run" / "server.args").read_text(encoding="utf-8").splitlines():
        if line.startswith(SERVER):
            break
        options.append(line)
    arguments = of.parent / "admin.args"
    arguments.write_text("\n".join([*options, "org.neo4j.cli.AdminTool"]) + "\n", encoding="utf-8")
    environ = {**os.environ, "NEO4J_HOME": str(of), "NEO4J_CONF": str(home / "conf")}
    command = [str(find_java(os.environ)), f"@{arguments}", "database", *words]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
