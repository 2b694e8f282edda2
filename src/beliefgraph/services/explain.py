"""Why a belief stands where it stands: every piece of evidence with its share, the path it took, and a sentence."""

from __future__ import annotations

from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.caller import Caller
from beliefgraph.model.explanation import Explanation
from beliefgraph.model.time import NOW, AsOf
from beliefgraph.services.definitions import DefinitionBook
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring


class Explanations:
    """Explains beliefs, as of any moment."""

    def __init__(self, graph: Graph, keyring: Keyring, book: DefinitionBook) -> None:
        self._graph = graph
        self._keyring = keyring
        self._book = book

    async def explain(
        self, caller: Caller, twin: str, key: BeliefKey, *, as_of: AsOf = NOW, at_least_rev: int | None = None
    ) -> Explanation:
        """Why the belief stands where it does; `too-wide` where no exact answer can be had.

        The contributions sum to the move from prior to posterior, both unrounded, but for `residual`.
        """
        raise NotImplementedError
