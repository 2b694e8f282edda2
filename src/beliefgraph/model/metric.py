"""A metric: an attribute over time, derived from the events of a twin, such as a count in seven days, or an absence.

A `MetricDefinition` states which events count, over which window, and the evidence on beliefs while its value is in one
of its bands, or of a level above a threshold. A `Metric` belongs to a twin and is an identity. A `Measurement` is one
event that counts in it, valid for as long as it is remembered; a `Reading` is a published value.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import chain
from typing import Annotated, Literal

from pydantic import Field

from beliefgraph.errors import Incorrect
from beliefgraph.model.belief import ANYONE, ANYWHERE, AttributeName, Context, Subject, Value
from beliefgraph.model.evidence import LogLikelihoodRatio
from beliefgraph.model.record import Expression, Key, Name, Record, Sentence, TwinId
from beliefgraph.model.revision import Publication, Statement
from beliefgraph.model.time import Instant, ReadRev, ReadTime
from beliefgraph.model.vocabulary import vocabulary
from beliefgraph.model.zone import ZoneName

MetricKind = Annotated[
    Literal["count", "sum", "recency", "streak", "absence", "mode", "cadence", "level"],
    vocabulary(
        "What a metric computes from the events in its window.",
        {
            "count": "Number of events.",
            "sum": "Sum of the events' values.",
            "recency": "Whole days since the last event.",
            "streak": "Days or weeks in a row with at least one event.",
            "absence": "Number of events that were not followed up in time.",
            "mode": "Most frequent label, with its share.",
            "cadence": "Mean gap between events, in days.",
            "level": "Current estimate of a drifting quantity, from measurements of it (Kalman filter).",
        },
    ),
]

Period = Annotated[
    Literal["day", "week"],
    vocabulary(
        "Unit in which a streak is counted.",
        {
            "day": "Calendar days.",
            "week": "Calendar weeks.",
        },
    ),
]

LONGEST_WINDOW = timedelta(days=3_660)
"""Ten years: a longer window has no purpose, and would keep every event."""

LARGEST_VALUE = 1e9
"""Maximum absolute number that an event may add to a sum or level; sums are counted in ten-thousandths."""

SMALLEST_DEVIATION = 1e-6
"""Least deviation of a quantity or measurement: smaller ones are below the precision of the largest value."""

MetricValue = Annotated[float, Field(allow_inf_nan=False)]

Quantity = Annotated[float, Field(ge=-LARGEST_VALUE, le=LARGEST_VALUE)]

Deviation = Annotated[float, Field(ge=SMALLEST_DEVIATION, le=LARGEST_VALUE)]

Drift = Annotated[float, Field(ge=0.0, le=LARGEST_VALUE)]
"""The deviation by which a quantity moves in one day; after n days it is √n times that."""


class MetricKey(Record):
    """What identifies a metric in a twin: definition, subject and context."""

    metric: Name = Field(description="Dotted name of the metric, as defined in the catalog.")
    subject: Subject = ANYONE
    context: Context = ANYWHERE


class BandBearing(Record):
    """How a band bears on a belief with the metric's subject and context."""

    attribute: AttributeName
    value: Value = None
    log_likelihood_ratio: LogLikelihoodRatio = Field(
        description="Natural log of how much likelier the band is if the belief holds than if it does not, in "
        "[-30, 30].",
    )


class Band(Record):
    """The values from `at_least` up to the next band.

    What it says holds while the value is in it, however many events arrive.
    """

    at_least: MetricValue = Field(description="Lower end of the band, inclusive.")
    label: Key | None = Field(None, description="For a mode: the label that the band is limited to; null: any.")
    bears_on: tuple[BandBearing, ...] = Field(
        default=(),
        max_length=50,
        description="Evidence on beliefs while the value is in the band.",
    )

    @property
    def says(self) -> str:
        """The band in words: `at least 3`."""
        bound = f"at least {self.at_least:g}"
        return bound if self.label is None else f"{self.label}, {bound}"


class Above(Record):
    """A belief which says that a level is above a threshold.

    The log-likelihood ratio of the measurements is added to its log-odds.
    """

    threshold: Quantity = Field(description="The threshold, in the metric's unit.")
    attribute: AttributeName
    value: Value = None


