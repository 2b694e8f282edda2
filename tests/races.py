"""Causing on purpose what else happens by chance: something that comes between two statements."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from beliefgraph.store.graph import Graph

Happening = Callable[[], Awaitable[object]]


class Interrupted(Graph):
    """A graph on which something happens, once, right after the first query of a name."""

    def __init__(self, graph: Graph, after: str, happening: Happening) -> None:
        super().__init__(graph._driver, graph._database)
        self._after = after
        self._happening: Happening | None = happening

    async def read(self, name: str, /, **parameters: Any) -> list[Any] | None:
        record = await super().read(name, **parameters)
        await self._come_between(name)
        return record

    async def write_one(self, name: str, /, **parameters: Any) -> list[Any] | None:
        record = await super().write_one(name, **parameters)
        await self._come_between(name)
        return record

    async def _come_between(self, name: str) -> None:
        happening = self._happening
        if name == self._after and happening is not None:
            self._happening = None
            await happening()
