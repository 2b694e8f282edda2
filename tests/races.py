"""Causing on purpose what else happens by chance: something that comes between two statements."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from beliefgraph.store.graph import Graph

Happening = Callable[[], Awaitable[object]]


class Interrupted(Graph):
    """A graph on which something happens, once, right after the first query of a name, or right before it."""

    def __init__(self, graph: Graph, at: str, happening: Happening, *, before: bool = False) -> None:
        super().__init__(graph._driver, graph._database)
        self.personal = graph.personal
        self._at, self._before = at, before
        self._happening: Happening | None = happening

    async def read(self, name: str, /, **parameters: Any) -> list[Any] | None:
        await self._come_between(name, before=True)
        record = await super().read(name, **parameters)
        await self._come_between(name, before=False)
        return record

    async def write_one(self, name: str, /, **parameters: Any) -> list[Any] | None:
        await self._come_between(name, before=True)
        record = await super().write_one(name, **parameters)
        await self._come_between(name, before=False)
        return record

    async def _come_between(self, name: str, *, before: bool) -> None:
        happening = self._happening
        if name == self._at and before == self._before and happening is not None:
            self._happening = None
            await happening()
