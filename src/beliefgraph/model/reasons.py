"""Why something happened: an occurrence that an event or a metric reports, and its rival hypotheses."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from beliefgraph.errors import Incorrect
from beliefgraph.model.belief import BeliefState, probability
from beliefgraph.model.event import Event, EventName
from beliefgraph.model.explanation import Explanation
from beliefgraph.model.metric import MetricKey
from beliefgraph.model.record import LogOdds, Probability, Record, TwinName
from beliefgraph.model.relation import Strength
from beliefgraph.model.time import ReadRev, ReadTime
from beliefgraph.model.vocabulary import vocabulary

NoReasons = Annotated[
    Literal["silent", "no_causes", "against"],
    vocabulary(
        "Why there are no hypotheses to compare.",
        {
            "silent": (
                "None of its evidence counts at the moment: no rule applies, the metric is in no band, or the evidence"
                " was withdrawn or overridden by a correction or a retraction."
            ),
            "no_causes": "It bears only on beliefs for which no causes are defined.",
            "against": "It is evidence against every belief that has causes.",
        },
    ),
]


class Interpret(Record):
    """Ask why something happened: give exactly one of a stored event, a hypothetical event, or a metric whose current
    band is to be explained.
    """

    twin: TwinName
    stored: EventName | None = Field(None, description="Event that was processed.")
    event: Event | None = Field(None, description="Hypothetical event; nothing of it is stored.")
    metric: MetricKey | None = Field(None, description="Metric whose current band is to be explained.")

    def model_post_init(self, _context: object) -> None:
        """Refuse a question that names none or both, or an event of another twin."""
        if sum(given is not None for given in (self.stored, self.event, self.metric)) != 1:
            raise Incorrect("invalid-input", "Name what to interpret: a stored event, an event, or a metric.")
        if self.event is not None and self.event.twin not in (None, self.twin):
            raise Incorrect(
                "invalid-input", f"This event is about {self.event.twin!r}, not {self.twin!r}.", event=self.event.id
            )


class Hypothesis(Record):
    """A belief that may have caused the occurrence, given everything that is known."""

    state: BeliefState = Field(description="The belief.")
    before: LogOdds | None = Field(
        description="Log-odds given everything except what is interpreted; null if unavailable.",
    )
    relation: Strength = Field(description="Relation by which it causes the occurrence.")
    responsibility: Probability | None = Field(
        description="Probability that it caused the occurrence, in [0, 1]; null if the causes have odds ratios, "
        "because they then do not act independently.",
    )
    alone: Probability | None = Field(
        description=(
            "Probability that it caused the occurrence and nothing else did, in [0, 1]; null if the causes have odds "
            "ratios."
        ),
    )
    explanation: Explanation | None = Field(
        None,
        description="Explanation of the belief; null if not loaded.",
    )

    @property
    def before_confidence(self) -> float | None:
        """The probability before."""
        return None if self.before is None else probability(self.before)


class SomethingElse(Record):
    """An unstated cause of the occurrence."""

    responsibility: Probability = Field(
        description="Probability that something unstated caused the occurrence, in [0, 1].",
    )
    alone: Probability = Field(description="Probability that something unstated alone caused it, in [0, 1].")


class Occurrence(Record):
    """What happened, and the hypotheses why.

    Several hypotheses may have caused it together, so their responsibilities may sum to more than its confidence.
    """

    state: BeliefState = Field(description="The belief that it happened.")
    before: LogOdds | None = Field(
        description="Log-odds given everything except what is interpreted; null if unavailable.",
    )
    hypotheses: tuple[Hypothesis, ...] = Field(description="Possible causes, most likely responsible first.")
    something_else: SomethingElse | None = Field(description="Unstated causes; null if the causes have odds ratios.")
    sentence: str = Field(description="The answer in a sentence.")

    @property
    def before_confidence(self) -> float | None:
        """The probability before."""
        return None if self.before is None else probability(self.before)


class RivalReasons(Record):
    """What happened according to an event or a metric, with the hypotheses about why."""

    occurrences: tuple[Occurrence, ...] = Field(description="The occurrences, greatest change first.")
    nothing: NoReasons | None = Field(description="Why there are no occurrences; null if there are any.")
    valid_time: ReadTime
    rev: ReadRev
