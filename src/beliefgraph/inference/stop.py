"""Whether a computation is still wanted: long ones look between their steps, and end where nobody waits for them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from beliefgraph.errors import Unavailable


class _Current(threading.local):
    flag: threading.Event | None = None


_current = _Current()


@contextmanager
def stoppable(flag: threading.Event) -> Iterator[None]:
    """Let `check_stopped` look at a flag in this thread for as long as the block lasts."""
    before, _current.flag = _current.flag, flag
    try:
        yield
    finally:
        _current.flag = before


def check_stopped() -> None:
    """Refuse (`took-too-long`) to go on where the flag of this thread is set; cheap enough for every step."""
    flag = _current.flag
    if flag is not None and flag.is_set():
        raise Unavailable(
            "took-too-long", "This was stopped: nobody waits for it any more, or the service ends. Send it again."
        )
