"""`POST /export` returns the archive of one twin; `GET /export/…` serves a prepared archive once, with ranges."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from beliefgraph.errors import BeliefgraphError, Forbidden, Incorrect
from beliefgraph.ingest.http import error_response
from beliefgraph.model.caller import Caller
from beliefgraph.services.archives.downloads import Downloads, SealedFile, temporary_file

Export = Callable[[Caller, str, SealedFile], Awaitable[None]]
Endpoint = Callable[[Request], Awaitable[Response]]

HEADERS = {
    "content-disposition": 'attachment; filename="export.tar.gz"',
    "cache-control": "no-store",
    "accept-ranges": "bytes",
}
GZIP = "application/gzip"
RANGE = re.compile(r"^bytes=(\d+)-(\d*)$")


def export_endpoint(export: Export) -> Endpoint:
    """The endpoint for `POST /export`, whose body names the twin; it finds the caller at `request.state.caller`."""

    async def post_export(request: Request) -> Response:
        try:
            caller = getattr(request.state, "caller", None)
            if not isinstance(caller, Caller):
                raise Forbidden("unauthenticated", "Send a key: Authorization: Bearer ….")
            file = temporary_file()
            try:
                await export(caller, _twin(await request.body()), file)
            except BaseException:
                file.delete()
                raise
            file.close()
            return Streamed(file, 0, file.size, waits=False)
        except BeliefgraphError as error:
            return error_response(error)

    return post_export


def download_endpoint(downloads: Downloads) -> Endpoint:
    """The endpoint for `GET /export/{token}`; after an interrupted download the rest is requested with `Range`."""

    async def get_download(request: Request) -> Response:
        try:
            file = downloads.find(request.path_params["token"])
            start, end = _range(request.headers.get("range"), file.size)
        except BeliefgraphError as error:
            return error_response(error)
        response = Streamed(file, start, end)
        if "range" in request.headers:
            response.status_code = 206
            response.headers["content-range"] = f"bytes {start}-{end - 1}/{file.size}"
        return response

    return get_download


class Streamed(Response):
    """An archive that is read and sent in chunks; one that `waits` can be requested until it was sent completely."""

    def __init__(self, file: SealedFile, start: int, end: int, *, waits: bool = True) -> None:
        super().__init__(media_type=GZIP, headers={**HEADERS, "content-length": str(end - start)})
        self._file, self._waits = file, waits
        self._pieces = Downloads.fetched(file, start, end)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it; a client that disconnects can resume."""
        del scope, receive
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        try:
            while (piece := await asyncio.to_thread(next, self._pieces, None)) is not None:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            if not self._waits:
                self._file.delete()


def _range(header: str | None, size: int) -> tuple[int, int]:
    """The byte range of the header: start and end."""
    if header is None:
        return 0, size
    found = RANGE.match(header)
    start = int(found[1]) if found else size
    end = min(size, int(found[2]) + 1) if found and found[2] else size
    if start >= end:
        raise Incorrect("invalid-input", f"This range is not in the archive, which has {size} bytes.", bytes=size)
    return start, end


def _twin(body: bytes) -> str:
    try:
        twin = orjson.loads(body)["twin"]
    except (ValueError, TypeError, KeyError):
        twin = None
    if not isinstance(twin, str):
        raise Incorrect("invalid-input", 'Send the name of the twin: {"twin": "…"}.', field="twin")
    return twin
