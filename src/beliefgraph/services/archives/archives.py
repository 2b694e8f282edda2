"""Exporting twins, or a whole tenant, to an archive, and importing it into an empty tenant."""

from __future__ import annotations

import asyncio

from beliefgraph.errors import Conflict, Incorrect, Unavailable
from beliefgraph.model.archive import Imported
from beliefgraph.model.caller import Caller
from beliefgraph.services.archives.pack import Archive, packed, unpacked
from beliefgraph.services.permissions.sights import Sights
from beliefgraph.services.scope import no_such_twin, reach
from beliefgraph.services.suppressed import refuse_erased
from beliefgraph.store import archives as stored
from beliefgraph.store import events
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring

TRIES = 10
"""Readings of a twin that somebody keeps writing to before we say so."""

PAGE = 1_000


class Archives:
    """Makes archives, and takes them in."""

    def __init__(self, graph: Graph, keyring: Keyring, sights: Sights | None = None) -> None:
        self._graph = graph
        self._sights = sights
        self._keyring = keyring

    async def export_twin(self, caller: Caller, twin: str) -> bytes:
        """All that is held of a twin, and what is defined in its tenant, as a signed archive.

        The person's own key may, and whoever may read the twin.
        """
        id_ = reach(caller.asking("export"), twin)
        if self._sights is not None:
            await self._sights.whole(caller, id_, twin)
        rows, revs = await self._of_twin(caller.tenant, id_, twin)
        return await self._packed(caller.tenant, revs, rows)

    async def export_tenant(self, caller: Caller) -> bytes:
        """All twins of a tenant, and what is defined in it, as a signed archive; needs `read` and `define`."""
        caller.require("read")
        caller.require("define")
        caller.require_service()
        if self._sights is not None:
            await self._sights.whole_tenant(caller)
        rows: list[stored.Row] = []
        revs: dict[str, int] = {}
        after = ""
        while True:
            record = await self._graph.read("twin/named", tenant=caller.tenant, only=None, after=after, limit=PAGE)
            found = record[0] if record else []
            for id_, name, *_ in found:
                own, rev = await self._of_twin(caller.tenant, id_, name)
                rows += own
                revs |= rev
            if len(found) < PAGE:
                return await self._packed(caller.tenant, revs, rows)
            after = found[-1][1]

    async def import_archive(self, caller: Caller, content: bytes, public: bytes | None = None) -> Imported:
        """Take an archive in, whole or not at all; the tenant must be the archive's, and empty.

        `public` is the public key (PEM) of the service that signed it, if that was another one.
        """
        caller.require("write")
        caller.require("define")
        caller.require_service()
        key = self._keyring.signing.public() if public is None else public
        archive = await asyncio.to_thread(unpacked, content, key)
        if archive.tenant != caller.tenant:
            raise Incorrect("invalid-input", "The archive is of another tenant; ids belong to their tenant.")
        await asyncio.to_thread(refuse_erased, self._keyring, caller.tenant, archive.twins)
        if await stored.occupied(self._graph, caller.tenant):
            raise Conflict("tenant-not-empty", "The tenant has twins or definitions; import into an empty one.")
        await stored.write(self._graph, self._keyring, archive.rows)
        return Imported(tenant=archive.tenant, twins=len(archive.twins), rows=len(archive.rows))

    async def _of_twin(self, tenant: str, id_: str, name: str) -> tuple[list[stored.Row], dict[str, int]]:
        """The rows of a twin at one rev."""
        for _ in range(TRIES):
            before = await events.arrive(self._graph, tenant, (), [id_])
            if id_ not in before.twins:
                raise no_such_twin(name)
            rows = await stored.of_twin(self._graph, self._keyring, id_)
            after = await events.arrive(self._graph, tenant, (), [id_])
            if before.twins == after.twins:
                return rows, {name: before.twins[id_][0]}
        raise Unavailable("overloaded", "Others keep writing to this twin; try again.", twin=name)

    async def _packed(self, tenant: str, revs: dict[str, int], rows: list[stored.Row]) -> bytes:
        rows = [*await stored.of_tenant(self._graph, self._keyring, tenant), *rows]
        once = {stored.name(row): row for row in rows}  # a source may have reported about several
        return await asyncio.to_thread(packed, Archive(tenant, revs, list(once.values())), self._keyring.signing)
