"""Places at work, shared out fairly: this many for a key, this many for a tenant, this many in all; others queue.

A place that becomes free goes to the tenant that has the fewest at work, of its keys to the one that has the fewest,
and there to whoever waits longest. So who asks for much waits behind themselves, and nobody else does.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from beliefgraph.errors import Unavailable


@dataclass(frozen=True)
class Shares:
    """How many may be at work in all, of one tenant and of one key; how many of one key may wait, and how long."""

    total: int
    per_tenant: int
    per_key: int
    waiting_per_key: int
    patience: float


Holder = tuple[str, str]
"""A tenant and one of its keys."""

NOBODY: Holder = ("", "")
"""Who holds what the service does by itself; it has the share of a tenant, however many such tasks there are."""

HOLDER: ContextVar[Holder] = ContextVar("HOLDER", default=NOBODY)
"""Whose place the current task works at."""


class Tally:
    """How many places are taken, by whom, and whose turn it is."""

    def __init__(self, shares: Shares) -> None:
        self._shares = shares
        self._of_tenant: Counter[str] = Counter()
        self._of_key: Counter[Holder] = Counter()
        self.total = 0

    def may(self, holder: Holder) -> bool:
        """Whether a place is free for them."""
        shares = self._shares
        return (
            self.total < shares.total
            and self._of_tenant[holder[0]] < shares.per_tenant
            and (self._of_key[holder] < shares.per_key or holder == NOBODY)
        )

    def take(self, holder: Holder) -> None:
        """Count a place as theirs."""
        self.total += 1
        self._of_tenant[holder[0]] += 1
        self._of_key[holder] += 1

    def leave(self, holder: Holder) -> None:
        """Count it as free."""
        self.total -= 1
        for counted, whose in ((self._of_tenant, holder[0]), (self._of_key, holder)):
            counted[whose] -= 1  # type: ignore[index]
            if not counted[whose]:  # type: ignore[index]
                del counted[whose]

    def next(self, waiting: Iterable[Holder]) -> Holder | None:
        """Who of those that wait has the fewest places and may have one; the first of those alike."""
        may = [holder for holder in waiting if self.may(holder)]
        return min(may, key=lambda each: (self._of_tenant[each[0]], self._of_key[each]), default=None)


class Places:
    """The places of one process."""

    def __init__(self, shares: Shares) -> None:
        self._shares = shares
        self._tally = Tally(shares)
        self._waiting: dict[Holder, deque[asyncio.Future[None]]] = {}

    @property
    def at_work(self) -> int:
        """How many places are taken."""
        return self._tally.total

    @property
    def waiting(self) -> int:
        """How many wait for a place."""
        return sum(map(len, self._waiting.values()))

    @asynccontextmanager
    async def taken(self, tenant: str, key: str, *, pause: float = 0.0) -> AsyncIterator[None]:
        """A place for as long as the block lasts; `overloaded` where none becomes free in time.

        While others of the same key wait, the place is kept for `pause` seconds more.
        """
        holder = (tenant, key)
        await self._take(holder)
        before = HOLDER.set(holder)
        try:
            yield
            if pause and holder in self._waiting:
                await asyncio.sleep(pause)
        finally:
            HOLDER.reset(before)
            self._leave(holder)

    async def turn(self, tenant: str, key: str) -> None:
        """Wait for a place that is free again in the next turn of the event loop; `overloaded` where none is in time.

        So what many tasks of one key have to do at the same moment does not come all at once.
        """
        await self._take((tenant, key))
        self._leave_in_the_next((tenant, key))

    def turn_now(self, tenant: str, key: str) -> bool:
        """Take such a place if it is free now; False if it is not."""
        holder = (tenant, key)
        if holder in self._waiting or not self._tally.may(holder):
            return False
        self._tally.take(holder)
        self._leave_in_the_next(holder)
        return True

    def _leave_in_the_next(self, holder: Holder) -> None:
        asyncio.get_running_loop().call_soon(self._leave, holder)

    def of_holder(self) -> AbstractAsyncContextManager[None]:
        """A place for whom the current task works."""
        return self.taken(*HOLDER.get())

    async def _take(self, holder: Holder) -> None:
        if holder in self._waiting or not self._tally.may(holder):  # others that wait may take none
            await self._wait(holder)
        else:
            self._tally.take(holder)

    async def _wait(self, holder: Holder) -> None:
        queue = self._waiting.setdefault(holder, deque())
        if len(queue) >= self._shares.waiting_per_key:
            raise self._refusal()
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(turn)
        self._call()
        try:
            async with asyncio.timeout(self._shares.patience):
                await turn
        except BaseException as ended:
            if turn.done() and not turn.cancelled():
                self._leave(holder)  # it was given, and whoever waited for it is gone
            elif turn in self._waiting.get(holder, ()):
                self._forget(holder, turn)
            if isinstance(ended, TimeoutError):
                raise self._refusal() from None
            raise

    def _refusal(self) -> Unavailable:
        seconds = max(1, round(self._shares.patience))
        return Unavailable(
            "overloaded",
            f"Too much is asked at once with this key, or of this service; try again in {seconds} s.",
            retry_after=seconds,
        )

    def _leave(self, holder: Holder) -> None:
        self._tally.leave(holder)
        self._call()

    def _call(self) -> None:
        """Give free places to those whose turn it is."""
        while (holder := self._tally.next(self._waiting)) is not None:
            turn = self._waiting[holder][0]
            self._forget(holder, turn)
            if not turn.cancelled():  # else whoever waited has left, and is about to be told
                self._tally.take(holder)
                turn.set_result(None)

    def _forget(self, holder: Holder, turn: asyncio.Future[None]) -> None:
        queue = self._waiting[holder]
        queue.remove(turn)
        del self._waiting[holder]
        if queue:
            self._waiting[holder] = queue  # at the end, so that of those alike everyone gets a turn
