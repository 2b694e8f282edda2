"""What-if: hypothetical events, evidence, goals, assumptions, interventions on a copy of a twin; never stored."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from beliefgraph.errors import Incorrect, Unavailable
from beliefgraph.model.belief import BeliefKey, worst
from beliefgraph.model.caller import Caller
from beliefgraph.model.command import Assumption, Intervention, WhatIf
from beliefgraph.model.commit import BeliefDifference, Comparison
from beliefgraph.model.goal import GOAL_GRID
from beliefgraph.model.identity import belief_id, event_id, evidence_id
from beliefgraph.model.page import Answer
from beliefgraph.model.time import NOW, AsOf
from beliefgraph.services.definitions.book import DefinitionBook
from beliefgraph.services.derivation.derive import Derivation, derive
from beliefgraph.services.goals.decide import bears_on_pursued
from beliefgraph.services.goals.derive import derive_goals
from beliefgraph.services.interpretation.protocol import BearsOn, InterpretedGoal, Interpreter
from beliefgraph.services.process.threads import long_work
from beliefgraph.services.questions.goal_differences import goal_differences
from beliefgraph.services.questions.suppose import Supposed, supposed_events, supposing
from beliefgraph.services.snapshots.as_of import Snapshot, Snapshots
from beliefgraph.services.snapshots.recompute import Recomputed
from beliefgraph.store.events import yielded_by
from beliefgraph.store.graph import Graph

NOTICEABLE = 0.005
"""Moves in log-odds below this are not reported."""

FEW = 10
"""Most hypotheses of a query that runs alongside others; above, it counts as long work."""


class WhatIfs:
    """Answers what-if queries."""

    def __init__(
        self, graph: Graph, book: DefinitionBook, interpreter: Interpreter, *, snapshots: Snapshots | None = None
    ) -> None:
        self._graph = graph
        self._interpreter = interpreter
        self._snapshots = snapshots or Snapshots(graph, book)

    async def what_if(
        self, caller: Caller, question: WhatIf, *, as_of: AsOf = NOW, at_least_rev: int | None = None
    ) -> Answer[Comparison]:
        """The beliefs and goals that would differ noticeably, unrounded, largest move first.

        Both sides are derived at one valid time, that of the latest hypothetical event if it is after head time, so
        that every difference is due to the hypothesis and none to ageing. Without `as_of`, the definitions in force
        interpret the events; as of a moment, those of that moment. An event that was received before changes nothing; a
        correction overrides hypothetical evidence as it does real evidence. An assumed belief has log-odds ±100, a
        confidence of 1 or 0; so does an intervened one, whose causes are as without evidence on it. A statement about a
        goal counts as the person's own, from the moment on.
        """
        moment = await self._snapshots.asked(caller, question.twin, as_of, at_least_rev)
        if as_of.is_now:
            moment = await self._snapshots.under_latest(caller, moment)
        moment = replace(moment, at=max([moment.at, *(event.time for event in question.events)]))
        compute = long_work if _hypotheses(question) > FEW else asyncio.to_thread
        state = moment.state
        events = [event_id(state.id, event.source, event.id) for event in question.events]
        yielded = await yielded_by(self._graph, state.id, events)
        found = await compute(_suppose, moment, question, self._interpreter, yielded)
        return Answer(found, moment.state.rev, moment.at)


def _hypotheses(question: WhatIf) -> int:
    asked = question.events, question.evidence, question.assumptions, question.interventions, question.goals
    return sum(map(len, asked))


def _suppose(
    moment: Snapshot, question: WhatIf, interpreter: Interpreter, yielded: Mapping[str, Collection[str]]
) -> Comparison:
    assumed, made = _settled(question.assumptions, "assumed"), _settled(question.interventions, "made")
    for key in assumed:
        if key in made:
            raise _impossible(key, "assumed and made so at once: the first moves its causes, the second does not")
    supposed = [
        *supposed_events(moment, question.twin, question.events, interpreter, yielded),
        *_evidence(moment, question),
        *_goals(moment, question),
    ]
    borne = [one.says.belief for one in supposed if isinstance(one.says, BearsOn)]
    touched = dict.fromkeys([*borne, *assumed, *made])
    state = supposing(moment, supposed, touched)
    after = derive(state, moment.graph, moment.at, assume=assumed, do=made)
    before = derive(moment.state, moment.graph, moment.at, also=after.layout.keys)
    for key in touched:
        _refuse_unavailable(after, belief_id(moment.state.id, key))
    return Comparison(
        beliefs=_moved(Recomputed(moment, before), Recomputed(replace(moment, state=state), after)),
        goals=goal_differences(
            derive_goals(moment.state, moment.graph, before, moment.at),
            derive_goals(state, moment.graph, after, moment.at),
            noticeable=GOAL_GRID / 2,
        ),
    )


def _evidence(moment: Snapshot, question: WhatIf) -> Iterator[Supposed]:
    for n, one in enumerate(question.evidence):
        bears = BearsOn(belief=one.belief, log_likelihood_ratio=one.log_likelihood_ratio)
        yield Supposed(bears, f"supposed:{n}", evidence_id("supposed", str(n)), moment.at)


def _goals(moment: Snapshot, question: WhatIf) -> Iterator[Supposed]:
    for n, one in enumerate(question.goals):
        source, evidence = f"supposed:goal:{n}", evidence_id("supposed goal", str(n))
        stated = InterpretedGoal(key=one.goal, **one.model_dump(exclude={"goal"}))
        yield Supposed(stated, source, evidence, moment.at, stance="correction")
        for bears in bears_on_pursued(moment.graph, one.goal, one.status):
            yield Supposed(bears, source, evidence, moment.at)


def _settled(hypotheses: Sequence[Assumption | Intervention], how: str) -> dict[BeliefKey, bool]:
    settled: dict[BeliefKey, bool] = {}
    for one in hypotheses:
        if settled.setdefault(one.belief, one.holds) != one.holds:
            raise _impossible(one.belief, f"{how} to hold and not to hold")
    return settled


def _impossible(belief: BeliefKey, what: str) -> Incorrect:
    return Incorrect("impossible-evidence", f"{belief.attribute} cannot be {what}.", attribute=belief.attribute)


def _refuse_unavailable(derived: Derivation, belief: str) -> None:
    if not derived.available[derived.layout.position[belief]]:
        raise Unavailable("too-wide", "This belief is connected to too many others for an answer.", belief=belief)


def _moved(before: Recomputed, after: Recomputed) -> tuple[BeliefDifference, ...]:
    listed = {before.derived.layout.ids[position] for position in before.listed}
    found = []
    for position, id_ in enumerate(after.derived.layout.ids):
        was = before.state(before.derived.layout.position[id_])
        then = after.state(position)
        if then.log_odds is None or (was.log_odds is not None and abs(then.log_odds - was.log_odds) < NOTICEABLE):
            continue
        found.append(
            BeliefDifference(
                belief=then.belief,
                before=was.log_odds,
                after=then.log_odds,
                before_status=was.status if id_ in listed else None,
                after_status=then.status,
                quality=worst([was.quality, then.quality]) if was.log_odds is not None else then.quality,
            )
        )
    return tuple(sorted(found, key=lambda d: (-abs((d.after or 0.0) - (d.before or 0.0)), d.belief.id)))
