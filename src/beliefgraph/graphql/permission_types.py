"""Output types of policies and permissions."""

from __future__ import annotations

from beliefgraph.graphql.expose import expose
from beliefgraph.model import permission as permissions


@expose(permissions.Purpose)
class Purpose:
    """A purpose for which a tenant uses personal data."""


@expose(permissions.Category)
class Category:
    """A category of the data that a tenant stores about people."""


@expose(permissions.Recipient)
class Recipient:
    """A group of actors that a permission can name."""


@expose(permissions.NumberedPolicy, within={"policy": permissions.Policy}, hide={"policy", "tenant"})
class Policy:
    """A tenant's policy on personal data: for which purposes it is used, in which categories, and by whom."""


@expose(permissions.Permission, hide={"revision_id", "twin", "key", "definition", "origin", "event"})
class Permission:
    """A statement that the data stored about a person may, or may not, be used for a purpose."""
