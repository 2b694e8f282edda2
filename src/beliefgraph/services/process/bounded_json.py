"""JSON that is bounded while it is read: bytes, number of values, depth, longest list and longest text.

All interfaces read with this, so that they have the same limits. Values are counted in the bytes, before anything is
built; what is then built is small enough to be traversed.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Any

import orjson

from beliefgraph.errors import Incorrect

AT_ONCE = 32_768
"""Bytes up to which JSON is parsed in the event loop; longer bodies are parsed in a thread, while others are served."""

_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[,\[{]', re.DOTALL)


@dataclass(frozen=True)
class JsonBounds:
    """Most values in one body of JSON."""

    bytes: int = 8 * 1024 * 1024
    values: int = 250_000
    depth: int = 40
    items: int = 20_000
    text: int = 262_144


BOUNDS = JsonBounds()


def read_json(body: bytes | str, bounds: JsonBounds = BOUNDS) -> Any:
    """The value in a JSON body; `too-large` or `too-complex` beyond the bounds.

    Raises `orjson.JSONDecodeError` if the body is not JSON.
    """
    if len(body) > bounds.bytes:
        raise Incorrect("too-large", f"This may have {bounds.bytes:,} bytes; send less at once.")
    written = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    _check_values(written, bounds.values)
    read = orjson.loads(written)
    _check(read, bounds)
    return read


async def read_json_beside(body: bytes | str, bounds: JsonBounds = BOUNDS) -> Any:
    """The same, in a thread if the body is long, so that others do not wait for it."""
    if len(body) <= AT_ONCE:
        return read_json(body, bounds)
    return await asyncio.to_thread(read_json, body, bounds)


def _check_values(body: bytes, most: int) -> None:
    """Refuse too many values: each follows a comma, or opens a list or an object."""
    if len(body) <= most or sum(body.count(mark) for mark in (b",", b"[", b"{")) < most:
        return
    found = 0  # many of the marks may be inside texts, so those outside are counted
    for token in _TOKEN.finditer(body):
        found += token.group()[:1] != b'"'
        if found >= most:
            raise Incorrect("too-large", f"This holds more than {most:,} values; send less at once.")


def _check(read: object, bounds: JsonBounds) -> None:
    level: list[object] = [read]
    for _ in range(bounds.depth + 1):
        inner: list[object] = []
        for each in level:
            if isinstance(each, str):
                _check_text(each, bounds.text)
            elif isinstance(each, dict | list):
                if len(each) > bounds.items:
                    raise Incorrect("too-large", f"A list may have {bounds.items:,} items; this has {len(each):,}.")
                if isinstance(each, dict):
                    for key in each:
                        _check_text(key, bounds.text)
                    inner += each.values()
                else:
                    inner += each
        if not inner:
            return
        level = inner
    raise Incorrect("too-complex", f"This is nested deeper than {bounds.depth} levels.")


def _check_text(text: str, most: int) -> None:
    if len(text) > most:
        raise Incorrect("too-large", f"A text may have {most:,} characters; this has {len(text):,}.")
