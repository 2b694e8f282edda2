"""Outcomes: what may happen to a twin within a horizon, what counts as having happened, and how likely it is.

Time is divided into periods of one cadence (`every`). A forecast is made at the start of a period. Events count when
they happen; metrics and beliefs are read at the end of each period.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from beliefgraph.errors import Incorrect
from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.grade import Grades
from beliefgraph.model.metric import MetricKey, MetricValue
from beliefgraph.model.record import Expression, Key, LogOdds, Name, OddsRatio, OpenProbability, Record, Title
from beliefgraph.model.time import BEGINNING, Instant

LONGEST_HORIZON = timedelta(days=3_660)
"""Ten years: forecasts with longer horizons would hardly ever be resolved."""

MOST_PERIODS = 1_000
"""Maximum number of periods of one horizon, each of which a learned forecast computes."""

MOST_INPUTS = 100

FEATURES = 1
"""Version of the columns that hazards are learned on; hazards of other versions are not used."""

BELIEF = "belief "
"""Prefix of the names of inputs that are beliefs."""

Threshold = Annotated[float, Field(gt=0.0, lt=1.0, allow_inf_nan=False)]


class OutcomeEvent(Record):
    """Events of one CloudEvents type by which an outcome happens."""

    type: Key = Field(description="CloudEvents type.")
    when: Expression | None = Field(
        None,
        description="Expression that must be true for the event; null: every event counts. An event for which it fails "
        "does not count.",
    )


class MetricReached(Record):
    """A metric within bounds at the end of a period."""

    metric: MetricKey = Field(description="The metric.")
    at_least: MetricValue | None = Field(None, description="Least value that counts, inclusive; null: no lower bound.")
    below: MetricValue | None = Field(None, description="Bound that the value stays below; null: no upper bound.")

    def model_post_init(self, _context: object) -> None:
        """Refuse a metric without bounds, and bounds that exclude every value."""
        if self.at_least is None and self.below is None:
            raise Incorrect("invalid-definition", f"{self.metric.metric}: state at_least, below, or both.")
        if self.at_least is not None and self.below is not None and self.below <= self.at_least:
            raise Incorrect("invalid-definition", f"{self.metric.metric}: no value is within these bounds.")

    def holds(self, value: float | None) -> bool:
        """Whether a value is within the bounds; an unknown one is not."""
        if value is None:
            return False
        return (self.at_least is None or value >= self.at_least) and (self.below is None or value < self.below)


class BeliefReached(Record):
    """A belief that turned out: one more confident than a threshold, or corrected, at the end of a period."""

    belief: BeliefKey = Field(description="The belief.")
    at_least: Threshold | None = Field(
        None, description="Least confidence that counts, in (0, 1); null where a correction counts."
    )
    corrected: bool | None = Field(
        None, description="What a correction must state to count: true, that the belief holds; false, that it does not."
    )

    def model_post_init(self, _context: object) -> None:
        """Refuse both and neither of a threshold and a correction."""
        if (self.at_least is None) == (self.corrected is None):
            raise Incorrect(
                "invalid-definition", f"{self.belief.attribute}: state at_least or corrected, one of the two."
            )


class Horizon(Record):
    """How far ahead an outcome is forecast, and the probability used if nothing was learned."""

    within: timedelta = Field(description="Length of the horizon, a whole number of the outcome's periods.")
    expected: OpenProbability = Field(
        description="Probability that the outcome happens within the horizon, before anything is known about a twin, "
        "in (0, 1)."
    )


class Held(Record):
    """A belief that a twin holds with at least some confidence."""

    belief: BeliefKey = Field(description="The belief.")
    at_least: Threshold = Field(0.5, description="Least confidence in it, in (0, 1).")


class Segment(Record):
    """Twins for which an outcome is more likely or less likely than for others. The first that matches counts."""

    key: Key = Field(description="Name of the segment, unique within the outcome.")
    belief: BeliefKey = Field(description="Belief that twins of the segment hold.")
    at_least: Threshold = Field(0.5, description="Least confidence in the belief, in (0, 1).")
    odds_ratio: OddsRatio = Field(
        description=(
            "Factor by which the odds of the outcome in the segment differ from the odds elsewhere: above 1 they are "
            "higher, below 1 lower."
        )
    )

    @property
    def holds(self) -> tuple[Held, ...]:
        """The belief, in the form in which segments of all outcomes name those that twins hold."""
        return (Held(belief=self.belief, at_least=self.at_least),)

    @property
    def lacks(self) -> tuple[Held, ...]:
        """The beliefs that its twins do not hold: none."""
        return ()


class OutcomeDefinition(Record):
    """What may happen to a twin, what counts as having happened, and how it is forecast.

    Exactly one of `events`, `metric` and `belief` says what counts, or what `grades` names.
    """

    key: Name = Field(description="Dotted lower-case name of the outcome, permanent.")
    title: Title = Field(description="Name shown to people.")
    description: str = Field(default="", max_length=2_000, description="Notes for those who maintain the catalog.")
    events: tuple[OutcomeEvent, ...] = Field(
        default=(), max_length=20, description="Events that mean that it happened, at most 20 types."
    )
    metric: MetricReached | None = Field(
        None, description="Metric that defines whether it happened; null if something else does."
    )
    belief: BeliefReached | None = Field(
        None, description="Belief that defines whether it happened; null if something else does."
    )
    grades: Grades | None = Field(None, description="Ordered grades of the outcome; null: it happens or it does not.")
    every: timedelta = Field(description="Cadence: how often forecasts are made, and the length of a period.")
    counted_from: Instant = Field(
        BEGINNING,
        description="Moment at which a period begins, from which all others are counted; default: the beginning of "
        "1970.",
    )
    horizons: tuple[Horizon, ...] = Field(
        min_length=1, max_length=10, description="How far ahead it is forecast, 1 to 10 horizons."
    )
    once: bool = Field(
        False, description="Whether it can happen only once: a twin to which it has happened gets no more forecasts."
    )
    applies_to: Held | None = Field(
        None,
        description="Belief that a twin must hold for the outcome to be forecast for it; null: it is forecast for all"
        " twins.",
    )
    indicator: BeliefKey | None = Field(
        None,
        description="Belief whose change from its prior shifts the stated probability, until a model is learned.",
    )
    segments: tuple[Segment, ...] = Field(
        default=(), max_length=20, description="Segments with their own odds ratios, at most 20."
    )
    beliefs: tuple[BeliefKey, ...] = Field(
        default=(), max_length=MOST_INPUTS, description="Beliefs to learn from, including preferences, at most 100."
    )
    metrics: tuple[MetricKey, ...] = Field(
        default=(), max_length=MOST_INPUTS, description="Metrics to learn from, at most 100."
    )
    goals: bool = Field(False, description="Whether to learn from goals: their number, motivation and progress.")
    decisions: bool = Field(
        False, description="Whether to learn from decisions: the number open and the number decided."
    )
    deprecated: bool = Field(
        False, description="Whether it is no longer forecast. It cannot be deleted, because its record refers to it."
    )

    def model_post_init(self, _context: object) -> None:
        """Refuse an outcome that nothing resolves, and a cadence or horizon that is zero, infinite or does not fit."""
        given = (bool(self.events), self.metric is not None, self.belief is not None)
        graded = self.grades is not None and not self.events
        if sum(given) + graded != 1:
            self._refuse("say what resolves it: events, a metric or a belief, one of the three")
        if self.grades is not None:
            for wrong in self.grades.faults(by_events=bool(self.events)):
                self._refuse(wrong)
            if self.once:
                self._refuse("what comes in grades is never once only")
        if not timedelta(0) < self.every <= LONGEST_HORIZON:
            self._refuse(f"its cadence (every) must be longer than nothing and at most {LONGEST_HORIZON.days} days")
        for horizon in self.horizons:
            if not timedelta(0) < horizon.within <= LONGEST_HORIZON:
                self._refuse(f"a horizon must be longer than nothing and at most {LONGEST_HORIZON.days} days")
            if horizon.within % self.every:
                self._refuse("a horizon must be a whole number of its periods (every)")
            if self.periods(horizon.within) > MOST_PERIODS:
                self._refuse(f"a horizon may have {MOST_PERIODS:,} periods (every)")
        for what, names in (
            ("horizon", [horizon.within for horizon in self.horizons]),
            ("segment", [segment.key for segment in self.segments]),
            ("belief", list(self.beliefs)),
            ("metric", list(self.metrics)),
        ):
            if len(set(names)) < len(names):
                self._refuse(f"it has a {what} twice")

    @property
    def resolved_by(self) -> tuple[object, ...]:
        """The fields that decide what counts as having happened: changing one makes another outcome."""
        graded = None if self.grades is None else self.grades.decides
        return self.events, self.metric, self.belief, graded, self.every, self.counted_from, self.once

    @property
    def learned_on(self) -> tuple[str, ...]:
        """What a hazard is learned on, as text for each input; hazards learned on anything else are not used."""
        return (
            f"version {FEATURES}, every {self.every.total_seconds():g} s",
            *(belief.model_dump_json(exclude_defaults=True) for belief in self.beliefs),
            *(metric.model_dump_json(exclude_defaults=True) for metric in self.metrics),
            *(["goals"] * self.goals),
            *(["decisions"] * self.decisions),
            *(["grades " + self.grades.decides] if self.grades is not None else ()),
        )

    @property
    def named_beliefs(self) -> Iterator[tuple[tuple[str | int, ...], BeliefKey]]:
        """Every belief that it names, with its location in the definition."""
        if self.belief is not None:
            yield ("belief",), self.belief.belief
        if self.grades is not None:
            yield from ((("grades", *place), belief) for place, belief in self.grades.named_beliefs)
        if self.indicator is not None:
            yield ("indicator",), self.indicator
        if self.applies_to is not None:
            yield ("applies_to",), self.applies_to.belief
        yield from ((("segments", n), segment.belief) for n, segment in enumerate(self.segments))
        yield from ((("beliefs", n), belief) for n, belief in enumerate(self.beliefs))

    @property
    def on_published(self) -> bool:
        """Whether it is learned from published state (beliefs, metrics, goals and others), and not only from events."""
        return bool(self.beliefs or self.metrics or self.goals or self.decisions or self.applies_to)

    @property
    def named_metrics(self) -> Iterator[tuple[tuple[str | int, ...], MetricKey]]:
        """Every metric that it names, with its location in the definition."""
        if self.metric is not None:
            yield ("metric",), self.metric.metric
        if self.grades is not None and self.grades.metric is not None:
            yield ("grades", "metric"), self.grades.metric
        yield from ((("metrics", n), metric) for n, metric in enumerate(self.metrics))

    def periods(self, horizon: timedelta) -> int:
        """How many periods a horizon has."""
        return horizon // self.every

    def moment(self, at: datetime) -> datetime:
        """The start of the period that contains a moment: when its forecasts are made."""
        return at - (at - self.counted_from) % self.every

    def horizon(self, within: timedelta) -> Horizon:
        """The horizon of that length, or `invalid-input`."""
        for horizon in self.horizons:
            if horizon.within == within:
                return horizon
        known = ", ".join(f"{horizon.within.total_seconds() / 86_400:g} days" for horizon in self.horizons)
        raise Incorrect("invalid-input", f"{self.key} is not forecast over this horizon; its horizons are {known}.")

    def _refuse(self, why: str) -> None:
        raise Incorrect("invalid-definition", f"The outcome {self.key}: {why}.", outcome=self.key)


class LearnedHazard(Record):
    """Hazard of an outcome as learned: log-odds that it happens within one period, by what is known at its start.

    It applies to forecasts made at `until` or later, as long as the outcome is learned on the same inputs.
    """

    outcome: Name = Field(description="Key of the outcome.")
    learned_on: tuple[str, ...] = Field(description="Inputs at the time of learning.")
    columns: tuple[str, ...] = Field(description="Names of the columns.")
    intercept: LogOdds = Field(description="Log-odds if every column is 0.")
    slopes: tuple[float, ...] = Field(description="Change of the log-odds for each unit of a column.")
    centers: tuple[float, ...] = Field(description="Mean of each column in the training data.")
    until: Instant = Field(description="End of the last period that it was learned from.")
    twins: int = Field(ge=0, description="Number of twins that it was learned from.")
    rows: int = Field(ge=0, description="Number of rows, one for each twin and period.")
    gain: float = Field(description="Improvement of the log loss on held-out twins, in nats per twin and period.")
    error: float = Field(ge=0.0, description="Standard error of the gain.")

    @property
    def on_beliefs(self) -> bool:
        """Whether beliefs are among its inputs."""
        return any(name.startswith(BELIEF) for name in self.columns)
