"""Decisions: options to choose between, the reasons for a choice, and its expected and actual results.

A decision is an identity. Statements about it are `DecisionStatement`s, stored whole and resolved field by field when
read; its state at a commit is published as a `Deliberation`. The person's own words (`DecisionTexts`) are sealed.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from beliefgraph.errors import Incorrect
from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.evidence import Stance
from beliefgraph.model.preference import Score
from beliefgraph.model.record import Key, LogOdds, Name, Record, Text, Title, TwinId
from beliefgraph.model.revision import Publication, Statement
from beliefgraph.model.time import ChangedAtRev, Instant, ReadRev, ReadTime
from beliefgraph.model.vocabulary import vocabulary

DecisionStatus = Annotated[
    Literal["open", "decided", "done"],
    vocabulary(
        "State of a decision in its life cycle.",
        {
            "open": "No option is chosen yet.",
            "decided": "An option is chosen; the result is not known yet.",
            "done": "The result is known.",
        },
    ),
]

MAX_DECISIONS = 2_000
"""Maximum number of decisions of one twin; more are refused (`too-large`)."""

MAX_OPTIONS = 50
MAX_REASONS = 20
MAX_FEATURES = 100

Number = Annotated[float, Field(strict=True, ge=-1e9, le=1e9, allow_inf_nan=False)]
"""A number that describes an option, in the unit of its feature."""

FeatureValue = Number | Annotated[Key, Field(strict=True)]
"""The value of a feature of an option: a number, or a word."""

Features = Annotated[dict[Name, FeatureValue], Field(max_length=MAX_FEATURES)]


class Option(Record):
    """One thing that can be chosen."""

    key: Key = Field(description="Key of the option, unique within the decision.")
    title: Title | None = Field(None, description="Name shown to people; null: the key is shown.")
    features: Features = Field(
        default_factory=dict,
        description="Features of the option: a number or a string for each, at most 100.",
    )
    goals: Annotated[dict[Key, Score], Field(max_length=MAX_FEATURES)] = Field(
        default_factory=dict,
        description="How much the option serves each goal, by the goal's key, in [-1, 1]; below 0 it hinders the goal.",
    )

    @property
    def named(self) -> str:
        """Its title, else its key."""
        return self.title or self.key


Options = Annotated[tuple[Option, ...], Field(min_length=1, max_length=MAX_OPTIONS)]


def refuse_twins(options: tuple[Option, ...]) -> None:
    """Refuse two options with one key."""
    keys = [option.key for option in options]
    if len(set(keys)) < len(keys):
        twice = next(key for i, key in enumerate(keys) if key in keys[:i])
        raise Incorrect("invalid-input", f"Two options are called {twice!r}.", option=twice)


class Ground(Record):
    """What a reason refers to: a belief or a goal; both null if the reason is only text."""

    belief: BeliefKey | None = Field(None, description="Belief that the reason refers to; null if it refers to none.")
    goal: Key | None = Field(None, description="Key of the goal that the reason refers to; null if none.")


class Reason(Ground):
    """A reason why an option was chosen: the person's words, or a belief or a goal in favour of it."""

    text: Text | None = Field(
        None,
        description="The reason in the person's words; stored encrypted. Null if there are none.",
    )

    def model_post_init(self, _context: object) -> None:
        """Refuse an empty reason."""
        if not (self.text or "").strip() and self.belief is None and self.goal is None:
            raise Incorrect("invalid-input", "A reason has a text, or names a belief or a goal.")


class Result(Record):
    """Expected or actual result of a decision."""

    score: Score = Field(
        description="How good the result is, from -1 (as bad as possible) through 0 (neutral) to 1 (as good as "
        "possible).",
    )
    text: Text | None = Field(
        None,
        description="The result in the person's words; stored encrypted. Null if there are none.",
    )


class DecisionFields(Record):
    """What can be stated about a decision; a field left out stays as it was.

    Options and reasons are replaced as a whole.
    """

    title: Title | None = Field(None, description="Name of the decision shown to people.")
    options: Options | None = Field(None, description="The options to choose from, 1 to 50.")
    chosen: Key | None = Field(None, description="Key of the option chosen.")
    reasons: Annotated[tuple[Reason, ...], Field(max_length=MAX_REASONS)] | None = Field(
        None,
        description="Why it was chosen, at most 20 reasons.",
    )
    expected: Result | None = Field(None, description="How good the result is expected to be.")
    actual: Result | None = Field(None, description="How good the result was.")


FIELDS: tuple[str, ...] = tuple(DecisionFields.model_fields)
"""The fields that can be stated about a decision."""


