"""Relations between beliefs of different subjects or contexts, and where relations of the definitions hold at all.

Most relations join beliefs of equal subject and context, wherever these are. Two kinds do not:

- A *crossing* leads from one place to another: what a preference inherits comes from the next broader context. The
  place it leads to is laid out with the one it starts from, so the layout is the same in whatever order they came.
- A relation of an attribute that inherits holds in the broadest context, and narrower ones hear of it by inheriting.
  One of a state, of which there is one, holds where that is. Else the same would be heard by two ways, and to look
  into a narrow context would move what is believed in a broad one.

So every narrower context hangs on its broader one by a single variable, and one about which nothing was heard changes
nothing elsewhere.
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
"""Kinds of places: narrow contexts; the broadest; and there, the person. Each has the relations of those before it."""


@dataclass(frozen=True)
class Crossing:
    """A relation from a belief in one place to one in another; `lead` says which, if there is any."""

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

    For any two values v, w of what inherits, P(v, v)·P(w, w) / (P(v, w)·P(w, v)) is `inherits`: of several values each
    supports itself with its square root.
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
