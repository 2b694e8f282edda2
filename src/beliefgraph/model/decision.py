"""Decisions: options to choose between, why one was chosen, what was expected of it, and what came of it.

A decision is an identity. What is told of it are `DecisionStatement`s, kept whole and resolved field by field when
read; what stands at a commit is published as a `Deliberation`. What the person says in words (`Words`) is sealed.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from beliefgraph.errors import Incorrect
from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.evidence import Stance
from beliefgraph.model.preference import Score
from beliefgraph.model.record import Key, LogOdds, Name, Record, Text, Title
from beliefgraph.model.revision import Revision
from beliefgraph.model.time import Instant, Rev

DecisionStatus = Literal["open", "decided", "done"]
"""Open until an option is chosen, done once it is known what came of it."""

MAX_DECISIONS = 2_000
"""Decisions of one twin; more are refused (`too-large`)."""

MAX_OPTIONS = 50
MAX_REASONS = 20
MAX_FEATURES = 100

Number = Annotated[float, Field(strict=True, ge=-1e9, le=1e9, allow_inf_nan=False)]
"""A measure of an option, in whatever unit its feature has."""

FeatureValue = Number | Annotated[Key, Field(strict=True)]
"""What an option has of a feature: a number, or a word."""

Features = Annotated[dict[Name, FeatureValue], Field(max_length=MAX_FEATURES)]


class Option(Record):
    """One thing that can be chosen. `features` say what it is like; `goals`, by key, how far it serves them.

    A goal that the option hinders has a number below 0.
    """

    key: Key
    title: Title | None = None
    features: Features = Field(default_factory=dict)
    goals: Annotated[dict[Key, Score], Field(max_length=MAX_FEATURES)] = Field(default_factory=dict)

    @property
    def named(self) -> str:
        """What it is called: its title, else its key."""
        return self.title or self.key


Options = Annotated[tuple[Option, ...], Field(min_length=1, max_length=MAX_OPTIONS)]


def refuse_twins(options: tuple[Option, ...]) -> None:
    """Refuse two options of one key."""
    keys = [option.key for option in options]
    if len(set(keys)) < len(keys):
        twice = next(key for i, key in enumerate(keys) if key in keys[:i])
        raise Incorrect("invalid-input", f"Two options are called {twice!r}.", option=twice)


class Ground(Record):
    """What a reason names: a belief, a preference or a value among them, or a goal; or nothing but words."""

    belief: BeliefKey | None = None
    goal: Key | None = None


class Reason(Ground):
    """Why an option was chosen: in the person's words, or by the belief or the goal that speaks for it."""

    text: Text | None = None

    def model_post_init(self, _context: object) -> None:
        """Refuse a reason that says nothing."""
        if not (self.text or "").strip() and self.belief is None and self.goal is None:
            raise Incorrect("invalid-input", "A reason has a text, or names a belief or a goal.")


class Result(Record):
    """What was expected of a decision, or came of it: -1 as bad as it can be, 0 neither, 1 as good as it can be."""

    score: Score
    text: Text | None = None


class Told(Record):
    """What can be told of a decision; None leaves a field as it was. Options and reasons are told as a whole."""

    title: Title | None = None
    options: Options | None = None
    chosen: Key | None = None
    reasons: Annotated[tuple[Reason, ...], Field(max_length=MAX_REASONS)] | None = None
    expected: Result | None = None
    actual: Result | None = None


FIELDS: tuple[str, ...] = tuple(Told.model_fields)
"""What can be told of a decision."""


class Words(Record):
    """What a statement says in the person's words: of each reason, of what is expected, of what came of it."""

    reasons: tuple[str | None, ...] = ()
    expected: str | None = None
    actual: str | None = None


class Decision(Record):
    """Something that a twin decides. Immutable: an application's key, and nothing that changes."""

    id: str
    twin: str
    key: Key


class DecisionStatement(Revision):
    """What one piece of evidence tells of one decision, from its own moment on, but for its words.

    Of several, the latest counts, field by field; what the person themselves tells (`correction`) counts before all
    that others do.
    """

    evidence: str
    decision: str
    source: str
    stance: Stance
    title: Title | None = None
    options: tuple[Option, ...] | None = None
    chosen: Key | None = None
    reasons: tuple[Ground, ...] | None = None
    expected: Score | None = None
    actual: Score | None = None


class Deliberation(Revision):
    """What the twin published about a decision, from the rev that changed it to the rev that changed it again."""

    title: str
    status: DecisionStatus
    options: tuple[Option, ...]
    chosen: Key | None
    reasons: tuple[Ground, ...]
    expected: Score | None
    actual: Score | None


class EvidenceBehind(Record):
    """One piece of evidence behind something, with who said so.

    `contribution` is its share, in log-odds, of the move of the belief that a point rests on; None where it rests on
    none.
    """

    id: str
    twin: str
    summary: str
    source: str
    time: Instant
    contribution: LogOdds | None = None


class DecisionState(Record):
    """A decision as it stands at one (valid time, rev): what a reader gets.

    `opened_at`, `decided_at` and `done_at` are when it was first told of, when the option that stands was chosen, and
    when what came of it became known. `evidence` is what told of all that stands, the latest first.
    """

    decision: Decision
    title: str
    status: DecisionStatus
    options: tuple[Option, ...]
    chosen: Key | None
    reasons: tuple[Reason, ...]
    expected: Result | None
    actual: Result | None
    evidence: tuple[EvidenceBehind, ...]
    opened_at: Instant
    decided_at: Instant | None
    done_at: Instant | None
    valid_time: Instant
    rev: Rev
    changed_at_rev: Rev | None = None

    @property
    def surprise(self) -> float | None:
        """By how much it came out better than expected, in [-2, 2]; None as long as one of the two is not known."""
        return None if self.expected is None or self.actual is None else self.actual.score - self.expected.score


class DecisionChange(Record):
    """One decision before and after a commit; None where nothing was told of it."""

    decision: Decision
    before: Deliberation | None
    after: Deliberation | None


def status_of(chosen: str | None, actual: float | None) -> DecisionStatus:
    """Where a decision is: done once it is known what came of it, decided once an option is chosen."""
    if actual is not None:
        return "done"
    return "open" if chosen is None else "decided"