class DecisionTexts(Record):
    """The person's own words in a statement about a decision, in the order of its reasons."""

    reasons: tuple[str | None, ...] = Field((), description="Text of each reason; null where there is none.")
    expected: str | None = Field(None, description="Text of the expected result; null if there is none.")
    actual: str | None = Field(None, description="Text of the actual result; null if there is none.")


class Decision(Record):
    """Something that a twin decides. Immutable: an application's key, and nothing that changes."""

    id: str = Field(description="Id of the decision (UUIDv5 of twin and key).")
    twin: TwinId
    key: Key = Field(description="Key of the decision, as the application chose it.")


class DecisionStatement(Statement):
    """What one piece of evidence states about one decision, without the person's words.

    For each field the statement with the latest valid time wins; statements by the person themselves (`correction`)
    take precedence over all others.
    """

    decision: str = Field(description="Id of the decision.")
    stance: Stance
    title: Title | None = Field(None, description="Name of the decision; null if not stated.")
    options: tuple[Option, ...] | None = Field(None, description="What there is to choose from; null if not stated.")
    chosen: Key | None = Field(None, description="Key of the option chosen; null if not stated.")
    reasons: tuple[Ground, ...] | None = Field(
        None,
        description="Beliefs and goals that the reasons refer to; null if not stated.",
    )
    expected: Score | None = Field(
        None,
        description="How good the result is expected to be, in [-1, 1]; null if not stated.",
    )
    actual: Score | None = Field(None, description="How good the result was, in [-1, 1]; null if not stated.")

    @property
    def about(self) -> tuple[str, ...]:
        """The decision."""
        return (self.decision,)


class Deliberation(Publication):
    """What a twin published about a decision, from the rev that changed it to the rev that changed it again."""

    title: str = Field(description="Name of the decision.")
    status: DecisionStatus
    options: tuple[Option, ...] = Field(description="The options to choose from.")
    chosen: Key | None = Field(description="Key of the option chosen; null if none is chosen yet.")
    reasons: tuple[Ground, ...] = Field(description="The beliefs and goals that the reasons refer to.")
    expected: Score | None = Field(
        description="How good the result was expected to be, in [-1, 1]; null if not stated.",
    )
    actual: Score | None = Field(description="How good the result was, in [-1, 1]; null if not known.")
    valid_from: Instant = Field(description="Head time of the twin at which it was derived.")
    key: str = Field(description="Id of the decision.")


class EvidenceBehind(Record):
    """One piece of evidence behind an answer, with its source."""

    id: str = Field(description="Id of the evidence.")
    twin: TwinId
    summary: str = Field(description="What was observed, in plain words.")
    source: str = Field(description="Name of the source.")
    time: Instant = Field(description="Valid time of the event.")
    contribution: LogOdds | None = Field(
        None,
        description="Contribution of the evidence to the belief that the point is based on, in log-odds; null if the "
        "point is based on no belief.",
    )


class DecisionState(Record):
    """A decision as it stands at one valid time and rev."""

    decision: Decision = Field(description="The decision.")
    title: str = Field(description="Name of the decision; its key if no title was stated.")
    status: DecisionStatus
    options: tuple[Option, ...] = Field(description="The options to choose from.")
    chosen: Key | None = Field(description="Key of the option chosen; null if none is chosen yet.")
    reasons: tuple[Reason, ...] = Field(description="Why it was chosen.")
    expected: Result | None = Field(description="How good the result was expected to be; null if not stated.")
    actual: Result | None = Field(description="How good the result was; null if not known.")
    evidence: tuple[EvidenceBehind, ...] = Field(description="Evidence for everything that is in force, newest first.")
    opened_at: Instant = Field(description="When the decision was first mentioned.")
    decided_at: Instant | None = Field(description="When the option in force was chosen; null if none is.")
    done_at: Instant | None = Field(description="When the result became known; null if it is not.")
    valid_time: ReadTime
    rev: ReadRev
    changed_at_rev: ChangedAtRev = None

    @property
    def surprise(self) -> float | None:
        """Actual minus expected result, in [-2, 2]; None until both are known."""
        return None if self.expected is None or self.actual is None else self.actual.score - self.expected.score


class DecisionChange(Record):
    """One decision before and after a commit."""

    decision: Decision = Field(description="The decision.")
    before: Deliberation | None = Field(description="What was published before; null if nothing was published.")
    after: Deliberation | None = Field(description="What is published now; null if nothing is published.")


def status_of(chosen: str | None, actual: float | None) -> DecisionStatus:
    """The status of a decision: done once its result is known, decided once an option is chosen."""
    if actual is not None:
        return "done"
    return "open" if chosen is None else "decided"
