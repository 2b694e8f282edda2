"""What there is of moods: the mood itself, what evidence says of it, and what is published."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from beliefgraph.model.command import Command
from beliefgraph.model.personal import PERSONAL
from beliefgraph.model.record import Key, Record, TwinId
from beliefgraph.model.revision import Publication, Statement
from beliefgraph.model.time import Instant, ValidFrom
from beliefgraph.model.vocabulary import vocabulary

Tone = Annotated[
    Literal["low", "high"],
    vocabulary("On which side of 0 a mood is.", {"low": "Below 0.", "high": "At 0 or above."}),
]


class Mood(Record):
    """A mood that a twin may be in."""

    id: str = Field(description="Id of the mood.")
    twin: TwinId
    key: Key = Field(description="Key of the mood.")


class Word(Record):
    """One word for a mood."""

    text: str = Field(description="The word.")
    since: datetime = Field(description="When it was first said.")


class MoodShown(Statement):
    """That evidence showed a mood of so much."""

    mood: str = Field(description="Id of the mood.")
    height: float = Field(description="How much of it was shown.")
    words: tuple[Word, ...] = Field((), description="The words for it.", json_schema_extra=PERSONAL)

    @property
    def about(self) -> tuple[str, ...]:
        return (self.mood,)


class MoodPublished(Publication):
    """The mean of the moods that were shown, with everything that a field can be."""

    mean: float = Field(description="Mean height of the moods shown.")
    times: int = Field(description="How often it was shown.")
    tone: Tone
    steady: bool = Field(description="Whether all of them were equal.")
    last: Instant = Field(description="When it was last shown.")
    deadline: Instant | None = Field(description="When it will be over; null if nobody knows.")
    words: tuple[Word, ...] = Field(description="All words for it.", json_schema_extra=PERSONAL)


class MoodChange(Record):
    """One mood before and after a commit."""

    mood: Mood = Field(description="The mood.")
    before: MoodPublished | None = Field(description="What was published before; null if nothing was.")
    after: MoodPublished | None = Field(description="What is published now; null if nothing is.")


class ShowMood(Command):
    """Say how high a mood is, from `valid_from` on."""

    mood: Key = Field(description="Key of the mood.")
    height: float = Field(description="How high it is.")
    word: str | None = Field(None, description="A word for it.")
    valid_from: ValidFrom = None
