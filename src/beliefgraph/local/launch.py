"""What a supervisor is told at start and what it says back: one line of JSON each way, and never the password."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from beliefgraph.errors import CODES, BeliefgraphError, Fault
from beliefgraph.local.data_dir import Ports


@dataclass(frozen=True)
class Launch:
    """Everything a supervisor must know to run one Neo4j, except for the password, which it reads where it lies."""

    data_dir: str
    cache_dir: str
    java: str
    java_version: int
    java_options: list[str]
    heap: str
    page_cache: str
    bolt_port: int | None
    http_port: int | None
    detached: bool

    def to_json(self) -> str:
        """Answers this launch as one argument of a command line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Launch:
        """Answers the launch that was written as this text."""
        return cls(**json.loads(text))


def say_ports(ports: Ports) -> str:
    """Answers the line that announces a Java that has been started, on these ports."""
    return json.dumps(asdict(ports))


def say_error(error: BeliefgraphError) -> str:
    """Answers the line that announces why nothing was started."""
    ids = {name: str(value) for name, value in error.ids.items()}
    return json.dumps({"code": error.code, "message": error.message, "ids": ids})


def hear(line: str) -> Ports:
    """Answers the ports that a supervisor announced, or raises the error it announced instead."""
    try:
        said = json.loads(line)
    except json.JSONDecodeError as error:
        raise Fault("neo4j-died", "The supervisor of the local Neo4j ended without any output.") from error
    if "code" in said:
        raise CODES[said["code"]](said["code"], said["message"], **said["ids"])
    return Ports(**said)
