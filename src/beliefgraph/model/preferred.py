"""Preferences as the API returns them: state in a context, strength, and where the evidence comes from."""

from __future__ import annotations

from pydantic import Field

from beliefgraph.model.belief import AttributeName, Holding, Quality, Subject
from beliefgraph.model.constraint import Conflict
from beliefgraph.model.distribution import ValueProbability
from beliefgraph.model.explanation import Explanation
from beliefgraph.model.preference import PreferenceDefinition, Score
from beliefgraph.model.question import BeliefRow
from beliefgraph.model.record import Key, Probability, Record
from beliefgraph.model.time import ReadRev, ReadTime


class Preference(Record):
    """A preference as it stands in a context, unrounded."""

    attribute: AttributeName
    subject: Subject
    definition: PreferenceDefinition = Field(description="What makes the attribute a preference.")
    belief: BeliefRow = Field(description="The belief in the most likely value; without values, the belief itself.")
    values: tuple[ValueProbability, ...] = Field(description="All values, most likely first; empty if there are none.")
    strength: Probability | None = Field(
        description="Probability of the most likely value minus that of the next, in [0, 1]; without values, "
        "|P(yes) - P(no)|. Null if unavailable.",
    )
    beyond_prior: Score | None = Field(
        description="Probability of the most likely value minus its prior, in [-1, 1]; null if unavailable.",
    )
    mean: Score | None = Field(
        description="Mean of the values' scores, in [-1, 1], given that one of them holds; null if there are no "
        "scores.",
    )
    deviation: Probability | None = Field(
        description="Standard deviation of the values' scores, given that one of them holds; null if there are no "
        "scores.",
    )
    heard_in: Key | None = Field(
        description="Nearest context with direct evidence on the preference; null if there is none.",
    )
    conflicts: tuple[Conflict, ...] = Field(description="Constraints that it conflicts with.")
    quality: Quality
    valid_time: ReadTime
    rev: ReadRev
    explanation: Explanation | None = Field(None, description="Explanation of `belief`; null if not loaded.")
    history: tuple[Holding, ...] | None = Field(None, description="Newest holdings of `belief`; null if not loaded.")
