"""Renew `jars.lock`: resolve its roots with jgo, fetch every jar once and record its SHA-256.

    python -m beliefgraph.local.renew        # takes a minute or two

Change the versions in the lock's `root` lines first. The fetched files are trusted on first use: read the diff before
you commit it.
"""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from beliefgraph.local.jars import AT_ONCE, fetch_bytes, maven_address
from beliefgraph.local.lock import Jar, JarLock, format_lock, shipped_lock

# Test tools that old poms declare as runtime dependencies; Neo4j starts and works without them.
TEST_TOOLS = frozenset(
    {
        "junit:junit",
        "net.bytebuddy:byte-buddy",
        "net.bytebuddy:byte-buddy-agent",
        "org.hamcrest:hamcrest",
        "org.mockito:mockito-core",
        "org.objenesis:objenesis",
    }
)


def resolve(roots: tuple[str, ...]) -> list[str]:
    """The coordinates of every jar that the roots need at run time, including the roots."""
    import jgo

    found = set()
    for artifact in jgo.resolve("+".join(roots)):
        if f"{artifact.groupId}:{artifact.artifactId}" not in TEST_TOOLS:
            parts = [artifact.groupId, artifact.artifactId, artifact.version, artifact.classifier]
            found.add(":".join(part for part in parts if part))
    return sorted(found)


def measure(address: str, coordinates: str) -> Jar:
    """Fetch one jar and return its line in the lock."""
    unknown = Jar(coordinates, size=0, sha256="")
    content = fetch_bytes(address, unknown)
    return Jar(coordinates, len(content), hashlib.sha256(content).hexdigest())


def main() -> None:
    """Rewrite the lock in this checkout."""
    roots = shipped_lock().roots
    address = maven_address(os.environ)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        jars = tuple(pool.map(lambda coordinates: measure(address, coordinates), resolve(roots)))
    lock = JarLock(roots, jars)
    Path(__file__).with_name("jars.lock").write_text(format_lock(lock), encoding="utf-8")
    print(f"{len(jars)} jars, {lock.size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
