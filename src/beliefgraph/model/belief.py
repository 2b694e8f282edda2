"""A belief: a proposition in a twin. It is an identity; its published states are `Holding`s, one for every change."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

from pydantic import Field

from beliefgraph.model.record import Key, LogOdds, Name, Probability, Record, TwinId
from beliefgraph.model.revision import Publication
from beliefgraph.model.status import Status
from beliefgraph.model.time import ChangedAtRev, Instant, ReadRev, ReadTime
from beliefgraph.model.vocabulary import values_of, vocabulary

Quality = Annotated[
    Literal["exact", "approximate", "unreliable", "unavailable"],
    vocabulary(
        "How a number was computed, and whether it can be relied on.",
        {
            "exact": "Computed exactly.",
            "approximate": "Approximated, because too many beliefs are connected; for more than 95 % of beliefs the "
            "exact value lies within the error bar.",
            "unreliable": "Approximated, and possibly off by more than the error bar: do not rely on it.",
            "unavailable": "There is no confidence: the relations contradict each other, the model does not fit into "
            "memory, or no evidence names this value of an open attribute.",
        },
    ),
]

QUALITIES: tuple[Quality, ...] = values_of(Quality)
"""From the best to the worst."""

ERROR_GRID = 0.01
"""Published error bars are multiples of this, in log-odds."""

ANYONE = "self"
ANYWHERE = "any"

AttributeName = Annotated[Name, Field(description="Dotted name of the attribute, as a catalog in force defines it.")]

Subject = Annotated[Key, Field(description="Whom or what it is about; `self` is the person or account modelled.")]

Context = Annotated[
    Key,
    Field(
        description="Situation in which it applies. Contexts nest by dots: `work.mail` is part of `work`, which is "
        "part of `any`, the broadest."
    ),
]

Value = Annotated[
    Key | None, Field(description="Value of a categorical attribute; null if the attribute is true or false.")
]


class BeliefKey(Record):
    """What identifies a belief in a twin: attribute, subject, context and, for a categorical attribute, the value."""

    attribute: AttributeName
    subject: Subject = ANYONE
    context: Context = ANYWHERE
    value: Value = None

    @classmethod
    def of(cls, attribute: str, subject: str = ANYONE, context: str = ANYWHERE, value: str | None = None) -> BeliefKey:
        """The key from names that are known to be valid."""
        return cls.trusted(attribute=attribute, subject=subject, context=context, value=value)

    @property
    def variable(self) -> BeliefKey:
        """The key of the variable: the same for all values of a categorical attribute with one subject and context."""
        return self.model_copy(update={"value": None})


def broader(context: str) -> str | None:
    """The next broader context: `work.mail` is part of `work`, that of `any`, and `any` of none."""
    return None if context == ANYWHERE else context.rpartition(".")[0] or ANYWHERE


def contexts_around(context: str) -> Iterator[str]:
    """A context and all broader ones, the broadest last."""
    here: str | None = context
    while here is not None:
        yield here
        here = broader(here)


class Belief(Record):
    """A proposition in a twin. Immutable: confidence and status are on its holdings."""

    id: str = Field(description="Id of the belief (UUIDv5 of twin, attribute, subject, context and value).")
    twin: TwinId
    attribute: AttributeName
    subject: Subject
    context: Context
    domain: Name = Field(description="Category of the attribute, such as world, product or needs.")
    statement: str = Field(description="The proposition as a sentence.")
    value: Value = None

    @property
    def belief_key(self) -> BeliefKey:
        """What makes it the same belief."""
        return BeliefKey.of(attribute=self.attribute, subject=self.subject, context=self.context, value=self.value)


class Holding(Publication):
    """What a twin published about a belief, from the rev that changed it to the rev that changed it again.

    A change of `error` alone makes no revision.
    """

    log_odds: LogOdds | None = Field(
        description="Log-odds that the belief holds (natural log); published values are on a grid of one percentage "
        "point. Null if unavailable.",
    )
    status: Status
    quality: Quality = "exact"
    error: LogOdds | None = Field(
        None,
        description="Error bar of an approximation in log-odds, in either direction, rounded up to 0.01; null if "
        "exact.",
    )
    valid_from: Instant = Field(description="Head time of the twin at which it was derived.")
    key: str = Field(description="Id of the belief.")

    @property
    def error_bar(self) -> float | None:
        """How far off the probability may be; see `error_bar`."""
        return error_bar(self.log_odds, self.error)


class BeliefState(Record):
    """A belief as it stands at one valid time and rev."""

    belief: Belief = Field(description="The proposition.")
    log_odds: LogOdds | None = Field(
        description="Log-odds that the belief holds (natural log), of the confidence rounded to a percentage point; "
        "unrounded if the query has an `as_of`. Null if unavailable.",
    )
    prior: Probability | None = Field(
        description="Probability before any evidence, in [0, 1], for twins in no segment; null for a value of an open "
        "attribute, because the values named by evidence share one prior.",
    )
    status: Status
    quality: Quality
    valid_time: ReadTime
    rev: ReadRev
    changed_at_rev: ChangedAtRev = None
    calibrated_log_odds: LogOdds | None = Field(
        None,
        description="Log-odds after the calibration learned for the attribute; null if none was learned.",
    )
    error: LogOdds | None = Field(
        None,
        description="Error bar of an approximation in log-odds, in either direction; null if exact.",
    )
    apart: str | None = Field(
        None,
        description="Null for a current answer; otherwise the hypotheses of the answer at the requested moment, "
        "empty if none.",
    )

    @property
    def calibrated_confidence(self) -> float | None:
        """The calibrated probability that it holds; None where no calibration was learned."""
        return None if self.calibrated_log_odds is None else probability(self.calibrated_log_odds)

    @property
    def confidence(self) -> float | None:
        """The probability that it holds; None where it is unavailable."""
        return None if self.log_odds is None else probability(self.log_odds)

    @property
    def error_bar(self) -> float | None:
        """How far off the confidence may be; see `error_bar`."""
        return error_bar(self.log_odds, self.error)


def error_bar(log_odds: float | None, error: float | None) -> float | None:
    """How far off a probability may be on its longer side, given the error bar of its log-odds; None if unavailable.

    It is 0 if the log-odds are exact.
    """
    if log_odds is None:
        return None
    return abs(probability(log_odds) - probability(log_odds - math.copysign(error or 0.0, log_odds)))


def worst(qualities: Iterable[Quality]) -> Quality:
    """The worst of some qualities; exact if there are none."""
    return max(qualities, key=QUALITIES.index, default="exact")


def probability(log_odds: float) -> float:
    """The probability with these log-odds."""
    return 1.0 / (1.0 + math.exp(-log_odds)) if log_odds >= 0 else math.exp(log_odds) / (1.0 + math.exp(log_odds))


def logit(p: float) -> float:
    """The log-odds of a probability strictly between 0 and 1."""
    return math.log(p) - math.log1p(-p)


def published_error(error: float | None) -> float | None:
    """The error bar to publish: the next multiple of `ERROR_GRID` above."""
    return None if error is None else round(math.ceil(error / ERROR_GRID) * ERROR_GRID, 2)
