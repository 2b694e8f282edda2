"""The files of access logs: one per twin and day, to which sealed entries are appended.

They are stored next to the keys and sealed with the twin's key, so that erasing the twin destroys them too. One write
appends a record: its length in four bytes, and the sealed text; so several processes may append to one file.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from beliefgraph.store.key_segments import translated

LENGTH_BYTES = 4


class AccessFiles:
    """The access logs in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def append(self, twin: str, day: date, sealed: bytes) -> None:
        """Append a sealed record to the log of a twin; it survives if the process is killed afterwards."""
        with translated():
            path = self._of(twin) / day.isoformat()
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(descriptor, len(sealed).to_bytes(LENGTH_BYTES, "big") + sealed)
            finally:
                os.close(descriptor)

    def records(self, twin: str) -> Iterator[bytes]:
        """The sealed records of a twin, the newest day first; an incomplete record ends its file."""
        with translated():
            contents = [path.read_bytes() for path in sorted(self._of(twin).glob("*"), reverse=True)]
        for content in contents:
            at = 0
            while at + LENGTH_BYTES <= len(content):
                end = at + LENGTH_BYTES + int.from_bytes(content[at : at + LENGTH_BYTES], "big")
                if end > len(content):
                    break
                yield content[at + LENGTH_BYTES : end]
                at = end

    def forget(self, twin: str) -> None:
        """Delete the log of an erased twin."""
        with translated():
            if self._of(twin).exists():
                shutil.rmtree(self._of(twin))

    def end_before(self, day: date) -> int:
        """Delete the logs of all days before this one; returns the number of files."""
        with translated():
            old = [path for path in self._folder.glob("*/*/*") if path.name < day.isoformat()]
            for path in old:
                path.unlink(missing_ok=True)
        return len(old)

    def _of(self, twin: str) -> Path:
        hashed = hashlib.sha256(twin.encode()).hexdigest()
        return self._folder / hashed[:2] / hashed
