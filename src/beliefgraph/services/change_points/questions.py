"""Queries about discontinuous change in the evidence of a twin. Nothing is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np

from beliefgraph.inference.foresight.changes import HAZARD
from beliefgraph.inference.foresight.runs import Course, Entries, Runs
from beliefgraph.inference.stop import check_stopped
from beliefgraph.model.caller import Caller
from beliefgraph.model.change_point import ChangePoint, ChangePoints, EvidenceStream, StreamKind, Surprise
from beliefgraph.model.goal import GoalStatus
from beliefgraph.model.time import NOW, AsOf, microseconds, moment_of
from beliefgraph.services.definitions.book import DefinitionBook
from beliefgraph.services.derivation.followed import DomainFilters, Pieces, StatedChanges, known_of, pieces
from beliefgraph.services.derivation.temper import statements
from beliefgraph.services.snapshots.as_of import Snapshot, Snapshots
from beliefgraph.services.twin.blocks import Ids, Ints, packed, unpacked
from beliefgraph.store.graph import Graph

LATEST = 10
"""Pieces over which the latest surprise is taken."""

SHOWN = 200
"""Pieces whose surprise is reported individually: the latest of each stream."""

GOAL_KINDS = (*get_args(get_args(GoalStatus)[0]), "other")
"""The kinds of statements about goals: each status, and anything else."""


class ChangePointQuestions:
    """Answers where the evidence of twins changed abruptly."""

    def __init__(self, graph: Graph, book: DefinitionBook, *, snapshots: Snapshots | None = None) -> None:
        self._snapshots = snapshots or Snapshots(graph, book)

    async def change_points(
        self, caller: Caller, twin: str, *, as_of: AsOf = NOW, at_least_rev: int | None = None
    ) -> ChangePoints:
        """How well the evidence of each domain, stage and goal was predicted, and the changes detected so far."""
        moment = await self._snapshots.asked(caller, twin, as_of, at_least_rev)
        return await asyncio.to_thread(_found, moment)


@dataclass(frozen=True)
class _Stream:
    """What is followed in one stream: kinds of `count`, in order of time, with the evidence of each."""

    kind: StreamKind
    name: str
    count: int
    hazard: float
    times: Ints
    kinds: Ints
    evidence: Ids
    stated: StatedChanges = ()


def _found(moment: Snapshot) -> ChangePoints:
    streams: dict[StreamKind, list[EvidenceStream]] = {"domain": [], "stages": [], "goals": []}
    for entries in _streams(moment):
        check_stopped()
        streams[entries.kind].append(_stream(moment, entries))
    for each in streams.values():
        each.sort(key=lambda stream: (-stream.probability, stream.domain))
    return ChangePoints(
        domains=tuple(streams["domain"]),
        stages=tuple(streams["stages"]),
        goals=next(iter(streams["goals"]), None),
        valid_time=moment.at,
        rev=moment.state.rev,
    )


def _streams(moment: Snapshot) -> Iterator[_Stream]:
    """Every stream of the twin with evidence by the moment."""
    state, kinds, until = moment.state, moment.graph.kinds, microseconds(moment.at)
    known = known_of(state, kinds)
    every = pieces(known, state.bearings, state.bearings.blocks)
    every = every.where(every.times <= until)
    every = every.where(np.lexsort((every.evidence[:, 1], every.evidence[:, 0], every.kinds, every.times)))
    stated = statements(state, moment.graph, known, moment.at)
    for domain in np.unique(every.domain).tolist():
        here = every.where(every.domain == domain)
        yield _Stream(
            "domain",
            kinds.domains[domain],
            kinds.count[domain],
            kinds.hazard(domain),
            here.times,
            here.kinds,
            here.evidence,
            tuple(each for each in stated.get(domain, ()) if each[0] <= until),
        )
    yield from _stages(moment, known, every)
    yield from _goals(moment)


def _stages(moment: Snapshot, known: DomainFilters, every: Pieces) -> Iterator[_Stream]:
    """The evidence on the stages of each trajectory: the value that each piece is for or against."""
    for trajectory in moment.graph.definitions.trajectories.values():
        domain, span = known.kinds.span(trajectory.attribute)
        here = every.where((every.domain == domain) & (every.kinds >= span.start) & (every.kinds < span.stop))
        if len(here.times):
            count = span.stop - span.start
            kinds = here.kinds - span.start
            yield _Stream("stages", trajectory.key, count, HAZARD, here.times, kinds, here.evidence)


def _goals(moment: Snapshot) -> Iterator[_Stream]:
    """The statements about goals."""
    stated = [each for each in moment.state.statements if each.valid_from <= moment.at]
    if not stated:
        return
    kinds = np.array([GOAL_KINDS.index(each.status or "other") for each in stated], dtype=np.int64)
    times = np.array([microseconds(each.valid_from) for each in stated], dtype=np.int64)
    evidence = packed([each.evidence for each in stated])
    order = np.lexsort((evidence[:, 1], evidence[:, 0], kinds, times))
    yield _Stream("goals", "goals", len(GOAL_KINDS), HAZARD, times[order], kinds[order], evidence[order])


def _stream(moment: Snapshot, entries: _Stream) -> EvidenceStream:
    runs, course = Runs.none(entries.count, entries.hazard).then(
        Entries.of(entries.times, entries.kinds, entries.stated)
    )
    rows = np.flatnonzero(course.entries.kinds >= 0)
    surprise, changed = course.surprise[rows], np.minimum(course.changed[rows], 1.0)
    evidence = unpacked(entries.evidence)
    return EvidenceStream(
        kind=entries.kind,
        domain=entries.name,
        pieces=len(rows),
        probability=float(changed[-1]),
        since=moment_of(runs.began),
        surprise=float(surprise[-LATEST:].mean()),
        usual=float(surprise.mean()),
        found=tuple(
            ChangePoint(
                id=evidence[row],
                twin=moment.state.id,
                time=moment_of(int(entries.times[row])),
                probability=float(changed[row]),
                surprise=float(surprise[row]),
            )
            for row in np.flatnonzero(course.published[rows]).tolist()
        ),
        course=tuple(_course(entries.times, course, rows[-SHOWN:], len(rows))),
    )


def _course(times: Ints, course: Course, rows: Ints, count: int) -> Sequence[Surprise]:
    return [
        Surprise(
            time=moment_of(time),
            surprise=surprise,
            untempered=untempered,
            probability=min(changed, 1.0),
        )
        for time, surprise, untempered, changed in zip(
            times[count - len(rows) :].tolist(),
            course.surprise[rows].tolist(),
            course.untempered[rows].tolist(),
            course.changed[rows].tolist(),
            strict=True,
        )
    ]
