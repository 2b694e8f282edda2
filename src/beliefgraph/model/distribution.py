"""The probabilities of the values of a categorical attribute: exactly one holds, so they sum to 1."""

from __future__ import annotations

from pydantic import Field

from beliefgraph.model.belief import AttributeName, Context, Quality, Subject
from beliefgraph.model.question import BeliefRow
from beliefgraph.model.record import Key, Probability, Record
from beliefgraph.model.time import ReadRev, ReadTime


class ValueProbability(Record):
    """One value of an attribute with its probability."""

    value: Key = Field(description="The value.")
    probability: Probability | None = Field(
        description="Probability that the attribute has this value, in [0, 1]; null if unavailable.",
    )
    belief: BeliefRow = Field(description="The belief that the attribute has this value.")


class Distribution(Record):
    """Every value of an attribute for one subject and context; the probabilities sum to 1."""

    attribute: AttributeName
    subject: Subject
    context: Context
    values: tuple[ValueProbability, ...] = Field(
        description="The values, most likely first; `other` is always among them.",
    )
    quality: Quality
    valid_time: ReadTime
    rev: ReadRev
