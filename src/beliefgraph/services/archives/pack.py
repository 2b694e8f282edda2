"""One archive as bytes: a signed manifest with the digest of every file, rows as NDJSON by kind, provenance, summaries.

The same rows make the same bytes: canonical JSON (RFC 8785), sorted rows, no time and no name of who exported. It is
assembled twin by twin in sealed temporary files, so that memory holds one twin at a time.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import shutil
import tarfile
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol, Self, cast

from beliefgraph.model.permission import NumberedPolicy
from beliefgraph.services.archives.permissions import policy_of, receipt_of
from beliefgraph.services.archives.provenance import provenance
from beliefgraph.services.archives.summary import summary
from beliefgraph.store.archives import Row, line, name
from beliefgraph.store.sealed_file import SealedFile
from beliefgraph.store.signing import SigningKey

FORMAT = "beliefgraph archive 1"
EXTRACT = "beliefgraph extract 1"
"""The format of part of a twin, which cannot be imported."""
MANIFEST = "manifest.json"
PROVENANCE = "provenance"
SUMMARY = "summary"
PERMISSIONS = "permissions"
ROWS = "rows/"
SUFFIX = ".ndjson"
LEVEL = 3
"""Compression level: most of the possible gain, in a fraction of the time."""


class Writer(Protocol):
    """The target of an archive."""

    def write(self, content: bytes, /) -> int:
        """Append; returns the number of bytes."""
        ...


class _Member:
    """One file of an archive in progress, and its digest so far."""

    def __init__(self, path: Path) -> None:
        self.file = SealedFile(path)
        self.hash = hashlib.sha256()

    def add(self, text: bytes) -> None:
        """Append."""
        self.file.write(text)
        self.hash.update(text)


class Packer:
    """Builds an archive from the rows of a tenant and of one twin after the other."""

    def __init__(self, tenant: str, key: SigningKey, *, of_all: bool = False, form: str = FORMAT) -> None:
        """`of_all` says whether it has all twins of the tenant: then each has a page of its own."""
        self._form = form
        self._tenant = tenant
        self._of_all = of_all
        self._key = key
        self._folder = Path(tempfile.mkdtemp(prefix="beliefgraph-export-"))
        self._members: dict[str, _Member] = {}
        self._twins: dict[str, int] = {}
        self._once: set[str] = set()
        self._policy: NumberedPolicy | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def add_tenant(self, rows: Sequence[Row]) -> None:
        """Add what is defined and learned in the tenant, before its twins."""
        self._policy = policy_of(rows)
        self._add(rows)

    def add_twin(self, twin: str, id_: str, rev: int, rows: Sequence[Row]) -> None:
        """Add all rows of a twin; sources added with another twin are skipped."""
        self._twins[twin] = rev
        own = f"/{id_}" if self._of_all else ""
        self._member(f"{PROVENANCE}{own}.json").add(line(provenance(rows)))
        if self._policy is not None:
            self._member(f"{PERMISSIONS}{own}.json").add(line(receipt_of(self._policy, twin, rows)))
        self._member(f"{SUMMARY}{own}.html").add(summary(self._tenant, rows).encode())
        self._add(rows)

    def _add(self, rows: Sequence[Row]) -> None:
        kinds: dict[str, list[bytes]] = defaultdict(list)
        for row in rows:
            if row["kind"] in ("Source", "Purpose"):
                if name(row) in self._once:
                    continue
                self._once.add(name(row))
            kinds[row["kind"]].append(line(row) + b"\n")
        for kind, lines in sorted(kinds.items()):
            self._member(f"{ROWS}{kind.lower()}{SUFFIX}").add(b"".join(lines))

    def _member(self, called: str) -> _Member:
        found = self._members.get(called)
        if found is None:
            found = self._members[called] = _Member(self._folder / str(len(self._members)))
        return found

    def write(self, out: Writer) -> None:
        """Write the archive, a compressed tar file that begins with its manifest."""
        for each in self._members.values():
            each.file.close()
        digests = {
            called: {"sha256": each.hash.hexdigest(), "bytes": each.file.size} for called, each in self._members.items()
        }
        manifest = {"format": self._form, "tenant": self._tenant, "twins": self._twins, "files": digests}
        with (
            gzip.GzipFile(fileobj=cast(BinaryIO, out), mode="wb", mtime=0, filename="", compresslevel=LEVEL) as zipped,
            tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as tar,
        ):
            signed = self._key.sign(manifest)
            tar.addfile(_info(MANIFEST, len(signed)), io.BytesIO(signed))
            for called, each in sorted(self._members.items()):
                tar.addfile(_info(called, each.file.size), each.file.reader())


def _info(called: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(called)
    member.size = size
    return member
