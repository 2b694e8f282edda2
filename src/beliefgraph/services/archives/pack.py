"""One archive as bytes: a signed manifest with the digest of every file, rows as NDJSON by kind, provenance, a summary.

The same rows make the same bytes: canonical JSON (RFC 8785), rows in order, no time and no name of whoever packs.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from beliefgraph.errors import Incorrect
from beliefgraph.services.archives.provenance import provenance
from beliefgraph.services.archives.summary import summary
from beliefgraph.store.archives import Row, check, line
from beliefgraph.store.signing import SigningKey, verify

FORMAT = "beliefgraph archive 1"
MANIFEST = "manifest.json"
PROVENANCE = "provenance.json"
SUMMARY = "summary.html"
ROWS = "rows/"
SUFFIX = ".ndjson"
MOST_BYTES = 2**32
"""Bytes that an archive may have once it is unpacked."""


@dataclass(frozen=True)
class Archive:
    """What an archive holds."""

    tenant: str
    twins: Mapping[str, int]
    """The name and the rev of each twin."""
    rows: Sequence[Row]


def packed(archive: Archive, key: SigningKey) -> bytes:
    """The archive as a compressed tar file."""
    kinds: dict[str, list[bytes]] = defaultdict(list)
    for row in archive.rows:
        kinds[row["kind"]].append(line(row) + b"\n")
    files = {f"{ROWS}{kind.lower()}{SUFFIX}": b"".join(sorted(lines)) for kind, lines in kinds.items()}
    files[PROVENANCE] = line(provenance(archive.rows))
    files[SUMMARY] = summary(archive.tenant, archive.rows).encode()
    digests = {name: {"sha256": hashlib.sha256(text).hexdigest(), "bytes": len(text)} for name, text in files.items()}
    manifest = {
        "format": FORMAT,
        "tenant": archive.tenant,
        "twins": dict(archive.twins),
        "files": digests,
    }
    out = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=out, mode="wb", mtime=0, filename="", compresslevel=6) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for name, text in ((MANIFEST, key.sign(manifest)), *sorted(files.items())):
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text))
    return out.getvalue()


def unpacked(content: bytes, public: bytes) -> Archive:
    """What an archive holds, once its signature and every digest are verified.

    `invalid-archive` if it is none or was altered, `invalid-signature` if the key of another service signed it.
    """
    files = _files(content)
    if MANIFEST not in files:
        raise _invalid("It has no manifest.")
    manifest = verify(files.pop(MANIFEST), public)
    listed: Mapping[str, Any] = manifest.get("files", {})
    if manifest.get("format") != FORMAT or set(listed) != set(files):
        raise _invalid("Its files are not those that its manifest lists.")
    for name, text in files.items():
        if listed[name].get("sha256") != hashlib.sha256(text).hexdigest():
            raise _invalid(f"{name} was altered.")
    rows = [
        json.loads(line) for name, text in sorted(files.items()) if name.startswith(ROWS) for line in text.splitlines()
    ]
    check(rows)
    return Archive(manifest["tenant"], manifest["twins"], rows)


def _files(content: bytes) -> dict[str, bytes]:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as zipped:
            text = zipped.read(MOST_BYTES + 1)
        if len(text) > MOST_BYTES:
            raise Incorrect("too-large", f"An archive may have {MOST_BYTES:,} bytes once it is unpacked.")
        with tarfile.open(fileobj=io.BytesIO(text), mode="r:") as tar:
            return {each.name: file.read() for each in tar if (file := tar.extractfile(each)) is not None}
    except (OSError, EOFError, zlib.error, tarfile.TarError):
        raise _invalid("It is no archive, or not a whole one.") from None


def _invalid(message: str) -> Incorrect:
    return Incorrect("invalid-archive", message)
