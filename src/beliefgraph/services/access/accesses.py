"""Who read what of a twin, when and for what purpose: logged where a twin's name becomes its id, below every interface.

An entry is put into memory and written within half a second by a thread, so that a killed process loses no more; that
of a read which may show a special category is written before the answer. Names without a twin are not logged: there is
nothing to read, and no key to seal the entry with.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import suppress
from datetime import date, timedelta
from threading import Lock

import orjson
from cachetools import LRUCache

from beliefgraph.errors import BeliefgraphError, Fault, Unavailable
from beliefgraph.model.access import Access
from beliefgraph.model.caller import Caller
from beliefgraph.model.time import Clock
from beliefgraph.services.access.scope import reach
from beliefgraph.store.keys import Keyring

EVERY_S = 0.5
"""Seconds between two writes."""

DAY_S = 86_400.0
CONTEXT = "accesses"
MOST = 1_000
"""Most entries of one answer."""

REMEMBERED = 10_000
"""Most recently written entries to remember, so that repeated reads within a request count once."""


_AccessKey = tuple[str, str, str, str, str | None]
"""What identifies an entry: the twin, the key, the request, what was requested and why it was refused."""


class AccessLog:
    """The access logs of all twins, as written by one process."""

    def __init__(self, keyring: Keyring, clock: Clock, days: int) -> None:
        self._keyring = keyring
        self._clock = clock
        self._days = days
        self._waiting: dict[_AccessKey, Access] = {}
        self._written: LRUCache[_AccessKey, bool] = LRUCache(REMEMBERED)
        self._guard = Lock()

    def note(self, caller: Caller, twin: str, scope: str, refused: str | None = None) -> None:
        """Log that a caller reached a twin, by its id, or was refused; repeated reads within a request count once."""
        asked = caller.asks or scope
        access_key = (twin, caller.key, caller.request_id, asked, refused)
        with self._guard:
            if refused is not None:  # a read refused for its purpose had passed the key's check
                self._waiting.pop((*access_key[:-1], None), None)
            if access_key in self._waiting or access_key in self._written:
                return
            self._waiting[access_key] = Access.model_construct(
                at=self._clock.now(),
                actor=caller.actor,
                purpose=caller.purpose,
                key=caller.key,
                person=caller.person is not None,
                asked=asked,
                refused=refused,
                request_id=caller.request_id,
            )

    async def accesses(self, caller: Caller, twin: str, *, first: int = MOST) -> list[Access]:
        """Who reached a twin, newest first; for the person's own key, and for keys with the scope `audit`."""
        id_ = reach(caller, twin, "audit" if caller.person is None else "read")
        await asyncio.to_thread(self.flush)
        return (await asyncio.to_thread(self._read, id_))[: min(first, MOST)]

    async def run(self) -> None:
        """Write entries, and delete those that are too old, until cancelled."""
        swept = -DAY_S
        while True:
            now = asyncio.get_running_loop().time()
            if now - swept >= DAY_S:
                swept = now
                with suppress(Unavailable):
                    await asyncio.to_thread(self._keyring.accesses.end_before, self._since())
            await asyncio.sleep(EVERY_S)
            if self._waiting:
                with suppress(Unavailable):  # retried at the next write
                    await asyncio.to_thread(self.flush)

    async def written(self, twin: str) -> None:
        """Return once every entry about a twin, by its id, is written."""
        if any(access_key[0] == twin for access_key in self._waiting):
            await asyncio.to_thread(self.flush)

    def flush(self) -> None:
        """Write the waiting entries; what cannot be written now waits for the next time."""
        with self._guard:
            waiting, self._waiting = self._waiting, {}
        by_twin: dict[str, list[Access]] = defaultdict(list)
        for (twin, *_), access in waiting.items():
            by_twin[twin].append(access)
        try:
            for twin in list(by_twin):
                text = orjson.dumps([access.model_dump(mode="json") for access in by_twin[twin]])
                sealed = self._keyring.seal_known(twin, text, CONTEXT)
                if sealed is not None:
                    self._keyring.accesses.append(twin, by_twin[twin][-1].at.date(), sealed)
                del by_twin[twin]
            with self._guard:
                self._written.update(dict.fromkeys(waiting, True))
        except BeliefgraphError:
            with self._guard:
                self._waiting = {
                    access_key: each for access_key, each in waiting.items() if access_key[0] in by_twin
                } | self._waiting
            raise

    def _read(self, twin: str) -> list[Access]:
        found: list[Access] = []
        for sealed in self._keyring.accesses.records(twin):
            try:
                text = self._keyring.unseal(twin, sealed, CONTEXT)
            except Fault as fault:
                if fault.code != "key-missing":
                    raise
                continue  # from a life before an erasure
            found += [Access.model_validate(each) for each in orjson.loads(text)]
        since = self._clock.now() - timedelta(days=self._days)
        return sorted((each for each in found if each.at >= since), key=lambda each: each.at, reverse=True)

    def _since(self) -> date:
        """The first day that is kept."""
        return (self._clock.now() - timedelta(days=self._days)).date()
