"""What an event states about a permission by a rule."""

from __future__ import annotations

from beliefgraph.model.catalog import EventRule, PermissionRule
from beliefgraph.services.interpretation.protocol import InterpretedPermission
from beliefgraph.services.interpretation.rule_context import RuleContext


def permission(rule_context: RuleContext, rule: EventRule, stated: PermissionRule) -> InterpretedPermission:
    """What a rule states about a permission."""
    return InterpretedPermission(
        purpose=rule_context.key(rule, stated.purpose, "permission: purpose", ""),
        allowed=rule_context.holds(rule, stated.allowed, "permission: allowed"),
        category=rule_context.optional_key(rule, stated.category, "permission: category"),
        recipient=rule_context.optional_key(rule, stated.recipient, "permission: recipient"),
    )
