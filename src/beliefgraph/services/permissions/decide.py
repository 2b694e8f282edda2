"""Stating permissions: what of a policy they may name, and the rows that follow. Pure."""

from __future__ import annotations

from datetime import datetime

from beliefgraph.errors import Incorrect
from beliefgraph.model import timeline
from beliefgraph.model.delta import Delta
from beliefgraph.model.permission import NumberedPolicy, Permission, Permit, Policy, Restrict, StatedBy
from beliefgraph.model.time import BEGINNING, Interval
from beliefgraph.services.additions import Additions
from beliefgraph.services.command_context import CommandContext
from beliefgraph.services.permissions.sight import NEEDS_NO_PERMISSION


def permitting(setting: CommandContext, command: Permit, policy: NumberedPolicy, now: datetime) -> Additions:
    """What a permission adds. `invalid-permission` where the policy does not know what it names, or forbids it."""
    by = _stated_by(setting)
    _check(command, policy.policy, by)
    start = command.valid_from or now
    valid = Interval(start=start, end=command.valid_to)
    return _stated(setting, policy, valid, by, command.purpose, command.category, command.recipient, command.allowed)


def restricting(setting: CommandContext, command: Restrict, policy: NumberedPolicy, now: datetime) -> Additions:
    """What a restriction adds, or the lifting of one: each of the person and the tenant lifts their own."""
    return _stated(setting, policy, Interval(start=now), _stated_by(setting), None, None, None, not command.restricted)


def _stated_by(setting: CommandContext) -> StatedBy:
    return "person" if setting.speaks_for_the_person else "tenant"


def _check(command: Permit, policy: Policy, by: StatedBy) -> None:
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
            "invalid-permission", f"A law demands {purpose.key!r}; it cannot be refused.", purpose=purpose.key
        )
    if purpose.legal_basis == "consent" and by == "tenant" and command.allowed:
        raise Incorrect(
            "invalid-permission",
            f"{purpose.key!r} rests on consent, which only the person can give, with their own key.",
            purpose=purpose.key,
        )


def _stated(
    setting: CommandContext,
    policy: NumberedPolicy,
    valid: Interval,
    by: StatedBy,
    purpose: str | None,
    category: str | None,
    recipient: str | None,
    allowed: bool,
) -> Additions:
    key = "\x1f".join(("*" if each is None else f"={each}") for each in (purpose, category, recipient)) + f"\x1f{by}"
    row = Permission(
        revision_id=timeline.revision_id("Permission", f"{setting.state.id}\x1f{key}", setting.rev, valid.start),
        twin=setting.state.id,
        key=key,
        valid_from=valid.start,
        valid_to=valid.end,
        rev_from=setting.rev,
        definition=f"policy@{policy.number}",
        origin="provided",
        purpose=purpose,
        category=category,
        recipient=recipient,
        allowed=allowed,
        stated_by=by,
        event=setting.arrived.id,
    )
    closed, opened = timeline.put([known for known in setting.state.permissions if known.key == key], row)
    return Additions(
        cause="permitted",
        moment=setting.state.head_time or BEGINNING,  # a permission says nothing of when the twin lives
        delta=Delta.of(opened=opened, closed=closed) + Delta(events=[setting.arrived]),
    )
