"""The events on the page about catalogs are read, and its catalog understands them."""

from __future__ import annotations

from datetime import UTC, datetime

import yaml
from tests.docs.pages import examples

from beliefgraph.ingest.cloudevents import read_structured
from beliefgraph.model.definition import Catalog, Definitions
from beliefgraph.services.interpret import RuleInterpreter

PAGE = "docs/catalogs.md"
READ = datetime(2026, 6, 1, tzinfo=UTC)


def test_the_pages_catalog_understands_its_events() -> None:
    (catalog,) = (Catalog.model_validate(yaml.safe_load(example.code)) for example in examples("yaml", PAGE))
    (events,) = examples("jsonl", PAGE)
    definitions = Definitions(tenant="shop", number=1, catalogs=(catalog,))
    said = [
        [(spoken.source, [bearing.belief.attribute for bearing in spoken.bearings]) for spoken in heard.spoken]
        for line in events.code.splitlines()
        for heard in [RuleInterpreter().interpret(read_structured(line.encode(), READ), definitions)]
    ]
    assert said == [
        [("/shop", ["garden.loves_it", "garden.has_one"])],
        [("customer:ada", ["world.is_moving"])],
    ]
