"""Conversion between records and rows: open ends become sentinels. Only this module converts."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from sys import intern
from typing import Any

from pydantic import TypeAdapter

from beliefgraph.model.belief import Belief, Holding
from beliefgraph.model.contest import Contested
from beliefgraph.model.decision import Decision, DecisionStatement, Deliberation, Ground, Option
from beliefgraph.model.evidence import Bearing
from beliefgraph.model.goal import Goal, GoalRelation, GoalStatement, Pursuit
from beliefgraph.model.metric import Measurement, Metric, Reading
from beliefgraph.model.permission import Permission
from beliefgraph.model.record import STORED, Record
from beliefgraph.model.relation import BeliefRelation, Strength
from beliefgraph.model.revision import Revision
from beliefgraph.model.twin import IdentifierLink
from beliefgraph.store.captions import bearing_caption
from beliefgraph.store.graph_schema import EDGES, NODES

FOREVER = "9999-01-01T00:00:00Z"
"""The stored value of an open `valid_to`, so that an index can find it."""

OPEN_REV = 2_147_483_647
"""The stored value of an open `rev_to`."""

STRENGTHS = 10_000
"""Strengths of relations that are shared by the twins read most recently."""

_OPTIONS: TypeAdapter[tuple[Option, ...]] = TypeAdapter(tuple[Option, ...])
_GROUNDS: TypeAdapter[tuple[Ground, ...]] = TypeAdapter(tuple[Ground, ...])

_NODE_FIELDS: dict[type[Record], tuple[str, ...]] = {
    row.record: tuple(name for name in row.record.model_fields if name not in row.hidden)
    for row in NODES
    if row.record is not None
}
_EDGE_FIELDS: dict[type[Record], tuple[str, ...]] = {
    row.record: tuple(
        name for name in row.record.model_fields if name not in {*row.hidden, "valid_from", "valid_to", "rev_to"}
    )
    for row in EDGES
    if row.record is not None
}


def node_values(record: Record, **extra: object) -> dict[str, Any]:
    """The properties of the node that stores a record, moments as text; None is left out."""
    values = {name: getattr(record, name) for name in _NODE_FIELDS[type(record)]} | extra
    return {name: _stored(value) for name, value in values.items() if value is not None}


def edge_values(revision: Revision) -> dict[str, Any]:
    """The properties of the edge that stores a revision, with its open ends as sentinels.

    Moments are text that the query turns into datetimes: encoding datetimes in the driver takes a hundred times as
    long.
    """
    values = {name: _stored(getattr(revision, name)) for name in _EDGE_FIELDS[type(revision)]}
    values["valid_from"] = text(revision.valid_from)
    values["valid_to"] = FOREVER if revision.valid_to is None else text(revision.valid_to)
    values["rev_to"] = OPEN_REV if revision.rev_to is None else revision.rev_to
    if isinstance(revision, BeliefRelation):
        values |= strength_values(revision.strength)
    elif isinstance(revision, DecisionStatement | Deliberation):
        values |= _as_json(revision)
    elif isinstance(revision, Bearing):
        values["caption"] = bearing_caption(revision)
    return {name: value for name, value in values.items() if value is not None}


def strength_values(strength: Strength) -> dict[str, Any]:
    """The one property in which a relation stores its number."""
    return {"odds_ratio" if strength.probability is None else "probability": strength.parameter}


def text(moment: datetime) -> str:
    """The instant as text, to the microsecond, in UTC."""
    return (moment if moment.tzinfo is UTC else moment.astimezone(UTC)).isoformat()


def moment(written: str) -> datetime:
    """The instant that the store wrote as text."""
    return datetime.fromisoformat(written).astimezone(UTC)


def moment_or_open(written: str) -> datetime | None:
    """The instant, or None for an open end."""
    return None if written.startswith("9999-") else moment(written)


def rev_or_open(rev: int) -> int | None:
    """The rev, or None for an open end."""
    return None if rev == OPEN_REV else rev


def belief(row: list[Any], twin: str) -> Belief:
    """The belief that `twin/inputs` returned as a row."""
    return Belief.trusted(
        id=intern(row[0]),
        twin=twin,
        attribute=intern(row[1]),
        subject=intern(row[2]),
        context=intern(row[3]),
        domain=intern(row[4]),
        statement=row[5],
        value=row[6],
    )


def bearing(row: list[Any], twin: str) -> Bearing:
    """The bearing that `twin/inputs` returned as a row."""
    return Bearing.trusted(
        **_revision(row, twin),
        evidence=row[8],
        belief=intern(row[9]),
        source=intern(row[10]),
        stance=row[11],
        log_likelihood_ratio=row[12],
        half_life=row[13],
        shared_origin=row[14] and intern(row[14]),
        source_kind=row[15] and intern(row[15]),
        shared_across=row[16] and intern(row[16]),
    )


def relation(row: list[Any], twin: str) -> BeliefRelation:
    """The relation that `twin/inputs` returned as a row."""
    return BeliefRelation.trusted(
        **_revision(row, twin),
        source=intern(row[8]),
        target=intern(row[9]),
        strength=_strength(*row[10:13]),
        ended=row[13],
    )


@lru_cache(STRENGTHS)
def _strength(kind: str, odds_ratio: float | None, probability: float | None) -> Strength:
    """A strength; twins share those of their definitions."""
    return Strength(kind=kind.lower(), odds_ratio=odds_ratio, probability=probability)


def holding(row: list[Any], twin: str) -> Holding:
    """The holding that a query returned as a row."""
    return Holding.trusted(
        **_revision(row, twin),
        log_odds=row[8],
        status=row[9],
        quality=row[10],
        error=row[11],
    )


def goal(row: list[Any], twin: str) -> Goal:
    """The goal that a query returned as a row."""
    return Goal.trusted(id=row[0], twin=twin, key=row[1])


def statement(row: list[Any], twin: str) -> GoalStatement:
    """The statement that `twin/inputs` returned as a row."""
    return GoalStatement.trusted(
        **_revision(row, twin),
        evidence=row[8],
        goal=intern(row[9]),
        source=intern(row[10]),
        stance=row[11],
        title=row[12],
        status=row[13],
        priority=row[14],
        progress=row[15],
        deadline=None if row[16] is None else moment(row[16]),
    )


def goal_relation(row: list[Any], twin: str) -> GoalRelation:
    """The relation of a goal that a query returned as a row."""
    return GoalRelation.trusted(
        **_revision(row, twin),
        source=row[8],
        target=row[9],
        kind=row[10].lower(),
        weight=row[11],
        evidence=row[12],
        speaker=intern(row[13]),
        ended=row[14],
    )


def pursuit(row: list[Any], twin: str) -> Pursuit:
    """The pursuit that a query returned as a row."""
    return Pursuit.trusted(
        **_revision(row, twin),
        title=row[8],
        status=row[9],
        priority=row[10],
        progress=row[11],
        deadline=None if row[12] is None else moment(row[12]),
        importance=row[13],
        motivation=row[14],
        quality=row[15],
        reason=row[16],
    )


def metric(row: list[Any], twin: str) -> Metric:
    """The metric that `twin/inputs` returned as a row."""
    return Metric.trusted(id=row[0], twin=twin, name=row[1], subject=row[2], context=row[3], statement=row[4])


def measurement(row: list[Any], twin: str) -> Measurement:
    """The measurement that `twin/inputs` returned as a row."""
    return Measurement.trusted(
        **_revision(row, twin),
        evidence=row[8],
        metric=intern(row[9]),
        source=intern(row[10]),
        value=row[11],
        label=row[12],
        answers=row[13],
    )


def reading(row: list[Any], twin: str) -> Reading:
    """The reading that a query returned as a row."""
    return Reading.trusted(
        **_revision(row, twin),
        value=row[8],
        label=row[9],
        band=row[10],
    )


def decision(row: list[Any], twin: str) -> Decision:
    """The decision that a query returned as a row."""
    return Decision.trusted(id=row[0], twin=twin, key=row[1])


def decision_statement(row: list[Any], twin: str) -> DecisionStatement:
    """The statement of a decision that `twin/inputs` returned as a row."""
    return DecisionStatement.trusted(
        **_revision(row, twin),
        evidence=row[8],
        decision=intern(row[9]),
        source=intern(row[10]),
        stance=row[11],
        title=row[12],
        options=None if row[13] is None else _OPTIONS.validate_json(row[13], context=STORED),
        chosen=row[14],
        reasons=None if row[15] is None else _GROUNDS.validate_json(row[15], context=STORED),
        expected=row[16],
        actual=row[17],
    )


def deliberation(row: list[Any], twin: str) -> Deliberation:
    """The deliberation that a query returned as a row."""
    return Deliberation.trusted(
        **_revision(row, twin),
        title=row[8],
        status=row[9],
        options=_OPTIONS.validate_json(row[10], context=STORED),
        chosen=row[11],
        reasons=_GROUNDS.validate_json(row[12], context=STORED),
        expected=row[13],
        actual=row[14],
    )


def link(row: list[Any], twin: str) -> IdentifierLink:
    """The link that `twin/inputs` returned as a row."""
    return IdentifierLink.trusted(
        **_revision(row, twin),
        scheme=row[8],
    )


def permission(row: list[Any], twin: str) -> Permission:
    """The permission that `twin/inputs` returned as a row."""
    return Permission.trusted(
        **_revision(row, twin),
        purpose=row[8],
        category=row[9],
        recipient=row[10],
        allowed=row[11],
        stated_by=row[12],
        event=row[13],
        evidence=row[14],
    )


def contested(row: list[Any], twin: str) -> Contested:
    """The contested evidence that `twin/inputs` returned as a row."""
    return Contested.trusted(
        **_revision(row, twin),
        evidence=row[8],
        event=row[9],
    )


def _revision(row: list[Any], twin: str) -> dict[str, Any]:
    """The fields that every revision has, which every query returns first."""
    return {
        "revision_id": row[0],
        "twin": twin,
        "key": intern(row[1]),
        "valid_from": moment(row[2]),
        "valid_to": moment_or_open(row[3]),
        "rev_from": row[4],
        "rev_to": rev_or_open(row[5]),
        "definition": intern(row[6]),
        "origin": row[7],
    }


def _as_json(published: DecisionStatement | Deliberation) -> dict[str, str | None]:
    """Options and the grounds of reasons, each as JSON."""
    return {
        "options": None
        if published.options is None
        else _OPTIONS.dump_json(published.options, exclude_defaults=True).decode(),
        "reasons": None
        if published.reasons is None
        else _GROUNDS.dump_json(published.reasons, exclude_defaults=True).decode(),
    }


def _stored(value: Any) -> Any:
    if isinstance(value, datetime):
        return text(value)
    return list(value) if isinstance(value, tuple) else value
