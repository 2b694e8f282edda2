"""Whether a computation is still wanted, and how much it may still cost: long ones look between their steps.

One that nobody waits for ends at its next look; one that has spent its budget is refused. Both are set by whoever
begins the work, for a block of one thread; without them there is no end and no budget.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TypeVar

from beliefgraph.errors import Incorrect, Unavailable

T = TypeVar("T")

LOOK_S = 0.05
"""Seconds between two looks while a step of one piece is at work elsewhere."""


class _Current(threading.local):
    flag: threading.Event | None = None
    left: int | None = None


_current = _Current()


@contextmanager
def stoppable(flag: threading.Event) -> Iterator[None]:
    """Let `check_stopped` look at a flag in this thread for as long as the block lasts."""
    before, _current.flag = _current.flag, flag
    try:
        yield
    finally:
        _current.flag = before


@contextmanager
def budget(entries: int) -> Iterator[None]:
    """Let what is computed in this block and thread cost this many table entries together (see `spend`)."""
    before, _current.left = _current.left, entries
    try:
        yield
    finally:
        _current.left = before


def check_stopped() -> None:
    """Refuse (`took-too-long`) to go on where the flag of this thread is set; cheap enough for every step."""
    flag = _current.flag
    if flag is not None and flag.is_set():
        raise Unavailable(
            "took-too-long", "This was stopped: the caller has gone, or the service is shutting down. Send it again."
        )


def spend(entries: int) -> None:
    """Take the cost of a step from the budget before it is made: `too-complex` where that is not enough.

    A table entry takes some 15 ns in a pass; other steps are counted as the entries that take as long. So whether a
    budget is enough depends on what is computed and not on the machine.
    """
    check_stopped()
    if _current.left is not None:
        _current.left -= entries
        if _current.left < 0:
            raise Incorrect(
                "too-complex",
                "It takes too long to find out whether these priors and relations hold together: state fewer relations"
                " between attributes that are related already, or weaker ones.",
            )


def left_behind(work: Callable[[], T]) -> T:
    """What `work` returns. It is one piece of machine code that cannot look, so it runs in a thread of its own, and is
    left behind where it is stopped: it ends by itself, and keeps no process from ending."""
    flag = _current.flag
    if flag is None:
        return work()
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as error:
            done.set_exception(error)

    threading.Thread(target=run, name="step", daemon=True).start()
    while True:
        try:
            return done.result(timeout=LOOK_S)
        except TimeoutError:
            if done.done():
                raise
            check_stopped()
