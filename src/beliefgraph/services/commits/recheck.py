"""Checking that what a twin published follows from its evidence: derived again from the stored rows, and compared."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from beliefgraph.errors import BeliefgraphError
from beliefgraph.model.belief import Quality, worst
from beliefgraph.model.delta import Delta
from beliefgraph.model.revision import Publication
from beliefgraph.services.commits.advance import publish_layers
from beliefgraph.services.commits.layers import LAYERS
from beliefgraph.services.definitions.book import DefinitionBook
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.derivation.derive import derive
from beliefgraph.services.layer.protocol import Layer
from beliefgraph.services.twin.checkpoints import Checkpoints
from beliefgraph.services.twin.load import read_state
from beliefgraph.services.twin.state import TwinState
from beliefgraph.store import stale as stored
from beliefgraph.store.graph import Graph

PAGE = 500
"""Twins returned by one query of the store."""

_EVER = datetime(9998, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Checked:
    """One twin derived again: how many rows it published in each layer, and those that should differ.

    `width` is that of the widest junction tree among its beliefs, and `quality` the lowest of theirs. `error` says why
    it could not be derived. `stale_checkpoint` says that its checkpoints differed from its rows.
    """

    tenant: str
    twin: str
    rev: int
    width: int
    quality: Quality
    published: Mapping[str, int] = field(default_factory=dict)
    differing: tuple[Publication, ...] = ()
    stale_checkpoint: bool = False
    error: BeliefgraphError | None = None

    @property
    def differ(self) -> int:
        """The number of published rows and checkpoints that should differ."""
        return len(self.differing) + self.stale_checkpoint


async def recheck(
    graph: Graph,
    book: DefinitionBook,
    tenant: str | None = None,
    checkpoints: Checkpoints | None = None,
    layers: Sequence[Layer] = LAYERS,
) -> AsyncIterator[Checked]:
    """Every twin of a tenant, or of all, derived again at its head time under the definitions of its last commit.

    With `checkpoints`, these are also compared with the twin's rows; those that differ are deleted.
    """
    async for found in every_twin(graph, tenant):
        try:
            state = await read_state(graph, found.id, found.tenant, found.name)
            if state.head_time is not None:
                definitions = await book.numbered(found.tenant, state.definitions)
                checked = await asyncio.to_thread(_check, state, definitions, state.head_time, layers)
                stale = checkpoints is not None and not await checkpoints.agree(state)
                yield replace(checked, stale_checkpoint=stale)
        except BeliefgraphError as error:
            yield Checked(found.tenant, found.name, 0, 0, "unavailable", error=error)


async def every_twin(graph: Graph, tenant: str | None, after: str = "") -> AsyncIterator[stored.StaleTwin]:
    """The twins of a tenant, or of all, by id after an id; one page of them in memory at a time."""
    async for page in pages_of_twins(graph, tenant, PAGE, after):
        for found in page:
            yield found


async def pages_of_twins(
    graph: Graph, tenant: str | None, size: int, after: str = ""
) -> AsyncIterator[list[stored.StaleTwin]]:
    """The same in pages of that size."""
    while page := await stored.stale_twins(graph, _EVER, tenant=tenant, after=after, limit=size):
        yield page
        after = page[-1].id


def _check(state: TwinState, graph: DefinitionGraph, head: datetime, layers: Sequence[Layer]) -> Checked:
    derived = derive(state, graph, head)
    unnamed = derived.layout.unnamed
    again, _ = publish_layers(state, state, graph, derived, state.rev, layers)
    return Checked(
        tenant=state.tenant,
        twin=state.name,
        rev=state.rev,
        width=max((unit.model.width for unit in derived.layout.units), default=0),
        quality=worst(derived.quality(place) for place in range(len(derived.grade)) if place not in unnamed),
        published={layer.name: len(state.rows_of(layer.published)) for layer in layers},
        differing=tuple(_differing(again)),
    )


def _differing(again: Delta) -> Iterator[Publication]:
    """The rows that should differ: as they should be, or as they are if there should be none."""
    opened = [row for row in again.opened if isinstance(row, Publication)]
    yield from opened
    places = {(type(row), row.key) for row in opened}
    for row in again.closed:
        if isinstance(row, Publication) and (type(row), row.key) not in places:
            yield row
