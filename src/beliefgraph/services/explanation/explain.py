"""Why a belief has its confidence: every piece of evidence with its contribution, its path, and a sentence."""

from __future__ import annotations

import asyncio
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise

import numpy as np

from beliefgraph.errors import Incorrect
from beliefgraph.inference import LOG_LIKELIHOOD_BOUND
from beliefgraph.model.attribute import OTHER
from beliefgraph.model.belief import BeliefKey, probability
from beliefgraph.model.caller import Caller
from beliefgraph.model.change_point import ChangedDomain
from beliefgraph.model.evidence import Bearing
from beliefgraph.model.explanation import (
    Contribution,
    ContributionPart,
    ContributionsBy,
    Explanation,
    ExplanationLink,
    RestOfContributions,
)
from beliefgraph.model.identity import twin_id
from beliefgraph.model.segment import SegmentPrior
from beliefgraph.model.time import NOW, AsOf
from beliefgraph.services.definitions.book import DefinitionBook
from beliefgraph.services.derivation.causes import pursuit_evidence
from beliefgraph.services.derivation.derive import Derivation, Items, derive
from beliefgraph.services.derivation.measure import decisive
from beliefgraph.services.explanation.chains import ALL_STORED, EvidenceDetails, evidence_details
from beliefgraph.services.explanation.influenced import Influenced, Pieces, influenced, ranked
from beliefgraph.services.explanation.paths import strongest_paths
from beliefgraph.services.explanation.reasons import READ, Reason, reasons
from beliefgraph.services.explanation.sentence import Corrected, sentence
from beliefgraph.services.explanation.without import without_evidence
from beliefgraph.services.snapshots.as_of import Snapshots
from beliefgraph.services.snapshots.recompute import Recomputed, recompute
from beliefgraph.services.twin import paging
from beliefgraph.services.twin.blocks import Floats, Ints, packed, unpacked
from beliefgraph.services.twin.paging import PageRequest, Position
from beliefgraph.store.evidence import EvidenceWithSource
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring

AT_ONCE = 256
"""Leave-one-out values computed in one pass."""

LISTED = 50
"""Contributions listed by default; the rest are summed."""


class Explanations:
    """Explains beliefs, as of any moment."""

    def __init__(
        self, graph: Graph, keyring: Keyring, book: DefinitionBook, *, snapshots: Snapshots | None = None
    ) -> None:
        self._graph = graph
        self._keyring = keyring
        self._snapshots = snapshots or Snapshots(graph, book)

    async def explain(
        self,
        caller: Caller,
        twin: str,
        key: BeliefKey,
        *,
        first: int = LISTED,
        after: str | None = None,
        min_share: float = 0.0,
        by: ContributionsBy = "evidence",
        as_of: AsOf = NOW,
        at_least_rev: int | None = None,
    ) -> Explanation:
        """The explanation of a belief; `too-wide` if it has no answer.

        Lists the `first` largest contributions of at least `min_share`, in log-odds, that follow `after`. These and the
        rest sum to the move from prior to posterior, both unrounded, except for `residual`.
        """
        if not 0.0 <= min_share < math.inf:
            raise Incorrect("invalid-input", "minShare is a size in log-odds: 0 or more.", min_share=min_share)
        walk = paging.walk("explanation", twin_id(caller.tenant, twin), key, as_of, by, first=first, after=after)
        moment = await self._snapshots.asked(caller, twin, as_of, at_least_rev, walk.rev)
        seen = await asyncio.to_thread(recompute, moment, (key,))
        return await self.of(seen, key, part=Part(walk, min_share, by))

    async def of(
        self,
        seen: Recomputed,
        key: BeliefKey,
        supposed: Mapping[str, EvidenceWithSource] = ALL_STORED,
        part: Part | None = None,
    ) -> Explanation:
        """The explanation of a belief as derived; `supposed` is hypothetical evidence, by its id."""
        return (await self.of_each(seen, [key], supposed, part))[0]

    async def of_each(
        self,
        seen: Recomputed,
        keys: Sequence[BeliefKey],
        supposed: Mapping[str, EvidenceWithSource] = ALL_STORED,
        part: Part | None = None,
    ) -> list[Explanation]:
        """The explanations of these beliefs as derived; the texts of the evidence are read in one query."""
        listed = part or Part(paging.walk(first=LISTED, after=None))
        moved = await asyncio.to_thread(lambda: [_what_moved(seen, key, listed) for key in keys])
        evidence = dict.fromkeys(id_ for one in moved for id_ in one.evidence)
        details = await evidence_details(self._graph, self._keyring, seen, evidence, supposed)
        return [_explanation(one, details) for one in moved]


