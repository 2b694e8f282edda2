"""The distribution over the values of one categorical attribute: exactly one of them holds. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from beliefgraph.errors import Incorrect
from beliefgraph.model.attribute import OTHER
from beliefgraph.model.belief import BeliefKey, BeliefState, probability, worst
from beliefgraph.model.distribution import Distribution, ValueProbability
from beliefgraph.model.identity import belief_id
from beliefgraph.model.question import BeliefRow
from beliefgraph.services.snapshots.recompute import Recomputed


def other(variable: BeliefKey) -> BeliefKey:
    """The value that every categorical attribute has."""
    return variable.model_copy(update={"value": OTHER})


def states_of(seen: Recomputed, variable: BeliefKey) -> list[BeliefState]:
    """The state of every value of the attribute at the moment; `unknown-attribute`, or refused if it has no values."""
    attribute = seen.moment.graph.definitions.attribute(variable.attribute)
    if not attribute.categorical:
        raise Incorrect(
            "invalid-input", f"{attribute.key} is true or false; query the belief.", attribute=attribute.key
        )
    layout = seen.derived.layout
    place = layout.position[belief_id(seen.moment.state.id, other(variable))]
    return [seen.state(position) for position in layout.values_beside.get(place, (place,))]


def distribution(seen: Recomputed, variable: BeliefKey, rows: Sequence[BeliefRow]) -> Distribution:
    """The distribution over these values, the most likely first; ties by name.

    `other` is certain if no value of an open attribute is named. If too many are, nothing is available.
    """
    layout = seen.derived.layout
    nothing_named = layout.position[rows[0].state.belief.id] in layout.unnamed
    shares = {rows[0].state.belief.id: 1.0} if nothing_named else _shares(rows)
    values = [
        ValueProbability(value=row.state.belief.value or OTHER, probability=shares.get(row.state.belief.id), belief=row)
        for row in rows
    ]
    return Distribution(
        attribute=variable.attribute,
        subject=variable.subject,
        context=variable.context,
        values=tuple(sorted(values, key=lambda each: (-(each.probability or 0.0), each.value))),
        quality="exact" if nothing_named else worst(row.state.quality for row in rows),
        valid_time=seen.moment.at,
        rev=seen.moment.state.rev,
    )


def _shares(rows: Sequence[BeliefRow]) -> Mapping[str, float]:
    """The probabilities by belief, normalised to the sum 1 against rounding; none if one is unavailable."""
    known = {row.state.belief.id: row.state.log_odds for row in rows}
    likely = {id_: probability(log_odds) for id_, log_odds in known.items() if log_odds is not None}
    total = math.fsum(likely.values())
    return {id_: each / total for id_, each in likely.items()} if len(likely) == len(rows) else {}
