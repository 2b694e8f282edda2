"""Definition sets in the graph: the documents that the service reads, and a view of them for Neo4j Browser."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from beliefgraph.model.catalog import Catalog, RelationDefinition
from beliefgraph.model.catalog_reading import read_catalog
from beliefgraph.model.definition import Definitions
from beliefgraph.model.identity import definition_id
from beliefgraph.model.parameters import ParameterSet
from beliefgraph.model.record import STORED
from beliefgraph.store import codec
from beliefgraph.store.graph import Graph

LISTED_SETS = 1_000
"""Number of parameter sets that are listed, newest first."""


async def latest(graph: Graph, tenant: str) -> int:
    """The number of the set in force; 0 if none was published."""
    record = await graph.read("definition/latest", tenant=tenant)
    return (record[0] if record else None) or 0


async def tenants(graph: Graph) -> list[str]:
    """Every tenant with published definitions."""
    record = await graph.read("definition/tenants")
    return list(record[0]) if record else []


async def numbered(graph: Graph, tenant: str, number: int) -> Definitions:
    """The set of that number."""
    record = await graph.read("definition/numbered", tenant=tenant, number=number)
    documents, parameters = record or ([], None)
    return await asyncio.to_thread(_read, tenant, number, documents, parameters)


def _read(tenant: str, number: int, documents: Sequence[str], parameters: str | None) -> Definitions:
    return Definitions(
        tenant=tenant,
        number=number,
        catalogs=tuple(read_catalog(orjson.loads(text), STORED) for text in documents),
        parameters=None if parameters is None else ParameterSet.model_validate_json(parameters, context=STORED),
    )


async def publish(graph: Graph, definitions: Definitions, catalog: Catalog, at: datetime) -> None:
    """Write the set and the new catalog in it; `rev-conflict` if the number or the version is taken."""
    rows = await asyncio.to_thread(_rows, definitions, catalog)
    await graph.write_one(
        "definition/publish",
        tenant=definitions.tenant,
        number=definitions.number,
        at=at,
        catalog=catalog.catalog,
        version=catalog.version,
        kept=_refs(c for c in definitions.catalogs if c.catalog != catalog.catalog),
        parameters=None if definitions.parameters is None else definitions.parameters.number,
        **rows,
    )


def _rows(definitions: Definitions, catalog: Catalog) -> dict[str, Any]:
    """The rows of a catalog."""
    tenant = definitions.tenant
    ids = {
        a.key: definition_id(tenant, c.catalog, c.version, a.key) for c in definitions.catalogs for a in c.attributes
    }
    return {
        "document": catalog.model_dump_json(),
        "definitions": [
            codec.node_values(
                a,
                id=ids[a.key],
                tenant=tenant,
                version=catalog.version,
                values=tuple(a.value_priors) or None,
                preference=None if a.preference is None else a.preference.kind,
            )
            for a in catalog.attributes
        ],
        "relations": [_relation(r, ids) for r in catalog.relations],
    }


async def publish_parameters(graph: Graph, definitions: Definitions, at: datetime) -> None:
    """Write the set and the new parameters in it; `rev-conflict` if the number is taken."""
    parameters = definitions.parameters
    assert parameters is not None
    await graph.write_one(
        "definition/publish_parameters",
        tenant=definitions.tenant,
        number=definitions.number,
        at=at,
        parameters=parameters.number,
        document=await asyncio.to_thread(parameters.model_dump_json, exclude_defaults=True),
        kept=_refs(definitions.catalogs),
    )


async def parameter_sets(graph: Graph, tenant: str) -> list[ParameterSet]:
    """The parameter sets of a tenant, the newest first."""
    record = await graph.read("learning/parameter_sets", tenant=tenant, limit=LISTED_SETS)
    texts = record[0] if record else []
    return await asyncio.to_thread(lambda: [ParameterSet.model_validate_json(text, context=STORED) for text in texts])


def _refs(catalogs: Iterable[Catalog]) -> list[dict[str, str]]:
    return [{"catalog": c.catalog, "version": c.version} for c in catalogs]


def _relation(relation: RelationDefinition, ids: Mapping[str, str]) -> dict[str, Any]:
    return {
        "kind": relation.kind,
        "source": ids[relation.source],
        "target": ids[relation.target],
        "source_subject": relation.source_subject,
        "source_value": relation.source_value,
        "target_value": relation.target_value,
        **codec.strength_values(relation.strength),
    }
