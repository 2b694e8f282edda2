"""What is known of erased people outside Neo4j: a signed receipt for each erasure, and whom to refuse from then on.

Files beside the keys, so that they outlive the database and an old backup of it: `receipts/` has one file for each
erasure; `refused/` has, for each tenant, one file for each erased person and each identifier that led to them, named by
its keyed hash. A file of a person counts what was refused, in decimal. All processes of a service share them.
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
        """Keep a signed receipt under its id, durably; one that is there already stays."""
        with translated():
            path = self._receipts / f"{receipt}.json"
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._locked(path.parent):
                if not path.exists():
                    write_whole(path, signed)

    def receipts(self) -> Iterator[tuple[ErasureReceipt, bytes]]:
        """Every receipt, the earliest first, with its signed text; one that is not readable is `invalid-signature`."""
        with translated():
            texts = {path: path.read_bytes() for path in self._receipts.glob("*.json")}
        found = [(parse_receipt(text), text) for text in texts.values()]
        yield from sorted(found, key=lambda each: (each[0].begun, each[0].id))

    def suppress(self, tenant: str, person: str, identifiers: Collection[str]) -> None:
        """Refuse a person, and what comes by their identifiers, from now on, durably; all are keyed hashes."""
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
        """Whether anybody of a tenant was ever refused; asked before anything is hashed."""
        with translated():
            return _exists(self._of(tenant))

    def count(self, tenant: str, hashed: str, events: int = 1) -> None:
        """Count what was refused of a person, named by their hash or that of an identifier."""
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
        """Refuse a person and their identifiers no longer; how many were refused, None if they were not on the list."""
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
        """Refuse an identifier no longer, because it was given to somebody else."""
        with translated():
            (self._of(tenant) / identifier).unlink(missing_ok=True)

    def _of(self, tenant: str) -> Path:
        return self._refused / hashlib.sha256(tenant.encode("utf-8", "surrogatepass")).hexdigest()

    @staticmethod
    def _locked(folder: Path) -> FileLock:
        return FileLock(folder / "lock", mode=0o600)


def parse_receipt(signed: bytes) -> ErasureReceipt:
    """What a signed receipt says; its signature is not looked at."""
    try:
        document = json.loads(signed)
        document.pop(SIGNATURE, None)
        return ErasureReceipt.model_validate_json(json.dumps(document))
    except (ValueError, AttributeError):
        raise Incorrect("invalid-signature", "This is not a receipt of an erasure.") from None


async def contents(graph: Graph, twin: str) -> Sequence[str]:
    """The life of a twin that is being erased and the ids of its events, in order."""
    record = await graph.read("erasure/contents", twin=twin)
    return [record[0] or "", *record[1]] if record else []


ROWS_AT_ONCE = 4_000
"""Nodes that one transaction deletes, so that none grows with the twin."""


async def delete_rows(graph: Graph, twin: str) -> None:
    """Delete what belongs to a twin that is being erased; of its events the hashes stay."""
    await _delete(graph, twin, "erasure/events")


async def delete_twin(graph: Graph, twin: str) -> None:
    """Delete a twin from a database that it is not to be in, so that nothing of it stays and it may come back."""
    await _delete(graph, twin, "move/events")
    await graph.write_one("move/twin", twin=twin)


async def _delete(graph: Graph, twin: str, events: str) -> None:
    for query in ("erasure/rows", events):
        deleted = ROWS_AT_ONCE
        while deleted == ROWS_AT_ONCE:
            record = await graph.write_one(query, twin=twin, limit=ROWS_AT_ONCE)
            deleted = record[0] if record else 0


async def left(graph: Graph, twin: str) -> tuple[dict[str, int], list[str]]:
    """What was deleted of a twin that is being erased, by all who took it up: how many nodes of each kind.

    With it the keyed hashes of the identifiers that led to this twin alone.
    """
    record = await graph.read("erasure/left", twin=twin)
    return (dict(record[0]), list(record[1])) if record else ({}, [])


async def noted(graph: Graph) -> dict[str, bytes]:
    """The signed receipts that the database knows, by id."""
    record = await graph.read("erasure/receipts")
    return {id_: text.encode() for id_, text in (record[0] if record else [])}


async def note(graph: Graph, receipt: ErasureReceipt, signed: bytes) -> None:
    """Note in the database that an erasure was done before it, or in a copy of it."""
    values = {**node_values(receipt), "receipt": signed.decode()}
    await graph.write_one("erasure/note", id=receipt.id, values=values)


def node_values(receipt: ErasureReceipt) -> dict[str, object]:
    """What the node of an erasure holds beside the receipt's text."""
    return {
        "id": receipt.id,
        "tenant": receipt.tenant,
        "subject": receipt.subject,
        "actor": receipt.actor,
        "purpose": receipt.purpose,
        "at": receipt.begun,
    }


async def born(graph: Graph, twin: str) -> datetime | None:
    """When the first commit of a twin was recorded; None if it has none."""
    record = await graph.read("erasure/born", twin=twin)
    return None if record is None else codec.moment(record[0])


def _exists(path: Path) -> bool:
    """Whether a path is there; a folder that may not be read is an error, not an absence."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True