class FollowUp(Record):
    """The events that follow up those of an absence. If both have a label, only one with the same label counts."""

    events: tuple[Key, ...] = Field(
        min_length=1,
        max_length=20,
        description="Types of the events that follow up, 1 to 20.",
    )
    when: Expression | None = Field(
        None, description="Expression that must be true for the event; null: every event counts."
    )
    label: Expression | None = Field(None, description="Expression for the label; null: any event follows up.")


class ZoneEvents(Record):
    """Events that tell in which time zone the person is from their time on, such as a change of settings or a move."""

    events: tuple[Key, ...] = Field(min_length=1, max_length=20, description="Types of these events, 1 to 20.")
    when: Expression | None = Field(
        None, description="Expression that must be true for the event; null: every event counts."
    )
    zone: Expression = Field(description="Expression for the IANA name of the time zone; null leaves it unchanged.")


class MetricDefinition(Record):
    """Definition of a metric: which events count, over which window, and what the result says about beliefs."""

    key: Name = Field(description="Dotted lower-case name of the metric, permanent.")
    statement: Sentence = Field(description="Words shown to people before the value.")
    description: str = Field(default="", max_length=2_000, description="Notes for those who maintain the catalog.")
    kind: MetricKind
    events: tuple[Key, ...] = Field(min_length=1, max_length=20, description="Types of the events that count, 1 to 20.")
    when: Expression | None = Field(
        None, description="Expression that must be true for an event; null: every event counts."
    )
    source: Expression | None = Field(
        None,
        description="Expression for the source that the event counts for; null: the event's own source.",
    )
    subject: Expression | None = Field(
        None,
        description="Expression for the subject, giving one metric for each; null: `self`.",
    )
    context: Expression | None = Field(
        None,
        description="Expression for the context, giving one metric for each; null: `any`.",
    )
    window: timedelta = Field(description="How far back the metric looks, at most ten years.")
    retention: timedelta | None = Field(
        None,
        description="How long an event is kept for the metric, so that a later version can widen the window; null: as "
        "long as the window.",
    )
    value: Expression | None = Field(
        None,
        description="For a sum or level: expression for the event's number, within ±10⁹.",
    )
    unit: Key | None = Field(None, description="For a sum or level: unit shown after the value.")
    label: Expression | None = Field(None, description="For a mode or absence: expression for the event's label.")
    every: Period | None = Field(None, description="For a streak: whether days or weeks are counted.")
    zone: ZoneName | None = Field(
        None, description="For a streak: IANA name of the time zone whose days and weeks are counted; null: UTC."
    )
    zone_from: Expression | None = Field(
        None,
        description="For a streak: expression for the IANA name of the time zone in which an event happened. If it is "
        "null, the zone of the previous event applies; for the first event, `zone`.",
    )
    zone_events: ZoneEvents | None = Field(
        None,
        description="For a streak: other events that set the twin's time zone, from their time on; null: there are "
        "none.",
    )
    within: timedelta | None = Field(None, description="For an absence: time in which a follow-up is expected.")
    follow_up: FollowUp | None = Field(
        None,
        description="For an absence: the events that are follow-ups; null: the events of the metric themselves.",
    )
    mean: Quantity | None = Field(None, description="For a level: prior mean, in its unit.")
    deviation: Deviation | None = Field(None, description="For a level: prior standard deviation, in its unit.")
    drift: Drift | None = Field(
        None,
        description="For a level: standard deviation of its change in one day, in its unit; in n days it is √n times "
        "as much.",
    )
    noise: Deviation | None = Field(
        None,
        description="For a level: standard deviation of the error of one measurement, in its unit.",
    )
    above: tuple[Above, ...] = Field(
        default=(),
        max_length=50,
        description="For a level: beliefs about it being above a threshold.",
    )
    bands: tuple[Band, ...] = Field(
        default=(),
        max_length=50,
        description="Ranges of the value, and their evidence on beliefs.",
    )
    deprecated: bool = Field(
        False,
        description="Whether the metric is deprecated: it accepts no further events, and its measurements expire with"
        " its window.",
    )

    def model_post_init(self, _context: object) -> None:
        """Refuse a window that never closes or outlasts its retention, and fields that the kind does not use."""
        if self.window <= timedelta(0):
            self._refuse(f"a window of {_days(self.window)} sees no event; it must be longer than nothing")
        if max(self.window, self.remembered) > LONGEST_WINDOW:
            longest = _days(LONGEST_WINDOW)
            span = "window" if self.window > LONGEST_WINDOW else "retention"
            self._refuse(f"a {span} of {_days(getattr(self, span))} never closes; it lasts {longest} at most")
        if self.window > self.remembered:
            self._refuse(
                f"its window of {_days(self.window)} is longer than its retention of {_days(self.remembered)};"
                " events would be forgotten while they count"
            )
        self._takes("value", self.value, "sum", "level")
        self._takes("unit", self.unit, "sum", "level", needed=False)
        self._takes("label", self.label, "mode", "absence", needed=self.kind == "mode")
        self._takes("every", self.every, "streak")
        self._takes("zone", self.zone, "streak", needed=False)
        self._takes("zone_from", self.zone_from, "streak", needed=False)
        self._takes("zone_events", self.zone_events, "streak", needed=False)
        self._takes("within", self.within, "absence")
        self._takes("follow_up", self.follow_up, "absence", needed=False)
        for field in ("mean", "deviation", "drift", "noise"):
            self._takes(field, getattr(self, field), "level")
        self._takes("above", self.above or None, "level", needed=False)
        if self.within is not None and not timedelta(0) < self.within < self.window:
            self._refuse(f"within must be longer than nothing and shorter than its window of {_days(self.window)}")
        if self.follow_up is None and self.kind == "absence" and self.label is not None:
            self._refuse("a label pairs an event with its follow_up, and there is none")
        if self.follow_up is not None and (self.label is None) != (self.follow_up.label is None):
            self._refuse("a label pairs an event with its follow_up: give both one, or neither")
        bands = [(band.label, band.at_least) for band in self.bands]
        if len(set(bands)) < len(bands):
            self._refuse("two of its bands begin at the same value")
        if self.kind != "mode" and any(band.label is not None for band in self.bands):
            self._refuse("only a mode has bands of one label")
        if self.kind == "level" and self.bands:
            self._refuse("its kind, level, has no use for bands; what it says stands under above")
        on = [(each.attribute, each.value) for each in self.above]
        if len(set(on)) < len(on):
            self._refuse("two of its thresholds bear on the same belief")

    @property
    def bearings(self) -> tuple[BandBearing | Above, ...]:
        """Every bearing that it may have."""
        return (*(on for band in self.bands for on in band.bears_on), *self.above)

    @property
    def nothing(self) -> float | None:
        """The value when no event is in the window: 0 of what is counted, and unknown otherwise."""
        return 0.0 if self.kind in ("count", "sum", "streak", "absence") else None

    @property
    def lasts(self) -> bool:
        """Whether its evidence lasts until the next event, beyond its window: that of an absence."""
        return self.kind == "absence" and self.follow_up is None

    @property
    def remembered(self) -> timedelta:
        """How long after its time an event is kept."""
        return self.window if self.retention is None else self.retention

    @property
    def types(self) -> frozenset[str]:
        """Every type of event that it uses."""
        others = (each.events for each in (self.follow_up, self.zone_events) if each is not None)
        return frozenset((*self.events, *chain.from_iterable(others)))

    @property
    def counted(self) -> tuple[object, ...]:
        """The fields that decide which events count and how much: changing one makes another metric."""
        return (
            *(self.kind, frozenset(self.events), self.when, self.source, self.subject, self.context),
            *(self.value, self.label, self.follow_up, self.zone_from, self.zone_events),
        )

    def band(self, value: float | None, label: str | None) -> Band | None:
        """The band that contains a value: the highest that it reaches, those of its own label first."""
        reached = [b for b in self.bands if value is not None and value >= b.at_least and b.label in (None, label)]
        return max(reached, key=lambda b: (b.label is not None, b.at_least), default=None)

    def show(self, value: float | None, label: str | None, deviation: float | None = None) -> str:
        """A value in words: `9 days ago`, `16.4 ± 1.4 hours`; a deviation to two digits."""
        if value is None:
            return "unknown"
        match self.kind:
            case "mode":
                return f"{label} ({value:.0%})"
            case "recency":
                return "today" if value == 0 else f"{value:g} {'day' if value == 1 else 'days'} ago"
            case "cadence":
                return f"every {value:g} days"
            case "streak":
                return f"{value:g} {self.every}{'' if value == 1 else 's'}"
            case "absence" if self.follow_up is None:
                return "yes" if value else "no"
            case _:
                number = f"{value:g}" if deviation is None else f"{value:g} ± {deviation:.2g}"
                return number if self.unit is None else f"{number} {self.unit}"

    def _takes(self, field: str, given: object, *kinds: MetricKind, needed: bool = True) -> None:
        if self.kind in kinds and needed and given is None:
            self._refuse(f"its kind, {self.kind}, needs {field}")
        if self.kind not in kinds and given is not None:
            self._refuse(f"its kind, {self.kind}, has no use for {field}")

    def _refuse(self, wrong: str) -> None:
        raise Incorrect("invalid-definition", f"The metric {self.key}: {wrong}.", metric=self.key)


