"""A metric: an attribute over time, derived from the events of a twin, such as a count in seven days, or an absence.

A `MetricDefinition` says which events count, over which window, and what it says of beliefs when its value is in one of
its bands, or of a level above a threshold. A `Metric` is one of a twin's, an identity. A `Measurement` is one event
that counts in it, valid for as long as it is remembered; a `Reading` is what the twin published of it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from beliefgraph.errors import Incorrect
from beliefgraph.model.belief import ANYONE, ANYWHERE
from beliefgraph.model.evidence import LogLikelihoodRatio
from beliefgraph.model.record import Expression, Key, Name, Record, Sentence
from beliefgraph.model.revision import Revision
from beliefgraph.model.time import Instant, Rev

MetricKind = Literal["count", "sum", "recency", "streak", "absence", "mode", "cadence", "level"]
"""What is made of the events in the window.

count: how many. sum: of their values. recency: whole days since the last. streak: days or weeks in a row with one.
absence: how many were not followed up in time. mode: the most frequent label. cadence: the mean gap in days.
level: where a quantity that drifts is by now, from measurements of it.
"""

Period = Literal["day", "week"]

LONGEST_WINDOW = timedelta(days=3_660)
"""Ten years: a window that is longer never closes for anybody's purpose, and would hold every event there is."""

LARGEST_VALUE = 1e9
"""The largest number an event may add to a sum or measure of a level, either way; a sum counts in ten-thousandths."""

SMALLEST_DEVIATION = 1e-6
"""The least spread of a quantity or of one measurement: less cannot be told from none beside the largest value."""

MetricValue = Annotated[float, Field(allow_inf_nan=False)]

Quantity = Annotated[float, Field(ge=-LARGEST_VALUE, le=LARGEST_VALUE)]

Deviation = Annotated[float, Field(ge=SMALLEST_DEVIATION, le=LARGEST_VALUE)]

Drift = Annotated[float, Field(ge=0.0, le=LARGEST_VALUE)]
"""The deviation by which a quantity moves in one day; after n days it is √n times that."""


class MetricKey(Record):
    """What makes two metrics the same: the definition, whom or what it is about, and the situation it applies in."""

    metric: Name
    subject: Key = ANYONE
    context: Key = ANYWHERE


class BandBearing(Record):
    """How a band bears on a belief of the metric's subject and context, about one value where the attribute has any."""

    attribute: Name
    value: Key | None = None
    log_likelihood_ratio: LogLikelihoodRatio


class Band(Record):
    """Values from `at_least` up to the next band; for a mode, of one `label` if it names one.

    What it says holds while the value is in it, however many events come meanwhile.
    """

    at_least: MetricValue
    label: Key | None = None
    bears_on: tuple[BandBearing, ...] = Field(default=(), max_length=50)

    @property
    def says(self) -> str:
        """The band in words: `at least 3`."""
        bound = f"at least {self.at_least:g}"
        return bound if self.label is None else f"{self.label}, {bound}"


class Above(Record):
    """That a level above the threshold is what a belief of the metric's subject and context says.

    What the measurements add to the log-odds of the one, they add to the other's.
    """

    threshold: Quantity
    attribute: Name
    value: Key | None = None


class FollowUp(Record):
    """The events that answer those of an absence; where both have a label, only one of the same label answers."""

    events: tuple[Key, ...] = Field(min_length=1, max_length=20)
    when: Expression | None = None
    label: Expression | None = None


