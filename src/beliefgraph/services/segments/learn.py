"""Learning the base rates of a tenant's segments: of outcomes within their horizons, and of attributes as priors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from beliefgraph.model.caller import Caller
from beliefgraph.model.parameters import ParameterSet
from beliefgraph.services.definitions.book import DefinitionBook
from beliefgraph.services.learning.training_data import training_data
from beliefgraph.services.permissions.sights import Sights
from beliefgraph.services.permissions.usable import Usable
from beliefgraph.services.process.threads import long_work
from beliefgraph.services.segments.priors import priors_of
from beliefgraph.services.segments.rates import SegmentLesson, learn_rates
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring


async def learn_segments(
    caller: Caller,
    graph: Graph,
    keyring: Keyring,
    book: DefinitionBook,
    before: datetime,
    progress: Callable[[int], None] = lambda _: None,
    usable: Usable | None = None,
    sights: Sights | None = None,
) -> list[SegmentLesson]:
    """What is learned for every segment from what was known before a moment: first attributes, then outcomes.

    `progress` is called with the number of twins read; `usable` and `sights` leave twins out. Refused to a
    person's key.
    """
    read = await training_data(caller, graph, book, before=before, progress=progress, usable=usable)
    found = await long_work(priors_of, read)
    return found + await learn_rates(caller, graph, keyring, book, before, progress, sights)


def following(found: Sequence[SegmentLesson], known: ParameterSet) -> ParameterSet:
    """The parameters with what was learned and should be adopted."""
    adopted = [each for each in found if each.adopted]
    return known.with_segments(
        tuple(each.rate for each in adopted if each.rate is not None),
        tuple(each.base_rate for each in adopted if each.base_rate is not None),
    )
