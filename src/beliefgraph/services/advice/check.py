"""Rating options by what is known about a person: read at one moment, scored, ranked. Nothing is stored."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from beliefgraph.errors import NotFound
from beliefgraph.model.attribute import Attribute
from beliefgraph.model.belief import worst
from beliefgraph.model.caller import Caller
from beliefgraph.model.constraint import Conflict
from beliefgraph.model.decision import EvidenceBehind
from beliefgraph.model.decision_check import CheckDecision, DecisionCheck, Point
from beliefgraph.model.goal import GoalState
from beliefgraph.model.identity import METRIC
from beliefgraph.model.time import NOW, AsOf
from beliefgraph.services.advice.want import option_attributes
from beliefgraph.services.advice.weigh import DecisionContext, EvidenceShare, GroundedPoint, WeighedOption, weigh
from beliefgraph.services.decisions.statements import ResolvedDecision, resolve_decisions
from beliefgraph.services.definitions.book import DefinitionBook
from beliefgraph.services.derivation.measure import Measured
from beliefgraph.services.explanation.influenced import influenced, ranked
from beliefgraph.services.explanation.standing import measured_among
from beliefgraph.services.preferences.preference_set import PreferenceSet, preference_set
from beliefgraph.services.preferences.questions import conflicts_among
from beliefgraph.services.questions.goal_rows import GoalsSeen
from beliefgraph.services.snapshots.as_of import Snapshot, Snapshots
from beliefgraph.store.evidence import EvidenceWithSource, evidence_by_ids
from beliefgraph.store.graph import Graph

MOST_EVIDENCE = 3
"""Most pieces of evidence reported for one point: those that contribute most, or the latest."""


class DecisionChecks:
    """Rates options, as of any moment."""

    def __init__(self, graph: Graph, book: DefinitionBook, *, snapshots: Snapshots | None = None) -> None:
        self._graph = graph
        self._snapshots = snapshots or Snapshots(graph, book)

    async def check(
        self, caller: Caller, question: CheckDecision, *, as_of: AsOf = NOW, at_least_rev: int | None = None
    ) -> DecisionCheck:
        """The rating of each option, allowed options first, and the best first among these.

        Without `as_of`, the definitions in force determine what a feature means; as of a moment, those of that moment.
        `unknown-goal` if an option names a goal that is not known then.
        """
        moment = await self._snapshots.asked(caller, question.twin, as_of, at_least_rev)
        if as_of.is_now:
            moment = await self._snapshots.under_latest(caller, moment)
        found = await asyncio.to_thread(_checked, moment, question, published=as_of.is_now)
        rows = await evidence_by_ids(self._graph, moment.state.id, sorted(found.stored))
        return await asyncio.to_thread(found.answer, rows)


@dataclass(frozen=True)
class _Checked:
    """All options weighed, each point with the evidence behind it."""

    question: CheckDecision
    found: PreferenceSet
    conflicts: Sequence[Conflict]
    past: Sequence[ResolvedDecision]
    weighed: Sequence[WeighedOption]

    @property
    def stored(self) -> set[str]:
        """The evidence that is in the store: all but that of metrics."""
        return self._evidence_ids - self._metrics.keys()

    @property
    def _evidence_ids(self) -> set[str]:
        return {behind.evidence for each in self.weighed for one in each.points for behind in one.behind}

    @cached_property
    def _metrics(self) -> Mapping[str, Measured]:
        return measured_among(self.found.seen, self._evidence_ids)

    def answer(self, rows: Mapping[str, EvidenceWithSource]) -> DecisionCheck:
        """The full answer, with the summary of each piece of evidence."""
        moment = self.found.seen.moment
        judged = [one.actual - one.expected for one in self.past if one.actual is not None and one.expected is not None]
        positions = [one.position for each in self.weighed for one in each.points if one.position is not None]
        return DecisionCheck(
            context=self.question.context,
            options=tuple(each.answer([self._point(one, rows) for one in each.points]) for each in self.weighed),
            conflicts=tuple(self.conflicts),
            judged=len(judged),
            mean_surprise=math.fsum(judged) / len(judged) if judged else None,
            quality=worst(self.found.seen.derived.quality(position) for position in positions),
            valid_time=moment.at,
            rev=moment.state.rev,
        )

    def _point(self, one: GroundedPoint, rows: Mapping[str, EvidenceWithSource]) -> Point:
        return one.point.model_copy(update={"evidence": tuple(self._evidence(each, rows) for each in one.behind)})

    def _evidence(self, one: EvidenceShare, rows: Mapping[str, EvidenceWithSource]) -> EvidenceBehind:
        metric, row = self._metrics.get(one.evidence), rows.get(one.evidence)
        if metric is not None:
            summary, source, time = metric.says, METRIC + metric.metric.name, metric.moment
        else:
            assert row is not None
            summary, source, time = row.evidence.summary, row.source.name, row.evidence.time
        return EvidenceBehind(
            id=one.evidence,
            twin=self.found.seen.moment.state.id,
            summary=summary,
            source=source,
            time=time,
            contribution=one.contribution,
        )


def _checked(moment: Snapshot, question: CheckDecision, *, published: bool) -> _Checked:
    attributes = option_attributes(moment)
    found = preference_set(moment, question.context, attributes)
    past = list(resolve_decisions(moment.state, moment.at).values())
    known = DecisionContext(found, attributes, _goals(moment, question, published=published), past)
    weighed = sorted((weigh(known, option) for option in question.options), key=rank)
    behind: dict[int, tuple[EvidenceShare, ...]] = {}
    for position in {one.position for each in weighed for one in each.points if one.position is not None}:
        behind[position] = _behind(found, position)
    with_evidence = [
        replace(each, points=tuple(_with_evidence(one, behind) for one in each.points)) for each in weighed
    ]
    return _Checked(question, found, _conflicts(found, attributes), past, with_evidence)


def _with_evidence(one: GroundedPoint, behind: Mapping[int, tuple[EvidenceShare, ...]]) -> GroundedPoint:
    """A point with the evidence that is reported for it."""
    return replace(one, behind=(one.behind if one.position is None else behind[one.position])[:MOST_EVIDENCE])


def _conflicts(found: PreferenceSet, attributes: Sequence[Attribute]) -> tuple[Conflict, ...]:
    """The hard constraints that no option can meet together, each set of them once."""
    constraints = [each for each in attributes if each.preference is not None and each.preference.kind == "constraint"]
    standings = [found.standing(each, subject) for each in constraints for subject in found.subjects(each)]
    of_beliefs = conflicts_among(found, standings).values()
    distinct = {conflict.sentence: conflict for conflicts in of_beliefs for conflict in conflicts}
    return tuple(conflict for _, conflict in sorted(distinct.items()))


def _goals(moment: Snapshot, question: CheckDecision, *, published: bool) -> Mapping[str, GoalState]:
    """The goals that the options name, by key."""
    named = sorted({goal for option in question.options for goal in option.goals})
    if not named:
        return {}
    known = {state.goal.key: state for state in GoalsSeen(moment, published).states.values()}
    for key in named:
        if key not in known:
            raise NotFound(
                "unknown-goal", f"This twin has no goal {key!r} at that moment.", twin=moment.state.name, goal=key
            )
    return {key: known[key] for key in named}


def _behind(found: PreferenceSet, position: int) -> tuple[EvidenceShare, ...]:
    """The reported evidence on the belief at a position, the largest contribution first."""
    pieces = influenced(found.seen.derived, position).greatest(MOST_EVIDENCE)
    weightiest = ranked(pieces.share, pieces.evidence, MOST_EVIDENCE)
    shares = pieces.share[weightiest].tolist()
    return tuple(EvidenceShare(id_, share) for id_, share in zip(pieces.ids(weightiest), shares, strict=True) if share)


def rank(each: WeighedOption) -> tuple[bool, float, float, str]:
    """Allowed options first, then the best, then those least likely to violate anything; ties by key."""
    return not each.allowed, -each.score, each.violation, each.option.key
