"""The interpretation of an event: one entry for each source that states something.

Another interpreter, of free text for example, is one more class with the method of `Interpreter`.
"""

from __future__ import annotations

from typing import Protocol

from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.decision import DecisionFields
from beliefgraph.model.definition import Definitions
from beliefgraph.model.event import Event
from beliefgraph.model.evidence import HalfLife, LogLikelihoodRatio
from beliefgraph.model.goal import GoalFields, Weight
from beliefgraph.model.metric import MetricKey, MetricValue
from beliefgraph.model.record import Key, Record, Text


class BearsOn(Record):
    """How the evidence bears on one belief. The half-life is in seconds; None means that it does not age.

    `from_now_on` says that earlier evidence on the other values no longer counts.
    """

    belief: BeliefKey
    log_likelihood_ratio: LogLikelihoodRatio
    half_life: HalfLife | None = None
    shared_origin: Key | None = None
    shared_across: Key | None = None
    from_now_on: bool = False


class Motive(Record):
    """A belief that motivates a goal."""

    belief: BeliefKey
    weight: Weight = 1.0


class InterpretedGoal(GoalFields):
    """What is stated about one goal, and its relations to others, by their keys."""

    key: Key
    part_of: tuple[Key, ...] = ()
    depends_on: tuple[Key, ...] = ()
    competes_with: tuple[Key, ...] = ()
    motives: tuple[Motive, ...] = ()


class InterpretedDecision(DecisionFields):
    """What is stated about one decision."""

    key: Key


class InterpretedPermission(Record):
    """What is stated about one permission, in the terms of the policy."""

    purpose: Key
    allowed: bool
    category: Key | None = None
    recipient: Key | None = None


class CountsIn(Record):
    """How the evidence counts in one metric: with a value and label, or as a follow-up."""

    metric: MetricKey
    value: MetricValue = 1.0
    label: Key | None = None
    answers: bool = False


class SourceStatement(Record):
    """What one source says through an event: a piece of evidence, with bearings on beliefs, and goals and decisions.

    It may also, or only, count in metrics; `summary` is then what the metrics measure, unless a rule gives one.
    """

    source: Key
    summary: str
    verbatim: Text | None = None
    source_kind: Key | None = None
    bearings: tuple[BearsOn, ...] = ()
    goals: tuple[InterpretedGoal, ...] = ()
    decisions: tuple[InterpretedDecision, ...] = ()
    permissions: tuple[InterpretedPermission, ...] = ()
    counts: tuple[CountsIn, ...] = ()


class Interpretation(Record):
    """What an event says, one entry for each source. Empty: it was understood and is evidence on nothing."""

    statements: tuple[SourceStatement, ...] = ()


class Interpreter(Protocol):
    """Interprets events."""

    def interpret(self, event: Event, definitions: Definitions) -> Interpretation:
        """What the event says under these definitions.

        Raises `no-interpretation` if it has no rule for the event, `interpretation-failed` if a rule fails on this
        event.
        """
        ...
