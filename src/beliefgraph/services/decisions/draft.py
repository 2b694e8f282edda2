"""What events and commands add to the decisions of a twin, one after the other. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from beliefgraph.errors import Incorrect
from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.decision import FIELDS, MAX_DECISIONS, Decision, DecisionFields, DecisionStatement, Ground, Words
from beliefgraph.model.delta import Delta, Records
from beliefgraph.model.evidence import Stance
from beliefgraph.model.identity import decision_id, evidence_id, source_id
from beliefgraph.model.time import Interval
from beliefgraph.model.timeline import revision_id
from beliefgraph.services.goals.draft import Provenance
from beliefgraph.services.interpretation.protocol import Interpretation, InterpretedDecision
from beliefgraph.services.layer.context import CommandContext
from beliefgraph.services.twin.state import TwinState


def told_by(context: CommandContext, speaker: str, stance: Stance, start: datetime) -> Provenance:
    """The provenance of a source's statements about decisions from a moment on."""
    source = source_id(context.state.tenant, speaker)
    return Provenance(
        evidence=evidence_id(context.arrived.id, source),
        speaker=source,
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
        self._words: dict[str, Words] = {}

    @property
    def delta(self) -> Delta:
        """What there is to write."""
        return Delta(made=Records(self._decisions.values()), opened=Records(self._statements), words=self._words)

    @property
    def beliefs(self) -> Sequence[BeliefKey]:
        """None: a decision may refer to beliefs but is not evidence on any."""
        return ()

    def check(self, _: CommandContext, said: Interpretation) -> None:
        """Reject an event with statements about more decisions than a twin can have."""
        self.require_room(told.key for each in said.spoken for told in each.decisions)

    def hear(self, context: CommandContext, said: Interpretation) -> None:
        """Add an event's statements about decisions."""
        for each in (spoken for spoken in said.spoken if spoken.decisions):
            self.tell(told_by(context, each.source, "observation", context.moment), each.decisions)

    def require_room(self, keys: Iterable[str]) -> None:
        """Refuse (`too-large`) decisions of these keys where the twin would have too many."""
        known = {*self._state.decisions, *self._decisions, *(decision_id(self._state.id, key) for key in keys)}
        if len(known) > MAX_DECISIONS:
            raise Incorrect("too-large", f"A twin has at most {MAX_DECISIONS:,} decisions.", twin=self._state.name)

    def tell(self, said: Provenance, decisions: Sequence[InterpretedDecision]) -> None:
        """Add statements about some decisions, within the limit."""
        for told in decisions:
            id_ = decision_id(self._state.id, told.key)
            if id_ not in self._state.decisions:
                self._decisions[id_] = Decision(id=id_, twin=self._state.id, key=told.key)
            statement = self._statement(said, id_, told)
            self._statements.append(statement)
            words = _words(told)
            if words != Words():
                self._words[statement.revision_id] = words

    def _statement(self, said: Provenance, decision: str, told: DecisionFields) -> DecisionStatement:
        key, rev = f"{said.evidence}|{decision}", self._state.rev + 1
        bare = {name: getattr(told, name) for name in FIELDS}
        grounds = None if told.reasons is None else tuple(Ground(belief=r.belief, goal=r.goal) for r in told.reasons)
        scores = {
            name: None if result is None else result.score
            for name, result in (("expected", told.expected), ("actual", told.actual))
        }
        return DecisionStatement(
            revision_id=revision_id("DecisionStatement", key, rev, said.valid.start),
            twin=self._state.id,
            key=key,
            valid_from=said.valid.start,
            rev_from=rev,
            definition="",
            origin=said.origin,
            evidence=said.evidence,
            decision=decision,
            source=said.speaker,
            stance=said.stance,
            **{**bare, **scores, "reasons": grounds},
        )


def _words(told: DecisionFields) -> Words:
    """The texts in a statement; None for a reason without one."""
    texts = tuple(reason.text or None for reason in told.reasons or ())
    return Words(
        reasons=texts if any(texts) else (),
        expected=None if told.expected is None else told.expected.text,
        actual=None if told.actual is None else told.actual.text,
    )
