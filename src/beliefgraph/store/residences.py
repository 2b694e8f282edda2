"""The shard of each twin that was placed or moved: files next to the keys, shared by all processes.

One file per twin, named by a keyed hash of its name, holds the name of its shard. Changes are visible at once.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from filelock import FileLock

from beliefgraph.store.key_segments import translated, write_whole


class Residences:
    """The decided shards, in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, tenant: str, hashed: str) -> str | None:
        """The shard of a twin, named by its keyed hash; None if none was decided yet."""
        with translated():
            try:
                return (self._of(tenant) / hashed).read_text()
            except (FileNotFoundError, NotADirectoryError):
                return None

    def any(self, tenant: str) -> bool:
        """Whether any shard was decided for a tenant; checked before anything is hashed."""
        with translated():
            return self._of(tenant).is_dir()

    def decide(self, tenant: str, hashed: str, shard: str) -> str:
        """Set the shard of a twin, durably, unless it is set already; returns the shard in force."""
        folder = self._of(tenant)
        with translated():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with FileLock(folder / "lock", mode=0o600):
                known = self.find(tenant, hashed)
                if known is None:
                    write_whole(folder / hashed, shard.encode())
        return known or shard

    def move(self, tenant: str, hashed: str, shard: str) -> None:
        """Set another shard of a twin, durably."""
        folder = self._of(tenant)
        with translated():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with FileLock(folder / "lock", mode=0o600):
                write_whole(folder / hashed, shard.encode())

    def forget(self, tenant: str, hashed: str) -> None:
        """Delete the entry of an erased twin."""
        with translated():
            (self._of(tenant) / hashed).unlink(missing_ok=True)

    def _of(self, tenant: str) -> Path:
        return self._folder / hashlib.sha256(tenant.encode("utf-8", "surrogatepass")).hexdigest()
