"""Which beliefs each heading of a twin's bearings bears on: its own belief, and other values of the same attribute.

Where a source has a confusion matrix, a statement of value v is evidence on every value k, with the likelihood ratio
against none of the values log((π_kv·e^λ + 1 − π_kv) / (b_v·e^λ + 1 − b_v)). So each other value receives the same items
with rates of its own, a_k = π_kv. Whether the items count is decided on the belief that they are about.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from beliefgraph.inference import CombinedGroups, Sums, combine_groups, combine_unweighted
from beliefgraph.services.definitions.reliability import Weighting
from beliefgraph.services.twin.blocks import Floats, Ints

ValuesBeside = Callable[[int], Mapping[str | None, int]]
"""The positions of all values of the attribute of the belief at a position, by value; none where it has no others."""


@dataclass(frozen=True)
class Reach:
    """One row for each heading that counts and each belief it bears on, by heading; the belief it is about comes first.

    Each row has its `heading`, the `position` of the belief, a number for its `source` there, and the probability that
    the source states this where the belief holds. `headings` is the number of all headings, including those that do not
    count.
    """

    heading: Ints
    position: Ints
    source: Ints
    says_if_holds: Floats
    headings: int

    @cached_property
    def first(self) -> Ints:
        """Where the rows of each heading begin; those of heading h end at `first[h + 1]`."""
        return np.concatenate(([0], np.cumsum(np.bincount(self.heading, minlength=self.headings))))

    def of(self, heading: Ints) -> tuple[Ints, Ints]:
        """The rows of some headings: for each row, the index of its heading in `heading`, and the row."""
        start = self.first[heading]
        times = self.first[heading + 1] - start
        index = np.repeat(np.arange(len(heading)), times)
        return index, np.arange(len(index)) - np.repeat(np.cumsum(times) - times - start, times)

    def combine(self, weighting: Weighting, sums: Sums, beliefs: int) -> CombinedGroups:
        """The effective evidence of the headings with these sums, on this many beliefs."""
        if weighting.direct:
            return combine_unweighted(self.position, self.heading, sums, beliefs)
        return combine_groups(
            self.position,
            self.source,
            sums.of(self.heading),
            beliefs=beliefs,
            says_if_holds=self.says_if_holds,
            says_if_not=weighting.says_if_not[self.heading],
            origin=weighting.origin[self.heading],
            correlation=weighting.correlation[self.heading],
            scale=weighting.scale[self.heading],
            effect=weighting.effect[self.heading],
            deviation=weighting.deviation[self.heading],
        )

    def at(self, position: int) -> Ints:
        """The headings that bear on a belief but are about another."""
        about_it = np.zeros(len(self.heading), dtype=np.bool_)
        about_it[self.first[self.heading]] = True
        return np.asarray(self.heading[(self.position == position) & ~about_it])


def reach_of(counting: Ints, position: Ints, weighting: Weighting, values_beside: ValuesBeside) -> Reach:
    """The reach of the headings that are `counting`, given the position of the belief that each heading is about."""
    places_of, sources, rates = position[counting], weighting.source[counting], weighting.says_if_holds[counting]
    if not weighting.confusion:
        return Reach(counting, places_of, sources, rates, len(position))
    heading, places, source, says = [counting], [places_of], [sources], [rates]
    apart = int(weighting.source.max(initial=0)) + 1
    for head, column in weighting.confusion.items():
        about = int(position[head])
        beside = values_beside(about)
        others = [each for each in column if each.holds in beside and beside[each.holds] != about]
        heading.append(np.full(len(others), head))
        places.append(np.array([beside[each.holds] for each in others], dtype=np.int64))
        source.append(np.full(len(others), weighting.source[head] + apart * (1 + about)))
        says.append(np.array([each.says for each in others]))
    of_row = np.concatenate(heading)
    order = np.argsort(of_row, kind="stable")
    return Reach(
        heading=of_row[order],
        position=np.concatenate(places)[order],
        source=np.concatenate(source)[order],
        says_if_holds=np.concatenate(says)[order],
        headings=len(position),
    )
