"""In how many contexts a twin is heard of what it inherits: all of one are derived together, so there is an end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

from beliefgraph.errors import Incorrect
from beliefgraph.model.belief import Belief, BeliefKey, broader
from beliefgraph.services.layout import DefinitionGraph
from beliefgraph.services.state import TwinState

MOST_CONTEXTS = 200
"""Contexts of one preference for one subject, those that they lie in among them."""

Heard = dict[tuple[str, str], set[str]]
"""The contexts by attribute and subject."""


class Contexts:
    """The contexts of a twin's preferences that inherit, as more of them are named."""

    def __init__(self, state: TwinState, graph: DefinitionGraph) -> None:
        self._state = state
        self._inheriting = {
            name
            for name, attribute in graph.definitions.attributes.items()
            if attribute.preference is not None and attribute.preference.inherits is not None
        }

    @cached_property
    def _known(self) -> Heard:
        return self._heard(self._state.beliefs.values())

    def take(self, named: Iterable[BeliefKey]) -> None:
        """Count these in, or refuse all of them (`too-large`) where a preference would have too many."""
        grown = {
            at: self._known.get(at, set()) | contexts
            for at, contexts in self._heard(named).items()
            if not contexts <= self._known.get(at, set())
        }
        for (attribute, _), contexts in grown.items():
            if len(contexts) > MOST_CONTEXTS:
                raise Incorrect(
                    "too-large",
                    f"A twin has {attribute} in at most {MOST_CONTEXTS} contexts; use broader ones.",
                    twin=self._state.name,
                    attribute=attribute,
                )
        self._known.update(grown)

    def _heard(self, named: Iterable[Belief | BeliefKey]) -> Heard:
        found: Heard = defaultdict(set)
        for key in named:
            if key.attribute in self._inheriting:
                context: str | None = key.context
                while context is not None:
                    found[key.attribute, key.subject].add(context)
                    context = broader(context)
        return dict(found)
