"""The settings, each one environment variable: read once when the service starts, and passed on as a record."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import yaml
from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo

from beliefgraph.errors import Incorrect
from beliefgraph.model.record import Record
from beliefgraph.model.shards import ShardMap

PREFIX = "BELIEFGRAPH_"
NEO4J = {
    "neo4j_uri": "NEO4J_URI",
    "neo4j_username": "NEO4J_USERNAME",
    "neo4j_password": "NEO4J_PASSWORD",
    "neo4j_database": "NEO4J_DATABASE",
}
"""What Neo4j's own tools call the same."""

Seconds = Annotated[float, Field(gt=0, le=3_600, allow_inf_nan=False)]
Port = Annotated[int, Field(ge=0, le=65_535)]


class Settings(Record):
    """Everything that can be set. Variables are `BELIEFGRAPH_` and the field's name in capitals."""

    neo4j_uri: str | None = Field(
        default=None, description="Address of Neo4j, bolt:// or neo4j://; if unset, the local Neo4j is used."
    )
    neo4j_username: str = Field(default="neo4j", description="User name in Neo4j.")
    neo4j_password: SecretStr | None = Field(
        default=None, description="Password in Neo4j; required if NEO4J_URI is set."
    )
    neo4j_database: str = Field(default="neo4j", description="Name of the database in Neo4j.")
    shards: Path | None = Field(
        default=None,
        description="YAML file of the shard map, for twins in several databases ([scaling](scaling.md)).",
    )
    copy_uri: str | None = Field(
        default=None,
        description="Address of the Neo4j of an [analyst's copy](analysts-copy.md), bolt:// or neo4j://.",
    )
    copy_username: str = Field(default="neo4j", description="User name in that Neo4j.")
    copy_password: SecretStr | None = Field(default=None, description="Password in that Neo4j.")
    copy_database: str = Field(default="neo4j", description="Name of the database in that Neo4j.")
    acquisition_timeout: Seconds = Field(default=10.0, description="Seconds to wait for a connection to Neo4j.")
    cached_megabytes: int = Field(
        default=512,
        ge=0,
        description="Megabytes of memory for twins kept between commands, a quarter of it for small ones, compressed;"
        " a twin of 100,000 events takes about 25, one of a million 260.",
    )

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: Port = Field(default=8000, description="Port to listen on; 0 chooses a free one.")
    tls_certificate: Path | None = Field(
        default=None,
        description="PEM file of the certificate and its chain, for TLS; requires BELIEFGRAPH_TLS_KEY.",
    )
    tls_key: Path | None = Field(default=None, description="PEM file of the private key of the certificate.")
    cors_origins: tuple[str, ...] = Field(
        default=(), description="Origins whose pages may call the service (CORS), comma-separated."
    )
    graphiql: bool = Field(default=True, description="Whether /graphql serves GraphiQL to browsers.")
    person_page: bool = Field(
        default=True, description="Whether /me serves the person's own page ([for the person](for-the-person.md))."
    )
    session_secret: SecretStr | None = Field(
        default=None,
        min_length=32,
        description="Secret of at least 32 characters that encrypts sign-in links and sessions; after a comma, "
        "previous secrets that are still accepted. If unset, one is generated and stored beside the keys.",
    )
    link_lifetime: Seconds = Field(default=900.0, description="Seconds for which a sign-in link can be used.")
    session_lifetime: Seconds = Field(default=3_600.0, description="Seconds after which a person has to sign in again.")
    metrics_token: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="Bearer token of at least 16 characters for reading /metrics; if unset, /metrics is not served.",
    )
    log_level: str = Field(
        default="info",
        pattern="^(debug|info|warning|error)$",
        description="Lowest level that is logged: debug, info, warning or error.",
    )

    keys: Path = Field(
        default_factory=lambda: user_data_path("beliefgraph") / "keys",
        description="Directory of the encryption keys, shared by all processes of a service.",
    )
    key_cache_seconds: Seconds = Field(
        default=5.0, description="Seconds for which a revoked API key may still be accepted."
    )

    issuers: Path | None = Field(
        default=None,
        description="YAML file of the issuers whose OpenID Connect tokens are accepted ([tokens](tokens.md)).",
    )
    access_log_days: int = Field(
        default=365, ge=1, le=36_500, description="Days for which the log of who read a twin is kept."
    )

    max_body_bytes: int = Field(default=8_388_608, ge=1_024, description="Maximum size of a request body, in bytes.")
    max_query_depth: int = Field(default=12, ge=1, description="Maximum depth of a query.")
    max_query_tokens: int = Field(default=4_000, ge=10, description="Maximum number of tokens in a query.")
    max_query_aliases: int = Field(default=30, ge=0, description="Maximum number of aliases in a query.")
    max_query_cost: int = Field(
        default=50_000,
        ge=1,
        description="Maximum number of objects that a query may request, nested page sizes multiplied.",
    )
    introspection: bool = Field(default=True, description="Whether introspection queries are allowed.")
    max_answer_bytes: int = Field(default=16_777_216, ge=65_536, description="Maximum size of a response, in bytes.")
    max_page_size: int = Field(
        default=2_000,
        ge=1,
        le=2_000,
        description="Maximum page size of `beliefs`; other lists have at most 200 items a page.",
    )
    max_in_flight: int = Field(
        default=64, ge=1, description="Maximum number of requests processed at the same time; others wait in a queue."
    )
    max_in_flight_per_tenant: int = Field(default=32, ge=1, description="The same limit for each tenant.")
    max_in_flight_per_key: int = Field(default=8, ge=1, description="The same limit for each key.")
    max_queued_per_key: int = Field(
        default=200, ge=0, description="Maximum number of requests of one key that wait in the queue."
    )
    queue_timeout: Seconds = Field(
        default=5.0,
        description="Seconds that a request may wait in the queue, at most half of BELIEFGRAPH_REQUEST_TIMEOUT.",
    )
    request_timeout: Seconds = Field(default=30.0, description="Seconds that a request may take.")
    body_timeout: Seconds = Field(
        default=10.0, description="Seconds within which the body of a request must have been received."
    )
    max_body_buffer: int = Field(
        default=268_435_456,
        ge=1_048_576,
        description="Maximum total size of request bodies being received, in bytes; one tenant may use half of it.",
    )
    trusted_proxies: tuple[str, ...] = Field(
        default=(),
        description="Addresses of proxies whose X-Forwarded-For and X-Forwarded-Proto are trusted, comma-separated.",
    )
    max_connections: int = Field(
        default=2_000,
        ge=1,
        description="Maximum number of open HTTP connections, if open files allow; beyond it, idle ones are closed.",
    )
    max_connections_per_address: int = Field(
        default=500, ge=1, description="The same limit for each client address; it does not apply to trusted proxies."
    )
    max_connections_per_key: int = Field(
        default=200, ge=1, description="The same limit for each key; connections with a running request are not closed."
    )
    keep_alive_timeout: Seconds = Field(
        default=5.0, description="Seconds that a connection may be idle between requests."
    )
    header_timeout: Seconds = Field(
        default=10.0, description="Seconds within which the headers of a request must have been received."
    )
    max_header_bytes: int = Field(
        default=65_536, ge=1_024, description="Maximum size of the headers of a request, in bytes."
    )
    max_sockets: int = Field(
        default=1_000,
        ge=1,
        description="Maximum number of open WebSockets; beyond it, those that have not authenticated are closed.",
    )
    max_sockets_per_key: int = Field(default=100, ge=1, description="The same limit for each key.")
    max_operations_per_socket: int = Field(
        default=100, ge=1, description="Maximum number of operations running on one WebSocket."
    )
    max_subscriptions_per_key: int = Field(
        default=1_000, ge=1, description="Maximum number of open subscriptions of one key."
    )
    subscription_queue: int = Field(default=256, ge=1, description="Number of changes buffered for a slow subscriber.")
    poll_interval: Seconds = Field(
        default=1.0, description="Seconds between polls for changes made by other processes."
    )
    refresh_interval: float = Field(
        default=3_600.0,
        ge=0,
        le=86_400 * 30,
        description="Seconds between refreshes of idle twins; 0: never.",
    )
    shutdown_timeout: Seconds = Field(
        default=10.0,
        description="Seconds that running requests get at shutdown; the process ends at most 2 s later.",
    )

    @field_validator("cors_origins", "trusted_proxies", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        """The settings that these variables make; `invalid-input` names the first that is wrong or unknown."""
        known = {variable(name): name for name in cls.model_fields}
        unknown = sorted(v for v in environ if v.startswith(PREFIX) and v not in known and v not in ELSEWHERE)
        if unknown:
            raise Incorrect("invalid-input", f"{unknown[0]} is not a setting; check the spelling.", variable=unknown[0])
        given: dict[str, Any] = {name: environ[v] for v, name in known.items() if environ.get(v)}
        try:
            settings = cls.model_validate(given)
        except ValidationError as error:
            wrong = error.errors(include_url=False, include_input=False)[0]
            name = variable(str(wrong["loc"][0]))
            raise Incorrect("invalid-input", f"{name}: {wrong['msg']}.", variable=name) from None
        if settings.neo4j_uri is not None and settings.neo4j_password is None:
            raise Incorrect(
                "invalid-input",
                "NEO4J_URI is set but NEO4J_PASSWORD is not; set both, or neither for a local Neo4j.",
                variable="NEO4J_PASSWORD",
            )
        if (settings.tls_certificate is None) != (settings.tls_key is None):
            raise Incorrect(
                "invalid-input",
                "Set BELIEFGRAPH_TLS_CERTIFICATE and BELIEFGRAPH_TLS_KEY together.",
                variable="BELIEFGRAPH_TLS_KEY",
            )
        return settings

    @property
    def exposed(self) -> bool:
        """Whether it listens beyond this machine although nothing is known to encrypt what is sent."""
        loopback = self.host in ("localhost", "::1") or self.host.startswith("127.")
        return not (loopback or self.tls_certificate or self.trusted_proxies)


def read_shard_map(path: Path) -> ShardMap:
    """The shard map in a file; `invalid-input` names what is wrong with it."""
    try:
        return ShardMap.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in wrong["loc"])
        raise Incorrect("invalid-input", f"{path}: {place or 'map'}: {wrong['msg']}.", path=str(path)) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Incorrect("invalid-input", f"The shard map {path} cannot be read: {error}.", path=str(path)) from None


