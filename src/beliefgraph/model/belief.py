"""A belief: a proposition in a twin. It is an identity; what we think of it is a `Holding`, one for every change."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Literal, get_args

from beliefgraph.model.record import Key, LogOdds, Name, Probability, Record
from beliefgraph.model.revision import Revision
from beliefgraph.model.status import Status
from beliefgraph.model.time import Instant, Rev

Quality = Literal["exact", "approximate", "unreliable", "unavailable"]
"""How good a confidence is: exact; approximate, because too many beliefs bear on each other, and within its error bar;
unreliable, where an approximation is not to be trusted; or not to be had, because the relations clash or because no
evidence names the value of an open attribute."""

QUALITIES: tuple[Quality, ...] = get_args(Quality)
"""From the best to the worst."""

GRID = 0.01
"""Published log-odds are multiples of this, so that a change too small to matter is not a revision."""

ANYONE = "self"
ANYWHERE = "any"


class BeliefKey(Record):
    """What makes two beliefs the same: the attribute, whom or what it is about, and the situation it applies in.

    A belief about a categorical attribute is about one `value` of it.
    """

    attribute: Name
    subject: Key = ANYONE
    context: Key = ANYWHERE
    value: Key | None = None

    @property
    def variable(self) -> BeliefKey:
        """What all values of a categorical attribute have in common, for one subject and context."""
        return self.model_copy(update={"value": None})


def broader(context: str) -> str | None:
    """The next broader context: `work.mail` lies in `work`, that in `any`, and `any` in none."""
    return None if context == ANYWHERE else context.rpartition(".")[0] or ANYWHERE


def contexts_around(context: str) -> Iterator[str]:
    """A context and all that it lies in, the broadest last."""
    here: str | None = context
    while here is not None:
        yield here
        here = broader(here)


class Belief(Record):
    """A proposition in a twin. Immutable: confidence and status live on its holdings."""

    id: str
    twin: str
    attribute: Name
    subject: Key
    context: Key
    domain: Name
    statement: str
    value: Key | None = None

    @property
    def belief_key(self) -> BeliefKey:
        """What makes it the same belief."""
        return BeliefKey(attribute=self.attribute, subject=self.subject, context=self.context, value=self.value)


class Holding(Revision):
    """What the twin published about a belief, from the rev that changed it to the rev that changed it again.

    `log_odds` is the canonical value rounded to `GRID`, derived at head time `valid_from`; None where `quality` says
    that there is none to be had. Derived later for another moment, it is not rounded. `error` is the error bar of an
    approximation as it was when this value was published, rounded up; None where there is none. It alone makes no
    revision.
    """

    log_odds: LogOdds | None
    status: Status
    quality: Quality = "exact"
    error: LogOdds | None = None

    @property
    def error_bar(self) -> float | None:
        """How far off the probability may be; see `error_bar`."""
        return error_bar(self.log_odds, self.error)


class BeliefState(Record):
    """A belief as it stands at one (valid time, rev): what a reader gets.

    `prior` is None for a value of an open attribute: it shares with as many others as are named beside it.
    `calibrated_log_odds` are there where a calibration was learned for the attribute: what such log-odds came to.
    `apart` is None of now; else what the answer supposes at the moment asked for, "" for nothing.
    """

    belief: Belief
    log_odds: LogOdds | None
    prior: Probability | None
    status: Status
    quality: Quality
    valid_time: Instant
    rev: Rev
    changed_at_rev: Rev | None = None
    calibrated_log_odds: LogOdds | None = None
    error: LogOdds | None = None
    apart: str | None = None

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
    """How far off a probability may be on its longer side, given the error bar of its log-odds; None without numbers.

    0 where the log-odds are exact.
    """
    if log_odds is None:
        return None
    return abs(probability(log_odds) - probability(log_odds - math.copysign(error or 0.0, log_odds)))


def worst(qualities: Iterable[Quality]) -> Quality:
    """The least good of some qualities; exact if there are none."""
    return max(qualities, key=QUALITIES.index, default="exact")


def probability(log_odds: float) -> float:
    """The probability whose log-odds these are."""
    return 1.0 / (1.0 + math.exp(-log_odds)) if log_odds >= 0 else math.exp(log_odds) / (1.0 + math.exp(log_odds))


def logit(p: float) -> float:
    """The log-odds of a probability strictly between 0 and 1."""
    return math.log(p) - math.log1p(-p)


def published(log_odds: float) -> float:
    """The value to publish: the nearest multiple of `GRID`."""
    return round(round(log_odds / GRID) * GRID, 2)


def published_error(error: float | None) -> float | None:
    """The error bar to publish: the next multiple of `GRID` above."""
    return None if error is None else round(math.ceil(error / GRID) * GRID, 2)
