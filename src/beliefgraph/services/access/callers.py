"""Callers: keys are created, listed, rotated and revoked, and a secret with a purpose becomes a caller.

A secret is 256 random bits, so its SHA-256 needs no salt and no slow hash; only the hash is stored. Unknown, revoked
and malformed keys are refused alike; the holder of an expired key is told so. The time of last use is stored about once
a minute, by one Cypher statement for all keys.

Recently used keys are found in the cache. For others, the number of concurrent look-ups per address is bounded; so
guessing keys does not block other callers, neither by the look-ups nor by filling the cache.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

import structlog
from cachetools import LRUCache

from beliefgraph.errors import BeliefgraphError, Forbidden, Incorrect, NotFound
from beliefgraph.model.caller import ApiKey, Caller, Log, Scope
from beliefgraph.model.time import Clock
from beliefgraph.services.access.tokens import Tokens
from beliefgraph.services.process.fair_semaphore import FairSemaphore, Shares
from beliefgraph.services.process.flights import Flights
from beliefgraph.store import callers as stored
from beliefgraph.store.graph import Graph

SECRET_PREFIX = "bg_"  # noqa: S105  so that scanners and people recognise a leaked key
SECRET_BYTES = 32
CACHED_KEYS = 10_000
CACHE_SECONDS = 5.0
"""How long a key is cached: a revocation is in force everywhere after this, and a read costs only its own statement."""

STRANGERS = Shares(total=8, per_tenant=4, per_key=2, waiting_per_key=1_000, patience=2.0)
"""Look-ups of keys that are not cached, by the address they come from."""

OVERLAP = timedelta(days=1)
"""How long a rotated key is still valid by default."""

NOTE_EVERY = 60.0
"""Seconds between two updates of the times at which keys were last used."""

log = structlog.get_logger(__name__)

PAUSE_S = 0.05
"""How long a caller with an unknown key delays the next of the same address."""


@dataclass(frozen=True)
class NewKey:
    """A new key with its secret, which is shown only once."""

    key: ApiKey
    secret: str


class Callers:
    """The keys of a service, and the callers they make."""

    def __init__(
        self,
        graph: Graph,
        clock: Clock,
        cache_seconds: float = CACHE_SECONDS,
        ticks: Callable[[], float] = time.monotonic,
        log: Log | None = None,
        tokens: Tokens | None = None,
    ) -> None:
        self._graph = graph
        self._clock = clock
        self._cache_seconds = cache_seconds
        self._ticks = ticks
        self._log = log
        self._tokens = tokens
        self._known: LRUCache[str, tuple[float, ApiKey]] = LRUCache(CACHED_KEYS)
        self._strangers = FairSemaphore(STRANGERS)
        self._reading: Flights[str, ApiKey | None] = Flights()
        self._used: dict[str, datetime] = {}

    async def create(
        self,
        tenant: str,
        actor: str,
        scopes: Sequence[Scope],
        purposes: Sequence[str],
        person: str | None = None,
        expires_at: datetime | None = None,
    ) -> NewKey:
        """Create a key. A key of a person reaches only their own twin; a key needs a scope and a purpose."""
        now = self._clock.now()
        if expires_at is not None and expires_at <= now:
            raise Incorrect("invalid-input", "A key must expire in the future.", at=expires_at.isoformat())
        if not scopes or not purposes:
            raise Incorrect("invalid-input", "A key needs at least one scope and at least one purpose.")
        secret = SECRET_PREFIX + secrets.token_urlsafe(SECRET_BYTES)
        key = ApiKey(
            id=str(uuid4()),
            tenant=tenant,
            actor=actor,
            scopes=tuple(dict.fromkeys(scopes)),
            purposes=tuple(dict.fromkeys(purposes)),
            person=person,
            created_at=now,
            expires_at=expires_at,
        )
        await stored.create(self._graph, key, _hash(secret))
        return NewKey(key, secret)

    async def list(self, tenant: str | None = None) -> list[ApiKey]:
        """All keys of a tenant, or of every tenant: what they grant, not their secrets."""
        return await stored.listed(self._graph, tenant)

    async def revoke(self, id_: str) -> ApiKey:
        """Revoke a key; it is refused everywhere within the cache's seconds. No effect if it has already ended."""
        key = await stored.revoke(self._graph, id_, self._clock.now())
        if key is None:
            raise NotFound("not-found", f"There is no key {id_}.", key=id_)
        self._known.clear()
        return key

    async def rotate(self, id_: str, overlap: timedelta = OVERLAP) -> NewKey:
        """Create a key with the same grants and lifetime; the old one expires after the overlap.

        `not-found` if there is no such key, or it is not valid any more.
        """
        now = self._clock.now()
        if overlap < timedelta(0):
            raise Incorrect("invalid-input", "The overlap must not be negative.")
        old = next((key for key in await self.list() if key.id == id_), None)
        if old is None or old.revoked_at is not None or _expired(old, now):
            raise NotFound("not-found", f"There is no valid key {id_}.", key=id_)
        secret = SECRET_PREFIX + secrets.token_urlsafe(SECRET_BYTES)
        expires_at = None if old.expires_at is None else now + (old.expires_at - old.created_at)
        changes = {"id": str(uuid4()), "created_at": now, "expires_at": expires_at, "last_used_at": None}
        key = old.model_copy(update=changes)
        await stored.rotate(self._graph, id_, now + overlap, key, _hash(secret))
        self._known.clear()
        return NewKey(key, secret)

    async def note_used(self) -> None:
        """Store when the keys used since the last time were last used."""
        used, self._used = self._used, {}
        if used:
            await stored.used(self._graph, used)

    async def run(self) -> None:
        """Do so about once a minute, until cancelled."""
        while True:
            await asyncio.sleep(NOTE_EVERY)
            try:
                await self.note_used()
            except BeliefgraphError as error:
                log.warning("the last use of keys could not be noted", code=error.code)

    async def authenticate(
        self, secret: str | None, purpose: str | None = None, request_id: str = "", *, address: str = ""
    ) -> Caller:
        """The caller for a secret and a purpose, from an address.

        `unauthenticated` unless the key is known and not revoked, `key-expired` once it has expired; `unknown-purpose`
        unless it lists the purpose. The default purpose is the key's only one.
        """
        key = await self._find(secret, address) if secret else None
        if key is None or key.revoked_at is not None:
            raise Forbidden(
                "unauthenticated",
                "The key is missing, unknown or revoked: send one as Authorization: Bearer bg_… "
                "(in a terminal: --key or BELIEFGRAPH_KEY).",
            )
        now = self._clock.now()
        if _expired(key, now):
            raise Forbidden("key-expired", f"The key {key.id} has expired.", key=key.id, at=str(key.expires_at))
        if not key.scopes or not key.purposes:
            raise Forbidden("unauthenticated", "The token grants nothing: it names no scope, or no purpose.")
        if purpose is None and len(key.purposes) == 1:
            purpose = key.purposes[0]
        if purpose is None or purpose not in key.purposes:
            raise Forbidden(
                "unknown-purpose",
                f"State the purpose of the call in the header Purpose (in a terminal: --purpose): "
                f"{' or '.join(key.purposes)}.",
            )
        self._used[key.id] = now
        return Caller.model_construct(
            actor=key.actor,
            tenant=key.tenant,
            scopes=key.scopes,
            purpose=purpose,
            person=key.person,
            request_id=request_id,
            key=key.id,
            asks="",
            log=self._log,
        )

    async def _find(self, secret: str, address: str) -> ApiKey | None:
        """The key of a secret, read within the cache's seconds; concurrent requests share one read."""
        if self._tokens is not None and self._tokens.is_token(secret):
            async with self._strangers.taken(address, address):
                return await self._tokens.grants(secret)
        hashed = _hash(secret)
        if hashed in self._known:
            return self._believed(hashed) or await self._read(hashed)
        async with self._strangers.taken(address, address, pause=PAUSE_S):
            return self._believed(hashed) or await self._read(hashed)

    def _believed(self, hashed: str) -> ApiKey | None:
        """The cached key."""
        read_at, key = self._known.get(hashed, (-math.inf, None))
        return key if self._ticks() - read_at < self._cache_seconds else None

    async def _read(self, hashed: str) -> ApiKey | None:
        return await self._reading.join(hashed, lambda: self._look_up(hashed))

    async def _look_up(self, hashed: str) -> ApiKey | None:
        now = self._ticks()
        key = await stored.find(self._graph, hashed)
        if key is None or key.revoked_at is not None:
            self._known.pop(hashed, None)
        else:
            self._known[hashed] = (now, key)
        return key


def bearer(header: str | None) -> str | None:
    """The secret in an `Authorization` header; None if there is none."""
    if header is None:
        return None
    scheme, _, secret = header.partition(" ")
    return secret.strip() or None if scheme.lower() == "bearer" else None


def _expired(key: ApiKey, now: datetime) -> bool:
    return key.expires_at is not None and key.expires_at <= now


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
