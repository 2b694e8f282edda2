"""The history of a partially permitted twin: that of a twin that received only the permitted events. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from beliefgraph.model.belief import Belief
from beliefgraph.model.time import microseconds
from beliefgraph.services.permissions.replay import Replay
from beliefgraph.services.twin.blocks import FOREVER
from beliefgraph.services.twin.state import TwinState
from beliefgraph.store.forecasts import HistoryParts, HistoryRows


def permitted_rows(
    rows: HistoryRows,
    wanted: HistoryParts,
    replay: Replay,
    state: TwinState,
    event_evidence: Mapping[str, Collection[str]],
    hides: Callable[[str], bool],
) -> HistoryRows:
    """The rows of a history without what is refused.

    `state` is the permitted part of the twin at the rev of the rows, `event_evidence` the evidence of every event, and
    `hides` tells whether an event without evidence is refused by its type.
    """
    refused = replay.refused

    def left(id_: str, type_: str) -> bool:
        evidence = event_evidence.get(id_)
        return not hides(type_) if not evidence else any(each not in refused for each in evidence)

    events = [each for each in rows.events if left(each[2], each[0])]
    kept = {id_ for _, _, id_, _ in events}
    holdings, readings, pursuits, deliberations = _published(replay, wanted, rows.rev)
    return replace(
        rows,
        events=events,
        sealed=[each for each in rows.sealed if each[0] in kept],
        holdings=holdings,
        readings=readings,
        pursuits=pursuits,
        deliberations=deliberations,
        corrections=[
            [*_named(state.beliefs[row.belief]), microseconds(row.valid_from), _end(row.valid_to), holds]
            for row in state.bearings.records(state.bearings.acts)
            if row.stance == "correction" and state.beliefs[row.belief].attribute in wanted.corrected
            for holds in (row.log_likelihood_ratio > 0,)
        ],
    )


def _published(replay: Replay, wanted: HistoryParts, rev: int) -> tuple[list[list[Any]], ...]:
    """What was published up to a rev, in the form in which histories are read."""
    holdings: list[list[Any]] = []
    readings: list[list[Any]] = []
    pursuits: list[list[Any]] = []
    deliberations: list[list[Any]] = []
    last: dict[str, list[Any]] = {}
    for at, change in replay.changes.items():
        if at > rev:
            break
        head_time = microseconds(change.commit.head_time)
        for moved in change.beliefs:
            if moved.belief.attribute in wanted.attributes:
                if moved.before is not None:
                    last[moved.belief.id][5] = head_time
                if moved.after is not None:
                    since = microseconds(moved.after.valid_from)
                    last[moved.belief.id] = [*_named(moved.belief), since, None, moved.after.log_odds]
                    holdings.append(last[moved.belief.id])
        for counted in change.metrics:
            metric, reading = counted.metric, counted.after
            if metric.name in wanted.metrics:
                since = microseconds(reading.valid_from)
                readings.append([metric.name, metric.subject, metric.context, since, reading.value])
        if wanted.goals:
            for pursued in change.goals:
                if (row := pursued.after) is not None:
                    since = microseconds(row.valid_from)
                    pursuits.append([pursued.goal.key, since, row.status, row.progress, row.motivation])
        if wanted.decisions:
            for decided in change.decisions:
                if decided.after is not None:
                    since = microseconds(decided.after.valid_from)
                    deliberations.append([decided.decision.key, since, decided.after.status])
    return holdings, readings, pursuits, deliberations


def _named(belief: Belief) -> list[Any]:
    return [belief.attribute, belief.value, belief.subject, belief.context]


def _end(moment: datetime | None) -> int:
    return FOREVER if moment is None else microseconds(moment)
