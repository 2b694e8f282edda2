"""Which twins may be learned from for the purpose of a call."""

from __future__ import annotations

from collections.abc import AsyncIterator
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


class Usable:
    """Leaves out the twins of which not everything is permitted for the caller's purpose, and counts them."""

    def __init__(self, sights: Sights | None, caller: Caller) -> None:
        self._sights = sights
        self._caller = caller
        self.left_out = 0

    async def of(self, twins: AsyncIterator[N]) -> AsyncIterator[N]:
        """Those of these twins that may be used."""
        async for twin in twins:
            if await self._may_use(twin.name):
                yield twin
            else:
                self.left_out += 1

    async def _may_use(self, name: str) -> bool:
        if self._sights is None:
            return True
        (seen,) = await self._sights.of_each(self._caller, [(twin_id(self._caller.tenant, name), name)])
        return seen.whole


def left_out(twins: int) -> str:
    """How many twins were left out, in a sentence."""
    many = "1 twin was" if twins == 1 else f"{twins:,} twins were"
    return f"{many} left out: this purpose is not permitted to use everything held there."
