"""Whom an answer from all twins of a tenant is made from: those of which everything is permitted. Pure.

What is stated decides, and most twins of a tenant may have nothing stated of them: all of these are permitted, or none
is, so they are not looked at.
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
    """Twins, by id: no others than `only`, where that is not None, and none that are `left_out`."""

    left_out: Sequence[str] = ()
    only: Sequence[str] | None = None

    def filter(self, twins: Iterable[str]) -> list[str]:
        """Those of some twins that are included."""
        out, only = frozenset(self.left_out), None if self.only is None else frozenset(self.only)
        return [twin for twin in twins if twin not in out and (only is None or twin in only)]

    @property
    def parameters(self) -> dict[str, list[str] | None]:
        """What the queries take."""
        return {"left_out": list(self.left_out), "only": None if self.only is None else list(self.only)}


EVERYBODY = Included()


def included(
    policy: Policy, caller: Caller, stated: Iterable[tuple[Sequence[Permission], Sequence[str]]], now: datetime
) -> Included:
    """The twins of which the caller may see all, given what is stated, each time with the twins of which it is."""
    whole: list[str] = []
    others: list[str] = []
    for permissions, twins in stated:
        (whole if sight_of(policy, permissions, caller, "", now).whole else others).extend(twins)
    return Included(left_out=others) if sight_of(policy, (), caller, "", now).whole else Included(only=whole)
