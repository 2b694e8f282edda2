"""The settings, from the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from beliefgraph.config import Settings
from beliefgraph.errors import Incorrect


def test_without_variables_the_defaults_stand() -> None:
    settings = Settings.from_environment({})
    assert (settings.host, settings.port, settings.graphiql, settings.neo4j_uri) == ("127.0.0.1", 8000, True, None)


def test_each_setting_is_read_from_its_variable() -> None:
    settings = Settings.from_environment(
        {
            "BELIEFGRAPH_HOST": "0.0.0.0",
            "BELIEFGRAPH_PORT": "9000",
            "BELIEFGRAPH_CORS_ORIGINS": "https://a.example, https://b.example",
            "BELIEFGRAPH_KEYS": "/var/keys",
            "BELIEFGRAPH_REFRESH_INTERVAL": "0",
            "NEO4J_URI": "neo4j://graph",
            "NEO4J_PASSWORD": "x",
            "PATH": "/bin",
        }
    )
    assert (settings.host, settings.port, settings.keys) == ("0.0.0.0", 9000, Path("/var/keys"))
    assert settings.cors_origins == ("https://a.example", "https://b.example")
    assert (settings.neo4j_uri, settings.refresh_interval) == ("neo4j://graph", 0)


@pytest.mark.parametrize(
    ("text", "meant"),
    [("false", False), ("0", False), ("no", False), ("off", False), ("true", True), ("1", True), ("yes", True)],
)
def test_booleans_mean_what_they_say(text: str, meant: bool) -> None:
    assert Settings.from_environment({"BELIEFGRAPH_GRAPHIQL": text}).graphiql is meant


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BELIEFGRAPH_PORT", "http"),
        ("BELIEFGRAPH_PORT", "70000"),
        ("BELIEFGRAPH_GRAPHIQL", "perhaps"),
        ("BELIEFGRAPH_REQUEST_TIMEOUT", "nan"),
        ("BELIEFGRAPH_REQUEST_TIMEOUT", "-1"),
        ("BELIEFGRAPH_LOG_LEVEL", "loud"),
        ("BELIEFGRAPH_NO_SUCH_SETTING", "1"),
    ],
)
def test_a_variable_that_is_wrong_or_unknown_is_named(name: str, value: str) -> None:
    with pytest.raises(Incorrect, match=name) as refused:
        Settings.from_environment({name: value})
    assert refused.value.ids == {"variable": name}


def test_an_address_without_a_password_is_refused() -> None:
    with pytest.raises(Incorrect, match="NEO4J_PASSWORD"):
        Settings.from_environment({"NEO4J_URI": "bolt://x"})


def test_the_password_does_not_show() -> None:
    assert "hunter2" not in repr(Settings.from_environment({"NEO4J_URI": "bolt://x", "NEO4J_PASSWORD": "hunter2"}))
