"""The events on the page about catalogs are read, and its catalog understands them."""

from __future__ import annotations

from datetime import UTC, datetime

import yaml
from tests.docs.pages import examples

from beliefgraph.ingest.cloudevents import read_structured
from beliefgraph.model.definition import Catalog, Definitions
from beliefgraph.model.event import Event
from beliefgraph.services.interpret import RuleInterpreter, check_expressions

PAGE = "docs/catalogs.md"
READ = datetime(2026, 6, 1, tzinfo=UTC)


def test_the_pages_catalog_understands_its_events() -> None:
    garden, kinds, *_ = (Catalog.model_validate(yaml.safe_load(example.code)) for example in examples("yaml", PAGE))
    (events,) = examples("jsonl", PAGE)
    definitions = Definitions(tenant="shop", number=1, catalogs=(garden, kinds))
    said = [
        [(spoken.source, [bearing.belief.attribute for bearing in spoken.bearings]) for spoken in heard.spoken]
        for line in events.code.splitlines()
        for heard in [RuleInterpreter().interpret(read_structured(line.encode(), READ), definitions)]
    ]
    assert said == [
        [("/shop", ["garden.loves_it", "garden.has_one"])],
        [("customer:ada", ["world.is_moving"])],
    ]
    delivered = Event(
        id="3",
        source="/shop",
        type="shop.delivered",
        time=READ,
        twin="ada",
        data={"city": "Bonn", "floor": 0, "lawn": True},
    )
    (spoken,) = RuleInterpreter().interpret(delivered, definitions).spoken
    assert [(bearing.belief.attribute, bearing.belief.value) for bearing in spoken.bearings] == [
        ("garden.city", "Bonn"),
        ("garden.kind", "allotment"),
        ("garden.kind", "backyard"),
    ]


def test_the_pages_rule_on_goals_states_what_it_says() -> None:
    *_, planner = (Catalog.model_validate(yaml.safe_load(example.code)) for example in examples("yaml", PAGE))
    check_expressions(planner)
    data = {"task": "beds", "title": "Raise the beds", "done": 1.0, "projects": ["garden", "summer"]}
    event = Event.model_validate(
        {"id": "1", "source": "p", "type": "planner.updated", "time": "2026-03-01T10:00:00Z", "data": data}
    )
    (spoken,) = RuleInterpreter().interpret(event, Definitions(tenant="t", number=1, catalogs=(planner,))).spoken
    (goal,) = spoken.goals
    assert (goal.key, goal.title, goal.status, goal.progress) == ("beds", "Raise the beds", "achieved", 1.0)
    assert goal.part_of == ("garden", "summer")
