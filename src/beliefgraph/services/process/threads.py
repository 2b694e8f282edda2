"""The threads of a process: shared fairly between tenants and keys, some reserved for long work.

They are the default executor of the event loop, so `asyncio.to_thread` runs in them. Work of a cancelled task is
dropped while it waits, and told to stop (`inference/stop.py`) while it runs; so is all work when the process ends.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar

from beliefgraph.inference.stop import stoppable
from beliefgraph.services.process.fair_semaphore import HOLDER, Holder, Shares, SlotCounts

P = ParamSpec("P")
T = TypeVar("T")
K = TypeVar("K")

_LONG: ContextVar[bool] = ContextVar("LONG", default=False)

GRACE_S = 1.0
"""How long the process waits for its threads to stop when it ends."""


async def long_work(work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
    """The result of `work`, run in one of the few threads for what may take seconds, which nothing else waits for.

    If the loop has no `Threads`, in any thread.
    """
    before = _LONG.set(True)
    try:
        return await asyncio.to_thread(work, *args, **named)
    finally:
        _LONG.reset(before)


class _Work(Future[Any]):
    """A submitted call; cancelling it while it runs tells it to stop."""

    def __init__(self) -> None:
        super().__init__()
        self.stop = threading.Event()

    def cancel(self) -> bool:
        """Drop it, or tell it to stop; returns whether it was dropped."""
        self.stop.set()
        return super().cancel()

    def run(self, work: Callable[[], Any]) -> None:
        """Run it, unless it was dropped."""
        if not self.set_running_or_notify_cancel():
            return
        try:
            with stoppable(self.stop):
                result = work()
        except StopIteration as error:  # asyncio leaves a future with it pending for ever
            ended = RuntimeError("StopIteration")
            ended.__cause__ = error
            self.set_exception(ended)
        except BaseException as error:
            self.set_exception(error)
        else:
            self.set_result(result)


@dataclass
class _Lane:
    """Some of the threads, and the work that waits for one."""

    tally: SlotCounts
    waiting: dict[Holder, deque[tuple[_Work, Callable[[], Any]]]] = field(default_factory=dict)

    def next(self) -> tuple[Holder, _Work, Callable[[], Any]] | None:
        """The next work to run, with its thread counted as taken."""
        holder = self.tally.next(self.waiting)
        if holder is None:
            return None
        queue = self.waiting.pop(holder)
        work, call = queue.popleft()
        if queue:
            self.waiting[holder] = queue  # at the end, so that equal holders take turns
        self.tally.take(holder)
        return holder, work, call


class Threads(ThreadPoolExecutor):
    """An executor that gives a free thread to the tenant with the fewest, and there to the key with the fewest."""

    def __init__(self, short: Shares, long: Shares) -> None:
        super().__init__(short.total + long.total, thread_name_prefix="work")
        self._guard = threading.RLock()
        self._lanes = {False: _Lane(SlotCounts(short)), True: _Lane(SlotCounts(long))}
        self._running: set[_Work] = set()
        self._ending = False

    @property
    def running(self) -> int:
        """The number of threads at work."""
        return len(self._running)

    @property
    def waiting(self) -> int:
        """How much waits for a thread."""
        with self._guard:
            return sum(len(queue) for lane in self._lanes.values() for queue in lane.waiting.values())

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run it when it is the turn of the submitting task's holder."""
        work, lane = _Work(), self._lanes[_LONG.get()]
        with self._guard:
            if self._ending:
                raise RuntimeError("The process ends.")
            lane.waiting.setdefault(HOLDER.get(), deque()).append((work, lambda: fn(*args, **kwargs)))
            self._start(lane)
        return work

    def _start(self, lane: _Lane) -> None:
        with self._guard:
            while (found := lane.next()) is not None:
                holder, work, call = found
                self._running.add(work)
                super().submit(self._run, lane, holder, work, call)

    def _run(self, lane: _Lane, holder: Holder, work: _Work, call: Callable[[], Any]) -> None:
        try:
            work.run(call)
        finally:
            with self._guard:
                self._running.discard(work)
                lane.tally.leave(holder)
                if not self._ending:
                    self._start(lane)

    def stop(self) -> None:
        """Drop waiting work, and tell running work to stop."""
        with self._guard:
            for lane in self._lanes.values():
                dropped = [work for queue in lane.waiting.values() for work, _ in queue]
                lane.waiting.clear()
                for work in dropped:
                    work.cancel()
            for work in self._running:
                work.cancel()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002
        """Accept no more work, stop what there is, and wait a moment for it to end."""
        with self._guard:
            self._ending = True
            self.stop()
        super().shutdown(wait=False)
        until = time.monotonic() + GRACE_S
        while wait and self._running and time.monotonic() < until:
            time.sleep(0.01)


def threads(cores: int | None = None) -> Threads:
    """A number of threads that suits the machine.

    Of those for queries a tenant takes half, and a key as many as half of the cores; long work leaves a core.
    """
    cores = cores or os.cpu_count() or 1
    many, few = 2 * cores + 4, max(2, cores - 1)
    return Threads(
        Shares(total=many, per_tenant=many // 2, per_key=max(1, cores // 2), waiting_per_key=0, patience=0.0),
        Shares(total=few, per_tenant=max(1, few // 2), per_key=max(1, few // 2), waiting_per_key=0, patience=0.0),
    )


AT_ONCE = 50
"""Steps of a long iteration run at once on the event loop, each about 50 µs."""


async def cooperatively(keys: Iterable[K]) -> AsyncIterator[K]:
    """These items, yielding to the event loop from time to time."""
    for number, key in enumerate(keys, start=1):
        yield key
        if number % AT_ONCE == 0:
            await asyncio.sleep(0)
