"""A layer that nothing but `moods/` knows: what it publishes, tells and takes back follows from the layer alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from tests.services.moods import MOODS
from tests.services.moods.records import MoodPublished, MoodShown
from tests.storeless import CALLER, NOW, command_context
from tests.world import CATALOG, START, event, rated

from beliefgraph.model.definition import Definitions
from beliefgraph.model.delta import Delta, Records
from beliefgraph.model.event import Event
from beliefgraph.model.evidence import Bearing
from beliefgraph.services.commands.decide import withdrawn
from beliefgraph.services.commands.drafts import observations
from beliefgraph.services.commits.advance import PlannedCommit, advance, publish_layers
from beliefgraph.services.commits.layers import LAYERS
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.derivation.derive import derive
from beliefgraph.services.interpretation.rules import RuleInterpreter
from beliefgraph.services.twin.state import TwinState, fresh

GRAPH = DefinitionGraph(Definitions(tenant="acme", number=1, catalogs=(CATALOG,)))
WITH_MOODS = (*LAYERS, MOODS)


def moved(commit: PlannedCommit) -> list[tuple[float | None, float | None]]:
    """The mean of the mood before and after a commit, where it moved."""
    return [(each.before and each.before.mean, each.after and each.after.mean) for each in commit.changes["moods"]]


def planned_commit(state: TwinState, *heights: float, others: Sequence[Event] = ()) -> PlannedCommit:
    """The commit of events that show these moods, and of others."""
    events = [*(rated(f"{state.rev}-{n}", height, day=state.rev) for n, height in enumerate(heights)), *others]
    said = [
        (command_context(state, GRAPH, event), RuleInterpreter().interpret(event, GRAPH.definitions))
        for event in events
    ]
    return advance(state, GRAPH, observations(said, WITH_MOODS), CALLER, NOW, WITH_MOODS)


def shown(state: TwinState, *heights: float) -> set[str]:
    """The evidence of moods of these heights."""
    return {row.evidence for row in state.rows_of(MoodShown).values() if row.height in heights}


def test_a_layer_is_published_with_every_commit_that_changes_it() -> None:
    first = planned_commit(fresh("t", "acme", "lena"), 1.0, 2.0)
    assert moved(first) == [(None, 1.5)]
    assert first.changes["beliefs"], "the others publish as ever"
    second = planned_commit(first.state, 6.0)
    assert moved(second) == [(1.5, 3.0)]
    silent = planned_commit(second.state, others=[event("silent", day=9)])
    assert silent.changes["beliefs"]
    assert moved(silent) == []
    assert [row.mean for row in second.commit.delta.closed.of(MoodPublished)] == [1.5]
    assert second.commit.open_rows == second.state.open_rows > first.commit.open_rows


def test_what_evidence_states_in_a_layer_is_closed_when_it_is_withdrawn() -> None:
    state = planned_commit(planned_commit(fresh("t", "acme", "lena"), 1.0, 2.0).state, 6.0).state
    context = command_context(state, GRAPH, rated("withdraw", 0.0, day=9))
    back = withdrawn(context, shown(state, 6.0))
    assert {type(row) for row in back.delta.closed} == {Bearing, MoodShown}
    after = advance(state, GRAPH, back, CALLER, NOW, WITH_MOODS)
    assert moved(after) == [(3.0, 1.5)]
    rest = withdrawn(command_context(after.state, GRAPH, rated("rest", 0.0, day=9)), shown(after.state, 1.0, 2.0))
    assert moved(advance(after.state, GRAPH, rest, CALLER, NOW, WITH_MOODS)) == [(1.5, None)]


def test_what_a_layer_published_is_derived_again_and_compared() -> None:
    state = planned_commit(fresh("t", "acme", "lena"), 1.0, 2.0).state
    head = START + timedelta(days=0)
    again, _ = publish_layers(state, state, GRAPH, derive(state, GRAPH, state.head_time or head), state.rev, WITH_MOODS)
    assert not again.opened
    assert not again.closed
    broken = state.after(Delta(closed=Records(state.rows_of(MoodShown).values())))
    differing, _ = publish_layers(broken, broken, GRAPH, derive(broken, GRAPH, head), broken.rev, WITH_MOODS)
    assert [type(row) for row in differing.closed] == [MoodPublished]
