"""Commands: what a caller asks to be changed. Each is declared here once; every door takes its input type from it.

`id` makes a second sending harmless; left out, the command is new each time. `expected_rev` refuses (`rev-conflict`)
unless the twin is still where the caller saw it.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from beliefgraph.errors import Incorrect
from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.decision import FIELDS as DECISION_FIELDS
from beliefgraph.model.decision import Told, refuse_twins
from beliefgraph.model.event import Event, EventName
from beliefgraph.model.evidence import LogLikelihoodRatio
from beliefgraph.model.goal import FIELDS as GOAL_FIELDS
from beliefgraph.model.goal import MAX_RELATED, GoalLinkKind, Stated, Weight
from beliefgraph.model.record import Id, Key, OddsRatio, OpenProbability, Probability, Record, Text, refuse_null
from beliefgraph.model.relation import RelationKind
from beliefgraph.model.time import Instant, Rev
from beliefgraph.model.twin import Identifier

MAX_HYPOTHESES = 100

GoalKeys = Annotated[tuple[Key, ...], Field(max_length=MAX_RELATED)]
"""Goals by their keys."""


class Command(Record):
    """What every command carries."""

    twin: Key
    id: Key | None = None
    expected_rev: Rev | None = None


class AssertBelief(Command):
    """Somebody states how sure they are: evidence of logit(stated) - logit(prior) from that speaker."""

    belief: BeliefKey
    confidence: Probability
    speaker: Key | None = None
    valid_time: Instant | None = None
    verbatim: Text | None = None


class Correct(Command):
    """The person sets a belief right over [valid_from, valid_to): it replaces all other direct evidence there."""

    belief: BeliefKey
    holds: bool
    valid_from: Instant | None = None
    valid_to: Instant | None = None
    verbatim: Text | None = None


class Retract(Command):
    """A belief, or a relation of this twin's own, ends at a moment; its history stays."""

    belief: BeliefKey | None = None
    relation: Id | None = None
    valid_time: Instant | None = None

    def model_post_init(self, _context: object) -> None:
        """Refuse to end nothing, or two things."""
        if (self.belief is None) == (self.relation is None):
            raise Incorrect("invalid-input", "Retract a belief or a relation: name one of the two.")


class Withdraw(Command):
    """Events are taken back from their start, as if they had never been: one of them, or all in which a source spoke.

    What an event said is withdrawn as a whole, all its evidence and wherever it counts. `evidence` is the id of a piece
    of evidence, or of an event, as any answer gives it; `source` is the name of a source or its id. Sent again, a
    withdrawn event is taken in again.
    """

    evidence: Id | None = None
    event: EventName | None = None
    source: Key | None = None

    def model_post_init(self, _context: object) -> None:
        """Refuse to withdraw nothing, or two things."""
        if sum(given is not None for given in (self.evidence, self.event, self.source)) != 1:
            raise Incorrect("invalid-input", "Withdraw evidence, an event or all of a source: name one of them.")


class Relate(Command):
    """Two beliefs of this twin are related, for this twin alone, over [valid_from, valid_to)."""

    source: BeliefKey
    target: BeliefKey
    kind: RelationKind
    odds_ratio: OddsRatio | None = None
    probability: OpenProbability | None = None
    valid_from: Instant | None = None
    valid_to: Instant | None = None


class SetGoal(Command, Stated):
    """What somebody states of a goal over [valid_from, valid_to).

    What is left out stays as it was, and null is refused. By the person themselves it stands on every field it names:
    what others state there does not count. A goal is made by the first statement of it. The goals it is part of,
    depends on or competes with must be known; these are added to those it has.
    """

    goal: Key
    part_of: GoalKeys = ()
    depends_on: GoalKeys = ()
    competes_with: GoalKeys = ()
    verbatim: Text | None = None
    valid_from: Instant | None = None
    valid_to: Instant | None = None

    def model_post_init(self, _context: object) -> None:
        """Refuse null, and a goal that is related to itself, or to another twice."""
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
    """A goal is part of another, depends on it or competes with it, over [valid_from, valid_to).

    `weight` is how much of its importance the one passes to the other.
    """

    source: Key
    kind: GoalLinkKind
    target: Key
    weight: Weight = 1.0
    valid_from: Instant | None = None
    valid_to: Instant | None = None


class MotivateGoal(Command):
    """A belief motivates a goal over [valid_from, valid_to): the surer it is, the more the goal matters."""

    belief: BeliefKey
    goal: Key
    weight: Weight = 1.0
    valid_from: Instant | None = None
    valid_to: Instant | None = None


class RecordDecision(Command, Told):
    """What somebody tells of a decision from `valid_from` on; what is left out stays as it was, and null is refused.

    By the person themselves it stands on every field it names: what others tell there does not count. A decision is
    made by the first thing told of it. What is chosen must be one of its options; the goals that options and reasons
    name must be known.
    """

    decision: Key
    valid_from: Instant | None = None

    def model_post_init(self, _context: object) -> None:
        """Refuse null, and two options of one key."""
        refuse_null(self, DECISION_FIELDS)
        refuse_twins(self.options or ())


class Identify(Command):
    """An identifier leads to this twin over [valid_from, valid_to); events waiting for it are taken in."""

    identifier: Identifier
    valid_from: Instant | None = None
    valid_to: Instant | None = None


class Unidentify(Command):
    """An identifier never led here: the link is undone; what came by it is withdrawn, and waits for another link."""

    identifier: Identifier


class HypotheticalEvidence(Record):
    """Evidence that does not exist: a log-likelihood ratio on a belief."""

    belief: BeliefKey
    log_likelihood_ratio: LogLikelihoodRatio


class Assumption(Record):
    """A belief taken for granted, or for excluded: what it would be to learn so. Its causes move with it."""

    belief: BeliefKey
    holds: bool


class Intervention(Record):
    """A belief made to hold, or not to: what it would be to bring that about.

    What causes it stops to bear on it, and hears of it no more: its causes stay as they would be without it.
    """

    belief: BeliefKey
    holds: bool


class SupposedGoal(Stated):
    """What is supposed to be stated of a goal, by the person themselves; what is left out stays as it is."""

    goal: Key

    def model_post_init(self, _context: object) -> None:
        """Refuse null."""
        refuse_null(self, GOAL_FIELDS)


class WhatIf(Record):
    """What would follow? Hypothetical events, evidence, statements of goals, assumptions, interventions on a copy."""

    twin: Key
    events: Annotated[tuple[Event, ...], Field(max_length=MAX_HYPOTHESES)] = ()
    evidence: Annotated[tuple[HypotheticalEvidence, ...], Field(max_length=MAX_HYPOTHESES)] = ()
    assumptions: Annotated[tuple[Assumption, ...], Field(max_length=MAX_HYPOTHESES)] = ()
    interventions: Annotated[tuple[Intervention, ...], Field(max_length=MAX_HYPOTHESES)] = ()
    goals: Annotated[tuple[SupposedGoal, ...], Field(max_length=MAX_HYPOTHESES)] = ()
