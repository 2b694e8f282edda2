"""Twins that an export has already read: after an interruption, only the others are read."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Sequence
from pathlib import Path

import orjson

from beliefgraph.errors import Fault
from beliefgraph.services.archives.pack import LEVEL
from beliefgraph.store.archives import Row, line
from beliefgraph.store.key_segments import translated, write_whole
from beliefgraph.store.keys import Keyring


class Parts:
    """A folder of such twins, each sealed with its own key: a twin erased in the meantime is unreadable here too."""

    def __init__(self, folder: Path, keyring: Keyring) -> None:
        self._folder = folder
        self._keyring = keyring

    def find(self, twin: str, rev: int) -> list[Row] | None:
        """The rows of a twin, by its id, at a rev; None if they were not read before, or can no longer be decrypted."""
        try:
            sealed = (self._folder / twin).read_bytes()
            text = self._keyring.unseal(twin, sealed, _context(rev))
        except (FileNotFoundError, Fault):
            return None
        return [orjson.loads(each) for each in gzip.decompress(text).splitlines()]

    def keep(self, twin: str, rev: int, rows: Sequence[Row]) -> None:
        """Store the rows of a twin, by its id, at a rev."""
        text = gzip.compress(b"\n".join(line(row) for row in rows), compresslevel=LEVEL)
        with translated():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(self._folder / twin, self._keyring.seal(twin, text, _context(rev)))

    def delete(self) -> None:
        """Delete all of them: the export is complete."""
        shutil.rmtree(self._folder, ignore_errors=True)


def _context(rev: int) -> str:
    return f"export:{rev}"
