"""What a caller may see of a twin, by the policy of its tenant and the stated permissions. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from beliefgraph.model import timeline
from beliefgraph.model.caller import Caller
from beliefgraph.model.permission import Category, Permission, Policy
from beliefgraph.services.access.scope import owns

NEEDS_NO_PERMISSION = "legal_obligation"
"""The legal basis that cannot be refused."""


@dataclass(frozen=True)
class Sight:
    """What is refused: categories, and with `general` everything in no category."""

    general: bool = False
    refused: tuple[Category, ...] = ()
    nothing: bool = False

    @property
    def whole(self) -> bool:
        """Whether everything is permitted."""
        return not (self.general or self.refused or self.nothing)


WHOLE = Sight()
NOTHING = Sight(nothing=True)


def needs_no_permission(policy: Policy, purpose: str) -> bool:
    """Whether a purpose is required by law."""
    known = policy.purpose(purpose)
    return known is not None and known.legal_basis == NEEDS_NO_PERMISSION


def restricted(permissions: Iterable[Permission], now: datetime) -> bool:
    """Whether the use of a twin is restricted at this moment, by the person or the tenant."""
    return any(each.purpose is None and not each.allowed and each.valid.contains(now) for each in permissions)


def sight_of(
    policy: Policy | None, permissions: Iterable[Permission], caller: Caller, twin: str, now: datetime
) -> Sight:
    """What is refused to a caller about the twin of that name at this moment; nothing about the person's own twin."""
    if policy is None or owns(caller, twin):
        return WHOLE
    if policy.purpose(caller.purpose) is None:
        return NOTHING
    if needs_no_permission(policy, caller.purpose):
        return WHOLE
    valid = _latest(each for each in permissions if each.valid.contains(now))
    if restricted(valid, now):
        return NOTHING
    recipients = {None, *policy.recipients_of(caller.actor)}
    stated = [each for each in valid if each.purpose == caller.purpose and each.recipient in recipients]
    general = _permitted(stated, None, otherwise=policy.default == "allow_until_objected")
    refused = tuple(
        each for each in policy.categories if not _permitted(stated, each.key, otherwise=general and not each.special)
    )
    if not general and len(refused) == len(policy.categories):
        return NOTHING
    return Sight(general=not general, refused=refused)


def _latest(permissions: Iterable[Permission]) -> list[Permission]:
    """The latest statement of each party about the same thing; those of events are kept separately."""
    found: dict[tuple[str | None, ...], Permission] = {}
    for each in sorted(permissions, key=timeline.lateness):
        found[each.purpose, each.category, each.recipient, each.stated_by] = each
    return [*found.values()]


def _permitted(stated: Sequence[Permission], category: str | None, *, otherwise: bool) -> bool:
    """Whether what was stated permits a category; None for what is in none.

    The person's statements take precedence, then the more specific; of two alike, the one that refuses. The person's
    general refusal takes precedence over what the tenant states about a category.
    """
    found = sorted(_about(stated, category), key=_strength)
    return found[-1].allowed if found else otherwise


def _about(stated: Sequence[Permission], category: str | None) -> Iterator[Permission]:
    """The statements that apply to a category; a permission for everything does not apply to a single category."""
    for each in stated:
        if each.category == category or (each.category is None and not each.allowed):
            yield each


def _strength(permission: Permission) -> tuple[bool, int, bool]:
    return permission.stated_by == "person", permission.specific, not permission.allowed
