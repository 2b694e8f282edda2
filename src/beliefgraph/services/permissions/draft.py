"""What events state about permissions, added one after the other. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.delta import Delta, Records
from beliefgraph.model.identity import evidence_id, source_id
from beliefgraph.model.permission import Permission
from beliefgraph.model.time import Interval
from beliefgraph.services.interpretation.protocol import Interpretation
from beliefgraph.services.layer.context import CommandContext
from beliefgraph.services.permissions.decide import check, permission, stated_by


class PermissionDraft:
    """The permissions of one twin while a commit is being decided; each has its own row and ends with its evidence.

    Reinterpreted events state no permissions.
    """

    def __init__(self) -> None:
        self._opened: list[Permission] = []

    def check(self, context: CommandContext, interpretation: Interpretation) -> None:
        """Refuse (`invalid-permission`) what the policy in force does not define, or does not let this caller state."""
        if context.policy is not None:
            for each in interpretation.statements:
                for terms in each.permissions:
                    check(terms, context.policy.policy, stated_by(context))

    def add(self, context: CommandContext, interpretation: Interpretation) -> None:
        """Add what an event states about permissions, valid from its time on."""
        if context.policy is None:
            return
        for each in (statement for statement in interpretation.statements if statement.permissions):
            evidence = evidence_id(context.arrived.id, source_id(context.state.tenant, each.source))
            self._opened += [
                permission(context, context.policy, Interval(start=context.moment), terms, evidence)
                for terms in each.permissions
            ]

    @property
    def beliefs(self) -> Sequence[BeliefKey]:
        """None: a permission is not evidence on beliefs."""
        return ()

    @property
    def delta(self) -> Delta:
        """The rows to write."""
        return Delta(opened=Records(self._opened))
