"""The neomodel classes describe the graph as `graph_schema` declares it, read a real twin, and write nothing."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest
from neomodel import StructuredNode, StructuredRel
from tests.world import World, event

from beliefgraph.local import Endpoint
from beliefgraph.model.belief import probability
from beliefgraph.model.identity import twin_id
from beliefgraph.store.graph_schema import EDGES, NODES, EdgeRow, NodeRow
from beliefgraph.store.neomodels import EDGE_CLASSES, NODE_CLASSES, PROPERTIES, reading


def described(cls: type[StructuredNode] | type[StructuredRel]) -> dict[str, type]:
    """The stored properties of a class with the kind of property that describes each."""
    found = cls.defined_properties(aliases=False, rels=False)
    return {prop.get_db_property_name(name): type(prop) for name, prop in found.items()}


def unique(cls: type[StructuredNode] | type[StructuredRel]) -> set[str]:
    """The stored properties that are unique by themselves."""
    found = cls.defined_properties(aliases=False, rels=False)
    return {prop.get_db_property_name(name) for name, prop in found.items() if prop.unique_index}


def alone(row: NodeRow | EdgeRow) -> set[str]:
    """The properties that the table declares unique by themselves."""
    return {keys[0] for keys in row.unique if len(keys) == 1}


@pytest.mark.parametrize("row", NODES, ids=lambda row: row.label)
def test_a_class_describes_its_label(row: NodeRow) -> None:
    cls = NODE_CLASSES[row.label]
    inherited = NODE_CLASSES["Delivery"] if row.label == "Event" else None
    properties = {name: PROPERTIES[kind] for name, kind in row.properties.items()}
    assert described(cls) == properties | (described(inherited) if inherited else {})
    assert unique(cls) == alone(row) | (unique(inherited) if inherited else set())
    assert cls.inherited_labels() == [row.label, *(["Delivery"] if inherited else [])]


@pytest.mark.parametrize("row", [e for e in EDGES if e.record], ids=lambda row: f"{row.name}-{row.start}")
def test_a_class_describes_its_relationship(row: EdgeRow) -> None:
    cls = EDGE_CLASSES[row.name]
    assert described(cls) == {name: PROPERTIES[kind] for name, kind in row.properties.items()}
    assert unique(cls) == alone(row)


@pytest.mark.parametrize("row", EDGES, ids=lambda row: f"{row.name}-{row.start}")
def test_a_relationship_leads_from_its_start_to_its_end(row: EdgeRow) -> None:
    leads = NODE_CLASSES[row.start].defined_properties(aliases=False, properties=False)
    assert row.name in {made.definition["relation_type"] for made in leads.values()}


def test_a_notebook_may_have_an_event_of_its_own() -> None:
    program = (
        "class Event: ...\n"
        "from beliefgraph.store.neomodels import NODE_CLASSES\n"
        "made = NODE_CLASSES['Commit'].defined_properties(aliases=False, properties=False)['caused_by']\n"
        "made.lookup_node_class()\n"
        "assert made.definition['node_class'] is NODE_CLASSES['Event'], made.definition\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


async def test_a_notebook_reads_a_twin_and_why_it_believes(world: World, endpoint: Endpoint) -> None:
    await world.intake.observe(world.caller, [event("e1", "audited", twin="lena")])
    await asyncio.to_thread(_read, world, endpoint)


def _read(world: World, endpoint: Endpoint) -> None:
    from beliefgraph.store.neomodels import Twin

    with reading(endpoint.uri, endpoint.user, endpoint.password):
        twin = Twin.nodes.get(tenant=world.caller.tenant, name="lena")
        assert twin.uid == twin_id(world.caller.tenant, "lena")
        assert twin.rev == 1
        risky = twin.holds.get(attribute="product.risky")
        held = twin.holds.relationship(risky)
        assert risky.confidence == pytest.approx(probability(held.log_odds), abs=0.001)
        (evidence,) = risky.incoming_bears_on.all()
        assert evidence.summary == "raised a security question"
        assert evidence.bears_on.relationship(risky).log_likelihood_ratio == pytest.approx(1.5)
        (source,) = evidence.reported_by.all()
        assert source.name == "test"
        assert [event.type for event in evidence.from_.all()] == ["audited"]


async def test_a_notebook_writes_nothing(world: World, endpoint: Endpoint) -> None:
    await world.intake.observe(world.caller, [event("e1", "audited", twin="lena")])
    await asyncio.to_thread(_write, world, endpoint)


def _write(world: World, endpoint: Endpoint) -> None:
    from beliefgraph.store.neomodels import Twin

    with reading(endpoint.uri, endpoint.user, endpoint.password):
        twin = Twin.nodes.get(tenant=world.caller.tenant, name="lena")
        belief = twin.holds.all()[0]
        for attempt in (
            twin.save,
            twin.delete,
            twin.holds.relationship(belief).save,
            lambda: twin.holds.connect(belief),
            lambda: twin.holds.disconnect_all(),
        ):
            with pytest.raises(TypeError, match="by their commands"):
                attempt()
