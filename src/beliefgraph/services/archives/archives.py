"""Exporting twins, or a whole tenant, to an archive, and importing it into an empty tenant."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from beliefgraph.errors import Conflict, Incorrect, Unavailable
from beliefgraph.model.archive import Imported
from beliefgraph.model.caller import Caller
from beliefgraph.model.identity import twin_id
from beliefgraph.model.record import normalised
from beliefgraph.services.access.scope import no_such_twin, reach
from beliefgraph.services.access.suppressed import refuse_erased
from beliefgraph.services.archives.extract import extract
from beliefgraph.services.archives.pack import EXTRACT, Packer, Writer
from beliefgraph.services.archives.parts import Parts
from beliefgraph.services.archives.unpack import verified
from beliefgraph.services.permissions.sights import Visibility
from beliefgraph.services.snapshots.as_of import Snapshots
from beliefgraph.store import archives as stored
from beliefgraph.store import events
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring

TRIES = 10
"""Attempts to read a twin with concurrent writes before giving up."""

PAGE = 1_000

Progress = Callable[[int], None]
"""Called with the number of twins in the archive so far."""


class Archives:
    """Creates and imports archives."""

    def __init__(self, graph: Graph, keyring: Keyring, snapshots: Snapshots) -> None:
        self._graph = graph
        self._snapshots = snapshots
        self._keyring = keyring

    async def export_twin(self, caller: Caller, twin: str, out: Writer) -> None:
        """Write all data of a twin, and what is defined in its tenant, as a signed archive.

        Allowed for the person's own key, and for callers who may read the twin. If only part of it is permitted, the
        archive is an extract: the twin as it exists for them, as of every rev.
        """
        id_ = reach(caller.asking("export"), twin)
        seen = await self._snapshots.seen(caller, id_, twin)
        if not seen.whole:
            await self._export_part(caller, id_, twin, seen, out)
            return
        defined, (rows, rev) = await asyncio.gather(
            stored.of_tenant(self._graph, self._keyring, caller.tenant), self._of_twin(caller.tenant, id_, twin)
        )

        def pack() -> None:
            with Packer(caller.tenant, self._keyring.signing) as packer:
                packer.add_tenant(defined)
                packer.add_twin(twin, id_, rev, rows)
                packer.write(out)

        await asyncio.to_thread(pack)

    async def _export_part(self, caller: Caller, id_: str, twin: str, seen: Visibility, out: Writer) -> None:
        """Write what a caller may see of a twin, as of every rev."""
        for _ in range(TRIES):
            replay = await self._snapshots.replay(caller, id_, twin, seen)
            rows, rev = await self._of_twin(caller.tenant, id_, twin)
            if rev == replay.rev:
                break
        else:
            raise Unavailable("overloaded", "Others keep writing to this twin; try again.", twin=twin)

        def pack() -> None:
            with Packer(caller.tenant, self._keyring.signing, form=EXTRACT) as packer:
                packer.add_twin(twin, id_, rev, extract(rows, replay, self._graph.layers))
                packer.write(out)

        await asyncio.to_thread(pack)

    async def export_tenant(
        self, caller: Caller, out: Writer, progress: Progress | None = None, folder: Path | None = None
    ) -> None:
        """Write all twins of a tenant, and what is defined in it, as a signed archive; needs `read` and `define`.

        One twin at a time is in memory. Twins that are not fully permitted are left out. With a `folder`, an
        interrupted export leaves there what it read, and the next one continues from it.
        """
        parts = None if folder is None else Parts(folder, self._keyring)
        caller.require("read")
        caller.require("define")
        caller.require_service()
        included = await self._snapshots.included(caller)
        with Packer(caller.tenant, self._keyring.signing, of_all=True) as packer:
            await self._add_tenant(packer, caller.tenant)
            done, after = 0, ""
            while True:
                record = await self._graph.read("twin/named", tenant=caller.tenant, only=None, after=after, limit=PAGE)
                found = record[0] if record else []
                kept = set(included.filter(id_ for id_, *_ in found))
                for id_, name, rev, *_ in (row for row in found if row[0] in kept):
                    await self._add_twin(packer, caller.tenant, id_, name, rev, parts)
                    done += 1
                    if progress is not None:
                        progress(done)
                if len(found) < PAGE:
                    break
                after = found[-1][1]
            await asyncio.to_thread(packer.write, out)
        if parts is not None:
            await asyncio.to_thread(parts.delete)

    async def _add_tenant(self, packer: Packer, tenant: str) -> None:
        packer.add_tenant(await stored.of_tenant(self._graph, self._keyring, tenant))

    async def _add_twin(self, packer: Packer, tenant: str, id_: str, name: str, rev: int, parts: Parts | None) -> None:
        rows = None if parts is None else await asyncio.to_thread(parts.find, id_, rev)
        if rows is None:
            rows, rev = await self._of_twin(tenant, id_, name)
            if parts is not None:
                await asyncio.to_thread(parts.keep, id_, rev, rows)
        await asyncio.to_thread(packer.add_twin, name, id_, rev, rows)

    async def import_archive(self, caller: Caller, file: BinaryIO, public: bytes | None = None) -> Imported:
        """Import an archive, completely or not at all; the tenant must be the archive's, and empty.

        The file is read several times, with a few thousand of its rows in memory. `public` is the public key (PEM) of
        the service that signed it, if that was another one.
        """
        caller.require("write")
        caller.require("define")
        caller.require_service()
        key = self._keyring.signing.public() if public is None else public
        archive = await asyncio.to_thread(verified, file, key)
        if archive.tenant != caller.tenant:
            raise Incorrect("invalid-input", "The archive belongs to another tenant, and so do its ids.")
        await asyncio.to_thread(refuse_erased, self._keyring, caller.tenant, archive.twins)
        if await stored.occupied(self._graph, caller.tenant):
            raise Conflict("tenant-not-empty", "The tenant has twins or definitions; import into an empty one.")
        written = await stored.write(self._graph, self._keyring, archive.rows)
        return Imported(tenant=archive.tenant, twins=len(archive.twins), rows=written)

    async def rev(self, tenant: str, twin: str) -> int | None:
        """The rev of a twin in this database; None if it is not there."""
        id_ = twin_id(tenant, normalised(twin))
        found = (await events.arrive(self._graph, tenant, (), [id_])).twins.get(id_)
        return None if found is None else found[0]

    async def _of_twin(self, tenant: str, id_: str, name: str) -> tuple[list[stored.Row], int]:
        """The rows of a twin at one rev."""
        for _ in range(TRIES):
            before = await events.arrive(self._graph, tenant, (), [id_])
            if id_ not in before.twins:
                raise no_such_twin(name)
            rows = await stored.of_twin(self._graph, self._keyring, id_)
            after = await events.arrive(self._graph, tenant, (), [id_])
            if before.twins == after.twins:
                return rows, before.twins[id_][0]
        raise Unavailable("overloaded", "Others keep writing to this twin; try again.", twin=name)
