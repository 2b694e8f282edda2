"""The events on the page about catalogs are read, and its catalog understands them."""

from __future__ import annotations

from datetime import UTC, datetime

import yaml
from tests.docs.pages import examples

from beliefgraph.ingest.cloudevents import read_structured
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.definition import Definitions
from beliefgraph.model.event import Event
from beliefgraph.services.interpretation.check import check_catalog
from beliefgraph.services.interpretation.rules import RuleInterpreter

PAGE = "docs/catalogs.md"
READ = datetime(2026, 6, 1, tzinfo=UTC)


def test_the_pages_catalog_understands_its_events() -> None:
    garden, kinds, *_ = (Catalog.model_validate(yaml.safe_load(example.code)) for example in examples("yaml", PAGE))
    (events,) = examples("jsonl", PAGE)
    definitions = Definitions(tenant="shop", number=1, catalogs=(garden, kinds))
    said = [
        [(spoken.source, [bearing.belief.attribute for bearing in spoken.bearings]) for spoken in heard.statements]
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
    (spoken,) = RuleInterpreter().interpret(delivered, definitions).statements
    assert [(bearing.belief.attribute, bearing.belief.value) for bearing in spoken.bearings] == [
        ("garden.city", "Bonn"),
        ("garden.kind", "allotment"),
        ("garden.kind", "backyard"),
    ]


def named(catalog: str) -> Catalog:
    """A catalog of the page, by its name."""
    catalogs = (Catalog.model_validate(yaml.safe_load(example.code)) for example in examples("yaml", PAGE))
    (found,) = (each for each in catalogs if each.catalog == catalog)
    check_catalog(found)
    return found


def test_the_pages_rule_on_decisions_tells_what_it_says() -> None:
    chooser = named("chooser")
    data = {
        "comparison": "car",
        "question": "Which car",
        "offers": [{"key": "small", "features": {"price": 9000, "fuel": "electric"}}, {"key": "none"}],
        "pick": "small",
        "why": ["It fits the yard", {"goal": "save"}],
        "hope": {"score": 0.5, "text": "fewer repairs"},
    }
    event = Event(id="1", source="c", type="chooser.closed", time=READ, data=data)
    (spoken,) = RuleInterpreter().interpret(event, Definitions(tenant="t", number=1, catalogs=(chooser,))).statements
    (told,) = spoken.decisions
    assert (told.key, told.title, told.chosen) == ("car", "Which car", "small")
    assert [(o.key, o.features) for o in told.options or ()] == [
        ("small", {"price": 9000.0, "fuel": "electric"}),
        ("none", {}),
    ]
    assert [(r.text, r.goal) for r in told.reasons or ()] == [("It fits the yard", None), (None, "save")]
    assert told.expected is not None
    assert (told.expected.score, told.expected.text, told.actual) == (0.5, "fewer repairs", None)


def test_the_pages_rule_on_goals_states_what_it_says() -> None:
    planner = named("planner")
    data = {"task": "beds", "title": "Raise the beds", "done": 1.0, "projects": ["garden", "summer"]}
    event = Event.model_validate(
        {"id": "1", "source": "p", "type": "planner.updated", "time": "2026-03-01T10:00:00Z", "data": data}
    )
    (spoken,) = RuleInterpreter().interpret(event, Definitions(tenant="t", number=1, catalogs=(planner,))).statements
    (goal,) = spoken.goals
    assert (goal.key, goal.title, goal.status, goal.progress) == ("beds", "Raise the beds", "achieved", 1.0)
    assert goal.part_of == ("garden", "summer")
