"""What each purpose may use about a person, in the form in which the person decides: one switch per thing. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from beliefgraph.model.caller import Caller
from beliefgraph.model.permission import NumberedPolicy, Permission, Purpose, Switch, Use
from beliefgraph.services.permissions.sight import NEEDS_NO_PERMISSION, Sight, sight_of


def uses(policy: NumberedPolicy, permissions: Iterable[Permission], name: str, now: datetime) -> list[Use]:
    """Every purpose of the policy with what it may use now, regardless of a temporary restriction."""
    stated = [each for each in permissions if each.purpose is not None]
    return [_use(policy, purpose, stated, name, now) for purpose in policy.policy.purposes]


def _use(numbered: NumberedPolicy, purpose: Purpose, stated: Iterable[Permission], name: str, now: datetime) -> Use:
    policy, stated = numbered.policy, list(stated)

    def seen_by(actor: str) -> Sight:
        caller = Caller(actor=actor, tenant=numbered.tenant, scopes=("read",), purpose=purpose.key)
        return sight_of(policy, stated, caller, name, now)

    seen = seen_by("-")
    switches = [Switch(allowed=_general(seen), description="Everything that is in no category below")]
    refused = {each.key for each in seen.refused}
    switches += [
        Switch(
            category=each.key,
            allowed=not seen.nothing and each.key not in refused,
            special=each.special,
            description=each.description or each.key,
        )
        for each in policy.categories
    ]
    switches += [
        Switch(
            recipient=each.key,
            allowed=_general(seen_by(each.actors[0])) if each.actors else False,
            description=each.description or each.key,
        )
        for each in policy.recipients
    ]
    return Use(purpose=purpose, fixed=purpose.legal_basis == NEEDS_NO_PERMISSION, switches=tuple(switches))


def _general(seen: Sight) -> bool:
    """Whether what is in no category is permitted."""
    return not (seen.nothing or seen.general)
