"""What events and commands add to the decisions of a twin, one after the other. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from beliefgraph.errors import Incorrect
from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.decision import (
    FIELDS,
    MAX_DECISIONS,
    Decision,
    DecisionFields,
    DecisionStatement,
    DecisionTexts,
    Ground,
)
from beliefgraph.model.delta import Delta, Records
from beliefgraph.model.evidence import Stance
from beliefgraph.model.identity import decision_id, evidence_id, source_id
from beliefgraph.model.time import Interval
from beliefgraph.model.timeline import revision_id
from beliefgraph.services.goals.draft import Provenance
from beliefgraph.services.interpretation.protocol import Interpretation, InterpretedDecision
from beliefgraph.services.layer.context import CommandContext
from beliefgraph.services.twin.state import TwinState


def decision_provenance(context: CommandContext, source_name: str, stance: Stance, start: datetime) -> Provenance:
    """The provenance of a source's statements about decisions from a moment on."""
    source = source_id(context.state.tenant, source_name)
    return Provenance(
        evidence=evidence_id(context.arrived.id, source),
        source=source,
        stance=stance,
        valid=Interval(start=start),
        definition="",
    )


class DecisionDraft:
    """The decisions of one twin while a commit is being decided."""

    def __init__(self, state: TwinState) -> None:
        self._state = state
        self._decisions: dict[str, Decision] = {}
        self._statements: list[DecisionStatement] = []
        self._texts: dict[str, DecisionTexts] = {}

    @property
    def delta(self) -> Delta:
        """What there is to write."""
        return Delta(made=Records(self._decisions.values()), opened=Records(self._statements), texts=self._texts)

    @property
    def beliefs(self) -> Sequence[BeliefKey]:
        """None: a decision may refer to beliefs but is not evidence on any."""
        return ()

    def check(self, _: CommandContext, interpretation: Interpretation) -> None:
        """Reject an event with statements about more decisions than a twin can have."""
        self.require_room(stated.key for each in interpretation.statements for stated in each.decisions)

    def add(self, context: CommandContext, interpretation: Interpretation) -> None:
        """Add an event's statements about decisions."""
        for each in (statement for statement in interpretation.statements if statement.decisions):
            self.add_statements(
                decision_provenance(context, each.source, "observation", context.moment), each.decisions
            )

    def require_room(self, keys: Iterable[str]) -> None:
        """Refuse (`too-large`) decisions of these keys where the twin would have too many."""
        known = {*self._state.decisions, *self._decisions, *(decision_id(self._state.id, key) for key in keys)}
        if len(known) > MAX_DECISIONS:
            raise Incorrect("too-large", f"A twin has at most {MAX_DECISIONS:,} decisions.", twin=self._state.name)

    def add_statements(self, provenance: Provenance, decisions: Sequence[InterpretedDecision]) -> None:
        """Add statements about some decisions, within the limit."""
        for stated in decisions:
            id_ = decision_id(self._state.id, stated.key)
            if id_ not in self._state.decisions:
                self._decisions[id_] = Decision(id=id_, twin=self._state.id, key=stated.key)
            statement = self._statement(provenance, id_, stated)
            self._statements.append(statement)
            stated_texts = _texts(stated)
            if stated_texts != DecisionTexts():
                self._texts[statement.revision_id] = stated_texts

    def _statement(self, provenance: Provenance, decision: str, stated: DecisionFields) -> DecisionStatement:
        key, rev = f"{provenance.evidence}|{decision}", self._state.rev + 1
        bare = {name: getattr(stated, name) for name in FIELDS}
        grounds = (
            None if stated.reasons is None else tuple(Ground(belief=r.belief, goal=r.goal) for r in stated.reasons)
        )
        scores = {
            name: None if result is None else result.score
            for name, result in (("expected", stated.expected), ("actual", stated.actual))
        }
        return DecisionStatement(
            revision_id=revision_id("DecisionStatement", key, rev, provenance.valid.start),
            twin=self._state.id,
            key=key,
            valid_from=provenance.valid.start,
            rev_from=rev,
            definition="",
            origin=provenance.origin,
            evidence=provenance.evidence,
            decision=decision,
            source=provenance.source,
            stance=provenance.stance,
            **{**bare, **scores, "reasons": grounds},
        )


def _texts(stated: DecisionFields) -> DecisionTexts:
    """The texts in a statement; None for a reason without one."""
    texts = tuple(reason.text or None for reason in stated.reasons or ())
    return DecisionTexts(
        reasons=texts if any(texts) else (),
        expected=None if stated.expected is None else stated.expected.text,
        actual=None if stated.actual is None else stated.actual.text,
    )
