"""The similarity of two options, by their features. Pure."""

from __future__ import annotations

from beliefgraph.model.decision import Features, FeatureValue


def similarity(one: Features, other: Features) -> float:
    """The mean similarity, in [0, 1], over every feature that either has; 0 if neither has any.

    Two words have similarity 1 if they are equal and 0 otherwise, two numbers a and b 1 - |a - b| / max(|a|, |b|), at
    least 0. A feature that only one of them has counts as 0.
    """
    names = one.keys() | other.keys()
    shared = one.keys() & other.keys()
    return sum(_value_similarity(one[name], other[name]) for name in sorted(shared)) / len(names) if names else 0.0


def _value_similarity(a: FeatureValue, b: FeatureValue) -> float:
    if isinstance(a, str) or isinstance(b, str):
        return float(a == b)
    return 1.0 if a == b else max(0.0, 1.0 - abs(a - b) / max(abs(a), abs(b)))
