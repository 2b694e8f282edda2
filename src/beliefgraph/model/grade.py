"""Graded outcomes: the result is one of several ordered grades, such as a level of satisfaction.

The grade is that of the first event within the horizon, or given by a metric or an attribute at its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import cached_property
from itertools import accumulate, pairwise

from pydantic import Field

from beliefgraph.model.belief import BeliefKey, logit
from beliefgraph.model.metric import MetricKey, MetricValue
from beliefgraph.model.record import Expression, Key, LogOdds, Name, OpenProbability, Record
from beliefgraph.model.time import Instant

MOST_GRADES = 20

ROUNDING = 1e-6
"""Tolerance of the sum of the shares of all grades."""


class Grade(Record):
    """One grade of an outcome."""

    grade: Key = Field(description="Name of the grade, unique within the outcome.")
    share: OpenProbability = Field(
        description="Probability of the grade before anything is known about a twin, in (0, 1); the probabilities of "
        "all grades sum to 1."
    )
    below: MetricValue | None = Field(
        None,
        description="Exclusive upper bound of the numbers of this grade; null for the highest grade, and if the grades"
        " are named.",
    )


class Grades(Record):
    """The grades of an outcome in their order, and what determines the grade reached.

    With `value` it is the events of the outcome, otherwise exactly one of `metric` and `attribute`.
    """

    of: tuple[Grade, ...] = Field(
        min_length=2, max_length=MOST_GRADES, description="The grades, the lowest first, 2 to 20."
    )
    reached: Key = Field(description="Lowest grade that counts as the outcome having happened.")
    value: Expression | None = Field(
        None,
        description="Expression for the grade of an event: a number, which is compared with the bounds of the grades, "
        "or the name of a grade. An event for which it returns neither does not count.",
    )
    metric: MetricKey | None = Field(
        None, description="Metric whose value at the end of the horizon is compared with the bounds of the grades."
    )
    attribute: BeliefKey | None = Field(
        None, description="Categorical attribute, without a value; its value at the end of the horizon is the grade."
    )
    at_least: OpenProbability = Field(
        0.8, description="Least confidence at which a value of the attribute counts, in [0.5, 1)."
    )

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the grades, the lowest first."""
        return tuple(each.grade for each in self.of)

    @cached_property
    def bounds(self) -> tuple[float, ...]:
        """The upper bounds of the numbers of each grade except for the highest; empty if grades are named."""
        return tuple(each.below for each in self.of if each.below is not None)

    @cached_property
    def target(self) -> int:
        """The index of the grade from which on the outcome counts as having happened."""
        return self.names.index(self.reached)

    @cached_property
    def log_odds(self) -> tuple[float, ...]:
        """The stated log-odds of each grade or higher, except for the lowest."""
        higher = [*accumulate(each.share for each in reversed(self.of))][-2::-1]
        return tuple(logit(min(share, 1.0 - 1e-12)) for share in higher)

    @property
    def decides(self) -> str:
        """What decides the grade, as text; changing it makes another outcome."""
        return self.model_dump_json(exclude={"of": {"__all__": {"share"}}}, exclude_defaults=True)

    @property
    def named_beliefs(self) -> Iterator[tuple[tuple[str | int, ...], BeliefKey]]:
        """The value of the attribute for each grade, with its location in the definition."""
        if self.attribute is not None:
            for n, name in enumerate(self.names):
                yield ("of", n), self.attribute.model_copy(update={"value": name})

    def faults(self, *, by_events: bool) -> Iterator[str]:
        """Errors in the grades, depending on whether the outcome has events."""
        if (self.value is not None) != by_events:
            yield "grades of events need a value, and a value needs events"
        if [by_events, self.metric is not None, self.attribute is not None].count(True) != 1:
            yield "say what its grade is: the value of events, a metric or an attribute, one of the three"
        if len(set(self.names)) < len(self.names):
            yield "it has a grade twice"
        if self.reached not in self.names:
            yield f"it has no grade {self.reached}; its grades are {', '.join(self.names)}"
        if self.reached == self.names[0]:
            yield f"{self.reached} is its lowest grade, and is always reached"
        if abs(sum(each.share for each in self.of) - 1.0) > ROUNDING:
            yield "the shares of its grades must sum to 1"
        if self.bounds and (len(self.bounds) < len(self.of) - 1 or self.of[-1].below is not None):
            yield "every grade but the highest needs a bound (below), or none of them"
        if any(higher <= lower for lower, higher in pairwise(self.bounds)):
            yield "the bounds of its grades must ascend"
        if self.metric is not None and not self.bounds:
            yield "grades of a metric need bounds (below)"
        if self.at_least < 0.5:
            yield "at_least of its grades lies between 0.5 and 1, so that one value at most counts"
        if self.attribute is not None and (self.bounds or self.attribute.value is not None):
            yield "grades of an attribute are its values: leave out the bounds, and the value of the attribute"

    def place(self, found: object) -> int:
        """The index of the grade for a number or name; −1 if it is none."""
        if self.bounds:
            if isinstance(found, bool) or not isinstance(found, int | float) or found != found:
                return -1
            return sum(found >= bound for bound in self.bounds)
        return self.names.index(found) if isinstance(found, str) and found in self.names else -1


class LearnedGrades(Record):
    """Distribution over the grades of an outcome as learned: the log-odds of each grade or a higher one.

    It applies to forecasts made at `until` or later, as long as the outcome is learned on the same inputs.
    """

    outcome: Name = Field(description="Key of the outcome.")
    horizon: timedelta = Field(description="Horizon that it is about.")
    learned_on: tuple[str, ...] = Field(description="Inputs and grades at the time of learning.")
    on_beliefs: bool = Field(description="Whether beliefs are among its inputs.")
    columns: tuple[str, ...] = Field(description="Names of the columns.")
    intercepts: tuple[LogOdds, ...] = Field(
        description="Log-odds of each grade or a higher one, except the lowest, if every column is 0; descending."
    )
    slopes: tuple[float, ...] = Field(description="Change of these log-odds for each unit of a column.")
    centers: tuple[float, ...] = Field(description="Mean of each column in the training data.")
    until: Instant = Field(description="End of the last horizon that it was learned from.")
    twins: int = Field(ge=0, description="Number of twins that it was learned from.")
    rows: int = Field(ge=0, description="Number of rows, one for each twin and period that was followed by a grade.")
    gain: float = Field(description="Improvement of the log loss on held-out twins, in nats per row.")
    error: float = Field(ge=0.0, description="Standard error of the gain.")
