"""Statements about decisions, resolved field by field. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from beliefgraph.model.decision import (
    FIELDS,
    Decision,
    DecisionState,
    DecisionStatement,
    DecisionStatus,
    EvidenceBehind,
    Ground,
    Option,
    Reason,
    Result,
    Words,
    status_of,
)
from beliefgraph.model.timeline import lateness
from beliefgraph.services.twin.state import TwinState


@dataclass(frozen=True, slots=True)
class ToldDecision:
    """A decision as stated by a moment: for each field, the statement that counts, if any."""

    decision: Decision
    fields: Mapping[str, DecisionStatement]
    since: datetime

    @property
    def title(self) -> str:
        """The title of the decision, else its key."""
        said = self.fields.get("title")
        return self.decision.key if said is None or said.title is None else said.title

    @property
    def options(self) -> tuple[Option, ...]:
        """The options."""
        said = self.fields.get("options")
        return () if said is None else said.options or ()

    @property
    def chosen(self) -> str | None:
        """The key of the option chosen."""
        said = self.fields.get("chosen")
        return None if said is None else said.chosen

    @property
    def grounds(self) -> tuple[Ground, ...]:
        """The keys that the reasons name."""
        said = self.fields.get("reasons")
        return () if said is None else said.reasons or ()

    @property
    def expected(self) -> float | None:
        """The expected result."""
        said = self.fields.get("expected")
        return None if said is None else said.expected

    @property
    def actual(self) -> float | None:
        """Its actual result."""
        said = self.fields.get("actual")
        return None if said is None else said.actual

    @property
    def status(self) -> DecisionStatus:
        """Its status."""
        return status_of(self.chosen, self.actual)

    @property
    def option(self) -> Option | None:
        """The option chosen; None if there is none, or it has not been described."""
        return next((option for option in self.options if option.key == self.chosen), None)

    @property
    def worded(self) -> Iterable[str]:
        """The revision ids of the statements whose texts are part of the result."""
        return {said.revision_id for name, said in self.fields.items() if name in ("reasons", "expected", "actual")}

    @property
    def evidence(self) -> tuple[str, ...]:
        """The ids of the evidence behind the statements that count, the latest first."""
        rows = sorted(self.fields.values(), key=lambda row: (lateness(row), row.evidence), reverse=True)
        return tuple(dict.fromkeys(row.evidence for row in rows))

    def since_told(self, field: str) -> datetime | None:
        """Since when a field has its present value."""
        said = self.fields.get(field)
        return None if said is None else said.valid_from


def resolve_decisions(state: TwinState, at: datetime) -> dict[str, ToldDecision]:
    """The resolved statements about every decision by a valid time, by id.

    For each field, the statement with the latest valid time counts, the person's own before all others (`lateness`). Of
    two events with the same start the larger evidence id counts, so that the order of arrival does not matter.
    """
    said: dict[str, list[DecisionStatement]] = defaultdict(list)
    for row in state.decision_statements:
        if row.valid.contains(at):
            said[row.decision].append(row)
    return {id_: _resolved(state.decisions[id_], rows) for id_, rows in sorted(said.items())}


def _resolved(decision: Decision, rows: Sequence[DecisionStatement]) -> ToldDecision:
    fields: dict[str, DecisionStatement] = {}
    for row in sorted(rows, key=_rank):
        fields |= {name: row for name in FIELDS if getattr(row, name) is not None}
    return ToldDecision(decision, fields, min(row.valid_from for row in rows))


def _rank(row: DecisionStatement) -> tuple[bool, tuple[datetime, int], str]:
    return row.stance == "correction", lateness(row), row.evidence


def decision_state(
    told: ToldDecision,
    words: Mapping[str, Words],
    evidence: Sequence[EvidenceBehind],
    at: datetime,
    rev: int,
    changed_at_rev: int | None,
) -> DecisionState:
    """A decision as resolved, with the texts and the evidence of its statements.

    The texts are by the revision ids of the statements.
    """

    def said(field: str) -> Words:
        row = told.fields.get(field)
        return Words() if row is None else words.get(row.revision_id, Words())

    texts = said("reasons").reasons or (None,) * len(told.grounds)
    return DecisionState(
        decision=told.decision,
        title=told.title,
        status=told.status,
        options=told.options,
        chosen=told.chosen,
        reasons=tuple(
            Reason(belief=ground.belief, goal=ground.goal, text=text)
            for ground, text in zip(told.grounds, texts, strict=True)
        ),
        expected=None if told.expected is None else Result(score=told.expected, text=said("expected").expected),
        actual=None if told.actual is None else Result(score=told.actual, text=said("actual").actual),
        evidence=tuple(evidence),
        opened_at=told.since,
        decided_at=told.since_told("chosen"),
        done_at=told.since_told("actual"),
        valid_time=at,
        rev=rev,
        changed_at_rev=changed_at_rev,
    )


def person_told(state: TwinState, decision: str, field: str) -> bool:
    """Whether the person stated a field of a decision."""
    return any(
        row.decision == decision and row.stance == "correction" and getattr(row, field) is not None
        for row in state.decision_statements
    )