@dataclass(frozen=True)
class Part:
    """Which contributions are listed: the step of the walk, the least share, and what they are merged by."""

    walk: PageRequest
    min_share: float = 0.0
    by: ContributionsBy = "evidence"


@dataclass(frozen=True)
class _Merged:
    """Contributions: the share of each in log-odds, and the pieces of evidence in it, the largest first.

    Without `members` each is one piece.
    """

    share: Floats
    members: Sequence[Ints] | None = None

    @classmethod
    def by_source(cls, pieces: Pieces, source: Ints) -> _Merged:
        """All pieces of a source together."""
        order = np.lexsort((-np.abs(pieces.share), source))
        members = np.split(order, np.flatnonzero(np.diff(source[order])) + 1)
        return cls(np.array([pieces.share[each].sum() for each in members if len(each)]), members)

    def of(self, which: Ints) -> list[Ints]:
        """The pieces in some contributions."""
        return list(which[:, None]) if self.members is None else [self.members[each] for each in which.tolist()]

    def weightiest(self, which: Ints) -> Ints:
        """The largest piece in each of some contributions."""
        return which if self.members is None else np.array([self.members[each][0] for each in which.tolist()], np.int64)


@dataclass(frozen=True)
class _Share:
    """A contribution: its size, the target's log-odds without it, and the bearings of its largest evidence."""

    evidence: str
    pieces: int
    contribution: float
    without: float
    parts: tuple[ContributionPart, ...]


@dataclass(frozen=True)
class _Moved:
    """What moved the target: the listed contributions, the largest first, and the tree of paths.

    `following` is how many were found, at most one more than are listed; `total` is the number of contributions, from
    `pieces` pieces of evidence, and `sum` their sum. `reasons` are those of the sentence, and `overruled` are
    corrections of the target that are overridden because they say the opposite of the one in force.
    """

    seen: Recomputed
    target: int
    prior_log_odds: float
    walk: PageRequest
    shares: tuple[_Share, ...]
    following: int
    total: int
    pieces: int
    sum: float
    reasons: tuple[Reason, ...]
    corrections: tuple[Bearing, ...]
    links: tuple[ExplanationLink, ...]
    overruled: tuple[Bearing, ...]
    changes: tuple[ChangedDomain, ...]
    segment: SegmentPrior | None

    @property
    def evidence(self) -> list[str]:
        """All evidence that the explanation names."""
        listed = [*(share.evidence for share in self.shares), *(each.evidence for each in self.reasons)]
        return list(dict.fromkeys([*listed, *(b.evidence for b in (*self.corrections, *self.overruled))]))


def _explanation(moved: _Moved, details: Mapping[str, EvidenceDetails]) -> Explanation:
    state = moved.seen.state(moved.target)
    assert state.log_odds is not None
    ends = [b.valid_from for b in moved.seen.acts_on(state.belief.id) if b.stance == "retraction"]
    listed, last = moved.shares, moved.shares[-1] if moved.shares else None
    return Explanation(
        state=state,
        prior_log_odds=moved.prior_log_odds,
        contributions=tuple(_contribution(share, details[share.evidence]) for share in listed),
        rest=RestOfContributions(
            count=moved.total - len(listed),
            pieces=moved.pieces - sum(share.pieces for share in listed),
            contribution=moved.sum - math.fsum(share.contribution for share in listed),
        ),
        total=moved.total,
        has_next=moved.following > len(listed),
        end_cursor=last and paging.encode(moved.walk.mark, Position(abs(last.contribution), last.evidence, state.rev)),
        links=moved.links,
        residual=state.log_odds - moved.prior_log_odds - moved.sum,
        sentence=sentence(
            state,
            moved.prior_log_odds,
            [reason.from_source(details) for reason in moved.reasons],
            corrected=[Corrected(details[b.evidence].source.name, b) for b in moved.corrections],
            overruled=[Corrected(details[b.evidence].source.name, b) for b in moved.overruled],
            retracted_at=max(ends, default=None),
            changed_at=moved.seen.derived.counted.changed_at(state.belief.id),
            changes=moved.changes,
            segment=moved.segment,
        ),
        changes=moved.changes,
        segment=moved.segment,
    )


