"""What a benchmark runs on: the Neo4j that NEO4J_URI names or one of its own, and the settings of a service on it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

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
        settings = Settings(
            neo4j_uri=endpoint.uri,
            neo4j_username=endpoint.user,
            neo4j_password=SecretStr(endpoint.password),
            keys=folder / "keys",
            refresh_interval=0,
        )
        yield endpoint, settings, folder


def raw_driver(endpoint: Endpoint) -> AsyncDriver:
    """A driver for what is measured beside the service."""
    return AsyncGraphDatabase.driver(
        endpoint.uri, auth=endpoint.auth, notifications_min_severity=NotificationMinimumSeverity.OFF
    )
