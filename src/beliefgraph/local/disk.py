"""Errors for full or read-only disks that name the directory."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from beliefgraph.errors import BeliefgraphError, Incorrect, Unavailable

SPARE_BYTES = 64 * 1024 * 1024  # free space to leave on a disk: Neo4j cannot even stop cleanly on a full one


def need_space(directory: Path, size: int = 0) -> None:
    """Raise `no-disk-space` unless this many bytes fit there, with some room left."""
    free = shutil.disk_usage(directory).free
    if free < size + SPARE_BYTES:
        raise _full(directory, f"needs {(size + SPARE_BYTES) / 1e6:.0f} MB and has {free / 1e6:.0f} MB")


@contextmanager
def writing_to(directory: Path) -> Iterator[None]:
    """Turn the operating system's errors when writing there into errors that a person can act on."""
    try:
        yield
    except OSError as error:
        refusal = _refusal(directory, error)
        if refusal is None:
            raise
        raise refusal from error


def _refusal(directory: Path, error: OSError) -> BeliefgraphError | None:
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return _full(directory, "is full")
        case errno.EACCES | errno.EPERM | errno.EROFS | errno.ENOTDIR | errno.EEXIST:
            return Incorrect(
                "invalid-input",
                f"{directory} cannot be written ({error.strerror}). Choose a directory of your own.",
                directory=str(directory),
            )
        case _:
            return None


def _full(directory: Path, what: str) -> Unavailable:
    return Unavailable(
        "no-disk-space",
        f"The disk of {directory} {what}. Make room, or choose another directory.",
        directory=str(directory),
    )
