"""The answer about a twin's trajectory: its stage now, before and in the future. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import pairwise

import numpy as np

from beliefgraph.inference.foresight.passage import passage, stay_shorter_than, velocity
from beliefgraph.model.time import microseconds, moment_of
from beliefgraph.model.trajectory import (
    PERIOD,
    Reversal,
    StageEvidence,
    StageShare,
    TimeToStage,
    Trajectory,
    TrajectoryDefinition,
    TrajectoryPoint,
)
from beliefgraph.services.snapshots.as_of import Snapshot
from beliefgraph.services.trajectories.in_force import Parameters, days, in_force
from beliefgraph.services.trajectories.observed import Observed, observed
from beliefgraph.services.trajectories.paths import Path
from beliefgraph.services.twin.blocks import Floats, Ints

COVERED = 0.9
"""Probability of the interval for the time to a stage."""

STALLED_AT = 0.9
"""A twin has stalled if its stay is longer than this share of stays."""

AHEAD = timedelta(days=90)
POINTS_AHEAD = 15

HORIZON = timedelta(days=3_650)
STEPS = 2_000
"""Grid points of the times to a stage; the shorter the stays, the closer they are."""

WAITED_STEPS = 200
"""Moments since the last observation at which the most likely stage is checked."""

LISTED = 20
"""Pieces of evidence listed: those that moved the twin most."""


@dataclass(frozen=True)
class FollowedTwin:
    """A twin followed along a trajectory up to a moment, with `points` moments of its history."""

    moment: Snapshot
    definition: TrajectoryDefinition
    points: int

    @cached_property
    def parameters(self) -> Parameters:
        """How twins move, by the definitions of the moment."""
        return in_force(self.moment.graph.definitions, self.definition)

    @cached_property
    def path(self) -> Path:
        """The path up to the requested moment."""
        return self._path(observed(self.moment, self.definition, self.moment.at))

    @cached_property
    def listed(self) -> Sequence[int]:
        """The indexes of the listed observations: the greatest move first."""
        return [int(place) for place in np.argsort(-np.abs(self.path.moved), kind="stable")[:LISTED]]

    @property
    def evidence(self) -> list[str]:
        """The ids of the listed evidence."""
        return list(dict.fromkeys(self.path.observed.evidence[place] for place in self.listed))

    def answer(self, texts: Mapping[str, tuple[str, str]]) -> Trajectory:
        """The full answer, with the summary and the source of each listed piece of evidence."""
        path, definition, moment = self.path, self.definition, self.moment
        now = path.at(self._times([moment.at]))
        shares = path.stages.of_stages(now[0])
        stage = int(shares.argmax())
        position = float(path.position(now)[0])
        began = float(path.position(path.stages.start))
        since = self._since(stage)
        longer = 0.0 if since is None else stay_shorter_than(path.stages, stage, days(moment.at - since))
        return Trajectory(
            key=definition.key,
            title=definition.title,
            attribute=definition.attribute,
            stages=self._shares(shares),
            stage=definition.values[stage],
            position=position,
            velocity=float(velocity(path.stages, now, days(PERIOD))[0]),
            recent_velocity=self._recent(position),
            typical_velocity=self.parameters.typical_velocity(shares),
            typical_velocity_missing=self.parameters.missing,
            in_stage_since=since,
            stalled=longer > STALLED_AT,
            longer_than=longer,
            times=tuple(self._time_to(now, each) for each in range(stage + 1, path.stages.count)),
            reversals=tuple(self._reversals()),
            history=self._history(),
            ahead=self._ahead(now[0]),
            began_at=began,
            waited=position - began - math.fsum(path.moved.tolist()),
            why=tuple(self._evidence(place, texts) for place in self.listed),
            pieces=len(path.observed),
            parameters=self.parameters.name,
            valid_time=moment.at,
            rev=moment.state.rev,
        )

    def _path(self, seen: Observed) -> Path:
        return Path(self.parameters, seen)

    def _times(self, moments: Sequence[datetime]) -> Ints:
        return np.array([microseconds(each) for each in moments], dtype=np.int64)

    def _shares(self, shares: Floats) -> tuple[StageShare, ...]:
        return tuple(
            StageShare(stage=value, probability=min(max(share, 0.0), 1.0))
            for value, share in zip(self.definition.values, shares.tolist(), strict=True)
        )

    def _recent(self, position: float) -> float | None:
        begin = self.moment.at - PERIOD
        seen = observed(self.moment, self.definition, begin)
        if not len(seen):
            return None
        before = self._path(seen)
        return position - float(before.position(before.at(self._times([begin])))[0])

    def _since(self, stage: int) -> datetime | None:
        """Since when the most likely stage has been the most likely.

        This is from the first observation since which it has been; if it was not after the last observation, from the
        moment in the time since then.
        """
        path, likeliest = self.path, self.path.likeliest
        if not len(likeliest):
            return None
        times = path.observed.time
        if likeliest[-1] != stage:
            times = np.linspace(times[-1], microseconds(self.moment.at), WAITED_STEPS).astype(np.int64)
            likeliest = path.stages.of_stages(path.at(times)).argmax(axis=1)
        other = np.flatnonzero(likeliest != stage)
        return moment_of(int(times[other[-1] + 1 if len(other) else 0]))

    def _reversals(self) -> Iterator[Reversal]:
        """Where the most likely stage is before the one that was most likely after the previous observation."""
        likeliest, values = self.path.likeliest.tolist(), self.definition.values
        for row, (before, after) in enumerate(pairwise(likeliest), start=1):
            if after < before:
                time = moment_of(int(self.path.observed.time[row]))
                yield Reversal(time=time, before=values[before], after=values[after])

    def _time_to(self, now: Floats, stage: int) -> TimeToStage:
        stages = self.path.stages
        typical = sum(days(each.stay) for each in self.definition.stages[:stage])
        step = min(days(HORIZON), 20 * typical) / STEPS
        found = passage(stages, now, stage, step, STEPS)
        low, high = (float(end[0]) for end in found.interval(COVERED))
        soon = passage(stages, now, stage, days(PERIOD), 1)
        median = float(found.quantile(0.5)[0])
        return TimeToStage(
            stage=self.definition.values[stage],
            reached=min(max(float(now[0] @ (stages.stage >= stage)), 0.0), 1.0),
            within_period=min(max(1.0 - float(soon.remaining[0, 1]), 0.0), 1.0),
            median=_span(median),
            low=_span(low) or HORIZON,
            high=_span(high),
        )

    def _history(self) -> tuple[TrajectoryPoint, ...]:
        """The twin at evenly spaced moments, each from what the rev knows of the time up to it."""
        first = self.path.observed.time
        if not len(first):
            return ()
        begin, end = int(first[0]), microseconds(self.moment.at)
        times = np.unique(np.linspace(begin, end, self.points).astype(np.int64)) if end > begin else first[:1]
        paths: dict[tuple[bytes, ...], Path] = {}
        found = []
        for time in times.tolist():
            seen = observed(self.moment, self.definition, moment_of(time))
            path = paths.setdefault(seen.signature, self._path(seen))
            rev = int(seen.rev.max()) if len(seen) else None
            found.append(self._point(path, path.at(np.array([time]))[0], moment_of(time), rev))
        return tuple(found)

    def _ahead(self, now: Floats) -> tuple[TrajectoryPoint, ...]:
        step = AHEAD / POINTS_AHEAD
        once, found = self.path.stages.passing(days(step)), []
        for n in range(1, POINTS_AHEAD + 1):
            now = now @ once
            found.append(self._point(self.path, now, self.moment.at + n * step, None))
        return tuple(found)

    def _point(self, path: Path, phases: Floats, time: datetime, rev: int | None) -> TrajectoryPoint:
        return TrajectoryPoint(
            time=time,
            stages=self._shares(path.stages.of_stages(phases)),
            position=float(path.position(phases)),
            rev=rev,
        )

    def _evidence(self, place: int, texts: Mapping[str, tuple[str, str]]) -> StageEvidence:
        seen = self.path.observed
        summary, source = texts[seen.evidence[place]]
        return StageEvidence(
            id=seen.evidence[place],
            twin=self.moment.state.id,
            summary=summary,
            source=source,
            time=moment_of(int(seen.time[place])),
            rev=int(seen.rev[place]),
            stage=self.definition.values[int(seen.stage[place])],
            log_likelihood_ratio=float(seen.ratio[place]),
            moved=float(self.path.moved[place]),
        )


def _span(length: float) -> timedelta | None:
    """A length in days as a timedelta; None beyond ten years."""
    return timedelta(days=length) if length <= days(HORIZON) else None