class MetricDefinition(Record):
    """A metric described once. `window` is how far back it looks, `retention` how long it remembers an event.

    `mean` and `deviation` are the prior of a level, `drift` how it moves and `noise` the deviation of one measurement;
    `unit` is what its value or a sum is told in.
    A deprecated one takes in no further events; what it measures runs out with its window.
    """

    key: Name
    statement: Sentence
    description: str = Field(default="", max_length=2_000)
    kind: MetricKind
    events: tuple[Key, ...] = Field(min_length=1, max_length=20)
    when: Expression | None = None
    source: Expression | None = None
    subject: Expression | None = None
    context: Expression | None = None
    window: timedelta
    retention: timedelta | None = None
    value: Expression | None = None
    unit: Key | None = None
    label: Expression | None = None
    every: Period | None = None
    within: timedelta | None = None
    follow_up: FollowUp | None = None
    mean: Quantity | None = None
    deviation: Deviation | None = None
    drift: Drift | None = None
    noise: Deviation | None = None
    above: tuple[Above, ...] = Field(default=(), max_length=50)
    bands: tuple[Band, ...] = Field(default=(), max_length=50)
    deprecated: bool = False

    def model_post_init(self, _context: object) -> None:
        """Refuse a window that never closes or outlasts its retention, and fields that the kind has no use for."""
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
        """Everything by which it may bear on a belief."""
        return (*(on for band in self.bands for on in band.bears_on), *self.above)

    @property
    def nothing(self) -> float | None:
        """The value when no event is in the window: 0 of what is counted, and unknown otherwise."""
        return 0.0 if self.kind in ("count", "sum", "streak", "absence") else None

    @property
    def remembered(self) -> timedelta:
        """How long after its time an event is remembered."""
        return self.window if self.retention is None else self.retention

    @property
    def types(self) -> frozenset[str]:
        """Every type of event that it looks at."""
        return frozenset((*self.events, *(self.follow_up.events if self.follow_up else ())))

    @property
    def counted(self) -> tuple[object, ...]:
        """What decides which events count and for how much: to change it is to make another metric."""
        return (
            *(self.kind, frozenset(self.events), self.when, self.source, self.subject, self.context),
            *(self.value, self.label, self.follow_up),
        )

    def band(self, value: float | None, label: str | None) -> Band | None:
        """The band that a value is in: the highest that it reaches, one of its own label before the others."""
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
    """One metric of a twin. Immutable: what it measures lies on its measurements and readings."""

    id: str
    twin: str
    name: Name
    subject: Key
    context: Key
    statement: str

    @property
    def metric_key(self) -> MetricKey:
        """What makes it the same metric."""
        return MetricKey(metric=self.name, subject=self.subject, context=self.context)


class Measurement(Revision):
    """One event that counts in a metric, from its time on for as long as it is remembered.

    `answers` says that it is a follow-up of an absence; `value` is what it adds to a sum, `label` what it is called.
    """

    evidence: str
    metric: str
    source: str
    value: MetricValue = 1.0
    label: Key | None = None
    answers: bool = False


class Reading(Revision):
    """What the twin published of a metric, from the rev that changed it to the rev that changed it again.

    `value` is derived at head time `valid_from`, rounded to hundredths; None where nothing is left to derive it from.
    `band` is the lower end of the band it was in.
    """

    value: MetricValue | None
    label: Key | None
    band: MetricValue | None


class MetricChange(Record):
    """One metric before and after a commit; `before` is None where it was not measured."""

    metric: Metric
    before: Reading | None
    after: Reading


class MetricState(Record):
    """A metric as it stands at one (valid time, rev): what a reader gets.

    `deviation` is how far off a level may be. `shown` is its value in words, `says` that with its statement and band.
    `since` is when it came into the band, `due` when time alone may change it next, `events` how many events it sees.
    `apart` is None of now; else what the answer supposes at the moment asked for, "" for nothing.
    """

    metric: Metric
    kind: MetricKind
    window: timedelta
    value: MetricValue | None
    deviation: MetricValue | None = None
    label: Key | None
    band: str | None
    since: Instant | None
    due: Instant | None
    events: int
    shown: str
    says: str
    valid_time: Instant
    rev: Rev
    apart: str | None = None


def _days(span: timedelta) -> str:
    days = span / timedelta(days=1)
    return f"{days:g} {'day' if days == 1 else 'days'}"
