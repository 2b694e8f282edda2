"""Curves over valid time: the twin is read once, and derived again at each point. Nothing is stored."""

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
from beliefgraph.model.belief import ANYONE, ANYWHERE, BeliefKey, logit, probability
from beliefgraph.model.caller import Caller
from beliefgraph.model.identity import goal_id
from beliefgraph.model.metric import MetricKey
from beliefgraph.model.series import (
    DEFAULT_SPAN,
    LEAST_POINTS,
    LONGEST_SPAN,
    MOST_POINTS,
    POINTS,
    PreferenceKey,
    Series,
    SeriesOf,
    SeriesPoint,
)
from beliefgraph.model.time import NOW, AsOf
from beliefgraph.services.definitions.book import DefinitionBook
from beliefgraph.services.definitions.describe import describe
from beliefgraph.services.explanation.standing import one_metric
from beliefgraph.services.preferences.questions import standing_of
from beliefgraph.services.questions.goal_rows import GoalsSeen
from beliefgraph.services.snapshots.as_of import Snapshot, Snapshots
from beliefgraph.services.snapshots.recompute import recompute
from beliefgraph.store.graph import Graph

COVERED = 0.9
"""Probability of the interval of a projection."""

SLIGHTEST = 0.5
"""A step in log-odds added to every curve of probabilities, so that none is projected as constant."""

MOST_CERTAIN = 12.0
"""Log-odds within which probabilities are projected."""

MONTH = timedelta(days=30)

Value = Callable[[Snapshot], float | None]
Bounds = tuple[float, float]

SHARE: Bounds = (0.0, 1.0)
SCORE: Bounds = (-1.0, 1.0)


class SeriesQuestions:
    """Answers how something developed over a span, and where it is heading."""

    def __init__(self, graph: Graph, book: DefinitionBook, *, snapshots: Snapshots | None = None) -> None:
        self._snapshots = snapshots or Snapshots(graph, book)

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
        """The curve from `since` to `until`, which is at most the requested moment, and a projection beyond it.

        Every point is derived from the evidence valid by its time and known to the rev.
        """
        moment = await self._snapshots.asked(caller, twin, as_of, at_least_rev)
        until = until or moment.at
        since = since or until - DEFAULT_SPAN
        _check_span(moment, since, until, points, project)
        return await asyncio.to_thread(_curve, moment, key, since, until, points, project)


def _check_span(moment: Snapshot, since: datetime, until: datetime, points: int, project: timedelta | None) -> None:
    least = 2 if project is None else LEAST_POINTS
    if not least <= points <= MOST_POINTS:
        raise Incorrect("invalid-input", f"points lies between {least} and {MOST_POINTS} here.", field="points")
    if not timedelta(0) < until - since <= LONGEST_SPAN:
        raise Incorrect("invalid-input", "since lies before until, by at most a century.", field="since")
    if until > moment.at:
        raise Incorrect(
            "invalid-input",
            f"until lies after {moment.at.isoformat()}, the moment that is read; use project for the time after it.",
            field="until",
        )
    step = (until - since) / (points - 1)
    if project is not None and not step <= project <= MOST_POINTS * step:
        raise Incorrect(
            "invalid-input", f"project reaches 1 to {MOST_POINTS} steps ahead; a step here is {step}.", field="project"
        )


def _curve(
    moment: Snapshot, of: SeriesOf, since: datetime, until: datetime, points: int, ahead: timedelta | None
) -> Series:
    title, value, within = _followed(moment, of)
    step = (until - since) / (points - 1)
    times = [since + n * step for n in range(points - 1)] + [until]
    values: list[float | None] = []
    for time in times:
        check_stopped()
        values.append(value(replace(moment, at=time)))
    scaled = np.array([math.nan if each is None else _scaled(each, within) for each in values])
    steps = np.diff(scaled)
    known = steps[np.isfinite(steps)]
    return Series(
        title=title,
        points=tuple(SeriesPoint(time=time, value=each) for time, each in zip(times, values, strict=True)),
        projected=() if ahead is None else tuple(_ahead(scaled, until, step, ahead, within)),
        trend=float(known.mean()) * (MONTH / step) if len(known) else None,
        valid_time=moment.at,
        rev=moment.state.rev,
    )


