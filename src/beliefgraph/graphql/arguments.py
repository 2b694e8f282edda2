"""The arguments that several fields take, each with its description."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry
from strawberry.types.arguments import StrawberryArgumentAnnotation

from beliefgraph.graphql.inputs import AsOf
from beliefgraph.graphql.scalars import in_graphql
from beliefgraph.model.record import Record
from beliefgraph.services.twin.paging import MAX_PAGE


def described(sentence: str) -> StrawberryArgumentAnnotation:
    """The metadata of an argument: its description."""
    return strawberry.argument(description=sentence)


def like(record: type[Record], field: str) -> StrawberryArgumentAnnotation:
    """The metadata of an argument that is a field of a record: the description declared there."""
    return described(in_graphql(record.model_fields[field].description or ""))


def argument(type_: Any, sentence: str) -> Any:
    """The type of an argument with its description."""
    return Annotated[type_, described(sentence)]


TwinName = Annotated[str, described("Name of the twin, as the application chose it.")]

At = Annotated[
    AsOf | None,
    described(
        "Moment and rev to answer for; the answer is derived for it, without rounding. Default: what is published now."
    ),
]

AtLeastRev = Annotated[
    int | None,
    described(
        "Wait until the twin has reached this rev, so that a caller reads its own writes; fails with `rev-not-reached` "
        "if that takes too long."
    ),
]

First = Annotated[int, described(f"Size of the page, from 1 to {MAX_PAGE}.")]

After = Annotated[
    str | None, described("Cursor of the item before the page, such as `endCursor`; default: the first page.")
]

ExpectedRev = Annotated[
    int | None, described("Refuse (`rev-conflict`) unless the twin is at this rev; default: any rev.")
]

INPUT = "The command, with its fields."
