"""A limit on the contexts of an inheriting preference in a twin: all contexts of one are derived together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property

from beliefgraph.errors import Incorrect
from beliefgraph.model.belief import Belief, BeliefKey, contexts_around
from beliefgraph.model.metric import MetricKey
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.twin.state import TwinState

MOST_CONTEXTS = 200
"""Most contexts of one preference for one subject, including those that contain them."""

ContextsBySubject = dict[tuple[str, str], set[str]]
"""The contexts by attribute and subject."""


class Contexts:
    """The contexts of a twin's inheriting preferences, as more of them are named."""

    def __init__(self, state: TwinState, graph: DefinitionGraph) -> None:
        self._state = state
        self._definitions = graph.definitions
        self._inheriting = {
            name
            for name, attribute in graph.definitions.attributes.items()
            if attribute.preference is not None and attribute.preference.inherits is not None
        }

    @cached_property
    def _known(self) -> ContextsBySubject:
        metrics = (metric.metric_key for metric in self._state.metrics.values())
        return self._contexts_of([*self._state.beliefs.values(), *self._borne_on(metrics)])

    def take(self, named: Iterable[BeliefKey], counted: Iterable[MetricKey] = ()) -> None:
        """Add the named contexts, and those that the counted metrics bear on.

        Refuses all of it (`too-large`) if a preference would have too many contexts.
        """
        named_contexts = self._contexts_of([*named, *self._borne_on(counted)])
        if not named_contexts:
            return
        grown = {at: self._known.get(at, set()) | contexts for at, contexts in named_contexts.items()}
        for (attribute, subject), contexts in grown.items():
            if len(contexts) > max(MOST_CONTEXTS, len(self._known.get((attribute, subject), ()))):
                raise Incorrect(
                    "too-large",
                    f"A twin has {attribute} in at most {MOST_CONTEXTS} contexts; use broader ones.",
                    twin=self._state.name,
                    attribute=attribute,
                )
        self._known.update(grown)

    def _borne_on(self, metrics: Iterable[MetricKey]) -> Iterator[BeliefKey]:
        for metric in metrics:
            for on in self._definitions.metrics[metric.metric].bearings:
                yield BeliefKey.of(attribute=on.attribute, subject=metric.subject, context=metric.context)

    def _contexts_of(self, named: Iterable[Belief | BeliefKey]) -> ContextsBySubject:
        found: ContextsBySubject = defaultdict(set)
        for key in named:
            if key.attribute in self._inheriting:
                found[key.attribute, key.subject].update(contexts_around(key.context))
        return dict(found)
