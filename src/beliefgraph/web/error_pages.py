"""The pages of `docs/errors/`, served by the service itself: `extensions.docs` of an error links to one."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from beliefgraph.errors import NotFound
from beliefgraph.graphql.errors import ERROR_PAGES
from beliefgraph.ingest.http import error_response

INDEX = "README"


def error_pages() -> list[Route]:
    """The routes of the pages, as Markdown: `/errors` is the index, `/errors/<code>` the page of a code."""
    pages = {page.stem: page.read_bytes() for page in pages_folder().glob("*.md")}

    async def shown(request: Request) -> Response:
        name = request.path_params.get("code", INDEX).removesuffix(".md")
        if name not in pages:
            return error_response(NotFound("not-found", f"There is no error {name[:100]!r}; {ERROR_PAGES} lists all."))
        return Response(pages[name], media_type="text/plain", headers={"x-content-type-options": "nosniff"})

    return [Route(ERROR_PAGES, shown), Route(f"{ERROR_PAGES}/{{code}}", shown)]


def pages_folder() -> Path:
    """The directory of the pages: next to the package in a wheel, under the root in a checkout."""
    packaged = Path(str(files("beliefgraph"))) / "docs" / "errors"
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "docs" / "errors"
