"""Queries on what is known about a twin and what to ask next, as of any moment. Nothing is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from beliefgraph.errors import Incorrect
from beliefgraph.model.asking import Coverage, NextQuestions
from beliefgraph.model.belief import ANYWHERE, BeliefKey
from beliefgraph.model.caller import Caller
from beliefgraph.model.definition import Definitions
from beliefgraph.model.time import NOW, AsOf
from beliefgraph.services.asking.weigh import Asking, covered, forbidden, last_stated
from beliefgraph.services.definitions.book import DefinitionBook
from beliefgraph.services.snapshots.as_of import Snapshots
from beliefgraph.store.asking import last_of
from beliefgraph.store.graph import Graph

FIRST = 5
MOST = 100
"""Most questions in one answer."""

MOST_ABOUT = 200
"""Most beliefs that questions may target."""

MOST_OUTCOMES = 20
"""Most outcomes that questions may target."""


class AskingQuestions:
    """Answers how much is known about twins, and which questions are most informative."""

    def __init__(self, graph: Graph, book: DefinitionBook, *, snapshots: Snapshots | None = None) -> None:
        self._graph = graph
        self._snapshots = snapshots or Snapshots(graph, book)

    async def coverage(
        self, caller: Caller, twin: str, *, as_of: AsOf = NOW, at_least_rev: int | None = None
    ) -> Coverage:
        """How much of what the catalog asks about the twin itself is known, by domain."""
        moment = await self._snapshots.asked(caller, twin, as_of, at_least_rev)
        return await asyncio.to_thread(covered, moment)

    async def ask_next(
        self,
        caller: Caller,
        twin: str,
        *,
        first: int = FIRST,
        about: Sequence[BeliefKey] = (),
        outcomes: Sequence[str] = (),
        context: str = ANYWHERE,
        as_of: AsOf = NOW,
        at_least_rev: int | None = None,
    ) -> NextQuestions:
        """The most informative questions for their cost, about some beliefs and what outcomes depend on, or about all.

        An outcome depends on the beliefs that its definition names. Never includes a question that was asked or
        answered recently, or that a hard constraint forbids asking in the context. A caller who may see only part of
        the twin gets no information from the types of its events.
        """
        if not 1 <= first <= MOST:
            raise Incorrect("invalid-input", f"first lies between 1 and {MOST}.", field="first")
        if len(about) > MOST_ABOUT:
            raise Incorrect("invalid-input", f"about names at most {MOST_ABOUT} beliefs.", field="about")
        if len(outcomes) > MOST_OUTCOMES:
            raise Incorrect("invalid-input", f"outcomes names at most {MOST_OUTCOMES}.", field="outcomes")
        moment = await self._snapshots.asked(caller, twin, as_of, at_least_rev)
        targets = [*about, *_beliefs(moment.graph.definitions, outcomes)]
        offered = moment.graph.definitions.questions.values()
        types = {question.event for question in offered if question.event is not None and moment.seen.whole}
        last = await last_of(self._graph, moment.state.id, types, moment.state.rev, moment.at)

        def answer() -> NextQuestions:
            stated = last_stated(moment)
            lately = {
                question.key
                for question in offered
                for at in (stated.get(question.attribute), last.get(question.event or ""))
                if at is not None and at > moment.at - question.again
            }
            left = [question for question in offered if question.key not in lately]
            refused = forbidden(moment, context, left)
            asking = Asking(moment, [question for question in left if question.key not in refused], targets)
            return NextQuestions(
                context=context,
                questions=tuple(asking.first(first)),
                lately=tuple(sorted(lately)),
                forbidden=tuple(sorted(refused)),
                targets=len(asking.targets),
                valid_time=moment.at,
                rev=moment.state.rev,
            )

        return await asyncio.to_thread(answer)


def _beliefs(definitions: Definitions, outcomes: Sequence[str]) -> Iterator[BeliefKey]:
    """The beliefs that these outcomes depend on; `invalid-input` for one that depends on none."""
    for key in outcomes:
        named = list(dict.fromkeys(belief for _, belief in definitions.outcome(key).named_beliefs))
        if not named:
            raise Incorrect("invalid-input", f"The outcome {key} depends on no belief.", outcome=key)
        yield from named
