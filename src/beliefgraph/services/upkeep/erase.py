"""Erasing a twin for good: hide it, destroy its key, delete its rows, in that order.

Once begun, it is finished: if the process dies in between, the next start continues it. A signed receipt says what was
destroyed, and the person is refused from then on until they consent again (`store/erasures.py`).
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from beliefgraph.errors import Conflict, NotFound
from beliefgraph.model.caller import Caller
from beliefgraph.model.erasure import THE_PERSON, Erasure, ErasureReceipt, Readmission
from beliefgraph.model.identity import person_source, source_id, twin_id
from beliefgraph.model.record import normalised
from beliefgraph.model.time import Clock
from beliefgraph.services.access.scope import reach
from beliefgraph.services.access.suppressed import subject
from beliefgraph.services.commands.writer import TwinRef, Updater
from beliefgraph.store import callers, codec, erasures
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring

PAGE = 2_000
"""Twins read at a time."""


@dataclass(frozen=True)
class _OpenErasure:
    id: str
    tenant: str
    name: str
    actor: str
    purpose: str
    at: datetime
    receipt: str


class Eraser:
    """Erases twins, and readmits people who were erased."""

    def __init__(self, updater: Updater, home: Graph | None = None) -> None:
        """`home` is the database of the API keys, if it is another one."""
        self._updater = updater
        self._home = home or updater.graph

    async def erase_twin(self, caller: Caller, twin: str, *, expected_rev: int | None = None) -> Erasure:
        """Erase a twin; allowed for the person it models, and for the scope `erase`.

        A twin that was stored before names were normalised is found by its name as typed then.
        """
        updater = self._updater
        named = TwinRef(reach(caller, twin, "erase"), twin)
        record = None
        for id_ in dict.fromkeys((named.id, twin_id(caller.tenant, twin))):
            named = replace(named, id=id_)
            begun = _OpenErasure(
                id_, caller.tenant, twin, _actor(caller, twin), caller.purpose, updater.clock.now(), str(uuid4())
            )
            record = await _begin(updater.graph, begun, expected_rev)
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
        rows, signed = await _finish(updater.graph, updater.keyring, updater.clock, begun, self._home)
        return Erasure(
            twin=twin,
            actor=caller.actor,
            purpose=begun.purpose,
            at=begun.at,
            rows=rows,
            receipt=signed.decode(),
        )

    async def readmit(self, caller: Caller, twin: str) -> Readmission:
        """Readmit a person who was erased: they consented again.

        Allowed for their own key, and for the scope `erase`; `not-found` if nothing about the person is refused.
        """
        reach(caller, twin, "erase" if caller.person is None else "write")
        updater = self._updater
        refused = await asyncio.to_thread(
            lambda: updater.keyring.erasures.release(caller.tenant, subject(updater.keyring, caller.tenant, twin))
        )
        if refused is None:
            raise NotFound("not-found", f"{twin!r} is not on the suppression list.", twin=twin)
        return Readmission(twin=twin, actor=caller.actor, at=updater.clock.now(), refused=refused)


def _actor(caller: Caller, twin: str) -> str:
    """Who requested it, in a form that may be stored: without the name of the person."""
    own = caller.person is not None or caller.actor in (normalised(twin), person_source(normalised(twin)))
    return THE_PERSON if own else caller.actor


async def _begin(graph: Graph, begun: _OpenErasure, expected_rev: int | None = None) -> list[Any] | None:
    """The rev that the twin had, and whether it was marked for erasure; None if there is no such twin."""
    return await graph.write_one(
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
            "receipt": begun.receipt,
            "rev": -1,
        },
    )


async def finish_erasures(graph: Graph, keyring: Keyring, clock: Clock, home: Graph | None = None) -> int:
    """Finish the erasures that an earlier process began; returns their number. `home` is as in `Eraser`."""
    record = await graph.read("erasure/unfinished")
    rows = record[0] if record else []
    erased = [row for row in rows if row[-1] is None]
    for id_, tenant, name, actor, purpose, at, receipt, _ in erased:
        begun = _OpenErasure(id_, tenant, name, actor, purpose, codec.moment(at), receipt or str(uuid4()))
        await _finish(graph, keyring, clock, begun, home or graph)
    return len(erased)


async def replay_erasures(graph: Graph, keyring: Keyring, clock: Clock, home: Graph | None = None) -> int:
    """Repeat the erasures that are newer than this database's backup; returns their number.

    A receipt that the database does not have is one of an erasure after its backup: the twin of that person is erased
    if it began before. Receipts that only the database has, because the keys were restored, are stored as files again.
    """
    known = await erasures.noted(graph)
    kept = {receipt.id: (receipt, signed) for receipt, signed in await asyncio.to_thread(_receipts, keyring)}
    for id_ in known.keys() - kept.keys():
        receipt = erasures.parse_receipt(known[id_])
        await asyncio.to_thread(_refuse, keyring, receipt, known[id_])
    unknown = [kept[id_] for id_ in kept.keys() - known.keys()]
    again = 0
    for tenant in {receipt.tenant for receipt, _ in unknown}:
        names = await _names(graph, keyring, tenant)
        for receipt, signed in unknown:
            if receipt.tenant == tenant:
                again += await _again(graph, keyring, clock, home or graph, receipt, names.get(receipt.subject))
                await erasures.note(graph, receipt, signed)
    return again


async def _again(
    graph: Graph, keyring: Keyring, clock: Clock, home: Graph, receipt: ErasureReceipt, twin: tuple[str, str] | None
) -> int:
    """Erase a twin, by its id and name, that a receipt says was erased; returns the number of twins."""
    if twin is None:
        return 0
    began = await erasures.first_commit_at(graph, twin[0])
    if began is not None and began > receipt.begun:
        return 0  # a later life
    begun = _OpenErasure(twin[0], receipt.tenant, twin[1], receipt.actor, receipt.purpose, receipt.begun, receipt.id)
    if await _begin(graph, begun) is None:
        return 0  # another process was first
    await _finish(graph, keyring, clock, begun, home, refuse=False)
    return 1


async def _names(graph: Graph, keyring: Keyring, tenant: str) -> dict[str, tuple[str, str]]:
    """The twins of a tenant, by the keyed hash used in receipts."""
    found: dict[str, tuple[str, str]] = {}
    after = ""
    while True:
        record = await graph.read("twin/named", tenant=tenant, only=None, after=after, limit=PAGE)
        rows = record[0] if record else []
        found.update({subject(keyring, tenant, name): (id_, name) for id_, name, *_ in rows})
        if len(rows) < PAGE:
            return found
        after = rows[-1][1]


def _receipts(keyring: Keyring) -> list[tuple[ErasureReceipt, bytes]]:
    return list(keyring.erasures.receipts())


def _refuse(keyring: Keyring, receipt: ErasureReceipt, signed: bytes) -> None:
    keyring.erasures.suppress(receipt.tenant, receipt.subject, receipt.identifiers)
    keyring.erasures.keep(receipt.id, signed)


async def _finish(
    graph: Graph, keyring: Keyring, clock: Clock, begun: _OpenErasure, home: Graph, *, refuse: bool = True
) -> tuple[int, bytes]:
    """Destroy a twin that is hidden already; returns the number of nodes deleted, and the signed receipt.

    The person is refused before the last of it is gone, unless a receipt is replayed: they may have consented since.
    """
    await asyncio.to_thread(keyring.destroy, begun.id)
    await asyncio.to_thread(keyring.accesses.forget, begun.id)
    contents = "\n".join(await erasures.contents(graph, begun.id)).encode()
    noted = await graph.write_one("erasure/digest", twin=begun.id, digest=hashlib.sha256(contents).hexdigest())
    await erasures.delete_rows(graph, begun.id)
    destroyed, identifiers = await erasures.left(graph, begun.id)
    receipt = ErasureReceipt(
        id=begun.receipt,
        tenant=begun.tenant,
        subject=subject(keyring, begun.tenant, begun.name),
        identifiers=tuple(identifiers),
        actor=begun.actor,
        purpose=begun.purpose,
        begun=begun.at,
        finished=clock.now(),
        destroyed={**destroyed, "identifiers": len(identifiers), "twins": 1, "keys": 1},
        digest=noted[0] if noted else "",
    )
    signed = await asyncio.to_thread(keyring.signing.sign, receipt.model_dump(mode="json"))
    if refuse:
        await asyncio.to_thread(keyring.erasures.suppress, begun.tenant, receipt.subject, identifiers)
    if home is not graph:
        await callers.forget(home, begun.tenant, begun.name)
    record = await graph.write_one(
        "erasure/finish",
        twin=begun.id,
        tenant=begun.tenant,
        person=source_id(begun.tenant, person_source(begun.name)),
        name=begun.name,
        receipt=receipt.id,
        erasure={**erasures.node_values(receipt), "receipt": signed.decode()},
    )
    if refuse:
        await asyncio.to_thread(keyring.erasures.keep, receipt.id, signed)
    return sum(destroyed.values()) + (record[0] if record else 0), signed
