"""`docs/graph-schema.md` is what `graph_schema` says, and says what every property means."""

from __future__ import annotations

import pytest
from tests.house.source import ROOT

from beliefgraph.store.docs import meaning, schema_page
from beliefgraph.store.graph_schema import EDGES, NODES, EdgeRow, NodeRow

ROWS: list[NodeRow | EdgeRow] = [*NODES, *EDGES]


def test_the_page_is_current() -> None:
    page = (ROOT / "docs" / "graph-schema.md").read_text(encoding="utf-8")
    assert page == schema_page(), "run: python -m beliefgraph.store.docs > docs/graph-schema.md"


@pytest.mark.parametrize("row", ROWS, ids=[row.meaning[:30] for row in ROWS])
def test_every_property_has_a_meaning(row: NodeRow | EdgeRow) -> None:
    assert [name for name in row.properties if not meaning(row, name)] == []
