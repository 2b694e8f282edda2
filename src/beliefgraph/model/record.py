"""The base of every record: frozen, without unknown fields, never NaN."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any, Self
from unicodedata import is_normalized, normalize

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from beliefgraph.errors import Incorrect

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
"""Control characters, line separators, and characters that change the text direction."""

_AROUND = re.compile("^[\\s\u200b-\u200d\u2060\ufeff]+|[\\s\u200b-\u200d\u2060\ufeff]+$")
"""Blanks before and after a text, including non-breaking and zero-width ones."""

STORED: Mapping[str, bool] = MappingProxyType({"stored": True})
"""Context for reading stored records: they are accepted even if they would be refused now."""


def normalised(text: str) -> str:
    """A name in the form in which it is compared: Unicode NFC, without surrounding blanks."""
    return _AROUND.sub("", text if is_normalized("NFC", text) else normalize("NFC", text))


def _name(text: str, info: ValidationInfo) -> str:
    """A name, normalised; refused if it is empty."""
    if info.context is STORED:
        return text
    if not (name := normalised(text)):
        raise PydanticCustomError("blank", "This text is blank")
    return name


def _one_line(text: str, info: ValidationInfo) -> str:
    """The text; refused if it has more than one line or unreadable characters."""
    if info.context is not STORED and _CONTROL.search(text):
        raise PydanticCustomError("one_line", "This must be one line, without control characters")
    return text


def _readable(text: str) -> str:
    """The text, refused if it is blank."""
    if not text.strip():
        raise PydanticCustomError("blank", "This text is blank")
    return text


Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$", max_length=120)]
"""A dotted lower-case name, `needs.budget_approved`: an attribute, a catalog, a domain."""

Key = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_one_line), AfterValidator(_name)]
"""A short identifier chosen by an application: one line, at most 200 characters.

It is normalised, so that it is the same however it was typed: composed (NFC), without surrounding blanks."""

Id = Annotated[str, Field(min_length=1, max_length=2_000), AfterValidator(_one_line)]
"""An id from an answer: one line, longer than a key because it may include the name of its twin."""

Title = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(_one_line), AfterValidator(_readable)]
"""A name in an application's own words: one line, stored in the clear."""

Sentence = Annotated[str, Field(min_length=1, max_length=300)]
"""A plain-language text of a definition, for display: at most 300 characters."""

Text = Annotated[str, Field(max_length=10_000)]
"""Text of a person, or a sentence about it: at most 10,000 characters."""

Expression = Annotated[str, Field(min_length=1, max_length=1_000)]
"""A CEL expression over `event` and `data`."""

Probability = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
"""A number in [0, 1]."""

OpenProbability = Annotated[float, Field(gt=0.0, lt=1.0, allow_inf_nan=False)]
"""A number in (0, 1): a stated prior is never certain."""

OddsRatio = Annotated[float, Field(gt=0.0, le=1e6, allow_inf_nan=False)]
"""Odds ratio of a relation, a positive number; 1 means no effect."""

TwinName = Annotated[Key, Field(description="Name of the twin, as the application chose it.")]

TwinId = Annotated[str, Field(description="Id of the twin that it belongs to.")]

Verbatim = Annotated[Text | None, Field(description="What the person said, verbatim; stored encrypted.")]

LogOdds = Annotated[float, Field(allow_inf_nan=False)]
"""Natural log of p / (1 - p)."""


class Record(BaseModel):
    """A value that does not change; a change is a new record."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants", hide_input_in_errors=True)

    @classmethod
    def trusted(cls, **values: Any) -> Self:
        """A record without validation, for values known to be valid, with every field given; five times faster."""
        made = cls.__new__(cls)
        object.__setattr__(made, "__dict__", values)
        object.__setattr__(made, "__pydantic_fields_set__", _every_field(cls))
        object.__setattr__(made, "__pydantic_extra__", None)
        object.__setattr__(made, "__pydantic_private__", None)
        return made


def refuse_null(given: BaseModel, fields: Iterable[str]) -> None:
    """Refuse (`invalid-input`) null for a field that must be left out to stay unchanged."""
    for name in fields:
        if name in given.model_fields_set and getattr(given, name) is None:
            raise Incorrect("invalid-input", f"{name} cannot be null: omit it to leave it unchanged.", field=name)


@cache
def _every_field(kind: type[Record]) -> set[str]:
    """The names of a record's fields: one set shared by all records that have them all."""
    return set(kind.model_fields)
