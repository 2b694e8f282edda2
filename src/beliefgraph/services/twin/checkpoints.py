"""Checkpoints: compressed and sealed blocks of a twin's rows, stored with them, so that a large twin is read quickly.

They are never authoritative: rows read from them are counted like any others, and without them everything is read row
by row. Each begins at the rev at which the previous one ends; one that does not is ignored, as are those after it.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from beliefgraph.errors import Fault
from beliefgraph.services.twin.bearings import Bearings, no_bearings
from beliefgraph.services.twin.blocks import LARGEST, OPEN, Block, Rows
from beliefgraph.services.twin.measurements import Measurements, no_measurements
from beliefgraph.services.twin.state import TwinState
from beliefgraph.store import checkpoints as stored
from beliefgraph.store.checkpoints import StoredCheckpoint
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring

EVERY = 16_384
"""New rows of a kind before they are stored as a block."""

VERSION = 1
"""Version of the format; a block of another version is ignored."""

COLUMNS = (
    ("number", "<f8"),
    ("valid_from", "<i8"),
    ("valid_to", "<i8"),
    ("heading", "<i4"),
    ("rev_from", "<i4"),
)
"""The columns that are compressed, after the ids, which cannot be."""


@dataclass(frozen=True)
class CheckpointedRows:
    """The rows of a twin in its checkpoints, and the last rev that they include."""

    bearings: Bearings
    bearings_rev: int
    measurements: Measurements
    measurements_rev: int


def no_checkpoints(twin: str) -> CheckpointedRows:
    """The result without checkpoints."""
    return CheckpointedRows(no_bearings(twin), 0, no_measurements(twin), 0)


class Checkpoints:
    """Reads and writes the checkpoints of twins."""

    def __init__(self, graph: Graph, keyring: Keyring) -> None:
        self._graph = graph
        self._keyring = keyring
        self._covered: dict[tuple[str, str, str], int] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def read(self, twin: str, life: str, rev: int) -> CheckpointedRows:
        """The rows in the checkpoints of a twin, up to a rev."""
        opening = _Opening(self._keyring, twin)
        async for some in stored.of_twin(self._graph, twin, life, rev):
            await asyncio.to_thread(opening.add, some)
            self._covered |= {(twin, life, kind): len(rows) for kind, rows in opening.rows.items()}
        return opening.kept

    def consider(self, state: TwinState) -> None:
        """Write the rows since a twin's last checkpoint, in the background, if there are enough of them."""
        rows = {(state.id, state.life, kind): len(rows) for kind, rows in _kinds(state)}
        if any(number - self._covered.get(kind, 0) >= EVERY for kind, number in rows.items()):
            self._covered.update(rows)
            task = asyncio.create_task(self.write(state), name=f"checkpoint {state.id}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def write(self, state: TwinState) -> None:
        """Store all rows of a twin that are in no checkpoint."""
        last = await stored.last(self._graph, state.id, state.life)
        made = await asyncio.to_thread(self._made, state, last)
        if made:
            await stored.write(self._graph, state.id, state.life, made)

    async def agree(self, state: TwinState) -> bool:
        """Whether the checkpoints of a twin equal its rows, read row by row; if not, they are deleted."""
        kept = await self.read(state.id, state.life, state.rev)
        pairs = ((kept.bearings, state.bearings), (kept.measurements, state.measurements))
        if await asyncio.to_thread(lambda: all(_is_part(part, whole) for part, whole in pairs)):
            return True
        await stored.drop(self._graph, state.id)
        return False

    async def close(self) -> None:
        """Wait for checkpoints being written."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _made(self, state: TwinState, last: dict[str, tuple[int, int]]) -> list[StoredCheckpoint]:
        made = []
        for kind, rows in _kinds(state):
            number, after = last.get(kind, (0, 0))
            since = rows.where(lambda block, after=after: block.rev_from > after)  # type: ignore[misc]
            if len(since) < EVERY // 2:
                continue
            for part in _parts(rows, since):
                number += 1
                block = rows.take(part)
                until = int(block.rev_from[-1])
                id_ = f"{state.id}|{state.life}|{kind}|{number}"
                sealed = self._keyring.seal(state.id, packed_block(rows, block), f"checkpoint:{id_}")
                made.append(StoredCheckpoint(id_, kind, number, after, until, len(part), sealed))
                after = until
        return made


class _Opening:
    """Checkpoints of a twin, opened in their order."""

    def __init__(self, keyring: Keyring, twin: str) -> None:
        self._keyring, self._twin = keyring, twin
        self.rows: dict[str, Rows[Any, Any, Any]] = {
            "bearings": no_bearings(twin), "measurements": no_measurements(twin)
        }  # fmt: skip
        self._revs = dict.fromkeys(self.rows, 0)
        self._broken: set[str] = set()

    def add(self, found: Sequence[StoredCheckpoint]) -> None:
        """Open the next ones; those of a kind of which one does not fit or open are ignored from there on."""
        for one in found:
            if one.kind in self._broken or one.after != self._revs[one.kind]:
                self._broken.add(one.kind)
                continue
            rows = self.rows[one.kind]
            try:
                data = self._keyring.unseal(self._twin, one.sealed, f"checkpoint:{one.id}")
                self.rows[one.kind] = rows.with_block(rows.block(unpacked_block(rows, data)))
            except (Fault, ValueError, zlib.error):
                self._broken.add(one.kind)
                continue
            self._revs[one.kind] = one.rev

    @property
    def kept(self) -> CheckpointedRows:
        """The rows in those that were opened."""
        bearings, measurements = self.rows["bearings"], self.rows["measurements"]
        assert isinstance(bearings, Bearings)
        assert isinstance(measurements, Measurements)
        return CheckpointedRows(bearings, self._revs["bearings"], measurements, self._revs["measurements"])


def _kinds(state: TwinState) -> tuple[tuple[str, Rows[Any, Any, Any]], ...]:
    return ("bearings", state.bearings), ("measurements", state.measurements)


def _is_part(part: Rows[Any, Any, Any], whole: Rows[Any, Any, Any]) -> bool:
    """Whether rows are among others, open or closed there, with the same values."""
    if not part.blocks:
        return True
    every = type(part.blocks[0]).joined(whole.blocks) if whole.blocks else part.blocks[0].take(np.zeros(0, np.int64))
    kept = type(part.blocks[0]).joined(part.blocks)
    order = np.lexsort((every.revision[:, 1], every.revision[:, 0]))
    place = np.searchsorted(every.revision[order, 0], kept.revision[:, 0])
    if len(order) == 0 or (place >= len(order)).any():
        return False
    found = every.take(order[place])
    same = all((getattr(found, name) == getattr(kept, name)).all() for name in _VALUES)
    headings = zip(found.heading.tolist(), kept.heading.tolist(), strict=True)
    return same and all(whole.register.headings[a] == part.register.headings[b] for a, b in headings)


_VALUES = ("revision", "evidence", "number", "valid_from", "valid_to", "rev_from")


def _parts(rows: Rows[Any, Any, Any], since: Any) -> list[Any]:
    """The rows in order of rev, split at ends of revs into parts of some tens of thousands."""
    revs = rows.take(since).rev_from
    order = np.argsort(revs, kind="stable")
    since, revs = since[order], revs[order]
    ends, begin = [], 0
    while len(since) - begin > LARGEST:
        end = int(np.searchsorted(revs, revs[begin + LARGEST]))
        begin = end if end > begin else int(np.searchsorted(revs, revs[begin], side="right"))
        ends.append(begin)
    return [part for part in np.split(since, ends) if len(part)]


def packed_block(rows: Rows[Any, Any, Any], block: Block) -> bytes:
    """Rows as bytes: a version, their headings, the ids, and the other columns compressed."""
    used, heading = np.unique(block.heading, return_inverse=True)
    headings = orjson.dumps([list(rows.register.headings[number]) for number in used.tolist()])
    columns = {name: getattr(block, name) for name, _ in COLUMNS} | {"heading": heading}
    body = zlib.compress(b"".join(columns[name].astype(kind).tobytes() for name, kind in COLUMNS), level=1)
    sizes = np.array([VERSION, len(block), len(headings), len(body)], dtype="<u4").tobytes()
    return b"".join(
        [sizes, headings, block.revision.astype("<u8").tobytes(), block.evidence.astype("<u8").tobytes(), body]
    )


def unpacked_block(rows: Rows[Any, Any, Any], data: bytes) -> Block:
    """The rows that were packed; ValueError for another format."""
    version, length, of_headings, of_body = np.frombuffer(data[:16], dtype="<u4").tolist()
    if version != VERSION:
        raise ValueError(f"a checkpoint of version {version}")
    at = 16 + of_headings
    numbers = [rows.register.number_of(tuple(each), rows.heading_of) for each in orjson.loads(data[16:at])]
    ids = np.frombuffer(data[at : at + 32 * length], dtype="<u8").astype(np.uint64).reshape(2, length, 2)
    body, place = zlib.decompress(data[at + 32 * length :][:of_body]), 0
    columns: dict[str, Any] = {}
    for name, kind in COLUMNS:
        size = length * np.dtype(kind).itemsize
        columns[name] = np.frombuffer(body[place : place + size], dtype=kind).astype(kind[1:])
        place += size
    columns["heading"] = np.array(numbers, dtype=np.int32)[columns["heading"]]
    return Block(revision=ids[0], evidence=ids[1], rev_to=np.full(length, OPEN, dtype=np.int32), **columns)
