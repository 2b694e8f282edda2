"""What became of a command or an event: where the twin is now, and what moved."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeVar

from beliefgraph.model.caller import Caller
from beliefgraph.model.commit import BeliefChange
from beliefgraph.model.decision import DecisionChange
from beliefgraph.model.goal import GoalChange
from beliefgraph.model.metric import MetricChange
from beliefgraph.model.record import Record
from beliefgraph.model.time import Rev

Outcome = Literal["accepted", "duplicate", "quarantined", "conflict"]


class Receipt(Record):
    """The answer to whoever sent something: accepted, already known, set aside with a reason, or refused.

    `rev` is the twin's rev after it; None where no twin was found. `code` and `reason` say why it was not accepted.
    What moved is of the twin that it names alone, and left out for a key without the scope `read`.
    """

    id: str
    status: Outcome
    twin: str | None = None
    rev: Rev | None = None
    beliefs: tuple[BeliefChange, ...] = ()
    goals: tuple[GoalChange, ...] = ()
    metrics: tuple[MetricChange, ...] = ()
    decisions: tuple[DecisionChange, ...] = ()
    code: str | None = None
    reason: str | None = None

    def and_then(self, later: Iterable[Receipt]) -> Receipt:
        """The receipt with all that later commits of its twin moved too; other twins are left out."""
        commits = {each.rev: each for each in later if each.twin == self.twin and each.rev is not None}
        told = [self, *(commits[rev] for rev in sorted(commits))]
        return self.model_copy(
            update={
                "rev": max((each.rev for each in told if each.rev is not None), default=None),
                "beliefs": _joined((change, change.belief.id) for each in told for change in each.beliefs),
                "goals": _joined((change, change.goal.id) for each in told for change in each.goals),
                "metrics": _joined((change, change.metric.id) for each in told for change in each.metrics),
                "decisions": _joined((change, change.decision.id) for each in told for change in each.decisions),
            }
        )

    def shown_to(self, caller: Caller) -> Receipt:
        """The receipt as the caller may see it: what moved is for keys that may read."""
        if "read" in caller.scopes:
            return self
        return self.model_copy(update={"beliefs": (), "goals": (), "metrics": (), "decisions": ()})


Moved = TypeVar("Moved", BeliefChange, GoalChange, MetricChange, DecisionChange)


def _joined(changes: Iterable[tuple[Moved, str]]) -> tuple[Moved, ...]:
    """One change for each thing that moved, from before its first move to after its last."""
    found: dict[str, Moved] = {}
    for change, id_ in changes:
        first = found.get(id_)
        found[id_] = change if first is None else change.model_copy(update={"before": first.before})
    return tuple(found.values())
