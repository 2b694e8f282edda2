"""Fair sharing of places for requests: bounded per key, per tenant and in total; others queue.

A free place goes to the tenant with the fewest places in use, among its keys to the one with the fewest, and there to
the longest waiting request. So a caller with many requests delays only themselves.
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
    """Most places in total, per tenant and per key; how many requests of one key may wait, and how long."""

    total: int
    per_tenant: int
    per_key: int
    waiting_per_key: int
    patience: float


Holder = tuple[str, str]
"""A tenant and one of its keys."""

SHARED: Holder = ("", "")
"""The holder for the service's own tasks; it has the share of one tenant, regardless of the number of tasks."""

HOLDER: ContextVar[Holder] = ContextVar("HOLDER", default=SHARED)
"""The holder whose place the current task uses."""


class SlotCounts:
    """How many places are taken, by which holders, and who is next."""

    def __init__(self, shares: Shares) -> None:
        self._shares = shares
        self._of_tenant: Counter[str] = Counter()
        self._of_key: Counter[Holder] = Counter()
        self.total = 0

    def may(self, holder: Holder) -> bool:
        """Whether a place is free for a holder."""
        shares = self._shares
        return (
            self.total < shares.total
            and self._of_tenant[holder[0]] < shares.per_tenant
            and (self._of_key[holder] < shares.per_key or holder == SHARED)
        )

    def take(self, holder: Holder) -> None:
        """Count a place as taken by a holder."""
        self.total += 1
        self._of_tenant[holder[0]] += 1
        self._of_key[holder] += 1

    def leave(self, holder: Holder) -> None:
        """Count a place as free again."""
        self.total -= 1
        for counted, whose in ((self._of_tenant, holder[0]), (self._of_key, holder)):
            counted[whose] -= 1  # type: ignore[index]
            if not counted[whose]:  # type: ignore[index]
                del counted[whose]

    def next(self, waiting: Iterable[Holder]) -> Holder | None:
        """The waiting holder that may have a place and has the fewest; the first of equal ones."""
        may = [holder for holder in waiting if self.may(holder)]
        return min(may, key=lambda each: (self._of_tenant[each[0]], self._of_key[each]), default=None)


class FairSemaphore:
    """The places of one process."""

    def __init__(self, shares: Shares) -> None:
        self._shares = shares
        self._tally = SlotCounts(shares)
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
        """A place for the duration of the block; `overloaded` if none becomes free in time.

        While others of the same key wait, the place is kept for `pause` seconds longer.
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
        """Wait for a place that is freed in the next turn of the event loop; `overloaded` if there is none in time.

        This spreads out what many tasks of one key do at the same moment.
        """
        await self._take((tenant, key))
        self._leave_in_the_next((tenant, key))

    def turn_now(self, tenant: str, key: str) -> bool:
        """Take such a place if one is free now; False if not."""
        holder = (tenant, key)
        if holder in self._waiting or not self._tally.may(holder):
            return False
        self._tally.take(holder)
        self._leave_in_the_next(holder)
        return True

    def _leave_in_the_next(self, holder: Holder) -> None:
        asyncio.get_running_loop().call_soon(self._leave, holder)

    def of_holder(self) -> AbstractAsyncContextManager[None]:
        """A place for the holder of the current task."""
        return self.taken(*HOLDER.get())

    async def _take(self, holder: Holder) -> None:
        if holder in self._waiting or not self._tally.may(holder):  # others that wait may not take one
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
                self._leave(holder)  # it was assigned, but the waiting task is gone
            elif turn in self._waiting.get(holder, ()):
                self._forget(holder, turn)
            if isinstance(ended, TimeoutError):
                raise self._refusal() from None
            raise

    def _refusal(self) -> Unavailable:
        seconds = max(1, round(self._shares.patience))
        return Unavailable(
            "overloaded",
            f"There are too many requests with this key, or to this service; try again in {seconds} s.",
            retry_after=seconds,
        )

    def _leave(self, holder: Holder) -> None:
        self._tally.leave(holder)
        self._call()

    def _call(self) -> None:
        """Give free places to the next holders."""
        while (holder := self._tally.next(self._waiting)) is not None:
            turn = self._waiting[holder][0]
            self._forget(holder, turn)
            if not turn.cancelled():  # else the waiting task has left, and its exception is pending
                self._tally.take(holder)
                turn.set_result(None)

    def _forget(self, holder: Holder, turn: asyncio.Future[None]) -> None:
        queue = self._waiting[holder]
        queue.remove(turn)
        del self._waiting[holder]
        if queue:
            self._waiting[holder] = queue  # at the end, so that equal holders take turns
