"""A small catalog to start from, and the JSON Schema of catalogs for editors."""

from __future__ import annotations

from pathlib import Path

import orjson
from tests.cli.test_try import NO_DATABASE
from tests.terminal import beliefgraph

from beliefgraph.cli.init import catalog_schema
from beliefgraph.model.catalog import BearingRule, Catalog


def test_what_init_writes_can_be_tried_at_once_and_is_not_overwritten(tmp_path: Path) -> None:
    folder = tmp_path / "mine"

    first = beliefgraph("init", str(folder), environ=NO_DATABASE)
    tried = beliefgraph(
        "try", str(folder / "catalog.yaml"), str(folder / "events.jsonl"), "--json", environ=NO_DATABASE
    )
    (folder / "events.jsonl").write_text("mine")
    again = beliefgraph("init", str(folder), environ=NO_DATABASE)

    assert first.returncode == 0, first.stderr
    told = orjson.loads(tried.stdout)
    assert [event["status"] for event in told["events"]] == ["accepted"] * 5
    assert all(rule["events"] for rule in told["rules"])
    assert again.returncode == 1
    assert (folder / "events.jsonl").read_text() == "mine"


def test_the_schema_describes_every_field_of_a_catalog_and_its_rules() -> None:
    schema = orjson.loads(catalog_schema())
    assert set(schema["properties"]) == set(Catalog.model_fields)
    assert schema["additionalProperties"] is False
    bearing = schema["$defs"]["BearingRule"]
    assert set(bearing["properties"]) == set(BearingRule.model_fields)
    assert bearing["required"] == ["attribute"]
    without = [
        f"{name}.{field}"
        for name, part in [("Catalog", schema), *schema["$defs"].items()]
        for field, told in part.get("properties", {}).items()
        if "description" not in told and "$ref" not in told
    ]
    assert without == []