ELSEWHERE = frozenset(PREFIX + name for name in ("KEY", "NEO4J_DATA", "CACHE", "MAVEN_MIRROR", "JAVA", "JAVA_OPTIONS"))
"""Variables of the same prefix that the command line and the local Neo4j read."""


INTRODUCTION = """\
# Settings

Generated from `config.py` by `python -m beliefgraph.config`; a test compares them.

Every setting is an environment variable, read when the service starts. A misspelt name or
a value out of range is refused. Items of a list are separated by commas.

| variable | default | range | meaning |
|---|---|---|---|
"""

BOUNDS = (("gt", "above"), ("ge", "from"), ("le", "to"))
"""The bounds of a number, and the words for them on the page."""


def settings_page() -> str:
    """The page that lists every setting: `docs/settings.md`."""
    return INTRODUCTION + "".join(_row(name, info) for name, info in Settings.model_fields.items())


def _row(name: str, info: FieldInfo) -> str:
    value = info.default
    if info.default_factory is not None:
        shown = "in this user's data directory"
    elif value is None or value == ():
        shown = "none"
    else:
        shown = f"`{str(value).lower() if isinstance(value, bool) else value}`"
    found = [
        f"{bound_name} {getattr(each, bound):,}"
        for bound, bound_name in BOUNDS
        for each in info.metadata
        if getattr(each, bound, None) is not None
    ]
    return f"| `{variable(name)}` | {shown} | {' '.join(found)} | {info.description} |\n"


def variable(field: str) -> str:
    """The environment variable of a setting."""
    return NEO4J.get(field, PREFIX + field.upper())


if __name__ == "__main__":
    print(settings_page(), end="")