def _contribution(share: _Share, details: EvidenceDetails) -> Contribution:
    first = share.parts[0]
    return Contribution(
        evidence=details.evidence,
        source=details.source.name,
        bearing=first.bearing,
        on=first.on,
        said=first.said,
        log_likelihood_ratio=first.log_likelihood_ratio,
        contribution=share.contribution,
        without=probability(share.without),
        parts=share.parts,
        pieces=share.pieces,
        metric=details.metric,
        events=details.events,
        contested=details.contested,
    )


def _what_moved(seen: Recomputed, key: BeliefKey, part: Part) -> _Moved:
    derived, target = seen.derived, seen.answered(key)
    reached = influenced(derived, target)
    walk, by_source = part.walk, part.by == "source"
    pieces = reached.pieces if by_source or walk.begin else reached.greatest(max(walk.limit, READ + 1))
    merged = _Merged.by_source(pieces, _sources(seen, pieces)) if by_source else _Merged(pieces.share)
    after = None if walk.begin is None else (float(walk.begin.value), packed([walk.begin.id])[0])
    found = ranked(
        merged.share, lambda some: pieces.evidence(merged.weightiest(some)), walk.limit, part.min_share, after
    )
    listed = found[: walk.first]
    members, shares = merged.of(listed), merged.share[listed].tolist()
    weightiest = merged.weightiest(listed)
    ids, items = pieces.ids(weightiest), _items(seen, pieces, weightiest)
    without = _Without(seen, reached, pieces, target).log_odds(members, items)
    corrections = tuple(b for b in derived.counted.corrections if b.belief == derived.layout.ids[target])
    return _Moved(
        seen=seen,
        target=target,
        prior_log_odds=reached.influence.prior_log_odds,
        walk=walk,
        shares=tuple(
            _Share(id_, len(each), share, left, parts)
            for id_, each, share, left, parts in zip(
                ids, members, shares, without, _parts(seen, reached, items), strict=True
            )
        ),
        following=len(found),
        total=len(merged.share) if by_source else pieces.number,
        pieces=pieces.number,
        sum=pieces.total,
        reasons=reasons(seen, pieces),
        corrections=corrections,
        links=_tree(seen, target, reached.positions.tolist(), *reached.arriving),
        overruled=_overruled(seen, target, corrections),
        changes=() if derived.tempering is None else derived.tempering.changes(reached.headings),
        segment=_segment_prior(derived, key),
    )


def _segment_prior(derived: Derivation, key: BeliefKey) -> SegmentPrior | None:
    """The prior that a belief has from the segment of its twin; None if it is that of all twins."""
    found = next((each for each in derived.graph.base_rates if each.attribute == key.attribute), None)
    parameters = derived.graph.definitions.parameters
    if found is None or parameters is None:
        return None
    return SegmentPrior(
        segment=found.segment,
        stated=found.stated,
        learned=found.learned,
        parameters=parameters.number,
        twins=found.twins,
    )


def _sources(seen: Recomputed, pieces: Pieces) -> Ints:
    """The source of every piece of evidence, by its number in the register."""
    return np.asarray(seen.derived.state.bearings.register.groups.source[pieces.headings()])


