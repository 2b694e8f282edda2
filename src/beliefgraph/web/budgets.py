"""Limits on the bytes of request bodies being read per tenant, and on the open WebSockets per key."""

from __future__ import annotations

import asyncio
from collections import Counter

from beliefgraph.errors import Unavailable


class BodyBuffer:
    """The bytes of request bodies being read, in total and per tenant."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._total = 0
        self._of: Counter[str] = Counter()

    def add(self, tenant: str, size: int) -> None:
        """Count bytes that are buffered until the body is complete; `overloaded` if there is no room for them."""
        if self._total + size > self._most or self._of[tenant] + size > self._most // 2:
            raise Unavailable("overloaded", "Too many large bodies are being sent; try again in a second.")
        self._total += size
        self._of[tenant] += size

    def remove(self, tenant: str, size: int) -> None:
        """Stop counting them."""
        self._total -= size
        self._of[tenant] -= size
        if not self._of[tenant]:
            del self._of[tenant]


class OpenSockets:
    """The open WebSockets: those without a key are closed first, and the number per key is limited."""

    def __init__(self, most: int, most_per_key: int) -> None:
        self._most = most
        self._most_per_key = most_per_key
        self._without_key: dict[asyncio.Future[None], None] = {}
        self._key: dict[asyncio.Future[None], str] = {}
        self._of_key: Counter[str] = Counter()

    def room(self) -> bool:
        """Whether there is room for one more, if necessary by closing the one that has waited longest for its key."""
        if len(self._without_key) + len(self._key) < self._most:
            return True
        longest = next(iter(self._without_key), None)
        if longest is None:
            return False
        del self._without_key[longest]
        longest.cancel()
        return True

    def enter(self, socket: asyncio.Future[None]) -> None:
        """Count a socket that has not sent a key yet."""
        self._without_key[socket] = None

    def keyed(self, socket: asyncio.Future[None], key: str) -> bool:
        """Record the key of a socket, so that it keeps its place; False if that key has too many."""
        if self._of_key[key] >= self._most_per_key:
            return False
        if socket in self._without_key:
            del self._without_key[socket]
            self._key[socket] = key
            self._of_key[key] += 1
        return True

    def leave(self, socket: asyncio.Future[None]) -> None:
        """Stop counting it."""
        self._without_key.pop(socket, None)
        key = self._key.pop(socket, None)
        if key is not None:
            self._of_key[key] -= 1
            if not self._of_key[key]:
                del self._of_key[key]
