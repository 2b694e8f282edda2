"""The twin that exists for a caller: the one place where permissions are enforced. Pure.

Every reading of a twin passes through `Permitted.state`. What is refused is absent and without influence: the twin is
derived from the rows that are left, under definitions without what is refused, as if it had been fed nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from beliefgraph.model.definition import Definitions
from beliefgraph.model.permission import Policy
from beliefgraph.services.commits.advance import publish_layers
from beliefgraph.services.commits.layers import LAYERS
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.derivation.derive import derive
from beliefgraph.services.layer.protocol import Layer
from beliefgraph.services.permissions.hidden import Hidden
from beliefgraph.services.permissions.kept import Kept
from beliefgraph.services.permissions.sight import Sight
from beliefgraph.services.twin.state import TwinState


def permitted(
    state: TwinState,
    definitions: Definitions,
    graph: DefinitionGraph,
    sight: Sight,
    policy: Policy,
    outside: Collection[str] = (),
    layers: Sequence[Layer] = LAYERS,
) -> TwinState:
    """The twin as it exists under a sight: the same object where nothing of it is refused.

    `definitions` are those of the twin, `graph` is what of them exists under the sight. `outside` are pieces of
    evidence whose events or sources belong to refused categories. A piece of evidence is refused as a whole if any of
    what it says is, since its words speak of all of it. The twin has no head time where nothing of it is left.
    """
    if sight.whole or state.head_time is None:
        return state
    kept = Kept(state, Hidden(sight, policy, definitions), outside, layers)
    if kept.everything and graph.definitions is definitions:
        return state
    base = kept.state
    if base.head_time is None:
        return base
    derivation = derive(base, graph, base.head_time)
    return publish_layers(base, kept.with_drawn(base), graph, derivation, base.rev, layers, stored=False)[1]