def _items(seen: Recomputed, pieces: Pieces, which: Ints) -> list[Items]:
    """The bearings of each of some pieces of evidence."""
    if not len(which):
        return []
    rows, _, start = pieces.bearings(which)
    items = seen.derived.items_in(rows)
    ends = np.searchsorted(items.of, start).tolist()
    return [items.part(first, end) for first, end in pairwise(ends)]


def _parts(seen: Recomputed, reached: Influenced, each: Sequence[Items]) -> list[tuple[ContributionPart, ...]]:
    """The bearings of each of some pieces of evidence, the largest contribution first."""
    if not each:
        return []
    rows, position, forces = (
        np.concatenate(column)
        for column in zip(*((items.rows, items.position, items.log_likelihood) for items in each), strict=True)
    )
    shares = (forces * reached.influence.gradient[reached.place[position]]).tolist()
    kept = seen.derived.counted.kept(rows).tolist()
    columns = (map(seen.belief, position.tolist()), forces.tolist(), shares, kept)
    parts = iter(
        [
            ContributionPart(
                bearing=bearing,
                on=on,
                said=None if bearing.belief == on.id else seen.derived.state.beliefs[bearing.belief].value,
                log_likelihood_ratio=force,
                contribution=share,
                kept=part,
            )
            for bearing, on, force, share, part in zip(seen.derived.state.bearings.records(rows), *columns, strict=True)
        ]
    )
    return [
        tuple(
            sorted(
                islice(parts, len(items.rows)),
                key=lambda part: (-abs(part.contribution), part.bearing.belief, part.bearing.revision_id),
            )
        )
        for items in each
    ]


def _overruled(seen: Recomputed, target: int, counting: Sequence[Bearing]) -> tuple[Bearing, ...]:
    if not counting:
        return ()
    corrections = [b for b in seen.acts_on(seen.derived.layout.ids[target]) if b.stance == "correction"]
    return tuple(
        bearing
        for bearing in sorted(corrections, key=lambda b: (b.valid_from, b.revision_id))
        if any(bearing.log_likelihood_ratio * one.log_likelihood_ratio < 0 for one in counting)
    )


