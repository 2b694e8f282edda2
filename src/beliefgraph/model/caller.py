"""Callers: who makes a call, with which permissions and for what purpose. Unknown callers are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import Field

from beliefgraph.errors import Forbidden
from beliefgraph.model.record import Key, Record
from beliefgraph.model.time import Instant
from beliefgraph.model.vocabulary import vocabulary

Scope = Annotated[
    Literal["read", "write", "correct", "define", "erase", "audit", "invite"],
    vocabulary(
        "Permission granted by an API key.",
        {
            "read": "Ask questions.",
            "write": "Send events and commands, except corrections.",
            "correct": "Correct beliefs and, with the person's own key, set their goals and record their decisions.",
            "define": "Publish definitions, reinterpret stored events, run the learning commands, list the quarantine.",
            "erase": "Erase twins.",
            "audit": "Read who reached a twin.",
            "invite": "Issue links by which a person signs in to their own page.",
        },
    ),
]


Log = Callable[["Caller", str, str, str | None], None]
"""Records that a caller read a twin, by its id, with a scope; or the code of the refusal."""


class ApiKey(Record):
    """What an API key grants. Only the hash of its secret is stored."""

    id: str = Field(description="Id of the key, used to list and revoke it.")
    tenant: Key = Field(description="Tenant that the key belongs to.")
    actor: Key = Field(description="Name under which the caller acts; commits record it.")
    scopes: tuple[Scope, ...] = Field(description="Permissions granted.")
    purposes: tuple[Key, ...] = Field(description="Purposes that a call with the key may state.")
    person: Key | None = Field(
        None,
        description="Name of the twin whose person holds the key: it reaches no other twin, and its corrections "
        "count as the person's own. Null for a service's key.",
    )
    created_at: Instant = Field(description="When the key was created.")
    revoked_at: Instant | None = Field(None, description="When the key was revoked; null while it is valid.")
    expires_at: Instant | None = Field(None, description="When the key expires; null: never.")
    last_used_at: Instant | None = Field(
        None, description="When the key was last used, to the minute; null: never, or before this was recorded."
    )


class Caller(Record):
    """Who makes a call, for which tenant, with which permissions and for what purpose."""

    actor: Key = Field(description="Name under which the caller acts.")
    tenant: Key = Field(description="Tenant that the call reaches.")
    scopes: tuple[Scope, ...] = Field(description="Permissions of the caller.")
    purpose: Key = Field(description="Purpose of the call, one that the key lists.")
    person: Key | None = Field(None, description="Name of the twin whose person calls; null for a service.")
    request_id: str = Field("", description="Id of the request, for the log.")
    key: str = Field("", description="Id of the key of the call; each key has its share of the work.")
    asks: str = Field("", description="What the call asks for, for the access log.")
    log: Log | None = Field(None, exclude=True, repr=False, description="Where it is noted whom the call reaches.")

    def asking(self, what: str) -> Caller:
        """The caller, with this operation."""
        return self if self.log is None else self.model_copy(update={"asks": what})

    def note(self, twin: str, scope: Scope, refused: str | None = None) -> None:
        """Record that the call read a twin, or was refused; writes are recorded by their commits."""
        if self.log is not None and (refused is not None or scope in ("read", "audit", "invite")):
            self.log(self, twin, scope, refused)

    def require(self, scope: Scope) -> None:
        """Refuse (`missing-scope`) unless the key grants the scope."""
        if scope not in self.scopes:
            raise Forbidden("missing-scope", f"This key lacks the scope {scope!r}.", scope=scope)

    def require_person(self) -> str:
        """The name of the person's own twin; refused (`missing-scope`) to the key of a service."""
        if self.person is None:
            raise Forbidden("missing-scope", "This needs the person's own key; the key is a service's.")
        return self.person

    def require_service(self) -> None:
        """Refuse (`missing-scope`) the key of a person, because the call concerns more than their own twin."""
        if self.person is not None:
            raise Forbidden(
                "missing-scope", "This needs the key of a service; a person's key can access only their own twin."
            )
