"""A layer that nothing but this test knows: what it publishes, tells and takes back follows from the layer alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.telling import CALLER, NOW, setting
from tests.world import CATALOG, START, rated

from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.definition import Definitions
from beliefgraph.model.delta import Delta, Records
from beliefgraph.model.identity import evidence_id
from beliefgraph.model.record import Record
from beliefgraph.model.revision import Publication, Statement
from beliefgraph.model.timeline import inferred, revision_id
from beliefgraph.services.advance import PlannedCommit, advance, publish_layers
from beliefgraph.services.command_context import CommandContext
from beliefgraph.services.decide import withdrawn
from beliefgraph.services.definition_graph import DefinitionGraph
from beliefgraph.services.derive import derive
from beliefgraph.services.drafts import observations
from beliefgraph.services.interpretation.rules import RuleInterpreter
from beliefgraph.services.interpretation.said import Interpretation
from beliefgraph.services.layer import Layer, PublishContext, Published
from beliefgraph.services.layers import LAYERS
from beliefgraph.services.state import TwinState, fresh

GRAPH = DefinitionGraph(Definitions(tenant="acme", number=1, catalogs=(CATALOG,)))


class Mood(Record):
    """The mood of a twin."""

    id: str


class MoodShown(Statement):
    """That an event showed a mood of so much."""

    mood: str
    height: float

    @property
    def about(self) -> tuple[str, ...]:
        return (self.mood,)


class MoodPublished(Publication):
    """The mean of the moods that were shown."""

    mean: float


class MoodDraft:
    """Every event shows a mood as high as its `llr`."""

    beliefs: tuple[BeliefKey, ...] = ()

    def __init__(self, state: TwinState, _: DefinitionGraph) -> None:
        self._state = state
        self._shown: list[MoodShown] = []

    def check(self, context: CommandContext, said: Interpretation, /) -> None:
        assert context.arrived.event.data["llr"] < 9

    def hear(self, context: CommandContext, said: Interpretation, /) -> None:
        rev, event = self._state.rev + 1, context.arrived
        self._shown += [
            MoodShown(
                revision_id=revision_id("MoodShown", event.id, rev, context.moment),
                twin=self._state.id,
                key=event.id,
                valid_from=context.moment,
                rev_from=rev,
                definition="",
                origin="observed",
                evidence=evidence_id(event.id, "somebody"),
                source="somebody",
                mood="mood",
                height=event.event.data["llr"],
            )
        ]

    @property
    def delta(self) -> Delta:
        return Delta.of(made=[Mood(id="mood")] if "mood" not in self._state.made_of(Mood) else [], opened=self._shown)


def publish(context: PublishContext) -> Published:
    """The mean, where it is another than published."""
    state = context.after
    heights = [row.height for row in state.rows_of(MoodShown).values()]
    stands = state.rows_of(MoodPublished).get("mood")
    mean = sum(heights) / len(heights) if heights else None
    if mean == (None if stands is None else stands.mean):
        return Published()
    closed = [] if stands is None else [stands]
    if mean is None:
        return Published(Delta.of(closed=closed))
    at = context.derivation.at
    return Published(
        Delta.of(opened=[inferred(MoodPublished, state.id, "mood", at, context.rev, "", mean=mean)], closed=closed)
    )


def change(record: Mood, before: MoodPublished | None, after: MoodPublished | None) -> Any:
    return before and before.mean, after and after.mean


MOODS = Layer("moods", Mood, MoodPublished, change, publish, MoodDraft)
WITH_MOODS = (*LAYERS, MOODS)


def told(state: TwinState, *heights: float) -> PlannedCommit:
    """The commit of events that show these moods."""
    events = [rated(f"{state.rev}-{n}", height, day=state.rev) for n, height in enumerate(heights)]
    said = [(setting(state, GRAPH, event), RuleInterpreter().interpret(event, GRAPH.definitions)) for event in events]
    return advance(state, GRAPH, observations(said, WITH_MOODS), CALLER, NOW, WITH_MOODS)


def shown(state: TwinState, *heights: float) -> set[str]:
    """The evidence of moods of these heights."""
    return {row.evidence for row in state.rows_of(MoodShown).values() if row.height in heights}


def test_a_layer_is_published_and_told_with_every_commit_that_moves_it() -> None:
    first = told(fresh("t", "acme", "lena"), 1.0, 2.0)
    assert first.changes["moods"] == ((None, 1.5),)
    assert first.changes["beliefs"], "the others publish as ever"
    second = told(first.state, 6.0)
    assert second.changes["moods"] == ((1.5, 3.0),)
    assert told(second.state, 3.0).changes["moods"] == ()
    assert [row.mean for row in second.commit.delta.closed.of(MoodPublished)] == [1.5]
    assert second.commit.open_rows == second.state.open_rows > first.commit.open_rows


def test_what_evidence_states_in_a_layer_is_closed_when_it_is_withdrawn() -> None:
    state = told(told(fresh("t", "acme", "lena"), 1.0, 2.0).state, 6.0).state
    context = setting(state, GRAPH, rated("withdraw", 0.0, day=9))
    back = withdrawn(context, shown(state, 6.0))
    assert [type(row) for row in back.delta.closed] == [MoodShown]
    after = advance(state, GRAPH, back, CALLER, NOW, WITH_MOODS)
    assert after.changes["moods"] == ((3.0, 1.5),)
    rest = withdrawn(setting(after.state, GRAPH, rated("rest", 0.0, day=9)), shown(after.state, 1.0, 2.0))
    assert advance(after.state, GRAPH, rest, CALLER, NOW, WITH_MOODS).changes["moods"] == ((1.5, None),)


def test_what_a_layer_published_is_derived_again_and_compared() -> None:
    state = told(fresh("t", "acme", "lena"), 1.0, 2.0).state
    head = START + timedelta(days=0)
    again, _ = publish_layers(state, state, GRAPH, derive(state, GRAPH, state.head_time or head), state.rev, WITH_MOODS)
    assert not again.opened
    assert not again.closed
    broken = state.after(Delta(closed=Records(state.rows_of(MoodShown).values())))
    differing, _ = publish_layers(broken, broken, GRAPH, derive(broken, GRAPH, head), broken.rev, WITH_MOODS)
    assert [type(row) for row in differing.closed] == [MoodPublished]
