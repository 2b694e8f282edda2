"""Why a belief stands where it stands: every piece of evidence with its share, the path it took, and a sentence."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from beliefgraph.inference import LOG_LIKELIHOOD_BOUND, Influence
from beliefgraph.model.attribute import OTHER
from beliefgraph.model.belief import Belief, BeliefKey, probability
from beliefgraph.model.caller import Caller
from beliefgraph.model.evidence import Bearing
from beliefgraph.model.explanation import Contribution, Explanation, ExplanationLink
from beliefgraph.model.time import NOW, AsOf
from beliefgraph.services.definitions import DefinitionBook
from beliefgraph.services.derive import derive
from beliefgraph.services.explanation.chains import ALL_STORED, Voice, voices
from beliefgraph.services.explanation.influenced import influenced
from beliefgraph.services.explanation.never_said import never_said
from beliefgraph.services.explanation.paths import strongest_paths
from beliefgraph.services.explanation.sentence import Overruled, sentence
from beliefgraph.services.goals.causes import saying_what_is_pursued
from beliefgraph.services.layout import Unit
from beliefgraph.services.metrics.measure import decisive
from beliefgraph.services.moments import Moments
from beliefgraph.services.recompute import Recomputed, recompute
from beliefgraph.store.evidence import ToldRow
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring

AT_ONCE = 256
"""Questions "and without this?" that are asked in one pass."""


class Explanations:
    """Explains beliefs, as of any moment."""

    def __init__(self, graph: Graph, keyring: Keyring, book: DefinitionBook, *, moments: Moments | None = None) -> None:
        self._graph = graph
        self._keyring = keyring
        self._moments = moments or Moments(graph, book)

    async def explain(
        self, caller: Caller, twin: str, key: BeliefKey, *, as_of: AsOf = NOW, at_least_rev: int | None = None
    ) -> Explanation:
        """Why the belief stands where it does; `too-wide` where no answer can be had.

        The contributions sum to the move from prior to posterior, both unrounded, but for `residual`.
        """
        moment = await self._moments.asked(caller, twin, as_of, at_least_rev)
        return await self.of(await asyncio.to_thread(recompute, moment, (key,)), key)

    async def of(self, seen: Recomputed, key: BeliefKey, supposed: Mapping[str, ToldRow] = ALL_STORED) -> Explanation:
        """Why the belief stands where it was derived to stand; `supposed` is evidence that is not stored, by its id."""
        return (await self.of_each(seen, [key], supposed))[0]

    async def of_each(
        self, seen: Recomputed, keys: Sequence[BeliefKey], supposed: Mapping[str, ToldRow] = ALL_STORED
    ) -> list[Explanation]:
        """Why each of these beliefs stands where it was derived to stand; what was said is read for all at once."""
        moved = await asyncio.to_thread(lambda: [_what_moved(seen, key) for key in keys])
        evidence = dict.fromkeys(id_ for one in moved for id_ in one.evidence)
        spoken = await voices(self._graph, self._keyring, seen, evidence, supposed)
        return [_explained(one, spoken) for one in moved]


def _explained(moved: _Moved, spoken: Mapping[str, Voice]) -> Explanation:
    return _explanation(
        moved,
        tuple(
            Contribution(
                evidence=spoken[share.bearing.evidence].evidence,
                source=spoken[share.bearing.evidence].source.name,
                bearing=share.bearing,
                on=share.on,
                log_likelihood_ratio=share.log_likelihood,
                contribution=share.contribution,
                without=probability(share.without),
                metric=spoken[share.bearing.evidence].metric,
                events=spoken[share.bearing.evidence].events,
            )
            for share in moved.shares
        ),
        [Overruled(spoken[b.evidence].source.name, b.valid_from) for b in moved.overruled],
    )


@dataclass(frozen=True)
class _Share:
    """What one bearing does to the target: its force, its contribution, the log-odds without its evidence."""

    bearing: Bearing
    on: Belief
    log_likelihood: float
    contribution: float
    without: float


@dataclass(frozen=True)
class _Moved:
    """What moved the target: the shares, the weightiest first, and the tree of paths they came by.

    `overruled` are corrections of the target that say the opposite of the one in force, and are silent.
    """

    seen: Recomputed
    target: int
    prior_log_odds: float
    shares: tuple[_Share, ...]
    links: tuple[ExplanationLink, ...]
    overruled: tuple[Bearing, ...]

    @property
    def evidence(self) -> list[str]:
        """All evidence of which something is told."""
        return [bearing.evidence for bearing in (*(share.bearing for share in self.shares), *self.overruled)]


def _explanation(moved: _Moved, contributions: tuple[Contribution, ...], overruled: Sequence[Overruled]) -> Explanation:
    state = moved.seen.state(moved.target)
    assert state.log_odds is not None
    ends = [b.valid_from for b in moved.seen.bearings.get(state.belief.id, ()) if b.stance == "retraction"]
    return Explanation(
        state=state,
        prior_log_odds=moved.prior_log_odds,
        contributions=contributions,
        links=moved.links,
        residual=state.log_odds - moved.prior_log_odds - sum(c.contribution for c in contributions),
        sentence=sentence(
            state, moved.prior_log_odds, contributions, overruled=overruled, retracted_at=max(ends, default=None)
        ),
    )


def _what_moved(seen: Recomputed, key: BeliefKey) -> _Moved:
    derived = seen.derived
    target = seen.answered(key)
    reached = influenced(derived, target)
    unit, positions, influence = reached.unit, reached.positions, reached.influence
    without = _Without(seen, unit, positions, reached.column, target, influence).log_odds(reached.items)
    shares = [
        _Share(
            bearing=derived.state.bearings[derived.items[item]],
            on=seen.belief(int(derived.item_position[item])),
            log_likelihood=float(derived.item_log_likelihood[item]),
            contribution=reached.contribution(item),
            without=without[item],
        )
        for item in reached.items
    ]
    shares.sort(key=lambda s: (-abs(s.contribution), s.bearing.evidence, s.bearing.belief, s.bearing.revision_id))
    links = _tree(seen, target, positions.tolist(), shares)
    return _Moved(seen, target, influence.prior_log_odds, tuple(shares), links, _overruled(seen, target, shares))


def _overruled(seen: Recomputed, target: int, shares: Sequence[_Share]) -> tuple[Bearing, ...]:
    id_ = seen.derived.layout.ids[target]
    speaks = [share.bearing for share in shares if share.on.id == id_ and share.bearing.stance == "correction"]
    silent = [b for b in seen.bearings.get(id_, ()) if b.stance == "correction" and b.valid.contains(seen.moment.at)]
    return tuple(
        bearing
        for bearing in sorted(silent, key=lambda b: (b.valid_from, b.revision_id))
        if any(bearing.log_likelihood_ratio * one.log_likelihood_ratio < 0 for one in speaks)
    )


@dataclass(frozen=True)
class _Without:
    """The target's log-odds had a piece of evidence never been given: exact, whatever it bears on."""

    seen: Recomputed
    unit: Unit
    positions: npt.NDArray[np.int64]
    column: int
    target: int
    influence: Influence

    def log_odds(self, items: Sequence[int]) -> Mapping[int, float]:
        """For every item. One on a single belief is read off the joint; the others are asked together, many a pass.

        Taking away a correction lets silenced evidence speak again, and without all that names a value of an open
        attribute the value is gone, so these are derived anew; the target itself counts as named. So is everything
        where the person set another value of the target's attribute right, for it shares what their word leaves, and
        an event without which a metric would say something else. A sum beyond its bound does not fall by what is taken
        from it, and so is not read off.
        """
        derived = self.seen.derived
        bearings = derived.state.bearings
        together: dict[str, list[int]] = defaultdict(list)
        for item in items:
            together[bearings[derived.items[item]].evidence].append(item)
        found: dict[int, float] = {}
        alone: list[int] = []
        several: list[list[int]] = []
        for group in together.values():
            if self._reshapes(group):
                found |= dict.fromkeys(group, self._derived_without(bearings[derived.items[group[0]]].evidence))
            elif len(group) == 1 and not self._at_bound(group[0]):
                alone += group
            else:
                several.append(group)
        if alone:
            values = self.influence.without(self._variables(alone), derived.item_withdrawn[alone])
            found |= {item: self._kept(value) for item, value in zip(alone, values.tolist(), strict=True)}
        for first in range(0, len(several), AT_ONCE):
            some = several[first : first + AT_ONCE]
            for group, value in zip(some, self._together(some), strict=True):
                found |= dict.fromkeys(group, self._kept(value))
        return found

    def _reshapes(self, group: Sequence[int]) -> bool:
        """Whether taking a piece of evidence away, by all its items, does more than to take its force away."""
        derived, bearings = self.seen.derived, self.seen.derived.state.bearings
        beside = derived.layout.values_beside.get(self.target, ())
        if any(position in derived.word for position in beside if position != self.target):
            return True
        rows = derived.items[group].tolist()
        if bearings[rows[0]].evidence in self._decisive:
            return True
        return any(bearings[row].stance == "correction" for row in rows) or any(
            self._named_by.get(int(position), set()) == {bearings[row].evidence}
            for row, position in zip(rows, derived.item_position[group], strict=True)
        )

    @cached_property
    def _named_by(self) -> Mapping[int, set[str]]:
        """For every value of an open attribute but the target: the evidence that names it."""
        derived, moment = self.seen.derived, self.seen.moment
        found: dict[int, set[str]] = defaultdict(set)
        for position, row in zip(derived.item_position.tolist(), derived.items.tolist(), strict=True):
            key = derived.layout.keys[position]
            is_open = moment.graph.component_of[key.attribute] in moment.graph.open
            if is_open and key.value != OTHER and position != self.target:
                found[position].add(derived.state.bearings[row].evidence)
        return found

    @cached_property
    def _moves_metrics(self) -> frozenset[str]:
        """The evidence without which some metric would be in another band, or a level elsewhere."""
        moment, derived = self.seen.moment, self.seen.derived
        given = {derived.state.bearings[row].evidence for row in derived.items.tolist()}
        return frozenset(
            evidence for one in derived.measured for evidence in decisive(moment.state, one, given, moment.at)
        )

    @cached_property
    def _decisive(self) -> frozenset[str]:
        """The evidence without which more would change than its force: what metrics say, or which goals are causes."""
        moment = self.seen.moment
        return self._moves_metrics | saying_what_is_pursued(moment.state, moment.graph)

    def _together(self, groups: Sequence[Sequence[int]]) -> Iterable[float]:
        """Without each of these groups, in one pass; those that leave the same are asked once."""
        derived = self.seen.derived
        rows = np.repeat(derived.total[self.positions][None, :], len(groups), axis=0)
        for row, group in zip(rows, groups, strict=True):
            np.subtract.at(row, self._variables(group), derived.item_withdrawn[group])
        np.clip(rows, -LOG_LIKELIHOOD_BOUND, LOG_LIKELIHOOD_BOUND, out=rows)
        distinct, which = np.unique(rows, axis=0, return_inverse=True)
        values: list[float] = self.unit.model.log_odds(distinct).log_odds[which.ravel(), self.column].tolist()
        return values

    def _kept(self, log_odds: float) -> float:
        return self.seen.derived.kept(self.target, log_odds)

    def _variables(self, items: Sequence[int]) -> npt.NDArray[np.int64]:
        return np.array([self._place[int(self.seen.derived.item_position[item])] for item in items], dtype=np.int64)

    @cached_property
    def _place(self) -> Mapping[int, int]:
        return {int(position): i for i, position in enumerate(self.positions)}

    def _at_bound(self, item: int) -> bool:
        derived = self.seen.derived
        return abs(float(derived.log_likelihood[derived.item_position[item]])) >= LOG_LIKELIHOOD_BOUND

    def _derived_without(self, evidence: str) -> float:
        moment, layout = self.seen.moment, self.seen.derived.layout
        state = never_said(moment.state, {evidence})
        derived = derive(state, moment.graph, moment.at, named=(layout.keys[self.target],))
        return float(derived.log_odds[derived.layout.position[layout.ids[self.target]]])


