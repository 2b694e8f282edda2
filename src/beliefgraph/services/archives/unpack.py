"""An archive in a file: verified as a whole, then read row by row, so that it is never completely in memory."""

from __future__ import annotations

import gzip
import hashlib
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any, BinaryIO

import orjson

from beliefgraph.errors import Incorrect
from beliefgraph.services.archives.pack import EXTRACT, FORMAT, MANIFEST, ROWS
from beliefgraph.store.archives import Row
from beliefgraph.store.signing import verify

MOST_BYTES = 2**36
"""Most bytes of an unpacked archive."""

PIECE = 2**20
"""Bytes read at a time."""


@dataclass(frozen=True)
class Archive:
    """An archive whose signature and digests are verified; `twins` are the name and the rev of each."""

    file: BinaryIO
    tenant: str
    twins: Mapping[str, int]

    def rows(self) -> Iterator[Row]:
        """Its rows, read from the beginning of the file; `invalid-archive` if one is malformed."""
        for called, content in _members(self.file):
            if called.startswith(ROWS):
                for line in content:
                    try:
                        yield orjson.loads(line)
                    except orjson.JSONDecodeError:
                        raise _invalid(f"{called} has a row that is not JSON.") from None


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, zlib.error, tarfile.TarError):
        raise _invalid("It is not an archive, or is incomplete.") from None


@_translated()
def verified(file: BinaryIO, public: bytes) -> Archive:
    """The archive in a file that can be read more than once, after verifying its signature and every digest.

    `invalid-archive` if it is not one or was altered, `invalid-signature` if the key of another service signed it.
    """
    members = _members(file)
    called, content = next(members, (None, None))
    if called != MANIFEST or content is None:
        raise _invalid("It does not begin with a manifest.")
    manifest = verify(content.read(), public)
    if manifest.get("format") == EXTRACT:
        raise _invalid("It is of a part of a twin, as somebody was permitted to see it; that cannot be imported.")
    listed: Mapping[str, Any] = manifest.get("files", {})
    digests = {called: _digest(content) for called, content in members}
    if manifest.get("format") != FORMAT or set(listed) != set(digests):
        raise _invalid("Its files are not those that its manifest lists.")
    for called, digest in digests.items():
        if listed[called].get("sha256") != digest:
            raise _invalid(f"{called} was altered.")
    return Archive(file, manifest["tenant"], manifest["twins"])


def _members(file: BinaryIO) -> Iterator[tuple[str, IO[bytes]]]:
    """The files of an archive in order, each to be read before the next."""
    file.seek(0)
    with (
        gzip.GzipFile(fileobj=file) as zipped,
        tarfile.open(fileobj=_Bounded(zipped), mode="r|") as tar,  # type: ignore[call-overload, arg-type]
    ):
        for each in tar:
            content = tar.extractfile(each)
            if content is not None:
                yield each.name, content


class _Bounded:
    """What is read from a file, up to the size limit of an archive."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._left = MOST_BYTES

    def read(self, size: int) -> bytes:
        """The next bytes; `too-large` beyond the bound."""
        content = self._file.read(size)
        self._left -= len(content)
        if self._left < 0:
            raise Incorrect("too-large", f"An archive may have {MOST_BYTES:,} bytes once it is unpacked.")
        return content


def _digest(content: IO[bytes]) -> str:
    hashed = hashlib.sha256()
    while piece := content.read(PIECE):
        hashed.update(piece)
    return hashed.hexdigest()


def _invalid(message: str) -> Incorrect:
    return Incorrect("invalid-archive", message)
