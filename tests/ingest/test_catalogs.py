"""Catalogs are read from YAML and JSON; what is wrong is told with its file and place."""

from __future__ import annotations

from pathlib import Path

import pytest

from beliefgraph.errors import Incorrect
from beliefgraph.ingest.catalogs import MAX_CATALOG_BYTES, parse_catalogs, read_catalogs

YAML = b"""
catalog: buying
version: 1.0.0
attributes:
  - {key: needs.sso, domain: needs, prior: 0.2, statement: They need single sign-on., half_life: P90D}
---
catalog: people
version: 2.1.0
"""


def refusal(text: bytes, name: str = "c.yaml") -> str:
    with pytest.raises(Incorrect) as caught:
        parse_catalogs(text, name)
    assert caught.value.code == "invalid-definition"
    return caught.value.message


def test_yaml_documents_become_catalogs_in_order(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_bytes(YAML)
    buying, people = read_catalogs(tmp_path / "c.yaml")
    assert (buying.ref, people.ref) == ("buying@1.0.0", "people@2.1.0")
    half_life = buying.attributes[0].half_life
    assert half_life is not None
    assert half_life.days == 90


def test_json_holds_one_catalog_or_a_list_of_them() -> None:
    one = b'{"catalog": "buying", "version": "1.0.0"}'
    assert [c.ref for c in parse_catalogs(one, "c.json")] == ["buying@1.0.0"]
    assert len(parse_catalogs(b"[" + one + b"," + one + b"]", "c.json")) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"catalog: [", "c.yaml, line 1, column 11"),
        (b"catalog: buying\nversion: 1.0.0\nversion: 1.0.1\n", "c.yaml, line 3, column 1: the key version twice"),
        (b"a: &a [x]\nb: *a\n", "an alias"),
        (b"a: !!python/object/apply:os.getcwd []\n", "c.yaml, line 1"),
        (b"", "no catalog"),
        (b"- 1\n", "c.yaml, catalog 1"),
        (b"catalog: buying\nversion: one\n", "c.yaml, catalog 1 (buying) version: a version is three numbers, such as"),
        (b"catalog: buying\nversion: 1.0\n", "version: a version is three numbers, such as 1.0.0."),
        (b"catalog: buying\n", "version: it is missing."),
        (YAML.replace(b"needs.sso", b"Needs SSO"), "attributes[0].key: a name is lower-case words joined by dots"),
        (YAML.replace(b"0.2", b"1.5"), "catalog 1 (buying) attributes[0].prior"),
        (YAML.replace(b"0.2", b".nan"), "catalog 1 (buying) attributes[0].prior"),
        (YAML + b"colour: red\n", "catalog 2 (people) colour: there is no field of this name"),
        (YAML + b"relations: [{kind: implies, source: a, target: b}]\n", "catalog 2 (people): implies takes a prob"),
        (b"\xff\xfe\xff", "c.yaml"),
        (b"a: \x00", "c.yaml"),
        (b"[" * 5_000, "c.yaml"),
        (b"{" * 5_000, "c.yaml"),
        (b"- " * 5_000, "c.yaml"),
        (b"a: " + b"9" * 5_000, "c.yaml"),
        (b"a: 1" + b":59" * 5_000, "c.yaml"),
        (b"a: &a {b: c}\nd:\n  <<: *a\n", "an alias"),
        (b"a: !!binary '" + b"=" * 5_000 + b"'", "c.yaml"),
        (b"x" * (MAX_CATALOG_BYTES + 1), "more than"),
        (b"2026-99-99: 1", "c.yaml"),
        (b"? [a, b]\n: 1\n", "c.yaml"),
        (b"? {a: b}\n: 1\n", "c.yaml"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: bytes, said: str) -> None:
    assert said in refusal(text)


def test_a_file_that_is_not_there_and_json_that_is_none_are_told(tmp_path: Path) -> None:
    with pytest.raises(Incorrect, match=r"nowhere\.yaml: it cannot be read"):
        read_catalogs(tmp_path / "nowhere.yaml")
    assert "c.json" in refusal(b"{", "c.json")
