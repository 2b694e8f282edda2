"""Stating permissions: which parts of a policy they may name, and the resulting rows. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from beliefgraph.errors import Incorrect
from beliefgraph.model import timeline
from beliefgraph.model.delta import Delta
from beliefgraph.model.permission import NumberedPolicy, Permission, Permit, Policy, Restrict, StatedBy, permission_key
from beliefgraph.model.time import BEGINNING, Interval
from beliefgraph.services.interpretation.protocol import InterpretedPermission
from beliefgraph.services.layer.additions import Additions
from beliefgraph.services.layer.context import CommandContext
from beliefgraph.services.permissions.sight import NEEDS_NO_PERMISSION


@dataclass(frozen=True)
class _Terms:
    """The statement of a restriction: about all purposes, categories and recipients."""

    purpose: str | None
    allowed: bool
    category: str | None = None
    recipient: str | None = None


def permitting(context: CommandContext, command: Permit, policy: NumberedPolicy, now: datetime) -> Additions:
    """What a permission adds; `invalid-permission` if the policy does not define what it names, or forbids it."""
    check(command, policy.policy, stated_by(context))
    start = command.valid_from or now
    valid = Interval(start=start, end=command.valid_to)
    return _stated(context, permission(context, policy, valid, command))


def restricting(context: CommandContext, command: Restrict, policy: NumberedPolicy, now: datetime) -> Additions:
    """What a restriction, or lifting one, adds: the person and the tenant each lift their own."""
    terms = _Terms(None, not command.restricted)
    return _stated(context, permission(context, policy, Interval(start=now), terms))


def stated_by(context: CommandContext) -> StatedBy:
    """In whose name the caller states: the person's or the tenant's."""
    return "person" if context.caller_is_person else "tenant"


def check(command: Permit | InterpretedPermission, policy: Policy, by: StatedBy) -> None:
    """Refuse (`invalid-permission`) what the policy does not define, or does not let this party state."""
    purpose = policy.purpose(command.purpose)
    known = {
        "category": (command.category, {each.key for each in policy.categories}),
        "recipient": (command.recipient, {each.key for each in policy.recipients}),
        "purpose": (command.purpose, {each.key for each in policy.purposes}),
    }
    for what, (named, keys) in known.items():
        if named is not None and named not in keys:
            raise Incorrect(
                "invalid-permission", f"The policy has no {what} {named!r}; it has {', '.join(sorted(keys)) or 'none'}."
            )
    assert purpose is not None
    if purpose.legal_basis == NEEDS_NO_PERMISSION and not command.allowed:
        raise Incorrect(
            "invalid-permission",
            f"The purpose {purpose.key!r} is required by law; it cannot be refused.",
            purpose=purpose.key,
        )
    if purpose.legal_basis == "consent" and by == "tenant" and command.allowed:
        raise Incorrect(
            "invalid-permission",
            f"{purpose.key!r} is based on consent, which only the person can give, with their own key.",
            purpose=purpose.key,
        )


def permission(
    context: CommandContext,
    policy: NumberedPolicy,
    valid: Interval,
    terms: Permit | InterpretedPermission | _Terms,
    evidence: str | None = None,
) -> Permission:
    """The row of a statement; what an event states is a separate fact, keyed by its evidence."""
    by = stated_by(context)
    parts = (terms.purpose, terms.category, terms.recipient)
    key = "\x1f".join([*("*" if each is None else f"={each}" for each in parts), by, *([evidence] if evidence else [])])
    return Permission(
        revision_id=timeline.revision_id("Permission", permission_key(context.state.id, key), context.rev, valid.start),
        twin=context.state.id,
        key=key,
        valid_from=valid.start,
        valid_to=valid.end,
        rev_from=context.rev,
        definition=f"policy@{policy.number}",
        origin="provided" if evidence is None else "observed",
        purpose=terms.purpose,
        category=terms.category,
        recipient=terms.recipient,
        allowed=terms.allowed,
        stated_by=by,
        event=context.arrived.id,
        evidence=evidence,
    )


def _stated(context: CommandContext, row: Permission) -> Additions:
    closed, opened = timeline.put([known for known in context.state.permissions if known.key == row.key], row)
    return Additions(
        cause="permitted",
        moment=context.state.head_time or BEGINNING,  # a permission does not move the head time
        delta=Delta.of(opened=opened, closed=closed) + Delta(events=[context.arrived]),
    )
