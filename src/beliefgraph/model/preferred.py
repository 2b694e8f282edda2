"""Preferences as they are answered: how one stands in a context, how strong it is, and where it was heard."""

from __future__ import annotations

from beliefgraph.model.belief import Holding, Quality
from beliefgraph.model.constraint import Conflict
from beliefgraph.model.distribution import ValueProbability
from beliefgraph.model.explanation import Explanation
from beliefgraph.model.preference import PreferenceDefinition, Score
from beliefgraph.model.question import BeliefRow
from beliefgraph.model.record import Key, Name, Probability, Record
from beliefgraph.model.time import Instant, Rev


class Preference(Record):
    """A preference as it stands in a context, unrounded.

    `belief` is that the likeliest value holds, or where there are no values that it holds at all. `values` is the whole
    distribution, likeliest first, empty where there are none. `strength` is by how much the likeliest is likelier than
    the next, 0 where they are even; where there are no values, by how much yes or no is likelier than the other.
    `beyond_prior` is by how much the likeliest is likelier than before anything was heard: the person's own part.
    `mean` and `deviation` are those of its scores, given that it is on the scale. `heard_in` is the nearest context in
    which something was said of it itself. What was not loaded is None.
    """

    attribute: Name
    subject: Key
    definition: PreferenceDefinition
    belief: BeliefRow
    values: tuple[ValueProbability, ...]
    strength: Probability | None
    beyond_prior: Score | None
    mean: Score | None
    deviation: Probability | None
    heard_in: Key | None
    conflicts: tuple[Conflict, ...]
    quality: Quality
    valid_time: Instant
    rev: Rev
    explanation: Explanation | None = None
    history: tuple[Holding, ...] | None = None