def _ahead(
    scaled: np.typing.NDArray[np.float64], until: datetime, step: timedelta, ahead: timedelta, within: Bounds | None
) -> list[SeriesPoint]:
    found = project(scaled, int(ahead / step), COVERED, least=0.0 if within is None else SLIGHTEST)
    floor = (
        -math.inf if within is not None or np.nanmin(scaled) < 0 else 0.0
    )  # values that were never negative are counts or times
    points = []
    for n, row in enumerate(np.maximum(found, floor).tolist(), start=1):
        middle, low, high = (_between(each, within) for each in row)
        points.append(SeriesPoint(time=until + n * step, value=middle, low=low, high=high))
    return points


def _scaled(value: float, within: Bounds | None) -> float:
    """A value on the scale of projection: the log-odds of its place between its bounds."""
    if within is None:
        return value
    least = probability(-MOST_CERTAIN)
    return logit(min(max((value - within[0]) / (within[1] - within[0]), least), 1.0 - least))


def _between(scaled: float, within: Bounds | None) -> float:
    """The value for a place on that scale."""
    return scaled if within is None else within[0] + (within[1] - within[0]) * probability(scaled)


def _followed(moment: Snapshot, of: SeriesOf) -> tuple[str, Value, Bounds | None]:
    """What a series shows, its value at a moment, and its bounds if any; refused in the same way as the value."""
    if of.belief is not None:
        return _belief(moment, of.belief)
    if of.metric is not None:
        return _metric(moment, of.metric)
    if of.preference is not None:
        return _preference(moment, of.preference)
    assert of.goal is not None
    return _goal(moment, of.goal)


def _belief(moment: Snapshot, key: BeliefKey) -> tuple[str, Value, Bounds | None]:
    moment.graph.definitions.attribute_of(key)

    def confidence(at: Snapshot) -> float | None:
        seen = recompute(at, (key,))
        try:
            return seen.state(seen.answered(key)).confidence
        except NotFound:  # no evidence names the value yet
            return None

    return describe(moment.state.id, "", key, moment.graph).statement, confidence, SHARE


def _metric(moment: Snapshot, key: MetricKey) -> tuple[str, Value, Bounds | None]:
    title = moment.graph.definitions.metric(key.metric).statement
    return title, lambda at: one_metric(at, key).value, None


def _preference(moment: Snapshot, key: PreferenceKey) -> tuple[str, Value, Bounds | None]:
    attribute = moment.graph.definitions.attribute(key.attribute)
    if attribute.preference is None:
        raise Incorrect("invalid-input", f"{key.attribute} is not a preference.", attribute=key.attribute)
    scored = attribute.preference.scores is not None
    of = "" if key.subject == ANYONE else f" of {key.subject}"
    title = f"{'Score' if scored else 'Strength'} of {key.attribute}{of}"

    def stands(at: Snapshot) -> float | None:
        return standing_of(at, attribute, key.subject, key.context)

    return title if key.context == ANYWHERE else f"{title} in {key.context}", stands, SCORE if scored else SHARE


def _goal(moment: Snapshot, key: str) -> tuple[str, Value, Bounds | None]:
    id_ = goal_id(moment.state.id, key)
    states = GoalsSeen(moment, published=False).states
    if id_ not in states:
        raise NotFound("unknown-goal", f"This twin has no goal {key!r}.", twin=moment.state.name, goal=key)

    def progress(at: Snapshot) -> float | None:
        state = GoalsSeen(at, published=False).states.get(id_)
        return None if state is None else state.progress

    return states[id_].title, progress, SHARE
