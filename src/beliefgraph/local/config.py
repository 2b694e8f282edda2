"""Configuration of a local Neo4j: the text of its `neo4j.conf` and the options of its JVM."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from beliefgraph.errors import Incorrect
from beliefgraph.local.data_dir import Ports
from beliefgraph.local.java import NEEDS_UNSAFE_FLAG

HOST = "127.0.0.1"
USER = "neo4j"
SERVER_CLASS = "org.neo4j.server.Neo4jCommunity"
CLASSES = "192m"
"""Metaspace size from which a full collection tries to unload classes; Neo4j's classes need less."""
HASHED_TIMES = 1024
"""Iterations of SHA-256 with which Neo4j hashes a password."""

# Neo4j's own JVM defaults, without which it warns and uses workarounds.
OPENED = ("java.base/java.nio", "java.base/java.io", "java.base/sun.nio.ch", "java.base/java.util.concurrent")


@dataclass(frozen=True)
class Memory:
    """Memory limits of a local Neo4j, in Java's notation (`512m`, `2g`)."""

    heap: str = "512m"
    page_cache: str = "64m"

    def __post_init__(self) -> None:
        for name, size in (("heap", self.heap), ("page cache", self.page_cache)):
            if not re.fullmatch(r"[1-9]\d*[kmg]", size.lower()):
                raise Incorrect("invalid-input", f"A {name} of {size!r} is not a size; write 512m or 2g.", size=size)

    @property
    def heap_bytes(self) -> int:
        """The heap size in bytes."""
        return int(self.heap[:-1]) << 10 * " kmg".index(self.heap[-1].lower())


VIRTUAL_THREADS = 64
"""Virtual threads of Java that run at the same time: at least as many as there are indexes."""


def neo4j_conf(ports: Ports, memory: Memory) -> str:
    """The text of `neo4j.conf`: loopback only, authentication on, no usage reports, little retained.

    The two `internal` settings skip the wait for absent connections at shutdown: a stop takes 0.3 s instead of 10 s.
    """
    return f"""\
# Written by beliefgraph at every start; changes are lost.
server.default_listen_address={HOST}
server.bolt.listen_address={HOST}:{ports.bolt}
server.bolt.advertised_address={HOST}:{ports.bolt}
server.http.listen_address={HOST}:{ports.http}
server.http.advertised_address={HOST}:{ports.http}
server.https.enabled=false
dbms.security.auth_enabled=true
dbms.usage_report.enabled=false
client.allow_telemetry=false
server.memory.pagecache.size={memory.page_cache}
db.tx_log.rotation.retention_policy=1 files
db.tx_log.rotation.size=16m
db.tx_log.preallocate=false
internal.dbms.bolt.netty_server_shutdown_quiet_period_duration=0s
internal.server.bolt.connection_shutdown_wait_time=1s
"""


def java_options(memory: Memory, java_version: int) -> list[str]:
    """The options of the JVM that runs the server.

    The serial collector suits a small heap. Java's default initial heap follows the machine's memory; this one follows
    the maximum. The young generation is a quarter of the maximum from the start: in Java's default of a third of the
    current heap, the rows of running transactions survive several collections and fill the old generation. A server
    that runs out of memory exits. The thresholds of metaspace and code cache are high, to avoid early full collections:
    one takes 150 ms without any response.

    Neo4j samples its indexes in virtual threads, of which Java runs as many at a time as there are processors. On two,
    samplers that waited for a page kept those that held it from running, and no transaction was committed any more.
    """
    options = [f"-Xmx{memory.heap}", f"-Xms{memory.heap_bytes // 2}", f"-Xmn{memory.heap_bytes // 4}"]
    options += ["-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError"]
    options += [f"-Djdk.virtualThreadScheduler.parallelism={VIRTUAL_THREADS}"]
    options += [f"-XX:MetaspaceSize={CLASSES}", "-XX:SweeperThreshold=100"]
    options += ["--enable-native-access=ALL-UNNAMED", *(f"--add-opens={name}=ALL-UNNAMED" for name in OPENED)]
    if java_version >= NEEDS_UNSAFE_FLAG:
        options.append("--sun-misc-unsafe-memory-access=allow")
    return options


def initial_password(password: str, salt: bytes) -> str:
    """The text of `auth.ini`, from which Neo4j takes the password of its user when it first starts.

    It equals what `neo4j-admin dbms set-initial-password` writes, without starting a JVM for it.
    """
    digest = hashlib.sha256(salt + password.encode()).digest()
    for _ in range(HASHED_TIMES - 1):
        digest = hashlib.sha256(digest).digest()
    return f"{USER}:SHA-256,{digest.hex()},{salt.hex()},{HASHED_TIMES}:\n"


def argument_file(jars: Sequence[Path], arguments: Sequence[str]) -> str:
    """The text of a Java argument file (`java @file`), which keeps 232 paths and passwords out of `ps`."""
    return "\n".join(["-cp", _quoted(":".join(map(str, jars))), *map(_quoted, arguments)]) + "\n"


def _quoted(argument: str) -> str:
    escaped = argument.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
