"""Relations between beliefs of different subjects or contexts, and where relations of the definitions hold at all.

Most relations join beliefs of equal subject and context, in any place. Two kinds do not:

- A *crossing* leads from one place to another: a preference inherits from the next broader context. The other place is
  laid out together with the first, so the layout does not depend on the order of arrival.
- A relation of an attribute that inherits holds in the broadest context, and narrower ones receive its effect by
  inheriting. A relation of a state, of which there is only one, holds in its place. Otherwise the same evidence would
  count twice, and looking into a narrow context would change beliefs in a broad one.

So every narrower context depends on its broader one through a single variable, and one without evidence changes nothing
elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from beliefgraph.model.belief import ANYONE, ANYWHERE, broader
from beliefgraph.model.catalog import RelationDefinition
from beliefgraph.model.definition import Definitions
from beliefgraph.model.relation import Strength

Column = tuple[str, str | None]
"""An attribute, or one value of it."""

Place = tuple[str, str]
"""A subject and a context."""

LAYERS = range(3)
"""Kinds of places: narrow contexts; the broadest context; the person there. Each has the relations of the previous
ones."""


@dataclass(frozen=True)
class Crossing:
    """A relation from a belief in one place to one in another; `lead` gives that place, if there is one."""

    source: Column
    target: Column
    strength: Strength
    ref: str
    lead: Callable[[Place], Place | None]


def layer_of(place: Place) -> int:
    """Which layer a place is in."""
    subject, context = place
    return 0 if context != ANYWHERE else 1 if subject != ANYONE else 2


def first_layer(definitions: Definitions, relation: RelationDefinition) -> int:
    """The first layer in which a relation holds."""
    ends = [definitions.attributes[name].preference for name, _ in relation.ends]
    preferences = [preference for preference in ends if preference is not None]
    if any(preference.kind == "state" for preference in preferences):
        return 2
    return 0 if all(preference.everywhere for preference in preferences) else 1


def crossings(definitions: Definitions) -> Iterator[Crossing]:
    """Every crossing that the definitions state.

    For any two values v, w of an inheriting attribute, P(v, v)·P(w, w) / (P(v, w)·P(w, v)) is `inherits`: with several
    values, each supports itself with the square root.
    """
    for attribute in definitions.attributes.values():
        if attribute.preference is None or attribute.preference.inherits is None:
            continue
        ratio, ref = attribute.preference.inherits, definitions.refs[attribute.key]
        for value in attribute.value_priors or [None]:
            strength = Strength(kind="supports", odds_ratio=ratio if value is None else math.sqrt(ratio))
            yield Crossing((attribute.key, value), (attribute.key, value), strength, ref, _into_broader)


def _into_broader(place: Place) -> Place | None:
    subject, context = place
    wider = broader(context)
    return None if wider is None else (subject, wider)
