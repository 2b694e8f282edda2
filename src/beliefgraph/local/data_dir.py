"""What lies where in the directory of one local Neo4j, and the little that is remembered there between starts."""

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
    """Answers where a local Neo4j keeps its data: BELIEFGRAPH_NEO4J_DATA, else this user's data directory."""
    set_ = environ.get("BELIEFGRAPH_NEO4J_DATA")
    return Path(set_) if set_ else user_data_path("beliefgraph") / "neo4j"


@dataclass(frozen=True)
class Ports:
    """The two doors of one Neo4j, both on loopback only."""

    bolt: int
    http: int


@dataclass(frozen=True)
class ProcessId:
    """A process that cannot be mistaken for a later one with the same number, because it says when it began."""

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
        """Answers the file that whoever runs this server keeps locked."""
        return self.path / "owner.lock"

    @property
    def conf(self) -> Path:
        """Answers Neo4j's configuration directory; what lies in it is rewritten at every start."""
        return self.path / "conf"

    @property
    def user_log(self) -> Path:
        """Answers where Neo4j writes what people should read."""
        return self.path / "logs" / "neo4j.log"

    @property
    def console_log(self) -> Path:
        """Answers where the words go that Java and the supervisor say outside Neo4j's log, since the last start."""
        return self.path / "logs" / "console.log"

    @property
    def password_file(self) -> Path:
        """Answers where the password is, for its owner's eyes only."""
        return self.path / "password"

    @property
    def initial_password_file(self) -> Path:
        """Answers where Neo4j looks for a first password before it has users."""
        return self.path / "data" / "dbms" / "auth.ini"

    @property
    def has_data(self) -> bool:
        """Answers whether Neo4j has been started here before, so that its password is settled."""
        return (self.path / "data" / "databases" / "system").exists()

    def create(self) -> None:
        """Makes the directories that must be there before Neo4j starts; nobody else may look inside."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.path.chmod(0o700)
        for name in ("conf", "logs", "run"):
            (self.path / name).mkdir(exist_ok=True)

    def password(self) -> str:
        """Answers the password of user `neo4j`, making a random one before the first start.

        The file is readable by its owner only, from the moment it exists.
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
        """Answers the ports of the last start, `None` before the first."""
        record = _read_json(self.path / "ports.json")
        return None if record is None else Ports(**record)

    def remember_ports(self, ports: Ports) -> None:
        """Keeps the ports for the next start, so that addresses people saved stay true."""
        write_private(self.path / "ports.json", json.dumps(asdict(ports)))

    def run_state(self) -> RunState | None:
        """Answers who ran the server last, whether or not those processes still live; `None` after a clean stop."""
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
        """Notes who runs the server."""
        write_private(self._run_state_file, json.dumps(asdict(state)))

    def clear_run_state(self) -> None:
        """Notes that nobody runs the server."""
        self._run_state_file.unlink(missing_ok=True)

    @property
    def _run_state_file(self) -> Path:
        return self.path / "run" / "server.json"


def write_private(path: Path, text: str) -> None:
    """Writes a file that only its owner can read, all of it or none of it."""
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
