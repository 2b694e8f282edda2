"""Output types derived from records: a resolver returns the record itself, and each field reads an attribute of it.

    @expose(BeliefRow, within={"state": BeliefState}, hide={"state"})
    class Belief: ...

makes the type `Belief` with every field of `BeliefState`, read from `row.state`, and every other one of `BeliefRow`.
The class itself holds only what the records do not: edges to other types, and computed fields.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from operator import attrgetter
from typing import Any, TypeVar, cast

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.field import StrawberryField

from beliefgraph.graphql.scalars import shown
from beliefgraph.model.record import Record

T = TypeVar("T", bound=type)
F = TypeVar("F")

Faces = dict[Any, Any]
"""The type that shows each record; filled as types are made."""

FACES: Faces = {}


class AttributeField(StrawberryField):
    """A field that reads one attribute of the record, which may lie within another: `state.belief.statement`."""

    getter: Callable[[Any], Any]

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:  # noqa: ARG002
        """The attribute."""
        return self.getter(source)


def attribute(path: str, annotation: Any, description: str | None = None) -> AttributeField:
    """A field of a type of GraphQL's, which reads the attribute at a path."""
    return reading(attrgetter(path), annotation, description)


def reading(getter: Callable[[Any], Any], annotation: Any, description: str | None = None) -> AttributeField:
    """A field of a type of GraphQL's, which reads the record by a function of its own."""
    field = AttributeField(type_annotation=StrawberryAnnotation(annotation), description=description)
    field.getter = getter
    return field


def field(shown_by: Any = None, description: str | None = None) -> Callable[[F], F]:
    """A field that a function computes. `shown_by` is its type where the function returns what that type shows."""

    def wrap(function: F) -> F:
        return cast("F", strawberry.field(cast("Any", function), graphql_type=shown_by, description=description))

    return wrap


def answer(shown_by: Any, description: str) -> Callable[[F], F]:
    """A field of a root that a function computes; it is null where it is refused, and the other fields stay."""
    return field(shown_by | None, description)


def expose(
    record: type[Record],
    *,
    hide: Collection[str] = (),
    within: Mapping[str, type[Record]] | None = None,
    name: str | None = None,
    face: bool = True,
) -> Callable[[T], T]:
    """A decorator that gives a class the fields of a record and makes it an output type.

    `within` names records inside the record whose fields are shown beside its own; `hide` leaves fields out, by their
    path. A field that the class itself declares stands. `face` says that fields of this record are shown by this type.
    """
    layers = {"": record, **(within or {})}

    def wrap(cls: T) -> T:
        own = dict(inspect.get_annotations(cls))
        for prefix, layer in layers.items():
            for field_name, info in layer.model_fields.items():
                path = f"{prefix}.{field_name}".lstrip(".")
                if path in hide or path in layers or field_name in own or field_name in vars(cls):
                    continue
                annotation = shown(info.annotation, FACES)
                own[field_name] = annotation
                setattr(cls, field_name, attribute(path, annotation, info.description))
        cls.__annotations__ = own
        made = strawberry.type(
            cls, name=name or cls.__name__, description=inspect.getdoc(cls) or inspect.getdoc(record)
        )
        if face:
            FACES[record] = made
        return made

    return wrap
