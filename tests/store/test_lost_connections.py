"""Connections to Neo4j that are lost while nobody uses them."""

from __future__ import annotations

import pytest
from tests.lossy_connection import line_to

from beliefgraph.errors import Unavailable
from beliefgraph.local import Endpoint
from beliefgraph.store.graph import Graph, connected


async def test_a_read_whose_connection_was_lost_is_asked_again_on_a_new_one(endpoint: Endpoint, graph: Graph) -> None:
    async with line_to(endpoint) as (line, _), connected(line.uri, endpoint.user, endpoint.password) as far:
        there = await far.read("definition/latest", tenant="nobody")
        line.lose()
        assert await far.read("definition/latest", tenant="nobody") == there


async def test_a_neo4j_that_takes_no_connections_is_said_to_be_unavailable_with_the_reason(
    endpoint: Endpoint, graph: Graph
) -> None:
    async with line_to(endpoint) as (line, _), connected(line.uri, endpoint.user, endpoint.password) as far:
        await far.read("definition/latest", tenant="nobody")
        line.hang_up()
        with pytest.raises(Unavailable, match=r"does not answer now \((Service|Session)") as refused:
            await far.read("definition/latest", tenant="nobody")
        assert refused.value.code == "store-unavailable"
