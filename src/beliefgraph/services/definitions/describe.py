"""A belief in the words of its definition."""

from __future__ import annotations

from beliefgraph.model.belief import Belief, BeliefKey
from beliefgraph.services.definitions.graph import DefinitionGraph


def describe(twin: str, id_: str, key: BeliefKey, graph: DefinitionGraph) -> Belief:
    """The belief of that key, in the words of its definition; refused as by `Definitions.attribute_of`."""
    attribute = graph.definitions.attribute_of(key)
    return Belief.trusted(
        id=id_,
        twin=twin,
        attribute=key.attribute,
        subject=key.subject,
        context=key.context,
        domain=attribute.domain,
        statement=attribute.say(key),
        value=key.value,
    )