@dataclass(frozen=True)
class _Without:
    """The target's log-odds if some evidence had never been given: exact, whatever it bears on."""

    seen: Recomputed
    reached: Influenced
    pieces: Pieces
    target: int
    _named_alone: dict[int, str | None] = field(default_factory=dict)

    def log_odds(self, groups: Sequence[Ints], of_first: Sequence[Items]) -> list[float]:
        """For every group of pieces, with the bearings of its largest.

        A piece with one bearing is read off the joint distribution; others that only subtract strength are computed
        together.

        Some groups are derived again. Without a correction, overridden evidence counts again; without all evidence that
        names a value of an open attribute, the value does not exist (the target itself counts as named). Likewise if
        the person corrected another value of the target's attribute, because the target shares what that correction
        leaves; for an event without which a metric would be different; and for several pieces together. A sum at its
        bound does not fall by what is removed from it, and so is not read off.
        """
        if not groups:
            return []
        every = self.pieces.ids(np.concatenate(groups))
        ends = np.cumsum([len(group) for group in groups])[:-1].tolist()
        found = np.zeros(len(groups))
        alone: list[tuple[int, Items]] = []
        several: list[tuple[int, Items]] = []
        decisive = self._decisive(set(every))
        for which, (begin, end, items) in enumerate(zip([0, *ends], [*ends, len(every)], of_first, strict=True)):
            ids = every[begin:end]
            if len(ids) > 1 or self._reshapes(items, ids[0], decisive):
                found[which] = self._derived_without(ids)
            elif len(items.rows) == 1 and not self._at_bound(items):
                alone.append((which, items))
            else:
                several.append((which, items))
        if alone:
            variables = np.concatenate([self._variables(items) for _, items in alone])
            values = self.reached.influence.without(variables, np.concatenate([items.withdrawn for _, items in alone]))
            found[[which for which, _ in alone]] = [self._clamp(value) for value in values]
        for first in range(0, len(several), AT_ONCE):
            some = several[first : first + AT_ONCE]
            for (which, _), value in zip(some, self._together([items for _, items in some]), strict=True):
                found[which] = self._clamp(value)
        return [float(value) for value in found]

    def _reshapes(self, items: Items, evidence: str, decisive: frozenset[str]) -> bool:
        """Whether removing a piece of evidence, with all its items, does more than subtract its strength."""
        derived = self.seen.derived
        beside = derived.layout.values_beside.get(self.target, ())
        if any(position in derived.pinned for position in beside if position != self.target):
            return True
        if evidence in decisive or np.isin(items.rows, derived.counted.decided).any():
            return True
        if derived.decides_segment[items.position].any():
            return True
        if derived.shapes.any() and derived.shapes[derived.state.bearings.take(items.rows).heading].any():
            return True
        if len(np.unique(items.position)) < len(items.position):
            return True
        return any(self._names_alone(position) == evidence for position in items.position.tolist())

    def _names_alone(self, position: int) -> str | None:
        """The only evidence that names a value of an open attribute, not the target; None if there are several."""
        derived, graph = self.seen.derived, self.seen.moment.graph
        key = derived.layout.keys[position]
        if position == self.target or key.value == OTHER or graph.component_of[key.attribute] not in graph.open:
            return None
        if position not in self._named_alone:
            bearings = derived.state.bearings
            naming = bearings.on(derived.layout.ids[position])
            evidence = bearings.column("evidence", naming[derived.counted.among(naming)])
            alone = len(evidence) > 0 and bool((evidence == evidence[0]).all())
            self._named_alone[position] = unpacked(evidence[:1])[0] if alone else None
        return self._named_alone[position]

    def _decisive(self, given: set[str]) -> frozenset[str]:
        """The evidence whose removal also changes what metrics measure or which goals are causes."""
        moment = self.seen.moment
        moves = (decisive(moment.state, one, given, moment.at) for one in self.seen.derived.contributions.measured)
        return frozenset().union(*moves) | pursuit_evidence(moment.state, moment.graph)

    def _together(self, groups: Sequence[Items]) -> Iterable[float]:
        """The values without each of these groups of items, in one pass; equal remainders are computed once."""
        reached = self.reached
        rows = np.repeat(self.seen.derived.total[reached.positions][None, :], len(groups), axis=0)
        for row, items in zip(rows, groups, strict=True):
            np.subtract.at(row, self._variables(items), items.withdrawn)
        np.clip(rows, -LOG_LIKELIHOOD_BOUND, LOG_LIKELIHOOD_BOUND, out=rows)
        distinct, which = np.unique(rows, axis=0, return_inverse=True)
        values: list[float] = reached.unit.model.log_odds(distinct).log_odds[which.ravel(), reached.column].tolist()
        return values

    def _clamp(self, log_odds: float) -> float:
        return self.seen.derived.clamp(self.target, float(log_odds))

    def _variables(self, items: Items) -> Ints:
        return self.reached.place[items.position]

    def _at_bound(self, items: Items) -> bool:
        reached = np.abs(self.seen.derived.log_likelihood[items.position]) >= LOG_LIKELIHOOD_BOUND
        return bool(reached.any())

    def _derived_without(self, evidence: Sequence[str]) -> float:
        moment, layout = self.seen.moment, self.seen.derived.layout
        state = without_evidence(moment.state, set(evidence))
        target = layout.keys[self.target]
        derived = derive(state, moment.graph, moment.at, also=(target,), named=(target,))
        return float(derived.log_odds[derived.layout.position[layout.ids[self.target]]])


def _tree(
    seen: Recomputed, target: int, within: Sequence[int], borne_on: Ints, arriving: Floats
) -> tuple[ExplanationLink, ...]:
    """The target, then every belief between it and its evidence, each under the next belief on its strongest path.

    `borne_on` are the positions that evidence bears on, and `arriving` is the contribution from each position.
    """
    layout = seen.derived.layout
    ahead = strongest_paths(layout, target, within)
    totals: dict[int, float] = defaultdict(float)
    for position in borne_on.tolist():
        here, share = position, float(arriving[position])
        totals[here] += share
        while here != target:
            here = ahead[here][0]
            totals[here] += share
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
