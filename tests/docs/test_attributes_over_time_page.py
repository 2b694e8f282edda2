"""The tables on the page about metrics are computed again, from the catalogs on the page."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
import yaml
from tests.docs.pages import examples
from tests.house.source import ROOT

from beliefgraph.model.arrival import ArrivedEvent
from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.caller import Caller
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.definition import Definitions
from beliefgraph.model.event import Event
from beliefgraph.model.identity import belief_id
from beliefgraph.services.commands.drafts import observations
from beliefgraph.services.commits.advance import advance
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.derivation.derive import derive
from beliefgraph.services.interpretation.rules import RuleInterpreter
from beliefgraph.services.layer.context import CommandContext
from beliefgraph.services.twin.state import TwinState, fresh

PAGE = "docs/attributes-over-time.md"
ROW = re.compile(
    r"^\| (\d+) May, (\d+):(\d+) \| ([\d, ]+|none) \| (\d+).*? \| (at least \d|none) \| .*?([−\d.]+) \|$", re.MULTILINE
)
LEVEL_ROW = re.compile(
    r"^\| (\d+) (May|July), 12:00 \| ([\d, ]+|none) \| ([\d.]+ ± [\d.]+|unknown) \| ([\d.]+) \| .*?([−\d.]+) \|$",
    re.MULTILINE,
)


def twin_after(catalog: Catalog, type_: str, days: dict[int, dict[str, object]]) -> tuple[TwinState, DefinitionGraph]:
    """Ada under a catalog, after these events at noon in May."""
    graph = DefinitionGraph(Definitions(tenant="shop", number=1, catalogs=(catalog,)))
    caller = Caller(actor="shop", tenant="shop", scopes=("write",), purpose="testing")
    state = fresh("ada", "shop", "ada")
    for day, data in days.items():
        time = datetime(2026, 5, day, 12, tzinfo=UTC)
        event = Event(id=str(day), source="/shop", type=type_, time=time, twin="ada", data=data)
        setting = CommandContext(
            state, graph, caller, ArrivedEvent(id=str(day), event=event, delivery=str(day), body="")
        )
        said = RuleInterpreter().interpret(event, graph.definitions)
        state = advance(state, graph, observations([(setting, said)]), caller, time).state
    return state, graph


def catalogs() -> list[Catalog]:
    """The catalogs on the page, in their order."""
    return [Catalog.model_validate(yaml.safe_load(example.code)) for example in examples("yaml", PAGE)]


def number(text: str) -> float:
    return float(text.replace("−", "-"))


def test_the_table_is_what_the_catalog_measures() -> None:
    catalog, _ = catalogs()
    state, graph = twin_after(catalog, "page.viewed", {day: {"path": "/prices"} for day in (1, 2, 4, 8)})
    rows = ROW.findall((ROOT / PAGE).read_text(encoding="utf-8"))
    assert len(rows) == 6
    belief = belief_id(state.id, BeliefKey(attribute="product.interested"))
    for day, hour, minute, sees, value, band, log_odds in rows:
        at = datetime(2026, 5, int(day), int(hour), int(minute), tzinfo=UTC)
        derived = derive(state, graph, at, also=(BeliefKey(attribute="product.interested"),))
        visits = {one.metric.name: one for one in derived.contributions.measured}["visits.week"]
        assert [str(row.valid_from.day) for row in visits.events] == re.findall(r"\d+", sees)
        assert visits.value == float(value)
        assert (visits.band.says if visits.band else "none") == band
        found = float(derived.log_odds[derived.layout.position[belief]])
        assert found == pytest.approx(number(log_odds), abs=5e-4)


def test_the_level_is_what_its_measurements_say() -> None:
    _, catalog = catalogs()
    state, graph = twin_after(catalog, "week.reviewed", {1: {"hours": 14}, 8: {"hours": 19}, 15: {"hours": 17}})
    rows = LEVEL_ROW.findall((ROOT / PAGE).read_text(encoding="utf-8"))
    assert len(rows) == 5
    heavy = BeliefKey(attribute="reporting.heavy")
    for day, month, sees, value, said, log_odds in rows:
        derived = derive(
            state, graph, datetime(2026, {"May": 5, "July": 7}[month], int(day), 12, tzinfo=UTC), also=(heavy,)
        )
        (hours,) = derived.contributions.measured
        assert [str(row.valid_from.day) for row in hours.events] == re.findall(r"\d+", sees)
        told = "unknown" if hours.value is None else f"{hours.value:.2f} ± {hours.deviation:.2f}"
        assert told == value
        place = derived.layout.position[belief_id(state.id, heavy)]
        assert derived.log_likelihood[place] == pytest.approx(number(said), abs=5.1e-4)
        assert derived.log_odds[place] == pytest.approx(number(log_odds), abs=5.1e-4)
