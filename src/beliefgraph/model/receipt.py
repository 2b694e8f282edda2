"""Receipts: the state of the twin after a command or an event, and what changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import Field

from beliefgraph.model.caller import Caller
from beliefgraph.model.commit import BeliefChange
from beliefgraph.model.decision import DecisionChange
from beliefgraph.model.further import FURTHER, ChangesInLayers, by_field
from beliefgraph.model.goal import GoalChange
from beliefgraph.model.metric import MetricChange
from beliefgraph.model.record import Record
from beliefgraph.model.time import Rev
from beliefgraph.model.vocabulary import vocabulary

Outcome = Annotated[
    Literal["accepted", "duplicate", "quarantined", "conflict", "rejected"],
    vocabulary(
        "Status of an event or a command after it was received.",
        {
            "accepted": "Processed and committed.",
            "duplicate": "Already known; nothing was changed.",
            "quarantined": "Put into quarantine with a reason; it can be replayed.",
            "conflict": "Refused: its id was used before with different content.",
            "rejected": "Refused and not stored: it is malformed, or it is about a person who was erased.",
        },
    ),
]

SETTLED: tuple[Outcome, ...] = ("accepted", "duplicate", "rejected")
"""Statuses of an event that does not wait in quarantine any more."""


class Receipt(Record):
    """Result of a command or an event: the rev of the twin after it, and what changed."""

    id: str = Field(description="Id of the command or event.")
    status: Outcome
    twin: str | None = Field(None, description="Name of the twin; null if none was found.")
    rev: Rev | None = Field(None, description="Rev of the twin after it; null if no twin was found.")
    beliefs: tuple[BeliefChange, ...] = Field((), description="Beliefs that changed.")
    goals: tuple[GoalChange, ...] = Field((), description="Goals that changed.")
    metrics: tuple[MetricChange, ...] = Field((), description="Metrics that changed.")
    decisions: tuple[DecisionChange, ...] = Field((), description="Decisions that changed.")
    layers: ChangesInLayers = FURTHER
    code: str | None = Field(None, description="Code of the reason why it was not accepted; null if it was.")
    reason: str | None = Field(None, description="Why it was not accepted, in a sentence; null if it was.")

    @classmethod
    def with_changes(cls, changes: Mapping[str, tuple[Any, ...]], **values: Any) -> Self:
        """A receipt with the changes of a commit, by the names of the layers."""
        return cls(**values, **by_field(changes, cls))

    def and_then(self, later: Iterable[Receipt]) -> Receipt:
        """The receipt with the changes of later commits of its twin added; other twins are left out."""
        commits = {each.rev: each for each in later if each.twin == self.twin and each.rev is not None}
        receipts = [self, *(commits[rev] for rev in sorted(commits))]
        return self.model_copy(
            update={
                "rev": max((each.rev for each in receipts if each.rev is not None), default=None),
                "beliefs": _joined((change, change.belief.id) for each in receipts for change in each.beliefs),
                "goals": _joined((change, change.goal.id) for each in receipts for change in each.goals),
                "metrics": _joined((change, change.metric.id) for each in receipts for change in each.metrics),
                "decisions": _joined((change, change.decision.id) for each in receipts for change in each.decisions),
                "layers": _joined_in_layers([each.layers for each in receipts]),
            }
        )

    def shown_to(self, caller: Caller) -> Receipt:
        """The receipt as the caller may see it: changes are only for keys that may read."""
        return self if "read" in caller.scopes else self.without_changes

    @property
    def without_changes(self) -> Receipt:
        """The receipt without its changes."""
        return self.model_copy(update={"beliefs": (), "goals": (), "metrics": (), "decisions": (), "layers": {}})


def _joined_in_layers(changes: Sequence[ChangesInLayers]) -> ChangesInLayers:
    """The same for the changes in additional layers."""
    names = dict.fromkeys(name for each in changes for name in each)
    moved: dict[str, list[Any]] = {name: [row for each in changes for row in each.get(name, ())] for name in names}
    return {name: _joined((row, (row.after or row.before).key) for row in rows) for name, rows in moved.items()}


Moved = TypeVar("Moved", BeliefChange, GoalChange, MetricChange, DecisionChange)


def _joined(changes: Iterable[tuple[Moved, str]]) -> tuple[Moved, ...]:
    """One change for each thing that changed, from before its first change to after its last."""
    found: dict[str, Moved] = {}
    for change, id_ in changes:
        first = found.get(id_)
        found[id_] = change if first is None else change.model_copy(update={"before": first.before})
    return tuple(found.values())
