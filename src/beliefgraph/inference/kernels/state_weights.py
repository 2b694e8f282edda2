"""The weights of all states of a model at once, for the start of a session."""

from __future__ import annotations

from beliefgraph.inference.arrays import Flags, Floats, Ints
from beliefgraph.inference.kernels.observed import observe, observe_values
from beliefgraph.inference.native import native


@native
def state_weights(
    given: Floats, free: Flags, first: Ints, leaf_start: Ints, weight: Floats, has_evidence: Flags
) -> None:
    """Write the weights of all states, and whether there is evidence on each variable."""
    for v in range(len(first) - 1):
        if first[v + 1] - first[v] == 1:
            has_evidence[v] = observe(given[first[v]], 0, weight, leaf_start[v])
        else:
            has_evidence[v] = observe_values(given, free, first[v], first[v + 1], weight, leaf_start[v])
