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
    DecisionTexts,
    EvidenceBehind,
    Ground,
    Option,
    Reason,
    Result,
    status_of,
)
from beliefgraph.model.timeline import lateness
from beliefgraph.services.twin.state import TwinState


@dataclass(frozen=True, slots=True)
class ResolvedDecision:
    """A decision as stated by a moment: for each field, the statement that counts, if any."""

    decision: Decision
    fields: Mapping[str, DecisionStatement]
    since: datetime

    @property
    def title(self) -> str:
        """The title of the decision, else its key."""
        statement = self.fields.get("title")
        return self.decision.key if statement is None or statement.title is None else statement.title

    @property
    def options(self) -> tuple[Option, ...]:
        """The options."""
        statement = self.fields.get("options")
        return () if statement is None else statement.options or ()

    @property
    def chosen(self) -> str | None:
        """The key of the option chosen."""
        statement = self.fields.get("chosen")
        return None if statement is None else statement.chosen

    @property
    def grounds(self) -> tuple[Ground, ...]:
        """The keys that the reasons name."""
        statement = self.fields.get("reasons")
        return () if statement is None else statement.reasons or ()

    @property
    def expected(self) -> float | None:
        """The expected result."""
        statement = self.fields.get("expected")
        return None if statement is None else statement.expected

    @property
    def actual(self) -> float | None:
        """Its actual result."""
        statement = self.fields.get("actual")
        return None if statement is None else statement.actual

    @property
    def status(self) -> DecisionStatus:
        """Its status."""
        return status_of(self.chosen, self.actual)

    @property
    def option(self) -> Option | None:
        """The option chosen; None if there is none, or it has not been described."""
        return next((option for option in self.options if option.key == self.chosen), None)

    @property
    def with_texts(self) -> Iterable[str]:
        """The revision ids of the statements whose texts are part of the result."""
        return {
            statement.revision_id
            for name, statement in self.fields.items()
            if name in ("reasons", "expected", "actual")
        }

    @property
    def evidence(self) -> tuple[str, ...]:
        """The ids of the evidence behind the statements that count, the latest first."""
        rows = sorted(self.fields.values(), key=lambda row: (lateness(row), row.evidence), reverse=True)
        return tuple(dict.fromkeys(row.evidence for row in rows))

    def field_since(self, field: str) -> datetime | None:
        """Since when a field has its present value."""
        statement = self.fields.get(field)
        return None if statement is None else statement.valid_from


def resolve_decisions(state: TwinState, at: datetime) -> dict[str, ResolvedDecision]:
    """The resolved statements about every decision by a valid time, by id.

    For each field, the statement with the latest valid time counts, the person's own before all others (`lateness`). Of
    two events with the same start the larger evidence id counts, so that the order of arrival does not matter.
    """
    by_decision: dict[str, list[DecisionStatement]] = defaultdict(list)
    for row in state.decision_statements:
        if row.valid.contains(at):
            by_decision[row.decision].append(row)
    return {id_: _resolved(state.decisions[id_], rows) for id_, rows in sorted(by_decision.items())}


def _resolved(decision: Decision, rows: Sequence[DecisionStatement]) -> ResolvedDecision:
    fields: dict[str, DecisionStatement] = {}
    for row in sorted(rows, key=_rank):
        fields |= {name: row for name in FIELDS if getattr(row, name) is not None}
    return ResolvedDecision(decision, fields, min(row.valid_from for row in rows))


def _rank(row: DecisionStatement) -> tuple[bool, tuple[datetime, int], str]:
    return row.stance == "correction", lateness(row), row.evidence


def decision_state(
    resolved: ResolvedDecision,
    texts_by_revision: Mapping[str, DecisionTexts],
    evidence: Sequence[EvidenceBehind],
    at: datetime,
    rev: int,
    changed_at_rev: int | None,
) -> DecisionState:
    """A decision as resolved, with the texts and the evidence of its statements.

    The texts are by the revision ids of the statements.
    """

    def texts_of(field: str) -> DecisionTexts:
        row = resolved.fields.get(field)
        return DecisionTexts() if row is None else texts_by_revision.get(row.revision_id, DecisionTexts())

    texts = texts_of("reasons").reasons or (None,) * len(resolved.grounds)
    return DecisionState(
        decision=resolved.decision,
        title=resolved.title,
        status=resolved.status,
        options=resolved.options,
        chosen=resolved.chosen,
        reasons=tuple(
            Reason(belief=ground.belief, goal=ground.goal, text=text)
            for ground, text in zip(resolved.grounds, texts, strict=True)
        ),
        expected=None
        if resolved.expected is None
        else Result(score=resolved.expected, text=texts_of("expected").expected),
        actual=None if resolved.actual is None else Result(score=resolved.actual, text=texts_of("actual").actual),
        evidence=tuple(evidence),
        opened_at=resolved.since,
        decided_at=resolved.field_since("chosen"),
        done_at=resolved.field_since("actual"),
        valid_time=at,
        rev=rev,
        changed_at_rev=changed_at_rev,
    )


def stated_by_person(state: TwinState, decision: str, field: str) -> bool:
    """Whether the person stated a field of a decision."""
    return any(
        row.decision == decision and row.stance == "correction" and getattr(row, field) is not None
        for row in state.decision_statements
    )
