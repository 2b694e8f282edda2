"""What events add to a twin in all of its layers. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import reduce
from operator import add

from beliefgraph.services.commits.layers import LAYERS
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.interpretation.protocol import Interpretation
from beliefgraph.services.layer.additions import Additions
from beliefgraph.services.layer.context import CommandContext
from beliefgraph.services.layer.protocol import Draft, Layer
from beliefgraph.services.permissions.draft import PermissionDraft
from beliefgraph.services.twin.state import TwinState


class Drafts:
    """The drafts of all layers of one twin; an event is added to all of them or to none."""

    def __init__(self, state: TwinState, graph: DefinitionGraph, layers: Sequence[Layer] = LAYERS) -> None:
        self._drafts: list[Draft] = [layer.draft(state, graph) for layer in layers if layer.draft is not None]
        self._drafts.append(PermissionDraft())
        self._moments: list[datetime] = []

    def check(self, context: CommandContext, interpretation: Interpretation) -> None:
        """Refuse an event that one of the layers cannot process."""
        for draft in self._drafts:
            draft.check(context, interpretation)

    def add(self, context: CommandContext, interpretation: Interpretation) -> None:
        """Add an event that was checked."""
        self._moments.append(context.moment)
        for draft in self._drafts:
            draft.add(context, interpretation)

    @property
    def any_added(self) -> bool:
        """Whether any event was added."""
        return bool(self._moments)

    @property
    def added(self) -> Additions:
        """What the events add."""
        return Additions(
            cause="observed",
            moment=max(self._moments),
            delta=reduce(add, (draft.delta for draft in self._drafts)),
            beliefs=[key for draft in self._drafts for key in draft.beliefs],
        )


def observations(
    events: Iterable[tuple[CommandContext, Interpretation]], layers: Sequence[Layer] = LAYERS
) -> Additions:
    """What several events of one twin, at least one, add together."""
    drafts: Drafts | None = None
    for context, interpretation in events:
        drafts = drafts or Drafts(context.state, context.graph, layers)
        drafts.check(context, interpretation)
        drafts.add(context, interpretation)
    assert drafts is not None
    return drafts.added
