"""Questions about curves over valid time: the twin is read once, and derived anew at each point. Nothing is stored."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from beliefgraph.errors import Incorrect, NotFound
from beliefgraph.inference.foresight.projection import project
from beliefgraph.inference.stop import check_stopped
from beliefgraph.model.belief import BeliefKey, logit, probability
from beliefgraph.model.caller import Caller
from beliefgraph.model.identity import goal_id
from beliefgraph.model.metric import MetricKey
from beliefgraph.model.series import (
    DEFAULT_SPAN,
    LEAST_POINTS,
    LONGEST_SPAN,
    MOST_POINTS,
    POINTS,
    Series,
    SeriesOf,
    SeriesPoint,
)
from beliefgraph.model.time import NOW, AsOf
from beliefgraph.services.definitions import DefinitionBook
from beliefgraph.services.describe import describe
from beliefgraph.services.goals.rows import GoalsSeen
from beliefgraph.services.metrics.standing import one_metric
from beliefgraph.services.moments import Moment, Moments
from beliefgraph.services.recompute import recompute
from beliefgraph.store.graph import Graph

COVERED = 0.9
"""Share of the interval of a projection."""

SLIGHTEST = 0.5
"""A step in log-odds that counts as seen in every curve of probabilities, so that none is projected as fixed."""

MOST_CERTAIN = 12.0
"""Log-odds within which probabilities are projected."""

MONTH = timedelta(days=30)


class SeriesQuestions:
    """Answers how something went over a span, and where it is heading."""

    def __init__(self, graph: Graph, book: DefinitionBook, *, moments: Moments | None = None) -> None:
        self._moments = moments or Moments(graph, book)

    async def series(
        self,
        caller: Caller,
        twin: str,
        key: SeriesOf,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        points: int = POINTS,
        project: timedelta | None = None,
        as_of: AsOf = NOW,
        at_least_rev: int | None = None,
    ) -> Series:
        """The curve from `since` to `until`, which is at most the moment asked about, and so far beyond it.

        Every point is derived from the evidence that is valid by its time and that the rev knows.
        """
        moment = await self._moments.asked(caller, twin, as_of, at_least_rev)
        until = until or moment.at
        since = since or until - DEFAULT_SPAN
        _check_span(moment, since, until, points, project)
        return await asyncio.to_thread(_curve, moment, key, since, until, points, project)


def _check_span(moment: Moment, since: datetime, until: datetime, points: int, project: timedelta | None) -> None:
    least = 2 if project is None else LEAST_POINTS
    if not least <= points <= MOST_POINTS:
        raise Incorrect("invalid-input", f"points lies between {least} and {MOST_POINTS} here.", field="points")
    if not timedelta(0) < until - since <= LONGEST_SPAN:
        raise Incorrect("invalid-input", "since lies before until, by at most a century.", field="since")
    if until > moment.at:
        raise Incorrect(
            "invalid-input",
            f"until lies after {moment.at.isoformat()}, the moment that is read; project says what comes.",
            field="until",
        )
    step = (until - since) / (points - 1)
    if project is not None and not step <= project <= MOST_POINTS * step:
        raise Incorrect(
            "invalid-input", f"project reaches 1 to {MOST_POINTS} steps ahead; a step here is {step}.", field="project"
        )


def _curve(
    moment: Moment, of: SeriesOf, since: datetime, until: datetime, points: int, ahead: timedelta | None
) -> Series:
    title, value, bounded = _followed(moment, of)
    step = (until - since) / (points - 1)
    times = [since + n * step for n in range(points - 1)] + [until]
    values: list[float | None] = []
    for time in times:
        check_stopped()
        values.append(value(replace(moment, at=time)))
    scaled = np.array([math.nan if each is None else _scaled(each, bounded) for each in values])
    steps = np.diff(scaled)
    known = steps[np.isfinite(steps)]
    return Series(
        title=title,
        points=tuple(SeriesPoint(time=time, value=each) for time, each in zip(times, values, strict=True)),
        projected=() if ahead is None else tuple(_ahead(scaled, until, step, ahead, bounded)),
        trend=float(known.mean()) * (MONTH / step) if len(known) else None,
        valid_time=moment.at,
        rev=moment.state.rev,
    )


def _ahead(
    scaled: np.typing.NDArray[np.float64], until: datetime, step: timedelta, ahead: timedelta, bounded: bool
) -> list[SeriesPoint]:
    found = project(scaled, int(ahead / step), COVERED, least=SLIGHTEST if bounded else 0.0)
    floor = -math.inf if bounded or np.nanmin(scaled) < 0 else 0.0  # what was never negative is a count, or a time
    points = []
    for n, row in enumerate(np.maximum(found, floor).tolist(), start=1):
        middle, low, high = (probability(each) if bounded else each for each in row)
        points.append(SeriesPoint(time=until + n * step, value=middle, low=low, high=high))
    return points


def _scaled(value: float, bounded: bool) -> float:
    """A value on the scale on which it is projected: log-odds of a probability."""
    if not bounded:
        return value
    least = probability(-MOST_CERTAIN)
    return logit(min(max(value, least), 1.0 - least))


Value = Callable[[Moment], float | None]


def _followed(moment: Moment, of: SeriesOf) -> tuple[str, Value, bool]:
    """What a series shows, its value at a moment, and whether that lies between 0 and 1; refused as the value is."""
    if of.belief is not None:
        return _belief(moment, of.belief)
    if of.metric is not None:
        return _metric(moment, of.metric)
    assert of.goal is not None
    return _goal(moment, of.goal)


def _belief(moment: Moment, key: BeliefKey) -> tuple[str, Value, bool]:
    moment.graph.definitions.attribute_of(key)

    def confidence(at: Moment) -> float | None:
        seen = recompute(at, (key,))
        try:
            return seen.state(seen.answered(key)).confidence
        except NotFound:  # nothing names the value yet
            return None

    return describe(moment.state.id, "", key, moment.graph).statement, confidence, True


def _metric(moment: Moment, key: MetricKey) -> tuple[str, Value, bool]:
    title = moment.graph.definitions.metric(key.metric).statement
    return title, lambda at: one_metric(at, key).value, False


def _goal(moment: Moment, key: str) -> tuple[str, Value, bool]:
    id_ = goal_id(moment.state.id, key)
    states = GoalsSeen(moment, published=False).states
    if id_ not in states:
        raise NotFound("unknown-goal", f"This twin has no goal {key!r}.", twin=moment.state.name, goal=key)

    def progress(at: Moment) -> float | None:
        state = GoalsSeen(at, published=False).states.get(id_)
        return None if state is None else state.progress

    return states[id_].title, progress, True
