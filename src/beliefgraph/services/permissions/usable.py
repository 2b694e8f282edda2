"""Which twins may be learned from for the purpose of a call."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Protocol, TypeVar

from beliefgraph.model.caller import Caller
from beliefgraph.model.identity import twin_id
from beliefgraph.services.permissions.sights import Sights


class NamedTwin(Protocol):
    """Something of one twin, by its name."""

    @property
    def name(self) -> str:
        """The name of the twin."""
        ...


N = TypeVar("N", bound=NamedTwin)

PAGE = 200
"""Twins whose permissions are read together."""


class Usable:
    """Leaves out the twins of which not everything is permitted for the caller's purpose, and counts them."""

    def __init__(self, sights: Sights | None, caller: Caller) -> None:
        self._sights = sights
        self._caller = caller
        self.left_out = 0

    async def of(self, twins: AsyncIterator[N]) -> AsyncIterator[N]:
        """Those of these twins that may be used, in their order; their permissions are read a page at a time."""
        page: list[N] = []
        async for twin in twins:
            page.append(twin)
            if self._sights is None or len(page) == PAGE:
                for one in await self._usable(page):
                    yield one
                page = []
        for one in await self._usable(page):
            yield one

    async def _usable(self, page: Sequence[N]) -> Sequence[N]:
        if self._sights is None or not page:
            return page
        named = [(twin_id(self._caller.tenant, twin.name), twin.name) for twin in page]
        seen = await self._sights.of_each(self._caller, named)
        usable = [twin for twin, each in zip(page, seen, strict=True) if each.whole]
        self.left_out += len(page) - len(usable)
        return usable


def left_out(twins: int) -> str:
    """How many twins were left out, in a sentence."""
    many = "1 twin was" if twins == 1 else f"{twins:,} twins were"
    return f"{many} left out: this purpose is not permitted to use everything held there."
