"""`docs/graph-schema.md` is what `graph_schema` says, and says what every property means."""

from __future__ import annotations

import pytest
from tests.house.source import ROOT

from beliefgraph.store.docs import meaning, schema_page
from beliefgraph.store.graph_schema import EDGES, NODES, EdgeRow, NodeRow

OWNERS: list[tuple[str, NodeRow | EdgeRow]] = [*((n.label, n) for n in NODES), *((e.name, e) for e in EDGES)]


def test_the_page_is_current() -> None:
    page = (ROOT / "docs" / "graph-schema.md").read_text(encoding="utf-8")
    assert page == schema_page(), "run: python -m beliefgraph.store.docs > docs/graph-schema.md"


@pytest.mark.parametrize(("owner", "row"), OWNERS, ids=[f"{o}-{r.meaning[:12]}" for o, r in OWNERS])
def test_every_property_has_a_meaning(owner: str, row: NodeRow | EdgeRow) -> None:
    assert [name for name in row.properties if not meaning(owner, row, name)] == []
