"""In which shard each twin was born or moved to: files beside the keys, shared by all processes.

A file for each twin, named by a keyed hash of its name, holds the name of its shard. A change is seen at once by all.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from filelock import FileLock

from beliefgraph.store.key_segments import translated, write_whole


class Residences:
    """The shards that were decided upon, in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, tenant: str, hashed: str) -> str | None:
        """The shard of a twin, named by its keyed hash; None if nothing was decided yet."""
        with translated():
            try:
                return (self._of(tenant) / hashed).read_text()
            except (FileNotFoundError, NotADirectoryError):
                return None

    def any(self, tenant: str) -> bool:
        """Whether anything was decided for a tenant; asked before anything is hashed."""
        with translated():
            return self._of(tenant).is_dir()

    def decide(self, tenant: str, hashed: str, shard: str) -> str:
        """Decide upon the shard of a twin, durably, unless that was done before; the shard that stands."""
        folder = self._of(tenant)
        with translated():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with FileLock(folder / "lock", mode=0o600):
                known = self.find(tenant, hashed)
                if known is None:
                    write_whole(folder / hashed, shard.encode())
        return known or shard

    def move(self, tenant: str, hashed: str, shard: str) -> None:
        """Let a twin be in another shard from now on, durably."""
        folder = self._of(tenant)
        with translated():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with FileLock(folder / "lock", mode=0o600):
                write_whole(folder / hashed, shard.encode())

    def forget(self, tenant: str, hashed: str) -> None:
        """Forget where a twin was that is erased."""
        with translated():
            (self._of(tenant) / hashed).unlink(missing_ok=True)

    def _of(self, tenant: str) -> Path:
        return self._folder / hashlib.sha256(tenant.encode("utf-8", "surrogatepass")).hexdigest()
