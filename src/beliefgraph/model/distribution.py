"""How likely each value of a categorical attribute is: exactly one of them holds, so the probabilities sum to 1."""

from __future__ import annotations

from beliefgraph.model.belief import Quality
from beliefgraph.model.question import BeliefRow
from beliefgraph.model.record import Key, Name, Probability, Record
from beliefgraph.model.time import Instant, Rev


class ValueProbability(Record):
    """One value with its probability, None where that is unavailable, and the belief that it holds."""

    value: Key
    probability: Probability | None
    belief: BeliefRow


class Distribution(Record):
    """Every value of an attribute for one subject and context, the likeliest first; `other` is always among them."""

    attribute: Name
    subject: Key
    context: Key
    values: tuple[ValueProbability, ...]
    quality: Quality
    valid_time: Instant
    rev: Rev
