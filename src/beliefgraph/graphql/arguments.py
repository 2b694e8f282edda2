"""The arguments that several fields take, each with its description."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry
from strawberry.types.arguments import StrawberryArgumentAnnotation

from beliefgraph.graphql.inputs import AsOf
from beliefgraph.graphql.scalars import in_graphql
from beliefgraph.model.record import Record
from beliefgraph.services.twin.paging import MAX_PAGE


def told(sentence: str) -> StrawberryArgumentAnnotation:
    """The metadata of an argument: its description."""
    return strawberry.argument(description=sentence)


def like(record: type[Record], field: str) -> StrawberryArgumentAnnotation:
    """The metadata of an argument that is a field of a record: the description declared there."""
    return told(in_graphql(record.model_fields[field].description or ""))


def argument(type_: Any, sentence: str) -> Any:
    """The type of an argument with its description."""
    return Annotated[type_, told(sentence)]


TwinName = Annotated[str, told("Name of the twin, as the application chose it.")]

At = Annotated[
    AsOf | None,
    told("Moment and rev to answer for, derived again without rounding; left out: what is published now."),
]

AtLeastRev = Annotated[
    int | None,
    told("Wait until the twin has reached this rev, so that a caller reads its own writes; `rev-not-reached` if not."),
]

First = Annotated[int, told(f"Size of the page, from 1 to {MAX_PAGE}.")]

After = Annotated[
    str | None, told("Cursor of the item before the page, such as `endCursor`; left out: the first page.")
]

ExpectedRev = Annotated[
    int | None, told("Refuse (`rev-conflict`) unless the twin is at this rev; left out: any rev will do.")
]

INPUT = "The command, with its fields."
