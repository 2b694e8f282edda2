"""Keys created together: one file for the new twins of a call, durable by one write; each key is destroyed separately.

A segment is a file of records of one length: SHA-256 of the twin's id, key, fingerprint. It is written completely under
another name, synced and renamed, so that it exists completely or not at all, and it never grows. A destroyed record is
zeros. The index from keys to segments is kept in memory, in eight bytes per key: the first five bytes of the hash, and
the number of the segment.
"""

from __future__ import annotations

import os
import threading
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from beliefgraph.errors import Fault, Unavailable

OWNER_BYTES = 32
PREFIX_BYTES = 5
RECENT = 65_536
"""Keys of new segments that are kept in a separate list before they are merged into the main one."""

_NUMBER_BITS = 24  # of a segment number; with the hash prefix an index entry has 64


class KeyLocation(NamedTuple):
    """The location of a key's bytes."""

    path: str
    offset: int


class KeySegments:
    """The segments of a folder. Creating and destroying keys requires the keyring's lock; reading does not."""

    def __init__(self, folder: Path, key_bytes: int) -> None:
        self.folder = folder
        self._record = OWNER_BYTES + key_bytes
        self._next = 0  # 0: no segment was read yet
        self._known = array("Q")
        self._recent: list[int] = []
        self._guard = threading.Lock()

    def read_new(self) -> None:
        """Read the segments created since the last call."""
        with self._guard:
            before = self._next
            if before == 0:
                numbers = sorted(int(path.name) for path in _listed(self.folder))
                self._known = array("Q", sorted(chain.from_iterable(map(self._entries, numbers))))
                self._next = numbers[-1] + 1 if numbers else 1
            while Path(self._path(self._next)).exists():
                self._recent += self._entries(self._next)
                self._next += 1
            if self._next != before and self.folder.is_dir():
                self._recent.sort()
                sync_directory(self.folder)  # the process that created a segment may not have synced the directory yet
            if len(self._recent) > RECENT:
                self._known = array("Q", sorted(chain(self._known, self._recent)))
                self._recent = []

    def find(self, owner: bytes) -> Iterator[tuple[KeyLocation, bytes]]:
        """The locations of a twin's keys, by the hash of its id, with the bytes found there."""
        first = int.from_bytes(owner[:PREFIX_BYTES], "big") << _NUMBER_BITS
        with self._guard:
            numbers = [
                entry - first
                for entries in (self._known, self._recent)
                for entry in entries[bisect_left(entries, first) : bisect_left(entries, first + (1 << _NUMBER_BITS))]
            ]
        for number in numbers:
            content = self._content(number)
            offset = content.find(owner)
            while offset >= 0 and offset % self._record:
                offset = content.find(owner, offset + 1)
            if offset >= 0:
                yield (
                    KeyLocation(self._path(number), offset + OWNER_BYTES),
                    content[offset:][OWNER_BYTES : self._record],
                )

    @staticmethod
    def made(place: KeyLocation) -> bool:
        """Whether a key is in a segment, as opposed to its own file."""
        return place.offset > 0

    def make(self, keys: Sequence[tuple[bytes, bytes]]) -> list[KeyLocation]:
        """Write a segment of (hash of a twin's id, key), durable on return; call `read_new` under the lock before.

        Returns the location of each key.
        """
        path = self._path(self._next)
        write_whole(Path(path), b"".join(owner + key for owner, key in keys), settled=False)
        self.read_new()
        return [KeyLocation(path, row * self._record + OWNER_BYTES) for row in range(len(keys))]

    def destroy(self, place: KeyLocation) -> None:
        """Overwrite a key, durably, and then its owner's hash: after an interruption it is found again and finished."""
        overwrite(place.path, place.offset, self._record - OWNER_BYTES)
        overwrite(place.path, place.offset - OWNER_BYTES, OWNER_BYTES)

    def _path(self, number: int) -> str:
        return f"{self.folder}/{number:08}"

    def _entries(self, number: int) -> list[int]:
        """The index entries of a segment's records."""
        content = self._content(number)
        return [
            int.from_bytes(content[at : at + PREFIX_BYTES], "big") << _NUMBER_BITS | number
            for at in range(0, len(content), self._record)
        ]

    def _content(self, number: int) -> bytes:
        content = Path(self._path(number)).read_bytes()
        if len(content) % self._record:
            raise damaged(self._path(number))
        return content


def damaged(path: str) -> Fault:
    """The error for an incomplete key file."""
    name = Path(path).name
    return Fault("key-damaged", f"The key file {name} is damaged; restore it.", file=name)


def read_at(path: str, offset: int, length: int) -> bytes:
    """Bytes of a file from an offset, fewer at its end; none if there is no such file."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return b""
    try:
        return os.pread(descriptor, length, offset)
    finally:
        os.close(descriptor)


def overwrite(path: str, offset: int, length: int) -> None:
    """Overwrite a part of a file with zeros, durably."""
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.pwrite(descriptor, bytes(length), offset)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_whole(path: Path, content: bytes, *, settled: bool = True) -> None:
    """Write a file so that it is complete and durable before it appears under its name; writers hold a lock.

    Unless it is `settled`, the caller syncs the directory.
    """
    fresh = path.with_name("fresh")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    if settled:
        sync_directory(path.parent)


@contextmanager
def translated() -> Iterator[None]:
    """Turn errors of the file system into `keyring-unavailable`."""
    try:
        yield
    except OSError as error:
        raise Unavailable(
            "keyring-unavailable", f"The keyring's directory cannot be used: {error.strerror or error}."
        ) from error


def sync_directory(directory: Path) -> None:
    """Make the entries of a directory durable."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _listed(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.name.isdecimal()] if folder.is_dir() else []
