"""Encrypted temporary files, so that data spilled to disk is unreadable without the key.

Written once from beginning to end in chunks, each sealed with AES-256-GCM under its number; read from any byte on.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from beliefgraph.errors import Fault

CHUNK = 65_536
"""Bytes of a chunk before it is sealed."""

TAG = 16
KEY_BYTES = 32


class SealedFile:
    """One such file. Its key is random unless one is given, and is used for this file only."""

    def __init__(self, path: Path, key: bytes | None = None) -> None:
        self.path = path
        self.size = 0
        self._cipher = AESGCM(key or os.urandom(KEY_BYTES))
        self._chunks = 0
        self._waiting = bytearray()
        self._file: BinaryIO | None = None

    @classmethod
    def found(cls, path: Path, key: bytes) -> SealedFile:
        """A file that was written before."""
        made = cls(path, key)
        stored = path.stat().st_size
        whole, rest = divmod(stored, CHUNK + TAG)
        made.size = whole * CHUNK + max(0, rest - TAG)
        made._chunks = whole + (rest > 0)
        return made

    def write(self, content: bytes) -> int:
        """Append bytes; returns their number."""
        self._waiting += content
        self.size += len(content)
        while len(self._waiting) >= CHUNK:
            self._seal(bytes(self._waiting[:CHUNK]))
            del self._waiting[:CHUNK]
        return len(content)

    def close(self) -> None:
        """Write the remaining bytes; the file is complete."""
        if self._waiting or not self._chunks:
            self._seal(bytes(self._waiting))
            self._waiting.clear()
        if self._file is not None:
            self._file.close()
            self._file = None

    def flush(self) -> None:
        """No effect: at most one chunk is buffered."""

    def read_from(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from an offset up to another, in chunks; `seal-broken` if the file was altered."""
        end = self.size if end is None else min(end, self.size)
        with self.path.open("rb") as file:
            number = start // CHUNK
            file.seek(number * (CHUNK + TAG))
            while number * CHUNK < end:
                content = self._opened(file.read(CHUNK + TAG), number)
                yield content[max(0, start - number * CHUNK) : end - number * CHUNK]
                number += 1

    def reader(self) -> SealedReader:
        """The contents as a readable file, from its beginning."""
        return SealedReader(self.read_from())

    def delete(self) -> None:
        """Delete it."""
        self.close()
        self.path.unlink(missing_ok=True)

    def _seal(self, content: bytes) -> None:
        if self._file is None:
            self._file = os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
        self._file.write(self._cipher.encrypt(_nonce(self._chunks), content, None))
        self._chunks += 1

    def _opened(self, sealed: bytes, number: int) -> bytes:
        try:
            return self._cipher.decrypt(_nonce(number), sealed, None)
        except (InvalidTag, ValueError):
            raise Fault("seal-broken", "A temporary file was altered.", file=self.path.name) from None


class SealedReader:
    """The chunks of a file, as a stream for reading any number of bytes."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = b""

    def read(self, size: int = -1) -> bytes:
        """The next bytes; fewer at the end, all remaining ones for a negative number."""
        found = [self._left]
        have = len(self._left)
        while size < 0 or have < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            found.append(piece)
            have += len(piece)
        content = b"".join(found)
        if size < 0:
            self._left = b""
            return content
        self._left = content[size:]
        return content[:size]


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")
