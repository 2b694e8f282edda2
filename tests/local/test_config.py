"""How a local Neo4j is set up."""

from __future__ import annotations

from pathlib import Path

import pytest

from beliefgraph.errors import Incorrect
from beliefgraph.local.config import Memory, argument_file, initial_password, java_options, neo4j_conf
from beliefgraph.local.data_dir import Ports


def test_every_door_is_on_loopback_with_a_password_and_nothing_is_reported() -> None:
    lines = neo4j_conf(Ports(bolt=7001, http=7002), Memory()).splitlines()
    assert "server.bolt.listen_address=127.0.0.1:7001" in lines
    assert "server.http.listen_address=127.0.0.1:7002" in lines
    assert "server.https.enabled=false" in lines
    assert "dbms.security.auth_enabled=true" in lines
    assert "dbms.usage_report.enabled=false" in lines


def test_memory_is_settable_and_checked() -> None:
    assert java_options(Memory(heap="2g"), 25)[:3] == ["-Xmx2g", f"-Xms{1024 << 20}", f"-Xmn{512 << 20}"]
    assert "-Djdk.virtualThreadScheduler.parallelism=64" in java_options(Memory(), 25)
    for wrong in ("", "much", "-1m", "512", "0m", "1m -XX:Anything"):
        with pytest.raises(Incorrect):
            Memory(heap=wrong)


def test_only_a_java_that_knows_the_flag_is_given_it() -> None:
    flag = "--sun-misc-unsafe-memory-access=allow"
    assert flag in java_options(Memory(), 25)
    assert flag not in java_options(Memory(), 21)


def test_the_first_password_is_stored_as_neo4js_own_command_stores_it() -> None:
    salt = bytes.fromhex("4e7931c66b44b3f0b0122cd769b8cefe77c0e0fb2bc0015dd951843f62bd5f8e")
    assert initial_password("secret-password", salt) == (
        "neo4j:SHA-256,011ca1dd0dac6a4d5c46b75a96be943ca59c6fb6517ccbf430c2b24a1a033f02,"
        "4e7931c66b44b3f0b0122cd769b8cefe77c0e0fb2bc0015dd951843f62bd5f8e,1024:\n"
    )


def test_an_argument_file_keeps_blanks_quotes_and_backslashes() -> None:
    text = argument_file([Path("/a b/c.jar"), Path("/d.jar")], ['say "x"', "back\\slash"])
    assert text == '-cp\n"/a b/c.jar:/d.jar"\n"say \\"x\\""\n"back\\\\slash"\n'
