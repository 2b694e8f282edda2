"""Descriptions attached to types: the meaning of an annotated type, and of each member of a closed list.

GraphQL, JSON Schema and the docs take them from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin

from pydantic import Field, JsonValue


def vocabulary(meaning: str, meanings: Mapping[str, str]) -> Any:
    """The metadata of an `Annotated` literal: the description of the list, and of each member."""
    each: list[JsonValue] = [{"const": value, "description": text} for value, text in meanings.items()]
    return Field(description=meaning, json_schema_extra={"oneOf": each})


def meaning_of(kind: Any) -> str | None:
    """The description of an `Annotated` type; None if it has none."""
    descriptions = [
        each.description for each in getattr(kind, "__metadata__", ()) if getattr(each, "description", None)
    ]
    return descriptions[-1] if descriptions else None


def meanings_of(kind: Any) -> dict[str, str]:
    """The members of a closed list, in the order of their declaration, with their descriptions."""
    each = {entry["const"]: entry["description"] for entry in get_args(kind)[1].json_schema_extra["oneOf"]}
    return {value: each[value] for value in values_of(kind)}


def values_of(kind: Any) -> tuple[Any, ...]:
    """The members of a closed list, in the order of their declaration."""
    return literals(get_args(kind)[0])


def literals(annotation: Any) -> tuple[Any, ...]:
    """The members that a field of this type may have, if it allows nothing else except for None; () otherwise."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return next((values for inside in get_args(annotation) if (values := literals(inside))), ())
