"""What every evaluation does: deliver events in batches, and erase what it made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import islice
from typing import Any, Protocol, TypeVar

from beliefgraph.errors import NotFound
from beliefgraph.evaluate.client import Client

BATCH_SIZE = 500
"""Events in one request: they become one commit for each twin they are about."""

T = TypeVar("T")


class Teach(Protocol):
    """Has the sources of the tenant learned from what was said, put in force, and adopted by its twins."""

    def __call__(
        self,
        *,
        trusted: str | None = None,
        before: datetime | None = None,
        calibrate: bool = False,
        outcomes: bool = False,
        trajectories: bool = False,
    ) -> None:
        """`trusted` is always right; with `before`, only what was valid before then is learned from.

        `calibrate` has calibrations learned too, once the sources are; `outcomes` has outcomes learned instead, and
        `trajectories` how twins move through stages.
        """
        ...


Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""


def deliver(
    client: Client, events: Iterable[Mapping[str, Any]], count: int, progress: Progress, what: str
) -> Counter[str]:
    """Send events in their order, never more than one batch of them in memory; how many had which outcome."""
    outcomes: Counter[str] = Counter()
    progress(what, 0, count)
    for batch in batches(events, BATCH_SIZE):
        outcomes.update(client.send(batch))
        progress(what, outcomes.total(), count)
    return outcomes


def batches(things: Iterable[T], size: int) -> Iterator[list[T]]:
    """The things in lists of that size, the last one shorter."""
    rest = iter(things)
    while batch := list(islice(rest, size)):
        yield batch


@contextmanager
def erased_after(client: Client, twins: Sequence[str], progress: Progress) -> Iterator[None]:
    """Erases these twins when the work is done, or has failed."""
    try:
        yield
    finally:
        for done, twin in enumerate(twins, start=1):
            with suppress(NotFound):  # it never came to be
                client.erase(twin)
            progress("Erasing what was made", done, len(twins))
