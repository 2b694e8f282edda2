"""Pages as Relay connections."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from beliefgraph.graphql.expose import attribute, field, reading
from beliefgraph.model.page import Page


@strawberry.type(description="Whether there is more, and where to go on.")
class PageInfo:
    """The ends of a page."""

    @field(None, "Whether a page follows.")
    @staticmethod
    def has_next_page(page: strawberry.Parent[Any]) -> bool:
        return bool(page.has_next)

    @field(None, "Whether a page precedes.")
    @staticmethod
    def has_previous_page(page: strawberry.Parent[Any]) -> bool:
        return bool(page.has_previous)

    @field(None, "The cursor of the first on this page.")
    @staticmethod
    def start_cursor(page: strawberry.Parent[Any]) -> str | None:
        return page.first_cursor  # type: ignore[no-any-return]

    @field(None, "The cursor of the last on this page: pass it as `after`.")
    @staticmethod
    def end_cursor(page: strawberry.Parent[Any]) -> str | None:
        return page.last_cursor  # type: ignore[no-any-return]


def connection(node: type, *, of_twin: bool = True, counted: bool = False) -> Any:
    """The connection whose nodes are shown by `node`.

    `of_twin` if its pages are read of one twin at one rev, `counted` if all that match can be counted.
    """
    name = node.__strawberry_definition__.name  # type: ignore[attr-defined]
    edge = strawberry.type(
        type(
            f"{name}Edge",
            (),
            {
                "__annotations__": {"node": node, "cursor": str},
                "node": attribute("node", node),
                "cursor": attribute("cursor", str, "Where this one stands: pass it as `after`."),
            },
        ),
        description=f"One of a {name}Connection.",
    )
    fields: dict[str, Any] = {
        "edges": attribute("items", list[edge]),  # type: ignore[valid-type]
        "nodes": attribute("nodes", list[node], "The nodes of the edges."),  # type: ignore[valid-type]
        "page_info": reading(_itself, PageInfo),
    }
    if of_twin:
        fields["rev"] = attribute("rev", int, "The rev that was read.")
        fields["valid_time"] = attribute("valid_time", datetime, "The valid time that was read at.")
    if counted:
        fields["total_count"] = attribute("total", int | None, "How many there are on all pages.")
    annotations = {key: field.type_annotation.raw_annotation for key, field in fields.items()}
    return strawberry.type(
        type(f"{name}Connection", (), {"__annotations__": annotations, **fields}),
        description=f"A page of {name}s.",
    )


def _itself(page: Page[Any]) -> Page[Any]:
    return page
