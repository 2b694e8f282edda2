"""A model whose evidence stays as it was is not asked again; what it answers is what it would answer anew."""

from __future__ import annotations

import pytest
from tests import telling
from tests.reading import everything
from tests.world import CATALOG, event, rated

from beliefgraph.inference.model import Model
from beliefgraph.model.definition import Definitions
from beliefgraph.model.identity import twin_id
from beliefgraph.services.commands.drafts import observations
from beliefgraph.services.commits.advance import advance
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.definitions.layout import forget_layouts
from beliefgraph.services.derivation.derive import derive
from beliefgraph.services.interpretation.rules import RuleInterpreter
from beliefgraph.services.twin.state import fresh

GRAPH = DefinitionGraph(Definitions(tenant="acme", number=1, catalogs=(CATALOG,)))


def test_a_commit_asks_only_the_models_whose_evidence_it_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    answer = Model.log_odds

    def counted(self: Model, *given: object) -> object:
        asked.append(len(self.priors))
        return answer(self, *given)  # type: ignore[arg-type]

    state = fresh(twin_id("acme", "recalled"), "acme", "recalled")
    forget_layouts(state.id)
    monkeypatch.setattr(Model, "log_odds", counted)
    times = []
    for one in (
        event("1"),
        event("2", "audited"),
        rated("3", 1.0),
        rated("4", -2.0),
        event("5", "said", llr=1.0, by="a", text=""),
    ):
        said = RuleInterpreter().interpret(one, GRAPH.definitions)
        added = observations([(telling.setting(state, GRAPH, one), said)])
        asked.clear()
        state = advance(state, GRAPH, added, telling.CALLER, telling.NOW).state
        times.append(len(asked))
        assert state.head_time is not None
        recalled = everything(derive(state, GRAPH, state.head_time))
        forget_layouts(state.id)
        assert everything(derive(state, GRAPH, state.head_time)) == recalled
    assert times[3] == 0, "world.alone depends on nothing, and all others stay as they were"
    assert times[4] >= 1
