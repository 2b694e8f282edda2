"""The sample story as data: its definitions, its events, what happens between them, and what is asked at the end.

`catalog.yaml`, `events.jsonl` and `story.yaml` lie beside this module and ship with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cached_property
from importlib.resources import files

import yaml

from beliefgraph.errors import BeliefgraphError
from beliefgraph.ingest.catalogs import parse_catalogs
from beliefgraph.ingest.cloudevents import read_structured
from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.command import Correct, Identify, WhatIf
from beliefgraph.model.decision_check import CheckDecision
from beliefgraph.model.event import Event
from beliefgraph.model.reasons import Interpret
from beliefgraph.model.record import Key, Record
from beliefgraph.model.time import AsOf, Instant

AT_RECEIPT = datetime(2026, 10, 1, tzinfo=UTC)  # what an event without a time would get; all of these have one


class Character(Record):
    """One of the story's twins, and who it is."""

    name: Key
    who: str


class Scene(Record):
    """What happens after an event, or before all of them: something to say, and often a command.

    A correction is the person's own word, so it needs a key that is bound to the person.
    """

    after: Key | None = None
    say: str
    command: Identify | Correct | None = None


class Explain(Record):
    """The belief that is explained at the end, and asked again as of an earlier moment."""

    twin: Key
    belief: BeliefKey


class ShownDistribution(Record):
    """The attribute with several values of which the distribution is shown, now and as of the earlier moment."""

    twin: Key
    variable: BeliefKey


class Suppose(Record):
    """The what-if, in words and as the question."""

    say: str
    question: WhatIf


class ShownPreferences(Record):
    """The twin whose preferences are shown at the end, in a context."""

    say: str
    twin: Key
    context: Key


class ShownExplanation(Record):
    """What is asked why it happened, as of a moment, in words and as the question."""

    say: str
    question: Interpret
    as_of: AsOf


class Measure(Record):
    """The twin whose metrics are listed, as of a moment and at the end."""

    say: str
    twin: Key
    as_of: AsOf


class ShownGoals(Record):
    """The twin whose goals are shown at the end, beside what they were, and the goal that is explained."""

    twin: Key
    goal: Key
    since: AsOf


class Decide(Record):
    """The options that are checked, in words and as the question."""

    say: str
    question: CheckDecision


class Foreseen(Record):
    """A twin and an outcome."""

    twin: Key
    outcome: Key


class Foresee(Record):
    """The twin and outcome whose forecasts are shown, and one with grades, the outcomes that are scored, and how often
    one is made."""

    say: str
    every: timedelta
    outcome: Key
    twin: Key
    graded: Foreseen
    records: tuple[Key, ...]


class ShownTrajectory(Record):
    """The trajectory that is shown as of a moment and at the end, and how many questions to ask next are."""

    twin: Key
    trajectory: Key
    as_of: AsOf
    questions: int


class Ask(Record):
    """What is asked when all events are in."""

    explain: Explain
    goal: ShownGoals
    as_of: AsOf
    want: ShownPreferences
    decide: Decide
    measure: Measure
    foresee: Foresee
    journey: ShownTrajectory
    which: ShownDistribution
    why: tuple[ShownExplanation, ...]
    what_if: Suppose


class Story(Record):
    """The whole story. `events` are in the order of delivery: one comes late, and one comes twice."""

    title: str
    twins: tuple[Character, ...]
    scenes: tuple[Scene, ...]
    ask: Ask
    catalogs: tuple[Catalog, ...]
    events: tuple[Event, ...]

    def play(self) -> Iterator[Event | Scene]:
        """The events in the order of delivery, with each scene in its place."""
        waiting: dict[str | None, list[Scene]] = {}
        for scene in self.scenes:
            waiting.setdefault(scene.after, []).append(scene)
        yield from waiting.pop(None, [])
        for event in self.events:
            yield event
            yield from waiting.pop(event.id, [])

    @cached_property
    def begins(self) -> Instant:
        """The moment of the first event."""
        return min(event.time for event in self.events)

    @cached_property
    def ends(self) -> Instant:
        """The moment of the last event."""
        return max(event.time for event in self.events)


def load_story() -> Story:
    """The sample story, read from its files."""
    return Story.model_validate(
        {
            **yaml.safe_load(_read("story.yaml")),
            "catalogs": parse_catalogs(_read("catalog.yaml"), "catalog.yaml"),
            "events": [_event(number, line) for number, line in enumerate(_read("events.jsonl").splitlines(), start=1)],
        }
    )


def _event(number: int, line: bytes) -> Event:
    try:
        return read_structured(line, AT_RECEIPT)
    except BeliefgraphError as error:
        raise type(error)(error.code, f"events.jsonl, line {number}: {error.message}", line=number) from None


def _read(name: str) -> bytes:
    return files("beliefgraph.story").joinpath(name).read_bytes()
