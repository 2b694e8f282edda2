"""Which Java runs Neo4j, and which is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from beliefgraph.errors import Incorrect, Unsupported
from beliefgraph.local import LocalNeo4j
from beliefgraph.local.java import find_java, java_version, more_java_options


def test_the_java_that_came_with_beliefgraph_is_new_enough() -> None:
    assert java_version(find_java({})) >= 25


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("#!/bin/sh\necho 'openjdk version \"17.0.9\" 2023-10-17' >&2\n", "is Java 17"),
        ("#!/bin/sh\necho 'java version \"1.8.0_392\"' >&2\n", "is Java 1"),
        ("#!/bin/sh\necho hello >&2\n", "does not say its version"),
        ("#!/bin/sh\nexit 3\n", "does not run"),
        (None, "does not run"),
    ],
)
def test_a_java_that_cannot_run_neo4j_is_refused_by_name(tmp_path: Path, script: str | None, why: str) -> None:
    java = tmp_path / "java"
    if script is not None:
        java.write_text(script)
        java.chmod(0o755)
    with pytest.raises(Unsupported, match=why) as refused:
        LocalNeo4j(tmp_path / "data", environ={"BELIEFGRAPH_JAVA": str(java)}).start()
    assert refused.value.code == "wrong-java"
    assert str(java) in refused.value.message
    assert not (tmp_path / "data").exists()


def test_more_options_are_given_to_java_as_a_shell_would_split_them() -> None:
    given = {"BELIEFGRAPH_JAVA_OPTIONS": "-XX:TieredStopAtLevel=1 '-Da=b c'"}
    assert more_java_options(given) == ["-XX:TieredStopAtLevel=1", "-Da=b c"]
    assert more_java_options({}) == []
    with pytest.raises(Incorrect, match="BELIEFGRAPH_JAVA_OPTIONS"):
        more_java_options({"BELIEFGRAPH_JAVA_OPTIONS": "'-Da=b"})
