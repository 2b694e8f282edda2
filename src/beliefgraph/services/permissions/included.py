"""Which twins of a tenant an answer from all twins includes: the fully permitted ones. Pure.

Permissions decide, and most twins of a tenant may have none stated: for these, either everything is permitted or
nothing is, so they are not examined.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from beliefgraph.model.caller import Caller
from beliefgraph.model.permission import Permission, Policy
from beliefgraph.services.permissions.sight import sight_of


@dataclass(frozen=True)
class Included:
    """Twins, by id: only those in `only`, unless it is None, and none in `left_out`."""

    left_out: Sequence[str] = ()
    only: Sequence[str] | None = None

    def filter(self, twins: Iterable[str]) -> list[str]:
        """The twins, among these, that are included."""
        out, only = frozenset(self.left_out), None if self.only is None else frozenset(self.only)
        return [twin for twin in twins if twin not in out and (only is None or twin in only)]

    @property
    def parameters(self) -> dict[str, list[str] | None]:
        """The parameters for the queries."""
        return {"left_out": list(self.left_out), "only": None if self.only is None else list(self.only)}


EVERYBODY = Included()


def included(
    policy: Policy, caller: Caller, stated: Iterable[tuple[Sequence[Permission], Sequence[str]]], now: datetime
) -> Included:
    """The fully permitted twins, given statements of permissions, each with the twins that it is about."""
    whole: list[str] = []
    others: list[str] = []
    for permissions, twins in stated:
        (whole if sight_of(policy, permissions, caller, "", now).whole else others).extend(twins)
    return Included(left_out=others) if sight_of(policy, (), caller, "", now).whole else Included(only=whole)