def _tree(
    seen: Recomputed, target: int, within: Sequence[int], shares: Sequence[_Share]
) -> tuple[ExplanationLink, ...]:
    """The target, then every belief between it and its evidence, each under the next one on its strongest path."""
    layout = seen.derived.layout
    ahead = strongest_paths(layout, target, within)
    totals: dict[int, float] = defaultdict(float)
    for share in shares:
        here = layout.position[share.on.id]
        totals[here] += share.contribution
        while here != target:
            here = ahead[here][0]
            totals[here] += share.contribution
    branches: dict[int, list[int]] = defaultdict(list)
    for position in sorted(totals, key=lambda p: (-abs(totals[p]), layout.ids[p])):
        if position != target:
            branches[ahead[position][0]].append(position)
    links = [
        ExplanationLink(
            belief=seen.belief(target), parent=None, relation=None, reversed=False, contribution=totals[target]
        )
    ]
    waiting = branches[target][::-1]
    while waiting:
        here = waiting.pop()
        parent, edge = ahead[here]
        links.append(
            ExplanationLink(
                belief=seen.belief(here),
                parent=layout.ids[parent],
                relation=None if edge is None else edge.strength,
                reversed=edge is not None and edge.source == parent,
                contribution=totals[here],
            )
        )
        waiting += branches[here][::-1]
    return tuple(links)
