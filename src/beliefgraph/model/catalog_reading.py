"""Catalogs are validated in parts: pydantic holds the interpreter's lock meanwhile, and other threads must run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from annotated_types import MaxLen
from pydantic import TypeAdapter, ValidationError

from beliefgraph.errors import Incorrect
from beliefgraph.model.attribute import Attribute
from beliefgraph.model.catalog import Catalog, EventRule, RelationDefinition
from beliefgraph.model.metric import MetricDefinition

PIECE = 200
"""Parts of one kind that are validated at once, in a few milliseconds."""

PARTS: Mapping[str, TypeAdapter[Any]] = {
    "attributes": TypeAdapter(list[Attribute]),
    "relations": TypeAdapter(list[RelationDefinition]),
    "events": TypeAdapter(list[EventRule]),
    "metrics": TypeAdapter(list[MetricDefinition]),
}
"""Fields of a catalog that may be very long."""

MOST = {
    name: next(each.max_length for each in Catalog.model_fields[name].metadata if isinstance(each, MaxLen))
    for name in PARTS
}


def read_catalog(given: object, context: Mapping[str, bool] | None = None) -> Catalog:
    """The catalog in a JSON document; `invalid-definition` names the location of an error.

    `context` is `STORED` if the document comes from the store.
    """
    if not isinstance(given, Mapping):
        raise _wrong((), "A catalog is an object.")
    read: dict[str, list[Any]] = {}
    for name, kind in PARTS.items():
        parts = given.get(name)
        if not isinstance(parts, list):
            continue
        if len(parts) > MOST[name]:
            raise _wrong((name,), f"A catalog has at most {MOST[name]:,} of them.")
        read[name] = []
        for first in range(0, len(parts), PIECE):
            try:
                read[name] += kind.validate_python(parts[first : first + PIECE], context=context)
            except ValidationError as error:
                (at, *within), message = _first(error)
                raise _wrong((name, first + int(at), *within), message) from None
    try:
        return Catalog.model_validate({**given, **read}, context=context)
    except ValidationError as error:
        raise _wrong(*_first(error)) from None


def _first(error: ValidationError) -> tuple[tuple[str | int, ...], str]:
    wrong = error.errors(include_url=False, include_input=False)[0]
    return wrong["loc"], f"{wrong['msg']}."


def _wrong(place: tuple[str | int, ...], message: str) -> Incorrect:
    field = ".".join(map(str, place))
    return Incorrect("invalid-definition", f"{field or 'catalog'}: {message}", field=field or None)
