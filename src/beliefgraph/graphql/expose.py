"""Output types derived from records: a resolver returns the record itself, and each field reads an attribute of it.

    @expose(BeliefRow, within={"state": BeliefState}, hide={"state"})
    class Belief: ...

makes the type `Belief` with every field of `BeliefState`, read from `row.state`, and the others of `BeliefRow`. The
class itself holds only what the records do not: edges to other types, and computed fields.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from operator import attrgetter
from typing import Any, TypeVar, cast

import strawberry
from pydantic.fields import FieldInfo
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.field import StrawberryField

from beliefgraph.graphql.scalars import in_graphql, shown
from beliefgraph.model.record import Record
from beliefgraph.model.vocabulary import meaning_of

T = TypeVar("T", bound=type)
F = TypeVar("F")

Faces = dict[Any, Any]
"""The type that shows each record; filled as types are created."""

FACES: Faces = {}


class AttributeField(StrawberryField):
    """A field that reads one attribute of the record, which may be nested: `state.belief.statement`."""

    getter: Callable[[Any], Any]
    path: str | None = None
    """The attribute's name, dotted if it is nested; None if a custom function reads the record."""

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:  # noqa: ARG002
        """The attribute."""
        return self.getter(source)


def attribute(path: str, annotation: Any, description: str | None = None) -> AttributeField:
    """A field of a GraphQL type which reads the attribute at a path.

    By default its description is that of its type, or that declared in the record.
    """
    field = reading(attrgetter(path), annotation, description)
    field.path = path
    return field


def reading(getter: Callable[[Any], Any], annotation: Any, description: str | None = None) -> AttributeField:
    """A field of a GraphQL type which reads the record by a function of its own."""
    text = description or meaning_of(annotation)
    field = AttributeField(type_annotation=StrawberryAnnotation(_plain(annotation)), description=text)
    field.getter = getter
    return field


def field(shown_by: Any = None, description: str | None = None) -> Callable[[F], F]:
    """A computed field. `shown_by` is its type if the function returns a record that this type shows."""

    def wrap(function: F) -> F:
        return cast("F", strawberry.field(cast("Any", function), graphql_type=shown_by, description=description))

    return wrap


def answer(shown_by: Any, description: str) -> Callable[[F], F]:
    """A computed field of a root; it is null if it is refused, and the other fields stay."""
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

    `within` names records inside the record whose fields are shown together with its own; `hide` leaves fields out, by
    their path. A field that the class itself declares takes precedence. `face` says that fields with this record as
    their type are shown by this type.
    """
    layers = {"": record, **(within or {})}

    def wrap(cls: T) -> T:
        own = dict(inspect.get_annotations(cls))
        for prefix, layer in layers.items():
            for field_name, info in layer.model_fields.items():
                path = f"{prefix}.{field_name}".lstrip(".")
                if field_name in own or field_name in vars(cls):
                    _describe(vars(cls).get(field_name), info)
                    continue
                if path in hide or path in layers:
                    continue
                annotation = shown(info.annotation, FACES)
                own[field_name] = annotation
                setattr(cls, field_name, attribute(path, annotation, _sentence(info)))
        cls.__annotations__ = own
        described = inspect.getdoc(cls) or in_graphql(inspect.getdoc(record) or "")
        made = strawberry.type(cls, name=name or cls.__name__, description=described)
        if face:
            FACES[record] = made
        return made

    return wrap


def _describe(declared: object, info: FieldInfo) -> None:
    """Use the description of the record's field for a declared field that has none."""
    if isinstance(declared, StrawberryField) and declared.description is None:
        declared.description = _sentence(info)


def _sentence(info: FieldInfo) -> str | None:
    return None if info.description is None else in_graphql(info.description)


def _plain(annotation: Any) -> Any:
    """The type itself if it carries a description."""
    return shown(annotation, FACES) if meaning_of(annotation) else annotation
