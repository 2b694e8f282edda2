"""What was written is freed at once, without waiting for the garbage collector."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any
from weakref import ref

import pytest

from beliefgraph.store.graph import Graph, Transaction


class Rows(list[Any]):
    """Rows whose end can be observed."""


@pytest.fixture
def no_collection() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


TIMES = 20


async def test_what_statements_wrote_is_freed_when_they_are_done(graph: Graph, no_collection: None) -> None:
    async def written() -> ref[Rows]:
        rows = Rows(["unknown"])
        await graph.write_one("quarantine/release", tenant="nobody", ids=rows)
        return ref(rows)

    left = [await written() for _ in range(TIMES)]
    assert sum(each() is not None for each in left) <= 1  # the latest may still be in use


async def test_what_transactions_wrote_is_freed_when_they_are_done(graph: Graph, no_collection: None) -> None:
    async def work(tx: Transaction) -> ref[Rows]:
        rows = Rows(["unknown"])
        await tx.run("quarantine/release", tenant="nobody", ids=rows)
        return ref(rows)

    left = [await graph.write(work) for _ in range(TIMES)]
    assert sum(each() is not None for each in left) <= 1
