"""Moving a twin to another database: copy, compare by digest, switch over, and delete the original.

Until the switch everyone uses the original; if a commit comes in between, the copy is made again. An interrupted move
is finished at the next start.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import uuid4

from beliefgraph.errors import Conflict, Fault, Incorrect, NotFound, Unavailable
from beliefgraph.model.caller import Caller
from beliefgraph.model.identity import twin_id
from beliefgraph.model.record import normalised
from beliefgraph.model.relocation import Relocation
from beliefgraph.model.time import Clock
from beliefgraph.services.access.residency import Residency
from beliefgraph.services.access.scope import no_such_twin
from beliefgraph.services.commands.writer import TwinRef, Updater
from beliefgraph.store import archives as stored
from beliefgraph.store import events
from beliefgraph.store.erasures import delete_twin
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring

TRIES = 10
"""Attempts to copy a twin with concurrent writes before giving up."""


@dataclass(frozen=True)
class _Copied:
    """A twin as both databases have it."""

    rev: int
    rows: int
    source: str
    target: str


class Mover:
    """Moves twins between the shards of a process."""

    def __init__(self, shards: Mapping[str, Updater], residency: Residency, keyring: Keyring, clock: Clock) -> None:
        self._shards = shards
        self._residency = residency
        self._keyring = keyring
        self._clock = clock

    async def move(
        self, caller: Caller, twin: str, *, region: str | None = None, shard: str | None = None
    ) -> tuple[Relocation, bytes]:
        """Move a twin to a region, or to a shard by its name; returns what was done, and the same signed.

        Needs `write` and `define`, and a service's key. `unknown-region` or `unknown-shard` if there is none of that
        name, `other-region` if the twin is already there.
        """
        caller.require("write")
        caller.require("define")
        caller.require_service()
        name = normalised(twin)
        source = self._residency.of(caller.tenant, name)
        target = self._target(caller.tenant, name, region, shard)
        if source == target:
            raise Conflict("other-region", f"The twin {twin!r} is in {target!r} already.", twin=twin)
        id_ = twin_id(caller.tenant, name)
        copied = await self._moved(caller, id_, name, source, target)
        done = Relocation(
            twin=name,
            tenant=caller.tenant,
            source=source,
            target=target,
            region=self._residency.map.region[target],
            rev=copied.rev,
            rows=copied.rows,
            source_digest=copied.source,
            target_digest=copied.target,
            actor=caller.actor,
            at=self._clock.now(),
        )
        return done, await asyncio.to_thread(self._keyring.signing.sign, done.model_dump(mode="json"))

    def _target(self, tenant: str, twin: str, region: str | None, shard: str | None) -> str:
        if (region is None) == (shard is None):
            raise Incorrect("invalid-input", "Name the region or the shard to move to.")
        if shard is None:
            assert region is not None
            return self._residency.map.of(tenant, twin, region)
        if shard not in self._shards:
            raise NotFound("unknown-region", f"This process has no shard {shard!r}.", shard=shard)
        return shard

    async def _moved(self, caller: Caller, id_: str, name: str, source: str, target: str) -> _Copied:
        here, there = self._shards[source].graph, self._shards[target].graph
        for _ in range(TRIES):
            await delete_twin(there, id_)  # from an interrupted move
            copied = await self._copied(id_, name, here, there)
            if copied.source != copied.target:
                await delete_twin(there, id_)
                raise Fault("twin-damaged", "The copy of the twin differs from the original.", twin=name)
            if await self._leave(caller, id_, name, here, target, copied.rev):
                await asyncio.to_thread(self._residency.moved, caller.tenant, name, target)
                for each in (source, target):
                    self._shards[each].forget(TwinRef(id_, name))
                await delete_twin(here, id_)
                return copied
        await delete_twin(there, id_)
        raise Unavailable("overloaded", "Others keep writing to this twin; try again.", twin=name)

    async def _copied(self, id_: str, name: str, here: Graph, there: Graph) -> _Copied:
        before = await events.arrive(here, "", (), [id_])
        if id_ not in before.twins:
            raise no_such_twin(name)
        rows = await stored.of_twin(here, self._keyring, id_)
        await stored.write(there, self._keyring, lambda: rows)
        copy = await stored.of_twin(there, self._keyring, id_)
        source, target = await asyncio.to_thread(lambda: (digest(rows), digest(copy)))
        return _Copied(before.twins[id_][0], len(rows), source, target)

    async def _leave(self, caller: Caller, id_: str, name: str, here: Graph, target: str, rev: int) -> bool:
        """Hide the twin at its old place, if it is still at this rev."""
        values = {
            "id": id_,
            "tenant": caller.tenant,
            "name": name,
            "actor": caller.actor,
            "purpose": caller.purpose,
            "at": self._clock.now(),
            "receipt": str(uuid4()),
            "rev": -1,
            "moved": target,
        }
        record = await here.write_one("erasure/begin", twin=id_, expected=rev, values=values)
        return bool(record and record[1])


def digest(rows: Sequence[stored.Row]) -> str:
    """SHA-256 over the rows of a twin, independent of their order."""
    hashed = hashlib.sha256()
    for each in sorted(stored.line(row) for row in rows):
        hashed.update(each + b"\n")
    return hashed.hexdigest()


async def finish_moves(graph: Graph, residency: Residency) -> int:
    """Finish the moves from a database that an earlier process began; returns their number."""
    record = await graph.read("erasure/unfinished")
    moving = [row for row in (record[0] if record else []) if row[-1] is not None]
    for id_, tenant, name, *_, target in moving:
        await asyncio.to_thread(residency.moved, tenant, name, target)
        await delete_twin(graph, id_)
    return len(moving)
