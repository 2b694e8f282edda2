"""Pages as Relay connections."""

from __future__ import annotations

from typing import Any

import strawberry

from beliefgraph.graphql.expose import attribute, field, reading
from beliefgraph.model.page import Page
from beliefgraph.model.time import ReadRev, ReadTime


@strawberry.type(description="Whether there are more pages, and their cursors.")
class PageInfo:
    """The ends of a page."""

    @field(None, "Whether another page follows.")
    @staticmethod
    def has_next_page(page: strawberry.Parent[Any]) -> bool:
        return bool(page.has_next)

    @field(None, "Whether another page comes before.")
    @staticmethod
    def has_previous_page(page: strawberry.Parent[Any]) -> bool:
        return bool(page.has_previous)

    @field(None, "Cursor of the first item; null if the page is empty.")
    @staticmethod
    def start_cursor(page: strawberry.Parent[Any]) -> str | None:
        return page.first_cursor  # type: ignore[no-any-return]

    @field(None, "Cursor of the last item, to pass as `after`; null if the page is empty.")
    @staticmethod
    def end_cursor(page: strawberry.Parent[Any]) -> str | None:
        return page.last_cursor  # type: ignore[no-any-return]


def connection(node: type, *, of_twin: bool = True, counted: bool = False) -> Any:
    """The connection whose nodes are shown by `node`.

    `of_twin` if its pages are read from one twin at one rev, `counted` if all matching items can be counted.
    """
    name = node.__strawberry_definition__.name  # type: ignore[attr-defined]
    edge = strawberry.type(
        type(
            f"{name}Edge",
            (),
            {
                "__annotations__": {"node": node, "cursor": str},
                "node": attribute("node", node, f"The {name}."),
                "cursor": attribute("cursor", str, "Cursor of this item; pass it as `after` to continue after it."),
            },
        ),
        description=f"An item of a `{name}Connection`.",
    )
    fields: dict[str, Any] = {
        "edges": attribute("items", list[edge], "The items of the page, each with its cursor."),  # type: ignore[valid-type]
        "nodes": attribute("nodes", list[node], "The items of the page, without their cursors."),  # type: ignore[valid-type]
        "page_info": reading(_itself, PageInfo, "Where the page begins and ends."),
    }
    if of_twin:
        fields["rev"] = attribute("rev", ReadRev)
        fields["valid_time"] = attribute("valid_time", ReadTime)
    if counted:
        fields["total_count"] = attribute("total", int | None, "Number of items on all pages.")
    annotations = {key: field.type_annotation.raw_annotation for key, field in fields.items()}
    return strawberry.type(
        type(f"{name}Connection", (), {"__annotations__": annotations, **fields}),
        description=f"A page of items of the type `{name}`.",
    )


def _itself(page: Page[Any]) -> Page[Any]:
    return page
