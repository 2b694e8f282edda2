"""Archives waiting to be downloaded once, at an address that cannot be guessed: sealed on disk, and then deleted.

The address carries the key, which is stored nowhere else: without it the file cannot be read or attributed to anyone.
All processes of a service share the folder.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from secrets import token_urlsafe
from tempfile import mkstemp

from beliefgraph.errors import NotFound
from beliefgraph.model.archive import Download
from beliefgraph.model.time import Clock
from beliefgraph.store.key_segments import translated
from beliefgraph.store.sealed_file import SealedFile

KEPT_FOR = timedelta(minutes=15)
"""How long an archive waits."""

ADDRESS = "/export/"


__all__ = ["Downloads", "SealedFile", "temporary_file"]


def temporary_file() -> SealedFile:
    """A sealed file that only this process can read."""
    handle, path = mkstemp(prefix="beliefgraph-export-")
    os.close(handle)
    return SealedFile(Path(path))


class Downloads:
    """The waiting archives."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    async def make(self, write: Callable[[SealedFile], Awaitable[None]]) -> Download:
        """Write an archive, and return the address at which it can be downloaded."""
        await asyncio.to_thread(self._sweep)
        token = token_urlsafe(32)
        file = SealedFile(*self._of(token))
        try:
            await write(file)
        except BaseException:
            file.delete()
            raise
        await asyncio.to_thread(file.close)
        return Download(address=ADDRESS + token, bytes=file.size, expires_at=self._clock.now() + KEPT_FOR)

    def find(self, token: str) -> SealedFile:
        """The archive at an address; `not-found` if it was downloaded already, or has expired."""
        path, key = self._of(token)
        self._sweep()
        if not path.is_file():
            raise NotFound(
                "not-found", "There is no such archive: it was downloaded already, or has expired. Export again."
            )
        return SealedFile.found(path, key)

    @staticmethod
    def fetched(file: SealedFile, start: int, end: int) -> Iterator[bytes]:
        """A chunk of an archive, which is deleted once its last byte was returned."""
        yield from file.read_from(start, end)
        if end >= file.size:
            file.delete()

    def _of(self, token: str) -> tuple[Path, bytes]:
        with translated():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = hashlib.sha256(f"name {token}".encode()).hexdigest()
        return self._folder / name, hashlib.sha256(f"key {token}".encode()).digest()

    def _sweep(self) -> None:
        """Delete expired archives."""
        until = (self._clock.now() - KEPT_FOR).timestamp()
        with translated():
            for path in self._folder.glob("*") if self._folder.is_dir() else ():
                if path.stat().st_mtime < until:
                    path.unlink(missing_ok=True)
