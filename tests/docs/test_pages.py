"""What the pages say can be followed: links lead somewhere, examples are of the language they claim, commands exist."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
from functools import cache
from pathlib import Path

import pytest
import typer
import yaml
from graphql import GraphQLSchema, build_schema, parse, validate
from neo4j import GraphDatabase
from tests.docs.pages import Example, examples, pages
from tests.house.source import ROOT

from beliefgraph.cli.main import app
from beliefgraph.local import Endpoint
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.shards import ShardMap
from beliefgraph.services.interpretation.check import check_catalog

LINK = re.compile(r"(?<!`)\[[^\]]*\]\((?!https?:|mailto:)([^)#\s]*)(#[^)\s]*)?\)")


def anchors(page: Path) -> set[str]:
    """The anchors that the headings of a page make."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    broken = []
    for path, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        target = (page.parent / path).resolve() if path else page
        lost = anchor and target.suffix == ".md" and target.is_file() and anchor[1:] not in anchors(target)
        if not target.exists() or lost:
            broken.append(path + anchor)
    assert broken == []


@cache
def schema() -> GraphQLSchema:
    """The printed schema, built once."""
    return build_schema((ROOT / "docs" / "schema.graphql").read_text(encoding="utf-8"))


@pytest.mark.parametrize("example", examples("graphql"), ids=str)
def test_graphql_fits_the_schema(example: Example) -> None:
    assert validate(schema(), parse(example.code)) == []


@pytest.mark.parametrize("example", examples("yaml"), ids=str)
def test_yaml_is_a_catalog_that_could_be_published_or_a_shard_map(example: Example) -> None:
    said = yaml.safe_load(example.code)
    if "shards" in said:
        ShardMap.model_validate(said)
    else:
        check_catalog(Catalog.model_validate(said))


@pytest.mark.parametrize("example", examples("python"), ids=str)
def test_python_is_python(example: Example) -> None:
    ast.parse(example.code)


@pytest.mark.parametrize("example", examples("cypher"), ids=str)
def test_cypher_is_understood_by_neo4j(example: Example, endpoint: Endpoint) -> None:
    given = dict.fromkeys(re.findall(r"\$(\w+)", example.code), "")
    with (
        GraphDatabase.driver(endpoint.uri, auth=endpoint.auth, telemetry_disabled=True) as driver,
        driver.session(database="neo4j") as session,
    ):
        for statement in filter(str.strip, re.split(r";\s*$", example.code, flags=re.MULTILINE)):
            session.run(f"EXPLAIN {statement}", given).consume()


@pytest.mark.parametrize("example", examples("bash"), ids=str)
def test_shell_is_shell_and_its_commands_exist(example: Example) -> None:
    checked = subprocess.run(["bash", "-n"], input=example.code, text=True, capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr
    for line in example.code.splitlines():
        for part in re.split(r"&&|\|", line.split(" #")[0]):
            words = shlex.split(part)
            if words and Path(words[0]).name == "beliefgraph":
                assert_command_exists(words[1:])


def assert_command_exists(words: list[str]) -> None:
    """The words name a command of ours, and give it only options that it has."""
    command = typer.main.get_command(app)
    while words and words[0] in (found := getattr(command, "commands", {})):
        command, words = found[words[0]], words[1:]
    assert not hasattr(command, "commands"), f"no command: {' '.join(words)}"
    known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    assert [word for word in words if word.startswith("--") and word not in known | {"--help"}] == []
