"""The layout of the directory of one local Neo4j, and the state kept there between starts."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from platformdirs import user_data_path

from beliefgraph.errors import Fault

PASSWORD_BYTES = 24  # 192 bits: not guessable, and short enough to paste into the Browser


def default_data_dir(environ: Mapping[str, str]) -> Path:
    """Where a local Neo4j keeps its data: BELIEFGRAPH_NEO4J_DATA, else the user's data directory."""
    set_ = environ.get("BELIEFGRAPH_NEO4J_DATA")
    return Path(set_) if set_ else user_data_path("beliefgraph") / "neo4j"


@dataclass(frozen=True)
class Ports:
    """The two ports of one Neo4j, both on loopback only."""

    bolt: int
    http: int


@dataclass(frozen=True)
class ProcessId:
    """A process with its start time, so that it is not mistaken for a later one with the same number."""

    pid: int
    created: float


@dataclass(frozen=True)
class RunState:
    """Who runs the server of a data directory now; written at start, removed at a clean stop."""

    supervisor: ProcessId
    java: ProcessId | None
    ports: Ports
    detached: bool


@dataclass(frozen=True)
class DataDir:
    """The directory of one local Neo4j; it is Neo4j's home as well."""

    path: Path

    @property
    def owner_lock(self) -> Path:
        """The lock file, held by the process that runs this server."""
        return self.path / "owner.lock"

    @property
    def conf(self) -> Path:
        """Neo4j's configuration directory; its files are rewritten at every start."""
        return self.path / "conf"

    @property
    def user_log(self) -> Path:
        """Neo4j's user log."""
        return self.path / "logs" / "neo4j.log"

    @property
    def console_log(self) -> Path:
        """The output of Java and the supervisor outside Neo4j's log, since the last start."""
        return self.path / "logs" / "console.log"

    @property
    def password_file(self) -> Path:
        """The password file, readable by its owner only."""
        return self.path / "password"

    @property
    def initial_password_file(self) -> Path:
        """Where Neo4j looks for an initial password before it has users."""
        return self.path / "data" / "dbms" / "auth.ini"

    @property
    def has_data(self) -> bool:
        """Whether Neo4j was started here before, so that its password is set."""
        return (self.path / "data" / "databases" / "system").exists()

    def create(self) -> None:
        """Create the directories that Neo4j needs, readable by the owner only."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.path.chmod(0o700)
        for name in ("conf", "logs", "run"):
            (self.path / name).mkdir(exist_ok=True)

    def password(self) -> str:
        """The password of user `neo4j`; a random one is created before the first start.

        The file is readable by its owner only, from its creation on.
        """
        file = self.password_file
        try:
            return file.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            if self.has_data:
                raise Fault(
                    "password-lost",
                    f"{self.path} holds a database but its file `password` is gone. "
                    "Put the file back, or move the directory away to begin with an empty database.",
                    directory=str(self.path),
                ) from None
        password = secrets.token_urlsafe(PASSWORD_BYTES)
        write_private(file, password + "\n")
        return password

    def remembered_ports(self) -> Ports | None:
        """The ports of the last start, `None` before the first."""
        record = _read_json(self.path / "ports.json")
        return None if record is None else Ports(**record)

    def remember_ports(self, ports: Ports) -> None:
        """Store the ports for the next start, so that saved URLs stay valid."""
        write_private(self.path / "ports.json", json.dumps(asdict(ports)))

    def run_state(self) -> RunState | None:
        """Who ran the server last, whether or not those processes are alive; `None` after a clean stop."""
        record = _read_json(self._run_state_file)
        if record is None:
            return None
        java = record["java"]
        return RunState(
            supervisor=ProcessId(**record["supervisor"]),
            java=None if java is None else ProcessId(**java),
            ports=Ports(**record["ports"]),
            detached=record["detached"],
        )

    def write_run_state(self, state: RunState) -> None:
        """Record who runs the server."""
        write_private(self._run_state_file, json.dumps(asdict(state)))

    def clear_run_state(self) -> None:
        """Record that the server is stopped."""
        self._run_state_file.unlink(missing_ok=True)

    @property
    def _run_state_file(self) -> Path:
        return self.path / "run" / "server.json"


def write_private(path: Path, text: str) -> None:
    """Write a file atomically, readable by its owner only."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    part.replace(path)


def _read_json(path: Path) -> dict[str, Any] | None:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return record if isinstance(record, dict) else None
