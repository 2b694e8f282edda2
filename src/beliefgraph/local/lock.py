"""The jars that make up Neo4j: the requested roots, and every jar they need with its size and SHA-256.

`jars.lock` contains coordinates only, no addresses; `python -m beliefgraph.local.renew` rewrites it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files


@dataclass(frozen=True)
class Jar:
    """One file of the lock: its path in a Maven repository, and its expected hash."""

    coordinates: str
    size: int
    sha256: str

    @cached_property
    def path(self) -> str:
        """The path of the jar in any Maven repository, and in the cache."""
        group, artifact, version, *classifier = self.coordinates.split(":")
        name = "-".join([artifact, version, *classifier])
        return f"{group.replace('.', '/')}/{artifact}/{version}/{name}.jar"


@dataclass(frozen=True)
class JarLock:
    """The whole lock: the requested roots, and all jars that they need."""

    roots: tuple[str, ...]
    jars: tuple[Jar, ...]

    @property
    def neo4j_version(self) -> str:
        """The Neo4j version of these jars."""
        return next(root.split(":")[2] for root in self.roots if root.startswith("org.neo4j:neo4j:"))

    @property
    def size(self) -> int:
        """The total size of all jars in bytes."""
        return sum(jar.size for jar in self.jars)


HEADER = """\
# Neo4j Community's jars: `root COORDINATES` is what was asked for, `SHA256 SIZE COORDINATES` what it takes.
# To renew: change the versions of the roots, then run `python -m beliefgraph.local.renew` (extra `lock`).
"""


def parse_lock(text: str) -> JarLock:
    """Read a lock from its text; comments and empty lines are ignored."""
    roots, jars = [], []
    for line in text.splitlines():
        match line.split():
            case ["root", coordinates]:
                roots.append(coordinates)
            case [sha256, size, coordinates] if not sha256.startswith("#"):
                jars.append(Jar(coordinates, int(size), sha256))
    return JarLock(tuple(roots), tuple(jars))


def format_lock(lock: JarLock) -> str:
    """A lock as text, jars in the order of their coordinates, so that an update is a small diff."""
    roots = [f"root {root}" for root in lock.roots]
    jars = [f"{jar.sha256} {jar.size} {jar.coordinates}" for jar in sorted(lock.jars, key=lambda j: j.coordinates)]
    return HEADER + "\n".join([*roots, *jars]) + "\n"


def shipped_lock() -> JarLock:
    """The lock that ships with this version of beliefgraph."""
    return parse_lock(files(__package__).joinpath("jars.lock").read_text(encoding="utf-8"))
