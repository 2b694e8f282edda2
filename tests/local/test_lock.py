"""The lock names every jar once, and no address."""

from __future__ import annotations

from beliefgraph.local.lock import Jar, format_lock, parse_lock, shipped_lock


def test_a_lock_survives_being_written_and_read() -> None:
    lock = shipped_lock()
    assert parse_lock(format_lock(lock)) == lock


def test_the_shipped_lock_is_neo4j_with_its_server_and_browser() -> None:
    lock = shipped_lock()
    names = [jar.coordinates for jar in lock.jars]
    assert lock.neo4j_version == "2026.08.1"
    assert set(lock.roots) <= set(names)
    assert len(set(names)) == len(names)
    assert all(len(jar.sha256) == 64 and jar.size > 0 for jar in lock.jars)


def test_the_shipped_lock_names_no_address() -> None:
    assert "://" not in format_lock(shipped_lock())


def test_a_jar_lies_where_every_maven_repository_keeps_it() -> None:
    assert Jar("io.netty:netty-common:4.2", 1, "").path == "io/netty/netty-common/4.2/netty-common-4.2.jar"
    assert Jar("io.netty:n:4.2:linux-x86_64", 1, "").path == "io/netty/n/4.2/n-4.2-linux-x86_64.jar"
