"""Which twins may be learned from for the purpose of a call."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Protocol, TypeVar

from beliefgraph.model.caller import Caller
from beliefgraph.model.identity import twin_id
from beliefgraph.services.permissions.sights import Sights


class NamedTwin(Protocol):
    """A record about one twin, with its name."""

    @property
    def name(self) -> str:
        """The name of the twin."""
        ...


N = TypeVar("N", bound=NamedTwin)

PAGE = 200
"""Twins whose permissions are read together."""


class Usable:
    """Leaves out the twins that are not fully permitted for the caller's purpose, and counts them."""

    def __init__(self, sights: Sights | None, caller: Caller) -> None:
        self._sights = sights
        self._caller = caller
        self.left_out = 0

    async def of(self, twins: AsyncIterator[N]) -> AsyncIterator[N]:
        """The twins, among these, that may be used, in order; permissions are read one page at a time."""
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
    """A sentence with the number of twins left out."""
    many = "1 twin was" if twins == 1 else f"{twins:,} twins were"
    return f"{many} left out: this purpose is not permitted to use everything held there."
