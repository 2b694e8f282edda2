"""Scalars that refuse invalid values, and enums for the closed lists of words."""

from __future__ import annotations

import enum
import re
from datetime import datetime, timedelta
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NewType, Union, get_args, get_origin

import orjson
import strawberry
from pydantic import AwareDatetime, TypeAdapter, ValidationError
from strawberry.scalars import JSON
from strawberry.types.scalar import ScalarDefinition
from strawberry.utils.str_converters import to_camel_case

from beliefgraph.errors import Incorrect
from beliefgraph.model.belief import Quality
from beliefgraph.model.caller import Scope
from beliefgraph.model.change_point import StreamKind
from beliefgraph.model.commit import Cause
from beliefgraph.model.decision import DecisionStatus
from beliefgraph.model.decision_check import PointKind, PointStance
from beliefgraph.model.evidence import Stance
from beliefgraph.model.explanation import ContributionsBy
from beliefgraph.model.forecast import ForecastBasis
from beliefgraph.model.goal import GoalLinkKind, GoalStatus, ReasonKind
from beliefgraph.model.interval import NoInterval
from beliefgraph.model.metric import MetricKind, Period
from beliefgraph.model.parameters import LearnedMap
from beliefgraph.model.permission import Default, LegalBasis, StatedBy
from beliefgraph.model.preference import ConstraintRule, PreferenceKind
from beliefgraph.model.question import OrderBy
from beliefgraph.model.reasons import NoReasons
from beliefgraph.model.receipt import Outcome
from beliefgraph.model.relation import RelationKind
from beliefgraph.model.revision import Origin
from beliefgraph.model.status import Status
from beliefgraph.model.time import instant, read_moment
from beliefgraph.model.vocabulary import meaning_of, meanings_of

Duration = NewType("Duration", timedelta)

_DURATION = TypeAdapter(timedelta)
_SNAKE = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")


def read_instant(text: object) -> datetime:
    """A moment written as ISO 8601 with a zone; `naive-datetime` without one."""
    if not isinstance(text, str):
        raise Incorrect("invalid-input", "Write a DateTime as a string such as 2026-03-01T09:30:00Z.")
    try:
        read = read_moment(text)
    except ValueError:
        raise Incorrect("invalid-input", f"{text[:40]!r} is not a moment such as 2026-03-01T09:30:00Z.") from None
    try:
        return instant(read)
    except OverflowError:
        raise Incorrect("invalid-input", f"{text[:40]!r} is outside the supported range of dates.") from None


def write_instant(moment: datetime) -> str:
    """The moment as ISO 8601 in UTC."""
    return moment.isoformat()


def _read_duration(text: object) -> timedelta:
    try:
        return _DURATION.validate_python(text)
    except ValidationError:
        raise Incorrect("invalid-input", "Write a Duration as ISO 8601, such as P30D or PT12H.") from None


def _write_duration(span: timedelta) -> str:
    written: str = _DURATION.dump_python(span, mode="json")
    return written


def in_graphql(text: str) -> str:
    """A description from the model with field names in GraphQL's spelling: `validFrom` for `valid_from`."""
    return _SNAKE.sub(lambda name: to_camel_case(name[0]), text)


def _read_json(value: object) -> object:
    """The value, if it can be serialised: GraphQL's literals allow integers that JSON readers do not."""
    try:
        orjson.dumps(value)
    except TypeError as error:
        raise Incorrect("invalid-input", f"This JSON cannot be stored: {error}.") from None
    return value


def _as_it_is(value: object) -> object:
    return value


DATE_TIME: ScalarDefinition = strawberry.scalar(
    name="DateTime",
    description="A moment with a time zone, ISO 8601: `2026-03-01T09:30:00Z`. A moment without a zone is refused.",
    specified_by_url="https://scalars.graphql.org/andimarek/date-time.html",
    parse_value=read_instant,
    serialize=write_instant,
)
SCALARS: dict[object, ScalarDefinition] = {
    datetime: DATE_TIME,
    JSON: strawberry.scalar(
        name="JSON",
        description="Any JSON value.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc8259",
        parse_value=_read_json,
        serialize=_as_it_is,
    ),
    Duration: strawberry.scalar(
        name="Duration",
        description="A duration, ISO 8601: `P30D` or `PT12H`.",
        parse_value=_read_duration,
        serialize=_write_duration,
    ),
}


def _enum(name: str, vocabulary: Any) -> Any:
    # The words themselves are the values, so that records and GraphQL need no translation between them.
    meanings = meanings_of(vocabulary)
    members = enum.Enum(name, {member.upper(): member for member in meanings}, type=str)  # type: ignore[misc]
    made: Any = strawberry.enum(members, name=name, description=meaning_of(vocabulary))
    for value in made.__strawberry_definition__.values:
        value.description = in_graphql(meanings[value.value])
    return made


ENUMS: dict[object, Any] = {
    get_args(vocabulary)[0]: _enum(name, vocabulary)
    for name, vocabulary in (
        ("RelationKind", RelationKind),
        ("Status", Status),
        ("Quality", Quality),
        ("NoInterval", NoInterval),
        ("NoReasons", NoReasons),
        ("Stance", Stance),
        ("Origin", Origin),
        ("Cause", Cause),
        ("Outcome", Outcome),
        ("GoalStatus", GoalStatus),
        ("GoalLinkKind", GoalLinkKind),
        ("ReasonKind", ReasonKind),
        ("DecisionStatus", DecisionStatus),
        ("PointKind", PointKind),
        ("PointStance", PointStance),
        ("LearnedMap", LearnedMap),
        ("OrderBy", OrderBy),
        ("ContributionsBy", ContributionsBy),
        ("MetricKind", MetricKind),
        ("Period", Period),
        ("ForecastBasis", ForecastBasis),
        ("StreamKind", StreamKind),
        ("PreferenceKind", PreferenceKind),
        ("ConstraintRule", ConstraintRule),
        ("Scope", Scope),
        ("PolicyDefault", Default),
        ("LegalBasis", LegalBasis),
        ("StatedBy", StatedBy),
    )
}
"""The enums by the literals whose words they show."""


def show_enum(name: str, vocabulary: Any) -> Any:
    """Register an enum of that name for a closed list of words of another layer."""
    return ENUMS.setdefault(get_args(vocabulary)[0], _enum(name, vocabulary))


def enum_of(vocabulary: Any) -> Any:
    """The enum that shows a closed list of words."""
    return ENUMS[get_args(vocabulary)[0]]


PLAIN: dict[Any, Any] = {timedelta: Duration, AwareDatetime: datetime}
"""Types of the model that a scalar shows."""


def shown(annotation: Any, faces: dict[Any, Any]) -> Any:
    """The GraphQL type for a type of the model: closed lists become enums, records their `faces`."""
    if annotation in faces:
        return faces[annotation]
    if annotation in PLAIN:
        return PLAIN[annotation]
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return shown(inside[0], faces)
    if origin is Literal:
        return ENUMS[annotation]
    if origin in (Union, UnionType):
        return Union[tuple(each if each is NoneType else shown(each, faces) for each in inside)]  # noqa: UP007
    if origin in (tuple, list):
        return list[shown(inside[0], faces)]  # type: ignore[misc]
    if origin is dict:
        return JSON
    return annotation
