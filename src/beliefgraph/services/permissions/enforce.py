"""The twin that exists for a caller: the only place where permissions are enforced. Pure.

Every read of a twin goes through `Sights.state`. What is refused is absent and without influence: the twin is derived
from the remaining rows, under definitions without what is refused, as if it had received nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from beliefgraph.model.revision import Revision
from beliefgraph.services.beliefs.passing import with_holdings
from beliefgraph.services.beliefs.publish import BELIEFS
from beliefgraph.services.commits.advance import publish_layers
from beliefgraph.services.commits.layers import LAYERS
from beliefgraph.services.derivation.derive import derive
from beliefgraph.services.layer.protocol import Layer
from beliefgraph.services.permissions.hidden import Part
from beliefgraph.services.permissions.permitted_rows import PermittedRows
from beliefgraph.services.twin.state import TwinState


def permitted(
    state: TwinState,
    part: Part,
    outside: Collection[str] = (),
    layers: Sequence[Layer] = LAYERS,
    closed: Sequence[Revision] = (),
) -> TwinState:
    """The twin as it exists under a sight: the same object if nothing of it is refused.

    `part` is the part of the twin's definitions that exists under it. `outside` are pieces of evidence whose events or
    sources belong to refused categories. A piece of evidence is refused as a whole if any part of it is, because its
    text covers all of it. The twin has no head time if nothing of it is left.

    `closed` are its rows, other than columns, that its rev no longer sees: they do not count, but their times are part
    of the head time, which never decreases.
    """
    hidden, graph = part.hidden, part.graph
    if hidden.sight.whole or state.head_time is None:
        return state
    kept = PermittedRows(state, hidden, outside, layers)
    if kept.everything and graph.definitions is hidden.definitions:
        return state
    base = kept.state
    open_times = () if base.head_time is None else (base.head_time,)
    head_time = max((*open_times, *kept.closed_times(closed)), default=None)
    if head_time is None:
        return base
    base = replace(base, head_time=head_time)
    derivation = derive(base, graph, head_time)
    held = with_holdings(kept.with_drawn(base), graph, derivation)
    others = [layer for layer in layers if layer is not BELIEFS]
    return publish_layers(base, held, graph, derivation, base.rev, others)[1]
