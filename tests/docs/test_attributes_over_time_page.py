"""The table on the page about metrics is computed again, from the catalog on the page."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
import yaml
from tests.docs.pages import examples
from tests.house.source import ROOT

from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.caller import Caller
from beliefgraph.model.definition import Catalog, Definitions
from beliefgraph.model.event import Event
from beliefgraph.model.identity import belief_id
from beliefgraph.services import decide
from beliefgraph.services.advance import advance
from beliefgraph.services.decide import Setting
from beliefgraph.services.derive import derive
from beliefgraph.services.interpret import RuleInterpreter
from beliefgraph.services.layout import DefinitionGraph
from beliefgraph.services.state import fresh
from beliefgraph.store.commits import ArrivedEvent

PAGE = "docs/attributes-over-time.md"
ROW = re.compile(
    r"^\| (\d+) May, (\d+):(\d+) \| ([\d, ]+|none) \| (\d+).*? \| (at least \d|none) \| .*?([−\d.]+) \|$", re.MULTILINE
)


def test_the_table_is_what_the_catalog_measures() -> None:
    (catalog,) = (Catalog.model_validate(yaml.safe_load(example.code)) for example in examples("yaml", PAGE))
    graph = DefinitionGraph(Definitions(tenant="shop", number=1, catalogs=(catalog,)))
    caller = Caller(actor="shop", tenant="shop", scopes=("write",), purpose="testing")
    state = fresh("ada", "shop", "ada")
    for day in (1, 2, 4, 8):
        viewed = datetime(2026, 5, day, 12, tzinfo=UTC)
        event = Event(
            id=str(day), source="/shop", type="page.viewed", time=viewed, twin="ada", data={"path": "/prices"}
        )
        setting = Setting(state, graph, caller, ArrivedEvent(id=str(day), event=event, delivery=str(day), body=""))
        said = RuleInterpreter().interpret(event, graph.definitions)
        state = advance(state, graph, decide.observations([setting], [said]), caller, viewed).state

    rows = ROW.findall((ROOT / PAGE).read_text(encoding="utf-8"))
    assert len(rows) == 6
    belief = belief_id(state.id, BeliefKey(attribute="product.interested"))
    for day, hour, minute, sees, value, band, log_odds in rows:
        at = datetime(2026, 5, int(day), int(hour), int(minute), tzinfo=UTC)
        derived = derive(state, graph, at, also=(BeliefKey(attribute="product.interested"),))
        visits = {one.metric.name: one for one in derived.measured}["visits.week"]
        assert [str(row.valid_from.day) for row in visits.events] == re.findall(r"\d+", sees)
        assert visits.value == float(value)
        assert (visits.band.says if visits.band else "none") == band
        found = float(derived.log_odds[derived.layout.position[belief]])
        assert found == pytest.approx(float(log_odds.replace("−", "-")), abs=5e-4)
