"""Which jars make up Neo4j: the roots asked for, and every jar they need with its size and SHA-256.

`jars.lock` names coordinates only, never an address; `python -m beliefgraph.local.renew` writes it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files


@dataclass(frozen=True)
class Jar:
    """One file of the lock: where a Maven repository keeps it, and what its bytes must hash to."""

    coordinates: str
    size: int
    sha256: str

    @cached_property
    def path(self) -> str:
        """Answers where the jar lies below any Maven repository, and below our cache."""
        group, artifact, version, *classifier = self.coordinates.split(":")
        name = "-".join([artifact, version, *classifier])
        return f"{group.replace('.', '/')}/{artifact}/{version}/{name}.jar"


@dataclass(frozen=True)
class JarLock:
    """The whole lock: what was asked for, and all that it takes."""

    roots: tuple[str, ...]
    jars: tuple[Jar, ...]

    @property
    def neo4j_version(self) -> str:
        """Answers which Neo4j these jars are."""
        return next(root.split(":")[2] for root in self.roots if root.startswith("org.neo4j:neo4j:"))

    @property
    def size(self) -> int:
        """Answers how many bytes all jars have together."""
        return sum(jar.size for jar in self.jars)


HEADER = """\
# Neo4j Community's jars: `root COORDINATES` is what was asked for, `SHA256 SIZE COORDINATES` what it takes.
# To renew: change the versions of the roots, then run `python -m beliefgraph.local.renew` (extra `lock`).
"""


def parse_lock(text: str) -> JarLock:
    """Reads a lock from its text; comments and empty lines say nothing."""
    roots, jars = [], []
    for line in text.splitlines():
        match line.split():
            case ["root", coordinates]:
                roots.append(coordinates)
            case [sha256, size, coordinates] if not sha256.startswith("#"):
                jars.append(Jar(coordinates, int(size), sha256))
    return JarLock(tuple(roots), tuple(jars))


def format_lock(lock: JarLock) -> str:
    """Writes a lock as text, jars in the order of their coordinates, so that a renewal shows as a small diff."""
    roots = [f"root {root}" for root in lock.roots]
    jars = [f"{jar.sha256} {jar.size} {jar.coordinates}" for jar in sorted(lock.jars, key=lambda j: j.coordinates)]
    return HEADER + "\n".join([*roots, *jars]) + "\n"


def shipped_lock() -> JarLock:
    """Answers the lock that came with this version of beliefgraph."""
    return parse_lock(files(__package__).joinpath("jars.lock").read_text(encoding="utf-8"))