class Metric(Record):
    """One metric of a twin. Immutable: its values are on its measurements and readings."""

    id: str = Field(description="Id of the metric (UUIDv5 of twin, name, subject and context).")
    twin: TwinId
    name: Name = Field(description="Dotted name of the metric, as defined in the catalog.")
    subject: Subject
    context: Context
    statement: str = Field(description="Words shown to people before the value.")

    @property
    def metric_key(self) -> MetricKey:
        """What makes it the same metric."""
        return MetricKey.trusted(metric=self.name, subject=self.subject, context=self.context)


class Measurement(Statement):
    """One event that counts in a metric, from its time on until its retention ends."""

    metric: str = Field(description="Id of the metric.")
    value: MetricValue = Field(
        1.0,
        description="Number that the event adds to a sum, or the measured value of a level; otherwise 1.",
    )
    label: Key | None = Field(
        None, description="Label of the event, for a mode or an absence; its time zone, for a streak; null otherwise."
    )
    answers: bool = Field(
        False, description="True if the event is a follow-up (absence), or only sets the time zone (streak)."
    )

    @property
    def about(self) -> tuple[str, ...]:
        """The metric."""
        return (self.metric,)


class Reading(Publication):
    """What a twin published about a metric, from the rev that changed it to the rev that changed it again."""

    value: MetricValue | None = Field(description="Published value, rounded to hundredths; null if unknown.")
    label: Key | None = Field(description="Most frequent label, for a mode; null otherwise.")
    band: MetricValue | None = Field(description="Lower end of the band that the value was in; null if none.")
    valid_from: Instant = Field(description="Head time of the twin at which it was derived.")
    key: str = Field(description="Id of the metric.")


