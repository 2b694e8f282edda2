"""The managed local Neo4j: a real server from Maven Central's jars and a Java from PyPI, without Docker."""

from beliefgraph.local.config import Memory
from beliefgraph.local.endpoint import Endpoint
from beliefgraph.local.server import LocalNeo4j, Status, resolve_endpoint

__all__ = ["Endpoint", "LocalNeo4j", "Memory", "Status", "resolve_endpoint"]
