"""Why something happened: the occurrence that an event or a metric speaks of, and the rival hypotheses that may have
brought it about, each before and after it was heard of."""

from __future__ import annotations

from typing import Literal

from beliefgraph.errors import Incorrect
from beliefgraph.model.belief import BeliefState, probability
from beliefgraph.model.event import Event, EventName
from beliefgraph.model.explanation import Explanation
from beliefgraph.model.metric import MetricKey
from beliefgraph.model.record import Key, LogOdds, Probability, Record
from beliefgraph.model.relation import Strength
from beliefgraph.model.time import Instant, Rev

NoReasons = Literal["silent", "no_causes", "against"]
"""Why there is nothing to weigh.

silent: nothing of what it says counts at the moment: no definition reads anything from it, the metric is in no band, or
what it said was withdrawn, overruled or retracted. no_causes: it bears only on beliefs of which no causes are stated.
against: it speaks against everything it bears on that has causes.
"""


class Interpret(Record):
    """Why did it happen? Of an event that was taken in, of one that was not sent, or of what a metric shows."""

    twin: Key
    stored: EventName | None = None
    event: Event | None = None
    metric: MetricKey | None = None

    def model_post_init(self, _context: object) -> None:
        """Refuse to interpret nothing, two things, or what happened to another twin."""
        if sum(given is not None for given in (self.stored, self.event, self.metric)) != 1:
            raise Incorrect("invalid-input", "Name what to interpret: a stored event, an event, or a metric.")
        if self.event is not None and self.event.twin not in (None, self.twin):
            raise Incorrect(
                "invalid-input", f"This event is about {self.event.twin!r}, not {self.twin!r}.", event=self.event.id
            )


class Hypothesis(Record):
    """A belief that may have brought the occurrence about, as it stands with everything that is known.

    `before` are its log-odds with all of that but what is interpreted; None where they are unavailable.
    `responsibility` is the probability that it brought the occurrence about, `alone` that nothing else did besides;
    None where the causes speak by odds ratios, for then none of them acts by itself.
    """

    state: BeliefState
    before: LogOdds | None
    relation: Strength
    responsibility: Probability | None
    alone: Probability | None
    explanation: Explanation | None = None

    @property
    def before_confidence(self) -> float | None:
        """The probability before."""
        return None if self.before is None else probability(self.before)


class SomethingElse(Record):
    """What nobody stated may have brought it about: how likely that it did, and that it did alone."""

    responsibility: Probability
    alone: Probability


class Occurrence(Record):
    """What happened, as far as it did, and the hypotheses why, the one that is most likely responsible first.

    Several may have brought it about together, so the responsibilities sum to its confidence or more, and those of one
    alone to its confidence or less. `something_else` is None where the causes speak by odds ratios.
    """

    state: BeliefState
    before: LogOdds | None
    hypotheses: tuple[Hypothesis, ...]
    something_else: SomethingElse | None
    sentence: str

    @property
    def before_confidence(self) -> float | None:
        """The probability before."""
        return None if self.before is None else probability(self.before)


class RivalReasons(Record):
    """The occurrences that an event or a metric speaks of, those it moves most first; `nothing` says why there are
    none."""

    occurrences: tuple[Occurrence, ...]
    nothing: NoReasons | None
    valid_time: Instant
    rev: Rev