class MetricChange(Record):
    """One metric before and after a commit."""

    metric: Metric = Field(description="The metric.")
    before: Reading | None = Field(description="What was published before; null if nothing was published.")
    after: Reading = Field(description="What is published now.")


class MetricState(Record):
    """A metric as it stands at one valid time and rev."""

    metric: Metric = Field(description="The metric.")
    kind: MetricKind
    window: timedelta = Field(description="How far back the metric looks.")
    value: MetricValue | None = Field(description="Value of the metric, unrounded; null if unknown.")
    deviation: MetricValue | None = Field(
        None,
        description="Standard deviation of a level's value, in its unit; null for other kinds.",
    )
    label: Key | None = Field(description="Most frequent label, for a mode; null otherwise.")
    band: str | None = Field(description="Band that the value is in, in words; null if none.")
    since: Instant | None = Field(description="When the value entered the band; null if it is in none.")
    due: Instant | None = Field(description="When the value may next change without an event; null if it will not.")
    events: int = Field(description="Number of events in the window.")
    shown: str = Field(description="The value in words.")
    says: str = Field(description="A sentence with the statement, the value and the band.")
    valid_time: ReadTime
    rev: ReadRev
    apart: str | None = Field(
        None,
        description="Null for a current answer; otherwise the hypotheses of the answer at the requested moment, "
        "empty if none.",
    )


def _days(span: timedelta) -> str:
    days = span / timedelta(days=1)
    return f"{days:g} {'day' if days == 1 else 'days'}"
