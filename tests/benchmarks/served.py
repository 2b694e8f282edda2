"""What a benchmark runs on: the Neo4j that NEO4J_URI names or one of its own, and a service on it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self

from neo4j import AsyncDriver, AsyncGraphDatabase, NotificationMinimumSeverity
from pydantic import SecretStr

from beliefgraph.config import Settings
from beliefgraph.local import Endpoint, LocalNeo4j
from beliefgraph.local.endpoint import named_endpoint


@contextmanager
def served() -> Iterator[tuple[Endpoint, Settings, Path]]:
    """The address, the settings, and a folder that is gone when the benchmark ends; a Neo4j of its own lies in it."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        endpoint = named_endpoint(os.environ) or stack.enter_context(
            LocalNeo4j(folder / "neo4j", bolt_port=0, http_port=0)
        )
        yield endpoint, settings_on(endpoint, folder), folder


def settings_on(endpoint: Endpoint, folder: Path, **more: Any) -> Settings:
    """Settings of a process that uses this Neo4j, has its keys in the folder, and refreshes nothing by itself."""
    return Settings(
        neo4j_uri=endpoint.uri,
        neo4j_username=endpoint.user,
        neo4j_password=SecretStr(endpoint.password),
        keys=folder / "keys",
        refresh_interval=0,
        **more,
    )


def raw_driver(endpoint: Endpoint) -> AsyncDriver:
    """A driver for what is measured beside the service."""
    return AsyncGraphDatabase.driver(
        endpoint.uri, auth=endpoint.auth, notifications_min_severity=NotificationMinimumSeverity.OFF
    )


class Served:
    """The service in a process of its own: its address, and the number of the process."""

    url: str

    def __init__(self, endpoint: Endpoint, keys: Path) -> None:
        self._environ = {
            **os.environ,
            "NEO4J_URI": endpoint.uri,
            "NEO4J_PASSWORD": endpoint.password,
            "BELIEFGRAPH_KEYS": str(keys),
            "BELIEFGRAPH_REFRESH_INTERVAL": "0",
            "BELIEFGRAPH_LOG_LEVEL": "error",
        }

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "beliefgraph", "serve", "--port", "0"]
        self._process = subprocess.Popen(command, env=self._environ, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if "GraphQL" in line:
                self.url = next(word for word in line.split() if word.startswith("http")).removesuffix("/graphql")
                return self
        raise RuntimeError("the service did not start")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(30)

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid
