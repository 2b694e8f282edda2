"""Definition sets in the graph: the documents the service reads, and their picture for those who look."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from beliefgraph.model.definition import Catalog, Definitions, RelationDefinition
from beliefgraph.model.identity import definition_id
from beliefgraph.store import codec
from beliefgraph.store.graph import Graph


async def latest(graph: Graph, tenant: str) -> int:
    """The number of the set in force; 0 where nothing was published."""
    record = await graph.read("definition/latest", tenant=tenant)
    return (record[0] if record else None) or 0


async def numbered(graph: Graph, tenant: str, number: int) -> Definitions:
    """The set of that number."""
    record = await graph.read("definition/numbered", tenant=tenant, number=number)
    documents: list[str] = record[0] if record else []
    return Definitions(
        tenant=tenant, number=number, catalogs=tuple(Catalog.model_validate_json(text) for text in documents)
    )


async def publish(graph: Graph, definitions: Definitions, catalog: Catalog, at: datetime) -> None:
    """Write the set and the new catalog in it; `rev-conflict` if the number or the version is taken."""
    tenant = definitions.tenant
    ids = {
        a.key: definition_id(tenant, c.catalog, c.version, a.key) for c in definitions.catalogs for a in c.attributes
    }
    await graph.write_one(
        "definition/publish",
        tenant=tenant,
        number=definitions.number,
        at=at,
        catalog=catalog.catalog,
        version=catalog.version,
        document=catalog.model_dump_json(),
        kept=[
            {"catalog": c.catalog, "version": c.version} for c in definitions.catalogs if c.catalog != catalog.catalog
        ],
        definitions=[
            codec.node_values(
                a, id=ids[a.key], tenant=tenant, version=catalog.version, values=tuple(a.value_priors) or None
            )
            for a in catalog.attributes
        ],
        relations=[_relation(r, ids) for r in catalog.relations],
    )


def _relation(relation: RelationDefinition, ids: Mapping[str, str]) -> dict[str, Any]:
    return {
        "kind": relation.kind,
        "source": ids[relation.source],
        "target": ids[relation.target],
        "source_value": relation.source_value,
        "target_value": relation.target_value,
        "number": relation.strength.parameter,
    }
