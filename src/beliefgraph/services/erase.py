"""Erasing a twin for good: nobody finds it, its key is destroyed, its rows are deleted, in that order.

Begun once, it is finished: if the process dies in between, the next start takes it up again.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from beliefgraph.errors import Conflict, NotFound
from beliefgraph.model.caller import Caller
from beliefgraph.model.erasure import Erasure
from beliefgraph.model.identity import person_source, source_id, twin_id
from beliefgraph.services.scope import reach
from beliefgraph.services.update import Named, Updater
from beliefgraph.store import callers, codec
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring

ROWS_AT_ONCE = 2_000
"""Nodes of a kind that one transaction deletes, so that none grows with the twin."""


@dataclass(frozen=True)
class _Begun:
    id: str
    tenant: str
    name: str
    actor: str
    purpose: str
    at: datetime


class Eraser:
    """Erases twins."""

    def __init__(self, updater: Updater, home: Graph | None = None) -> None:
        """`home` is the database of the API keys, if that is another one."""
        self._updater = updater
        self._home = home or updater.graph

    async def erase_twin(self, caller: Caller, twin: str, *, expected_rev: int | None = None) -> Erasure:
        """Erase a twin; the person it models may, and whoever has the scope `erase`.

        A twin that was stored before names were normalised is found by its name as it was typed then.
        """
        updater = self._updater
        named = Named(reach(caller, twin, "erase"), twin)
        record = None
        for id_ in dict.fromkeys((named.id, twin_id(caller.tenant, twin))):
            named = replace(named, id=id_)
            begun = _Begun(id_, caller.tenant, twin, caller.actor, caller.purpose, updater.clock.now())
            record = await self._begin(begun, expected_rev)
            if record is not None:
                break
        if record is None:
            raise NotFound("not-found", f"There is no twin {twin!r}.", twin=twin)
        rev, taken = record
        if not taken:
            raise Conflict(
                "rev-conflict", f"The twin {twin!r} is at rev {rev}.", twin=twin, expected=expected_rev, actual=rev
            )
        updater.forget(named)
        return await _finish(updater.graph, updater.keyring, begun, self._home)

    async def _begin(self, begun: _Begun, expected_rev: int | None) -> list[Any] | None:
        """The rev that the twin had, and whether it was taken; None if there is no such twin."""
        return await self._updater.graph.write_one(
            "erasure/begin",
            twin=begun.id,
            expected=expected_rev,
            values={
                "id": begun.id,
                "tenant": begun.tenant,
                "name": begun.name,
                "actor": begun.actor,
                "purpose": begun.purpose,
                "at": begun.at,
                "rev": -1,
            },
        )


async def finish_erasures(graph: Graph, keyring: Keyring, home: Graph | None = None) -> int:
    """Finish what an earlier process began; how many twins that were. `home` is as in `Eraser`."""
    record = await graph.read("erasure/unfinished")
    rows = record[0] if record else []
    for id_, tenant, name, actor, purpose, at in rows:
        await _finish(graph, keyring, _Begun(id_, tenant, name, actor, purpose, codec.moment(at)), home or graph)
    return len(rows)


async def _finish(graph: Graph, keyring: Keyring, begun: _Begun, home: Graph) -> Erasure:
    await asyncio.to_thread(keyring.destroy, begun.id)
    erased = 0
    while True:
        record = await graph.write_one("erasure/rows", twin=begun.id, limit=ROWS_AT_ONCE)
        if not record or not record[0]:
            break
        erased += record[0]
    noted = {
        "tenant": begun.tenant,
        "subject": keyring.digest(begun.tenant, "erased", begun.name),
        "actor": begun.actor,
        "purpose": begun.purpose,
        "at": begun.at,
    }
    if home is not graph:
        await callers.forget(home, begun.tenant, begun.name)
    record = await graph.write_one(
        "erasure/finish",
        twin=begun.id,
        tenant=begun.tenant,
        person=source_id(begun.tenant, person_source(begun.name)),
        name=begun.name,
        erasure=noted,
    )
    erased += record[0] if record else 0
    return Erasure(twin=begun.name, actor=begun.actor, purpose=begun.purpose, at=begun.at, rows=erased)
