"""Records of erasures outside Neo4j: a signed receipt for each, and the suppression list.

They are files next to the keys, so that they outlive the database and old backups of it: `receipts/` has one file per
erasure; `refused/` has, per tenant, one file for each erased person and each of their identifiers, named by its keyed
hash. The file of a person contains the number of refusals, in decimal. All processes of a service share them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from filelock import FileLock

from beliefgraph.errors import Incorrect
from beliefgraph.model.erasure import ErasureReceipt
from beliefgraph.store import codec
from beliefgraph.store.graph import Graph
from beliefgraph.store.key_segments import sync_directory, translated, write_whole
from beliefgraph.store.signing import SIGNATURE


class Erasures:
    """The receipts of erasures and the suppression list, in one folder."""

    def __init__(self, folder: Path) -> None:
        self._receipts = folder / "receipts"
        self._refused = folder / "refused"

    def keep(self, receipt: str, signed: bytes) -> None:
        """Store a signed receipt under its id, durably; an existing one stays."""
        with translated():
            path = self._receipts / f"{receipt}.json"
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._locked(path.parent):
                if not path.exists():
                    write_whole(path, signed)

    def receipts(self) -> Iterator[tuple[ErasureReceipt, bytes]]:
        """Every receipt, the earliest first, with its signed text; an unreadable one is `invalid-signature`."""
        with translated():
            texts = {path: path.read_bytes() for path in self._receipts.glob("*.json")}
        found = [(parse_receipt(text), text) for text in texts.values()]
        yield from sorted(found, key=lambda each: (each[0].begun, each[0].id))

    def suppress(self, tenant: str, person: str, identifiers: Collection[str]) -> None:
        """Refuse a person and everything with their identifiers from now on, durably; arguments are keyed hashes."""
        folder = self._of(tenant)
        with translated():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._locked(folder):
                for each in identifiers:
                    write_whole(folder / each, person.encode())
                if not (folder / person).exists():
                    write_whole(folder / person, b"0")
            sync_directory(self._refused)

    def holds(self, tenant: str, hashed: str) -> bool:
        """Whether a person or an identifier is refused."""
        with translated():
            return _exists(self._of(tenant) / hashed)

    def any(self, tenant: str) -> bool:
        """Whether any person of a tenant was ever suppressed; checked before anything is hashed."""
        with translated():
            return _exists(self._of(tenant))

    def count(self, tenant: str, hashed: str, events: int = 1) -> None:
        """Count refused events or commands of a person, named by the hash of their name or of an identifier."""
        folder = self._of(tenant)
        with translated(), self._locked(folder):
            path = folder / hashed
            content = path.read_text() if path.exists() else ""
            if content and not content.isdecimal():
                path = folder / content
            if path.exists():
                write_whole(path, str(int(path.read_text()) + events).encode())

    def counted(self, tenant: str, person: str) -> int:
        """How many events and commands about a person were refused since the erasure."""
        path = self._of(tenant) / person
        with translated():
            return int(path.read_text()) if path.exists() else 0

    def release(self, tenant: str, person: str) -> int | None:
        """Stop refusing a person and their identifiers; returns the number of refusals, None if not listed."""
        folder = self._of(tenant)
        with translated():
            if not _exists(folder / person):
                return None
            with self._locked(folder):
                for path in folder.iterdir():
                    if path.name not in (person, "lock") and path.read_bytes() == person.encode():
                        path.unlink()
                counted = int((folder / person).read_text())
                (folder / person).unlink()
            sync_directory(folder)
        return counted

    def release_identifier(self, tenant: str, identifier: str) -> None:
        """Stop refusing an identifier, because it was given to another person."""
        with translated():
            (self._of(tenant) / identifier).unlink(missing_ok=True)

    def _of(self, tenant: str) -> Path:
        return self._refused / hashlib.sha256(tenant.encode("utf-8", "surrogatepass")).hexdigest()

    @staticmethod
    def _locked(folder: Path) -> FileLock:
        return FileLock(folder / "lock", mode=0o600)


def parse_receipt(signed: bytes) -> ErasureReceipt:
    """The contents of a signed receipt; its signature is not verified."""
    try:
        document = json.loads(signed)
        document.pop(SIGNATURE, None)
        return ErasureReceipt.model_validate_json(json.dumps(document))
    except (ValueError, AttributeError):
        raise Incorrect("invalid-signature", "This is not a receipt of an erasure.") from None


async def contents(graph: Graph, twin: str) -> Sequence[str]:
    """The incarnation of a twin that is being erased and the ids of its events, in order."""
    record = await graph.read("erasure/contents", twin=twin)
    return [record[0] or "", *record[1]] if record else []


ROWS_AT_ONCE = 4_000
"""Nodes that one transaction deletes, so that its size does not grow with the twin."""


async def delete_rows(graph: Graph, twin: str) -> None:
    """Delete the rows of a twin that is being erased; the hashes of its events stay."""
    await _delete(graph, twin, "erasure/events")


async def delete_twin(graph: Graph, twin: str) -> None:
    """Delete a twin from a database that should not hold it, completely, so that it may be moved there again."""
    await _delete(graph, twin, "move/events")
    await graph.write_one("move/twin", twin=twin)


async def _delete(graph: Graph, twin: str, events: str) -> None:
    for query in ("erasure/rows", events):
        deleted = ROWS_AT_ONCE
        while deleted == ROWS_AT_ONCE:
            record = await graph.write_one(query, twin=twin, limit=ROWS_AT_ONCE)
            deleted = record[0] if record else 0


async def left(graph: Graph, twin: str) -> tuple[dict[str, int], list[str]]:
    """The nodes of each kind deleted from a twin that is being erased, by all processes that took part.

    It includes the keyed hashes of the identifiers that led only to this twin.
    """
    record = await graph.read("erasure/left", twin=twin)
    return (dict(record[0]), list(record[1])) if record else ({}, [])


async def noted(graph: Graph) -> dict[str, bytes]:
    """The signed receipts recorded in the database, by id."""
    record = await graph.read("erasure/receipts")
    return {id_: text.encode() for id_, text in (record[0] if record else [])}


async def note(graph: Graph, receipt: ErasureReceipt, signed: bytes) -> None:
    """Record in the database that an erasure was done, before it existed or in a copy of it."""
    values = {**node_values(receipt), "receipt": signed.decode()}
    await graph.write_one("erasure/note", id=receipt.id, values=values)


def node_values(receipt: ErasureReceipt) -> dict[str, object]:
    """The properties of the node of an erasure besides the receipt's text."""
    return {
        "id": receipt.id,
        "tenant": receipt.tenant,
        "subject": receipt.subject,
        "actor": receipt.actor,
        "purpose": receipt.purpose,
        "at": receipt.begun,
    }


async def first_commit_at(graph: Graph, twin: str) -> datetime | None:
    """When the first commit of a twin was recorded; None if it has none."""
    record = await graph.read("erasure/first_commit", twin=twin)
    return None if record is None else codec.moment(record[0])


def _exists(path: Path) -> bool:
    """Whether a path exists; an unreadable folder is an error, not an absence."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True
