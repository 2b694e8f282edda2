"""Commands and hypothetical changes of a twin. Each is declared once, here, for all interfaces."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from beliefgraph.errors import Incorrect
from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.decision import FIELDS as DECISION_FIELDS
from beliefgraph.model.decision import DecisionFields, refuse_twins
from beliefgraph.model.event import Event, EventName
from beliefgraph.model.evidence import LogLikelihoodRatio
from beliefgraph.model.goal import FIELDS as GOAL_FIELDS
from beliefgraph.model.goal import MAX_RELATED, GoalFields, GoalLinkKind, Weight
from beliefgraph.model.record import (
    Id,
    Key,
    OddsRatio,
    OpenProbability,
    Probability,
    Record,
    TwinName,
    Verbatim,
    refuse_null,
)
from beliefgraph.model.relation import RelationKind
from beliefgraph.model.time import Instant, Rev, ValidFrom, ValidTo
from beliefgraph.model.twin import Identifier

MAX_HYPOTHESES = 100

GoalKeys = Annotated[tuple[Key, ...], Field(max_length=MAX_RELATED)]
"""Goals by their keys."""


class Command(Record):
    """Fields of every command."""

    twin: TwinName
    id: Key | None = Field(
        None,
        description="Idempotency key: a second command with the same id changes nothing. Null: the command is new "
        "each time.",
    )
    expected_rev: Rev | None = Field(
        None,
        description="Refuse the command (rev-conflict) unless the twin is at this rev; null: any.",
    )


class AssertBelief(Command):
    """State how sure a speaker is that a belief holds.

    It counts as evidence from them with the log-likelihood ratio logit(confidence) - logit(prior).
    """

    belief: BeliefKey = Field(description="Belief that is stated.")
    confidence: Probability = Field(description="Stated probability that it holds, in [0, 1].")
    speaker: Key | None = Field(None, description="Who stated it; null: the caller.")
    valid_time: Instant | None = Field(None, description="Valid time of the statement; null: the present moment.")
    verbatim: Verbatim = None


class Correct(Command):
    """Correct a belief over [valid_from, valid_to): in that period, the correction replaces all other direct evidence
    on it.
    """

    belief: BeliefKey = Field(description="Belief that is corrected.")
    holds: bool = Field(description="Whether it holds.")
    valid_from: ValidFrom = None
    valid_to: ValidTo = None
    verbatim: Verbatim = None


class Retract(Command):
    """End a belief, or a relation that was stated for this twin, at a moment; its history is kept.

    Give exactly one of the two.
    """

    belief: BeliefKey | None = Field(None, description="Belief to end.")
    relation: Id | None = Field(None, description="Id of the relation to end, between beliefs or goals.")
    valid_time: Instant | None = Field(None, description="When it ends; null: the present moment.")

    def model_post_init(self, _context: object) -> None:
        """Refuse a command that names none or both."""
        if (self.belief is None) == (self.relation is None):
            raise Incorrect("invalid-input", "Retract a belief or a relation: name one of the two.")


class Withdraw(Command):
    """Withdraw all evidence of an event, or of all events of a source, as if it had never been given.

    Give exactly one of the three fields. A withdrawn event that is sent again counts again.
    """

    evidence: Id | None = Field(
        None, description="Id of a piece of evidence or of an event; the whole event is withdrawn."
    )
    event: EventName | None = Field(None, description="Event to withdraw.")
    source: Key | None = Field(None, description="Name or id of the source all of whose events are withdrawn.")

    def model_post_init(self, _context: object) -> None:
        """Refuse a command that names none or several."""
        if sum(given is not None for given in (self.evidence, self.event, self.source)) != 1:
            raise Incorrect("invalid-input", "Withdraw evidence, an event or all of a source: name one of them.")


class Relate(Command):
    """Relate two beliefs of this twin, for this twin alone, over [valid_from, valid_to)."""

    source: BeliefKey = Field(description="Belief that the relation starts from.")
    target: BeliefKey = Field(description="Belief that the relation leads to.")
    kind: RelationKind
    odds_ratio: OddsRatio | None = Field(
        None,
        description="Factor by which the odds of one belief change if the other holds; above 1 for supports, below "
        "1 for contradicts and excludes. Not for implies.",
    )
    probability: OpenProbability | None = Field(
        None,
        description="For implies, P(target given source); for causes, the probability that this cause alone "
        "produces the effect. In (0, 1).",
    )
    valid_from: ValidFrom = None
    valid_to: ValidTo = None


class SetGoal(Command, GoalFields):
    """Set fields of a goal, such as status or progress, over [valid_from, valid_to).

    An omitted field is not changed; null is refused. A statement made with the person's own key overrides those of
    others. The first statement creates the goal. Related goals must exist; they are added to the existing relations.
    """

    goal: Key = Field(description="Key of the goal.")
    part_of: GoalKeys = Field((), description="Keys of goals that it is part of, at most 100.")
    depends_on: GoalKeys = Field((), description="Keys of goals that must be achieved first, at most 100.")
    competes_with: GoalKeys = Field((), description="Keys of goals that it competes with, at most 100.")
    verbatim: Verbatim = None
    valid_from: ValidFrom = None
    valid_to: ValidTo = None

    def model_post_init(self, _context: object) -> None:
        """Refuse null, and a goal that is related to itself, or twice to another."""
        refuse_null(self, GOAL_FIELDS)
        for what, others in (("part of", self.part_of), ("on", self.depends_on), ("with", self.competes_with)):
            if self.goal in others:
                raise Incorrect(
                    "cyclic-goals", f"The goal {self.goal!r} cannot be related to itself.", goals=[self.goal]
                )
            if len(set(others)) < len(others):
                twice = next(key for i, key in enumerate(others) if key in others[:i])
                raise Incorrect("invalid-input", f"{self.goal!r} names {twice!r} twice ({what}).", goal=twice)


class RelateGoals(Command):
    """Relate two goals over [valid_from, valid_to): one is part of, depends on or competes with the other."""

    source: Key = Field(description="Key of the goal that the relation starts from: the part, or the one that depends.")
    kind: GoalLinkKind
    target: Key = Field(
        description="Key of the goal that the relation leads to: the whole, or what must be achieved first.",
    )
    weight: Weight = Field(1.0, description="Share of the importance that passes along the relation, in (0, 1].")
    valid_from: ValidFrom = None
    valid_to: ValidTo = None


class MotivateGoal(Command):
    """Let a belief motivate a goal over [valid_from, valid_to): the higher the confidence in the belief, the more the
    goal matters.
    """

    belief: BeliefKey = Field(description="Belief that motivates the goal.")
    goal: Key = Field(description="Key of the goal.")
    weight: Weight = Field(1.0, description="Share of the belief's confidence that passes to the goal, in (0, 1].")
    valid_from: ValidFrom = None
    valid_to: ValidTo = None


class RecordDecision(Command, DecisionFields):
    """Set fields of a decision, such as its options, choice or result, from `valid_from` on.

    An omitted field is not changed; null is refused. A statement made with the person's own key overrides those of
    others. The first statement creates the decision. The option chosen and all goals named must exist.
    """

    decision: Key = Field(description="Key of the decision.")
    valid_from: ValidFrom = None

    def model_post_init(self, _context: object) -> None:
        """Refuse null, and two options of one key."""
        refuse_null(self, DECISION_FIELDS)
        refuse_twins(self.options or ())


class Identify(Command):
    """Link an identifier to this twin over [valid_from, valid_to).

    Quarantined events that name the identifier are processed.
    """

    identifier: Identifier = Field(description="Identifier to link.")
    valid_from: Instant | None = Field(
        None,
        description="Start of the link in valid time, inclusive; null: no start.",
    )
    valid_to: ValidTo = None


class Unidentify(Command):
    """Undo all links of an identifier to this twin.

    Evidence of events that arrived through them is withdrawn, and the events return to quarantine.
    """

    identifier: Identifier = Field(description="Identifier to unlink.")


class HypotheticalEvidence(Record):
    """Hypothetical evidence on a belief."""

    belief: BeliefKey = Field(description="Belief that it bears on.")
    log_likelihood_ratio: LogLikelihoodRatio = Field(
        description="Natural log of how much likelier the observation is if the belief holds than if it does not, "
        "in [-30, 30].",
    )


class Assumption(Record):
    """Suppose that one learns whether a belief holds. The beliefs that cause it change too."""

    belief: BeliefKey = Field(description="Belief that is assumed.")
    holds: bool = Field(description="Whether it is assumed to hold.")


class Intervention(Record):
    """Suppose that a belief is made to hold, or not to hold (the do-operator).

    The beliefs that cause it do not change.
    """

    belief: BeliefKey = Field(description="Belief that is set.")
    holds: bool = Field(description="Whether it is made to hold.")


class SupposedGoal(GoalFields):
    """Suppose that the person set fields of a goal; an omitted field is not changed."""

    goal: Key = Field(description="Key of the goal.")

    def model_post_init(self, _context: object) -> None:
        """Refuse null."""
        refuse_null(self, GOAL_FIELDS)


class WhatIf(Record):
    """Hypothetical events, evidence, goals, assumptions and interventions, applied to a copy of the twin.

    Nothing is stored.
    """

    twin: TwinName
    events: Annotated[tuple[Event, ...], Field(max_length=MAX_HYPOTHESES)] = Field(
        (),
        description="Hypothetical events, at most 100.",
    )
    evidence: Annotated[tuple[HypotheticalEvidence, ...], Field(max_length=MAX_HYPOTHESES)] = Field(
        (),
        description="Hypothetical evidence, at most 100.",
    )
    assumptions: Annotated[tuple[Assumption, ...], Field(max_length=MAX_HYPOTHESES)] = Field(
        (),
        description="Beliefs assumed to hold or not, at most 100.",
    )
    interventions: Annotated[tuple[Intervention, ...], Field(max_length=MAX_HYPOTHESES)] = Field(
        (),
        description="Beliefs made to hold or not, at most 100.",
    )
    goals: Annotated[tuple[SupposedGoal, ...], Field(max_length=MAX_HYPOTHESES)] = Field(
        (),
        description="Hypothetical statements about goals, at most 100.",
    )
