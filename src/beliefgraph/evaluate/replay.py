"""Shared by all evaluations: deliver events in batches, and erase the twins afterwards."""

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
"""Events per request: one commit for each twin they concern."""

T = TypeVar("T")


class LearnSources(Protocol):
    """Learn the sources of the tenant, put the result in force, and have its twins adopt it."""

    def __call__(
        self,
        *,
        trusted: str | None = None,
        before: datetime | None = None,
        calibrate: bool = False,
        outcomes: bool = False,
        trajectories: bool = False,
    ) -> None:
        """`trusted` is a source that is always right; with `before`, only evidence valid before then is used.

        `calibrate` also learns calibrations, after the sources; `outcomes` learns outcomes instead, and `trajectories`
        how twins move through stages.
        """
        ...


Progress = Callable[[str, int, int], None]
"""Called with the name of a step, the amount done, and the total."""


def deliver(
    client: Client, events: Iterable[Mapping[str, Any]], count: int, progress: Progress, what: str
) -> Counter[str]:
    """Send events in order, with at most one batch in memory; the number of each outcome."""
    outcomes: Counter[str] = Counter()
    progress(what, 0, count)
    for batch in batches(events, BATCH_SIZE):
        outcomes.update(client.send(batch))
        progress(what, outcomes.total(), count)
    return outcomes


def batches(things: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in lists of that size, the last one shorter."""
    rest = iter(things)
    while batch := list(islice(rest, size)):
        yield batch


@contextmanager
def erased_after(client: Client, twins: Sequence[str], progress: Progress) -> Iterator[None]:
    """Erase these twins when the block ends, even after an error."""
    try:
        yield
    finally:
        for done, twin in enumerate(twins, start=1):
            with suppress(NotFound):  # it was never created
                client.erase(twin)
            progress("Erasing what was made", done, len(twins))
