"""Address and credentials of a Neo4j, and the choice of which one to use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from beliefgraph.errors import Incorrect

URI = "NEO4J_URI"
USERNAME = "NEO4J_USERNAME"
PASSWORD = "NEO4J_PASSWORD"  # noqa: S105  the variable's name

SCHEMES = frozenset({"bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc"})


@dataclass(frozen=True)
class Endpoint:
    """One Neo4j: its Bolt address, the credentials, and the address of its Browser (`None` if unknown)."""

    uri: str
    user: str
    password: str = field(repr=False)
    browser_url: str | None = None

    @property
    def auth(self) -> tuple[str, str]:
        """User and password in the driver's form."""
        return self.user, self.password

    def answers(self, within_s: float = 2.0) -> bool:
        """Whether this Neo4j accepts the password over Bolt and runs a query now."""
        from neo4j import GraphDatabase
        from neo4j.exceptions import DriverError, Neo4jError

        try:
            with (
                GraphDatabase.driver(
                    self.uri, auth=self.auth, connection_timeout=within_s, connection_acquisition_timeout=within_s
                ) as driver,
                driver.session(database="neo4j") as session,
            ):
                session.run("RETURN 1").consume()
        except (DriverError, Neo4jError, OSError):
            return False
        return True


def named_endpoint(environ: Mapping[str, str]) -> Endpoint | None:
    """The Neo4j that `NEO4J_URI` names, with `NEO4J_USERNAME` (default `neo4j`) and `NEO4J_PASSWORD`.

    `None` if it is not set: then the local server is used.
    """
    uri = environ.get(URI)
    if not uri:
        return None
    password = environ.get(PASSWORD)
    if password is None:
        raise Incorrect("invalid-input", f"{URI} is set but {PASSWORD} is not; set both, or neither for a local Neo4j.")
    if not _is_address(uri):
        raise Incorrect(
            "invalid-input", f"{URI} is no address of a Neo4j, such as bolt://localhost:7687 or neo4j+s://example.org."
        )
    return Endpoint(uri, environ.get(USERNAME) or "neo4j", password)


def _is_address(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
        return parts.scheme in SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
