"""Output types of policies and permissions."""

from __future__ import annotations

from beliefgraph.graphql.expose import expose
from beliefgraph.model import permission as permissions


@expose(permissions.Purpose)
class Purpose:
    """A purpose for which a tenant uses what is held."""


@expose(permissions.Category)
class Category:
    """A category of what is held."""


@expose(permissions.Recipient)
class Recipient:
    """Actors to whom something is permitted together."""


@expose(permissions.NumberedPolicy, within={"policy": permissions.Policy}, hide={"policy", "tenant"})
class Policy:
    """What a tenant says of its use of what is held."""


@expose(permissions.Permission, hide={"revision_id", "twin", "key", "definition", "origin", "event"})
class Permission:
    """The statement that a purpose may be pursued with what is held of a person, or may not."""
