"""What if? Hypothetical events, evidence and assumptions on a copy of the twin; nothing is stored."""

from __future__ import annotations

from beliefgraph.model.caller import Caller
from beliefgraph.model.command import WhatIf
from beliefgraph.model.commit import BeliefDifference
from beliefgraph.model.page import Answer
from beliefgraph.model.time import NOW, AsOf
from beliefgraph.services.definitions import DefinitionBook
from beliefgraph.services.interpret import Interpreter
from beliefgraph.store.graph import Graph


class WhatIfs:
    """Answers what would follow."""

    def __init__(self, graph: Graph, book: DefinitionBook, interpreter: Interpreter) -> None:
        self._graph = graph
        self._book = book
        self._interpreter = interpreter

    async def what_if(
        self, caller: Caller, question: WhatIf, *, as_of: AsOf = NOW, at_least_rev: int | None = None
    ) -> Answer[tuple[BeliefDifference, ...]]:
        """The beliefs that would stand elsewhere, unrounded, the biggest move first."""
        raise NotImplementedError
