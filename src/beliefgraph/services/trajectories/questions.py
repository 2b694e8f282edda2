"""Queries on trajectories, as of any moment. Nothing is stored: every answer is derived from evidence."""

from __future__ import annotations

import asyncio

from beliefgraph.errors import Incorrect
from beliefgraph.model.caller import Caller
from beliefgraph.model.identity import METRIC
from beliefgraph.model.time import NOW, AsOf
from beliefgraph.model.trajectory import Trajectory
from beliefgraph.services.definitions.book import DefinitionBook
from beliefgraph.services.derivation.measure import measure, reading_evidence
from beliefgraph.services.snapshots.as_of import Snapshot, Snapshots
from beliefgraph.services.trajectories.describe import FollowedTwin
from beliefgraph.store.evidence import evidence_by_ids
from beliefgraph.store.graph import Graph

POINTS = 24
MOST_POINTS = 200


class Trajectories:
    """Answers queries on the stages of twins, and where they are heading."""

    def __init__(self, graph: Graph, book: DefinitionBook, *, snapshots: Snapshots | None = None) -> None:
        self._graph = graph
        self._snapshots = snapshots or Snapshots(graph, book)

    async def trajectory(
        self,
        caller: Caller,
        twin: str,
        key: str,
        *,
        points: int = POINTS,
        as_of: AsOf = NOW,
        at_least_rev: int | None = None,
    ) -> Trajectory:
        """One trajectory with this many points of its history; `unknown-trajectory` if it is not defined."""
        _check_points(points)
        moment = await self._snapshots.asked(caller, twin, as_of, at_least_rev)
        definition = moment.graph.definitions.trajectory(key)
        return await self._answered(moment, FollowedTwin(moment, definition, points))

    async def trajectories(
        self, caller: Caller, twin: str, *, points: int = POINTS, as_of: AsOf = NOW, at_least_rev: int | None = None
    ) -> list[Trajectory]:
        """Every defined trajectory, in the order of the definitions."""
        _check_points(points)
        moment = await self._snapshots.asked(caller, twin, as_of, at_least_rev)
        return [
            await self._answered(moment, FollowedTwin(moment, definition, points))
            for definition in moment.graph.definitions.trajectories.values()
        ]

    async def _answered(self, moment: Snapshot, followed: FollowedTwin) -> Trajectory:
        evidence = await asyncio.to_thread(lambda: followed.evidence)
        rows = await evidence_by_ids(self._graph, moment.state.id, evidence)
        texts = {id_: (row.evidence.summary, row.source.name) for id_, row in rows.items()}
        if texts.keys() < set(evidence):
            for one in measure(moment.state, moment.graph.definitions, moment.at):
                texts[reading_evidence(moment.state, one.metric)] = one.says, METRIC + one.metric.name
        return await asyncio.to_thread(followed.answer, texts)


def _check_points(points: int) -> None:
    if not 2 <= points <= MOST_POINTS:
        raise Incorrect("invalid-input", f"points lies between 2 and {MOST_POINTS}.", field="points")
