"""Which segment a twin is in at a moment, by the direct evidence on the beliefs that segments name. Pure.

What follows from other beliefs does not count here: otherwise a base rate would decide which twins it applies to.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from beliefgraph.model.belief import BeliefKey, logit
from beliefgraph.model.definition import Definitions
from beliefgraph.model.identity import belief_id
from beliefgraph.model.segment import SegmentDefinition
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.derivation.counted import Counted
from beliefgraph.services.derivation.reach import reach_of
from beliefgraph.services.twin.blocks import Floats
from beliefgraph.services.twin.state import TwinState

SURE = 30.0
"""Log-odds of a corrected belief."""


def named(definitions: Definitions) -> list[BeliefKey]:
    """The beliefs that the segments name; for an attribute with values, all of its values."""
    keys = [belief for each in definitions.segments.values() for _, belief in each.named_beliefs]
    values = {key: definitions.attribute(key.attribute).value_priors for key in keys}
    return list(
        dict.fromkeys(
            BeliefKey.of(key.attribute, key.subject, key.context, value)
            for key in keys
            for value in values[key] or [None]
        )
    )


def segment_of(state: TwinState, graph: DefinitionGraph, counted: Counted) -> str | None:
    """The key of the first segment that a twin is in, by the evidence that counts; None if it is in none."""
    definitions = graph.definitions
    if not definitions.segments:
        return None
    log_odds = _log_odds(state, graph, counted)
    return first_held(definitions.segments, log_odds.__getitem__)


def first_held(segments: Mapping[str, SegmentDefinition], log_odds: Callable[[BeliefKey], float]) -> str | None:
    """The first segment whose beliefs have the required log-odds; None if there is none."""
    return next((key for key, each in segments.items() if _inside(each, log_odds)), None)


def _inside(segment: SegmentDefinition, log_odds: Callable[[BeliefKey], float]) -> bool:
    return all(log_odds(held.belief) >= logit(held.at_least) for held in segment.holds) and not any(
        log_odds(held.belief) >= logit(held.at_least) for held in segment.lacks
    )


def _log_odds(state: TwinState, graph: DefinitionGraph, counted: Counted) -> dict[BeliefKey, float]:
    """The log-odds of the beliefs that segments name, from their priors and direct evidence."""
    definitions, keys = graph.definitions, named(graph.definitions)
    place = {belief_id(state.id, key): number for number, key in enumerate(keys)}
    total = _evidence_sums(state, graph, counted, keys, place)
    for bearing in counted.corrections:
        if bearing.belief in place:
            total[place[bearing.belief]] = math.copysign(SURE, bearing.log_likelihood_ratio)
    found: dict[BeliefKey, float] = {}
    for key in keys:
        attribute = definitions.attribute(key.attribute)
        number = place[belief_id(state.id, key)]
        if attribute.prior is not None:
            found[key] = logit(attribute.prior) + float(total[number])
            continue
        weights = {
            value: math.log(prior) + float(total[place[belief_id(state.id, _of(key, value))]])
            for value, prior in attribute.value_priors.items()
        }
        others = [weight for value, weight in weights.items() if value != key.value]
        found[key] = weights[key.value or ""] - float(np.logaddexp.reduce(others))
    return found


def _evidence_sums(
    state: TwinState, graph: DefinitionGraph, counted: Counted, keys: Sequence[BeliefKey], place: Mapping[str, int]
) -> Floats:
    """The total log-likelihood ratio of the evidence that counts on each of some beliefs, in their order."""
    groups, counts = counted.bearings.register.groups, counted.sums.items > 0
    where = np.array([place.get(id_, -1) for id_ in groups.beliefs], dtype=np.int64)
    position = where[groups.belief] if len(groups.belief) else groups.belief
    counting = np.flatnonzero(counts & (position >= 0))
    if not len(counting):
        return np.zeros(len(place))

    def beside(about: int) -> dict[str | None, int]:
        one = keys[about].variable
        return {key.value: number for number, key in enumerate(keys) if key.value and key.variable == one}

    weighting = graph.reliabilities.weighting(state, counts)
    return np.array(reach_of(counting, position, weighting, beside).combine(weighting, counted.sums, len(place)).total)


def _of(key: BeliefKey, value: str) -> BeliefKey:
    return BeliefKey.of(key.attribute, key.subject, key.context, value)
