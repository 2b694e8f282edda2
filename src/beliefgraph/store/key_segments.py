"""Keys that were made together: one file for a call's new twins, durable by one write, each key destroyed alone.

A segment is a file of records of one length: SHA-256 of the twin's id, key, fingerprint. It is written whole under
another name, synced and renamed, so that it is there in full or not at all, and it never grows. A destroyed record is
zeros. What is where is kept in memory, 16 bytes a key: the first eight bytes of the hash, and the place.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from beliefgraph.errors import Fault

OWNER_BYTES = 32
PREFIX_BYTES = 8
RECENT = 65_536
"""Keys of new segments that wait in a dict before they are merged into the sorted arrays."""

_SHIFT = 20  # a place is a segment's number and a record's: at most a million records in a segment


class Place(NamedTuple):
    """Where the bytes of a key are."""

    path: Path
    offset: int


class KeySegments:
    """The segments of a folder. Whoever makes or destroys keys holds the keyring's lock; looking needs none."""

    def __init__(self, folder: Path, key_bytes: int) -> None:
        self.folder = folder
        self._record = OWNER_BYTES + key_bytes
        self._next = 0  # 0: no segment was looked at yet
        self._prefixes: npt.NDArray[np.uint64] = np.empty(0, dtype=np.uint64)
        self._places: npt.NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._recent: dict[int, list[int]] = {}
        self._guard = threading.Lock()

    def look(self) -> bool:
        """Get to know the segments made since the last look; whether there were any."""
        with self._guard:
            if self._next == 0:
                numbers = sorted(int(path.name) for path in _listed(self.folder))
                self._merge([self._load(number) for number in numbers])
                self._next = numbers[-1] + 1 if numbers else 1
                return bool(numbers)
            before = self._next
            while self._path(self._next).exists():
                self._note(*self._load(self._next))
                self._next += 1
            return self._next != before

    def find(self, owner: bytes) -> Iterator[tuple[Place, bytes]]:
        """Where a twin's keys are, by the hash of its id, with the bytes that are there."""
        prefix = int.from_bytes(owner[:PREFIX_BYTES], "big")
        with self._guard:
            first, last = (int(np.searchsorted(self._prefixes, np.uint64(prefix), side)) for side in ("left", "right"))
            places = [*self._places[first:last].tolist(), *self._recent.get(prefix, ())]
        for place in places:
            path, offset = self._path(place >> _SHIFT), (place & ((1 << _SHIFT) - 1)) * self._record
            record = read_at(path, offset, self._record)
            if record[:OWNER_BYTES] == owner:
                yield Place(path, offset + OWNER_BYTES), record[OWNER_BYTES:]

    def make(self, keys: Sequence[tuple[bytes, bytes]]) -> None:
        """Write one segment of (hash of a twin's id, key), durable when this returns. `look` was called under the lock."""
        fresh, path = self.folder / "fresh", self._path(self._next)
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(b"".join(owner + key for owner, key in keys))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        sync_directory(self.folder)
        self.look()

    def destroy(self, place: Place) -> None:
        """Overwrite a key, durably, and then whose it was: cut short in between, it is found again and finished."""
        overwrite(place.path, place.offset, self._record - OWNER_BYTES)
        overwrite(place.path, place.offset - OWNER_BYTES, OWNER_BYTES)

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:08}"

    def _load(self, number: int) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
        """The prefixes of a segment's records and their places."""
        content = self._path(number).read_bytes()
        if len(content) % self._record:
            raise damaged(self._path(number))
        table = np.frombuffer(content, dtype=np.uint8).reshape(-1, self._record)
        prefixes = np.ascontiguousarray(table[:, :PREFIX_BYTES]).view(">u8").ravel().astype(np.uint64)
        return prefixes, (np.int64(number) << _SHIFT) + np.arange(len(table), dtype=np.int64)

    def _note(self, prefixes: npt.NDArray[np.uint64], places: npt.NDArray[np.int64]) -> None:
        for prefix, place in zip(prefixes.tolist(), places.tolist(), strict=True):
            self._recent.setdefault(prefix, []).append(place)
        if len(self._recent) > RECENT:
            pairs = [(prefix, place) for prefix, several in self._recent.items() for place in several]
            self._merge([(np.array([p for p, _ in pairs], np.uint64), np.array([p for _, p in pairs], np.int64))])
            self._recent = {}

    def _merge(self, more: Sequence[tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]]) -> None:
        prefixes = np.concatenate([self._prefixes, *(found for found, _ in more)])
        places = np.concatenate([self._places, *(found for _, found in more)])
        order = np.argsort(prefixes, kind="stable")
        self._prefixes, self._places = prefixes[order], places[order]


def damaged(path: Path) -> Fault:
    """That the file of a key, or of several, is not whole."""
    return Fault("key-damaged", f"The key file {path.name} is damaged; restore it.", file=path.name)


def read_at(path: Path, offset: int, length: int) -> bytes:
    """So many bytes of a file, or as many as there are; none if there is no such file."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return b""
    try:
        return os.pread(descriptor, length, offset)
    finally:
        os.close(descriptor)


def overwrite(path: Path, offset: int, length: int) -> None:
    """Zeros over a part of a file, durably."""
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.pwrite(descriptor, bytes(length), offset)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_directory(directory: Path) -> None:
    """Make what a directory lists durable."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _listed(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.name.isdecimal()] if folder.is_dir() else []
