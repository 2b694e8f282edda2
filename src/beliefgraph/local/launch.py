"""Messages between an owner and its supervisor: one line of JSON each way, never with the password."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from beliefgraph.errors import CODES, BeliefgraphError, Fault
from beliefgraph.local.data_dir import Ports


@dataclass(frozen=True)
class Launch:
    """Everything a supervisor needs to run one Neo4j, except for the password, which it reads from its file."""

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
        """This launch as one command-line argument."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Launch:
        """The launch that was written as this text."""
        return cls(**json.loads(text))


def ports_line(ports: Ports) -> str:
    """The line that reports a started Java and its ports."""
    return json.dumps(asdict(ports))


def error_line(error: BeliefgraphError) -> str:
    """The line that reports why nothing was started."""
    ids = {name: str(value) for name, value in error.ids.items()}
    return json.dumps({"code": error.code, "message": error.message, "ids": ids})


def ports_from(line: str) -> Ports:
    """The ports that a supervisor reported; raises the error if it reported one."""
    try:
        message = json.loads(line)
    except json.JSONDecodeError as error:
        raise Fault("neo4j-died", "The supervisor of the local Neo4j ended without any output.") from error
    if "code" in message:
        raise CODES[message["code"]](message["code"], message["message"], **message["ids"])
    return Ports(**message)
