"""Cancellation and cost budgets of long computations, which check them between their steps.

A computation without waiting callers ends at its next check; one that has used its budget is refused. Both are set by
the caller, for a block of one thread; without them there is no limit.
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
"""Seconds between two checks while an uninterruptible step runs in another thread."""


class _Current(threading.local):
    flag: threading.Event | None = None
    left: int | None = None


_current = _Current()


@contextmanager
def stoppable(flag: threading.Event) -> Iterator[None]:
    """Let `check_stopped` test a flag in this thread for the duration of the block."""
    before, _current.flag = _current.flag, flag
    try:
        yield
    finally:
        _current.flag = before


@contextmanager
def budget(entries: int) -> Iterator[None]:
    """Limit the total cost of this block and thread to this many table entries (see `spend`)."""
    before, _current.left = _current.left, entries
    try:
        yield
    finally:
        _current.left = before


def check_stopped() -> None:
    """Raise `took-too-long` if the flag of this thread is set; cheap enough for every step."""
    flag = _current.flag
    if flag is not None and flag.is_set():
        raise Unavailable(
            "took-too-long", "This was stopped: the caller has gone, or the service is shutting down. Send it again."
        )


def spend(entries: int) -> None:
    """Subtract the cost of a step from the budget in advance; `too-complex` if it is used up.

    A table entry takes some 15 ns in a pass; other steps count as the entries that take as long. So whether a budget
    suffices depends on the computation and not on the machine.
    """
    check_stopped()
    if _current.left is not None:
        _current.left -= entries
        if _current.left < 0:
            raise Incorrect(
                "too-complex",
                "It takes too long to determine whether these priors and relations are consistent: state fewer "
                "relations between attributes that are related already, or weaker ones.",
            )


def in_abandonable_thread(work: Callable[[], T]) -> T:
    """The result of `work`, which is one piece of machine code without checks and so runs in a thread of its own.

    On cancellation that thread is abandoned: it ends by itself, and does not keep the process from ending.
    """
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
