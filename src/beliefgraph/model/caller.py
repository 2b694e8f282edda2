"""A caller: on whose behalf something is asked, what they may do, and why. Unknown means refuse."""

from __future__ import annotations

from typing import Literal

from beliefgraph.errors import Forbidden
from beliefgraph.model.record import Key, Record
from beliefgraph.model.time import Instant

Scope = Literal["read", "write", "correct", "define", "erase"]


class ApiKey(Record):
    """What a bearer key grants: a tenant, an actor's name, scopes, and the purposes it may be used for.

    `person` names the one twin this key belongs to, where a person holds it: they reach no other twin, and only such a
    key makes a correction the person's word. Stored by the hash of the secret alone.
    """

    id: str
    tenant: Key
    actor: Key
    scopes: tuple[Scope, ...]
    purposes: tuple[Key, ...]
    person: Key | None = None
    created_at: Instant
    revoked_at: Instant | None = None


class Caller(Record):
    """One call's actor, tenant, scopes and purpose."""

    actor: Key
    tenant: Key
    scopes: tuple[Scope, ...]
    purpose: Key
    person: Key | None = None
    request_id: str = ""

    def require(self, scope: Scope) -> None:
        """Refuse (`missing-scope`) unless the key grants the scope."""
        if scope not in self.scopes:
            raise Forbidden("missing-scope", f"This key lacks the scope {scope!r}.", scope=scope)

    def require_service(self) -> None:
        """Refuse (`missing-scope`) a key that belongs to a person: this reaches beyond their own twin."""
        if self.person is not None:
            raise Forbidden("missing-scope", "This is for the keys of services; a person's key reaches their own twin.")
