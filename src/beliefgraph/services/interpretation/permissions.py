"""What an event states about a permission by a rule."""

from __future__ import annotations

from beliefgraph.model.catalog import EventRule, PermissionRule
from beliefgraph.services.interpretation.protocol import InterpretedPermission
from beliefgraph.services.interpretation.reading import Reading


def permission(reading: Reading, rule: EventRule, stated: PermissionRule) -> InterpretedPermission:
    """What a rule states about a permission."""
    return InterpretedPermission(
        purpose=reading.key(rule, stated.purpose, "permission: purpose", ""),
        allowed=reading.holds(rule, stated.allowed, "permission: allowed"),
        category=reading.optional_key(rule, stated.category, "permission: category"),
        recipient=reading.optional_key(rule, stated.recipient, "permission: recipient"),
    )
