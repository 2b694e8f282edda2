"""Sessions on the person's page, and the links by which a person signs in."""

from __future__ import annotations

from pydantic import Field

from beliefgraph.model.record import Key, Record
from beliefgraph.model.time import Instant


class SignInLink(Record):
    """A link by which a person signs in to their own page, once."""

    path: str = Field(description="Path and query of the link, to be put behind the address of the service.")
    expires_at: Instant = Field(description="Time until which it can be used.")


class Session(Record):
    """One person who is signed in on their own page."""

    id: str = Field(description="Id of the session.")
    tenant: Key = Field(description="Tenant that the person's twin belongs to.")
    person: Key = Field(description="Name of the person's twin.")
    token: str = Field(description="Token that every form of the session carries, so that no other site can send one.")
    expires_at: Instant = Field(description="When it ends.")
