"""A model whose evidence stays as it was is not asked again; what it answers is what it would answer anew."""

from __future__ import annotations

import numpy as np
import pytest
from tests import storeless
from tests.reading import everything
from tests.world import CATALOG, event, rated

from beliefgraph.inference import EXACT, Relation, Structure, compile_model
from beliefgraph.inference.model import Model
from beliefgraph.model.definition import Definitions
from beliefgraph.model.identity import twin_id
from beliefgraph.services.commands.drafts import observations
from beliefgraph.services.commits.advance import advance
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.definitions.layout import forget_layouts
from beliefgraph.services.derivation.derive import Floats, derive
from beliefgraph.services.interpretation.rules import RuleInterpreter
from beliefgraph.services.twin.state import fresh

GRAPH = DefinitionGraph(Definitions(tenant="acme", number=1, catalogs=(CATALOG,)))


def test_a_commit_asks_only_the_models_whose_evidence_it_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    answer = Model.exact_log_odds

    def counted(self: Model, rows: Floats) -> Floats | None:
        asked.append(len(self.priors))
        return answer(self, rows)

    state = fresh(twin_id("acme", "recalled"), "acme", "recalled")
    forget_layouts(state.id)
    monkeypatch.setattr(Model, "exact_log_odds", counted)
    times = []
    for one in (
        event("1"),
        event("2", "audited"),
        rated("3", 1.0),
        rated("4", -2.0),
        event("5", "said", llr=1.0, by="a", text=""),
    ):
        said = RuleInterpreter().interpret(one, GRAPH.definitions)
        added = observations([(storeless.command_context(state, GRAPH, one), said)])
        asked.clear()
        state = advance(state, GRAPH, added, storeless.CALLER, storeless.NOW).state
        times.append(len(asked))
        assert state.head_time is not None
        recalled = everything(derive(state, GRAPH, state.head_time))
        forget_layouts(state.id)
        assert everything(derive(state, GRAPH, state.head_time)) == recalled
    assert times[3] == 0, "world.alone depends on nothing, and all others stay as they were"
    assert times[4] >= 1


@pytest.mark.parametrize("apart", [0, 1])
def test_the_short_way_to_exact_answers_gives_the_bits_of_the_long_one(apart: int) -> None:
    relations = [Relation("supports", at, at + 1, 2.0 + at) for at in range(5)]
    model = compile_model(Structure([0.2, 0.4, 0.6, 0.3, 0.5, 0.7, *[0.5] * apart], relations))
    rows = np.random.default_rng(1).normal(0.0, 2.0, (3, 6 + apart))
    short, whole = model.exact_log_odds(rows), model.log_odds(rows)
    assert (short is None) == (apart == 1)
    if short is not None:
        assert short.tobytes() == np.asarray(whole.log_odds).tobytes()
        assert not whole.error.any()
        assert (whole.quality == EXACT).all()
