"""Forecasts and resolutions: stored once, read by twin or by outcome, with the histories they are made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
from pydantic import TypeAdapter

from beliefgraph.model.forecast import Forecast, ForecastInput, GradeForecast, Resolution
from beliefgraph.model.time import moment_of
from beliefgraph.store import codec
from beliefgraph.store.graph import Graph

_INPUTS: TypeAdapter[tuple[ForecastInput, ...]] = TypeAdapter(tuple[ForecastInput, ...])
_GRADES: TypeAdapter[tuple[GradeForecast, ...]] = TypeAdapter(tuple[GradeForecast, ...])
_SPAN: TypeAdapter[timedelta] = TypeAdapter(timedelta)

RECORD_PAGE = 10_000
"""Forecasts that one statement reads for a record."""


def iso(span: timedelta) -> str:
    """A time span as an ISO 8601 duration."""
    written: str = _SPAN.dump_python(span, mode="json")
    return written


@dataclass(frozen=True)
class HistoryParts:
    """The parts of a twin's history to read: attributes and metrics by name, and events by exact type.

    With `known`, when each event became known; `corrected` names attributes whose corrections are included.
    """

    attributes: Sequence[str] = ()
    metrics: Sequence[str] = ()
    goals: bool = False
    decisions: bool = False
    sealed: Sequence[str] = ()
    known: bool = False
    corrected: Sequence[str] = ()


@dataclass(frozen=True)
class HistoryRows:
    """The published history and the events of one twin, as rows; moments in microseconds since 1970.

    Events are (type, time, id, head time of the commit that brought it, or None), sealed ones (id, bytes), holdings
    (attribute, value, subject, context, since, until, log-odds), readings (name, subject, context, since, value),
    pursuits (key, since, status, progress, motivation) and deliberations (key, since, status). `forecasts` are the ids
    of those made at the requested moment; corrections are like holdings, with whether it holds instead of log-odds.
    """

    twin: str
    name: str
    rev: int
    definitions: int
    events: list[tuple[str, int, str, int | None]]
    sealed: list[tuple[str, bytes]]
    holdings: list[list[Any]]
    readings: list[list[Any]]
    pursuits: list[list[Any]]
    deliberations: list[list[Any]]
    forecasts: list[str]
    corrections: list[list[Any]] = field(default_factory=list)


async def histories(
    graph: Graph,
    tenant: str,
    wanted: HistoryParts,
    twins: Sequence[str],
    *,
    rev: int | None = None,
    made_at: datetime | None = None,
) -> list[HistoryRows]:
    """The histories of some twins of a tenant, by id; for a single twin optionally as seen by a rev."""
    record = await graph.read(
        "forecast/histories",
        tenant=tenant,
        twins=list(twins),
        rev=rev,
        made_at=made_at,
        attributes=list(wanted.attributes),
        metrics=list(wanted.metrics),
        goals=wanted.goals,
        decisions=wanted.decisions,
        sealed=list(wanted.sealed),
        known=wanted.known,
        corrected=list(wanted.corrected),
    )
    rows = [HistoryRows(*row) for row in (record[0] if record else [])]
    for each in rows:
        for holding in each.holdings:
            holding[1:4] = [text and graph.personal.open(each.twin, text) for text in holding[1:4]]
    return rows


async def store(graph: Graph, tenant: str, forecasts: Sequence[Forecast]) -> int:
    """Store forecasts; returns the number of new ones."""
    rows = [
        codec.node_values(
            one,
            tenant=tenant,
            horizon=iso(one.horizon),
            inputs=_INPUTS.dump_json(one.inputs, exclude_defaults=True).decode(),
            cumulative=[*one.cumulative] or None,
            grades=_GRADES.dump_json(one.grades).decode() if one.grades else None,
            caption=f"{one.outcome} {one.probability:.0%}",
        )
        for one in sorted(forecasts, key=lambda one: one.twin)
    ]
    record = await graph.write_one("forecast/store", forecasts=rows) if rows else None
    return int(record[0]) if record else 0


async def resolve(graph: Graph, resolutions: Sequence[Resolution]) -> int:
    """Store resolutions; returns the number of new ones."""
    rows = [
        codec.node_values(one, caption=one.grade or ("happened" if one.happened else "did not happen"))
        for one in sorted(resolutions, key=lambda one: one.twin)
    ]
    record = await graph.write_one("forecast/resolve", resolutions=rows) if rows else None
    return int(record[0]) if record else 0


async def of_twin(
    graph: Graph,
    twin: str,
    *,
    id_: str | None = None,
    outcome: str | None = None,
    horizon: timedelta | None = None,
    before: tuple[datetime, str] | None = None,
    limit: int = 1,
) -> tuple[int, datetime, list[Forecast]] | None:
    """The rev and head time of a twin and its forecasts, newest first; None if there is no such twin."""
    record = await graph.read(
        "forecast/of_twin",
        twin=twin,
        id=id_,
        outcome=outcome,
        horizon=None if horizon is None else iso(horizon),
        before=None if before is None else [codec.text(before[0]), before[1]],
        limit=limit,
    )
    if record is None or record[1] is None:
        return None
    rev, head_time, rows = record
    return rev, codec.moment(head_time), [_forecast(*row) for row in rows]


@dataclass(frozen=True)
class Unresolved:
    """A forecast to check, with its last resolution: its number (0: none), whether it happened, when, and the grade."""

    id: str
    twin: str
    made_at: int
    due: int
    number: int
    happened: bool | None
    at: int | None
    grade: str | None = None


async def waiting(
    graph: Graph, tenant: str, outcome: str, types: Sequence[str] | None, now: datetime, *, after: str, limit: int
) -> tuple[str | None, list[Unresolved]]:
    """The forecasts of an outcome to check, in a page of twins of a tenant after an id, and the id of the last twin.

    `types` are those of the events by which the outcome happens; None if it happens otherwise.
    """
    record = await graph.read(
        "forecast/waiting",
        tenant=tenant,
        outcome=outcome,
        types=None if types is None else list(types),
        now=now,
        after=after,
        limit=limit,
    )
    last, rows = record or (None, [])
    return last, [Unresolved(*row) for row in rows]


@dataclass(frozen=True)
class Scored:
    """A forecast with its resolution: None while it is open, else whether it happened, when, and the grade.

    `over` is whether its horizon has passed.
    """

    probability: float
    segment: str | None
    basis: str
    made_at: datetime
    since: datetime
    happened: bool | None
    at: datetime | None = None
    grade: str | None = None
    over: bool = True
    cumulative: tuple[float, ...] = ()
    grades: tuple[GradeForecast, ...] = ()


async def scored(
    graph: Graph,
    tenant: str,
    outcome: str,
    horizon: timedelta,
    now: datetime,
    *,
    retrospective: bool,
    left_out: Sequence[str] | None = (),
    only: Sequence[str] | None = None,
) -> list[Scored]:
    """All forecasts of an outcome over a horizon in a tenant, by id: only of the twins `only`, none in `left_out`."""
    found: list[Scored] = []
    after = ""
    while True:
        record = await graph.read(
            "forecast/record",
            tenant=tenant,
            outcome=outcome,
            horizon=iso(horizon),
            retrospective=retrospective,
            left_out=list(left_out or ()),
            only=None if only is None else list(only),
            after=after,
            limit=RECORD_PAGE,
        )
        rows = record[0] if record else []
        found += [_scored(now - horizon, *row[1:]) for row in rows]
        if len(rows) < RECORD_PAGE:
            return found
        after = rows[-1][0]


def _scored(
    over: datetime,
    probability: float,
    segment: str | None,
    basis: str,
    made_at: int,
    since: int,
    cumulative: list[float] | None,
    grades: str | None,
    came: list[Any] | None,
) -> Scored:
    happened, at, grade = came or (None, None, None)
    return Scored(
        probability,
        segment,
        basis,
        moment_of(made_at),
        moment_of(since),
        happened,
        None if at is None else moment_of(at),
        grade,
        moment_of(made_at) <= over,
        tuple(cumulative or ()),
        _GRADES.validate_json(grades) if grades else (),
    )


def _forecast(values: dict[str, Any], resolutions: list[dict[str, Any]]) -> Forecast:
    known = {name: value for name, value in values.items() if name not in ("tenant", "caption")}
    return Forecast.model_validate(
        {
            **known,
            "horizon": _SPAN.validate_python(values["horizon"]),
            "inputs": orjson.loads(values["inputs"]),
            "grades": orjson.loads(values["grades"]) if "grades" in values else (),
            "resolutions": [
                {name: each[name] for name in Resolution.model_fields if name in each} for each in resolutions
            ],
        }
    )
