"""A small world to test in: a few attributes, every kind of relation, three types of event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.caller import Caller
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.event import Event
from beliefgraph.model.time import Clock
from beliefgraph.services.commands.commands import Commands
from beliefgraph.services.commands.intake import Intake
from beliefgraph.services.commands.writer import Updater
from beliefgraph.services.commits.layers import LAYERS
from beliefgraph.services.definitions.book import DefinitionBook
from beliefgraph.services.interpretation.rules import RuleInterpreter
from beliefgraph.services.layer.protocol import Layer
from beliefgraph.services.twin.cache import TwinCache
from beliefgraph.services.upkeep.erase import Eraser
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring
from beliefgraph.store.layer_rows import Layers
from beliefgraph.store.personal import PersonalTexts

START = datetime(2026, 1, 5, 9, tzinfo=UTC)

CATALOG = Catalog.model_validate(
    {
        "catalog": "test",
        "version": "1.0.0",
        "attributes": [
            {"key": "needs.budget", "domain": "needs", "prior": 0.4, "statement": "has a budget"},
            {"key": "needs.urgent", "domain": "needs", "prior": 0.3, "statement": "needs it soon"},
            {"key": "product.fits", "domain": "product", "prior": 0.5, "statement": "thinks {subject} fits"},
            {
                "key": "product.risky",
                "domain": "product",
                "prior": 0.2,
                "statement": "thinks {subject} is risky",
                "half_life": "P30D",
            },
            {"key": "world.buys", "domain": "world", "prior": 0.25, "statement": "will buy"},
            {"key": "world.alone", "domain": "world", "prior": 0.5, "statement": "stands alone"},
        ],
        "relations": [
            {"kind": "supports", "source": "needs.budget", "target": "world.buys", "odds_ratio": 4.0},
            {"kind": "implies", "source": "needs.urgent", "target": "world.buys", "probability": 0.6},
            {"kind": "contradicts", "source": "product.risky", "target": "product.fits", "odds_ratio": 0.3},
            {"kind": "causes", "source": "product.fits", "target": "world.buys", "odds_ratio": 3.0},
        ],
        "events": [
            {
                "type": "said",
                "summary": "said something about it",
                "source": "data.by",
                "verbatim": "data.text",
                "bears_on": [
                    {"attribute": "world.buys", "log_likelihood_ratio": "double(data.llr)", "when": "'llr' in data"},
                ],
            },
            {
                "type": "priced",
                "summary": "looked at the prices",
                "bears_on": [
                    {"attribute": "needs.budget", "log_likelihood_ratio": 0.8},
                    {"attribute": "needs.urgent", "log_likelihood_ratio": 0.4},
                ],
            },
            {
                "type": "audited",
                "summary": "raised a security question",
                "bears_on": [{"attribute": "product.risky", "log_likelihood_ratio": 1.5}],
            },
            {
                "type": "rated",
                "summary": "rated",
                "source": "data.by",
                "bears_on": [{"attribute": "world.alone", "log_likelihood_ratio": "double(data.llr)"}],
            },
        ],
    }
)


@dataclass
class Ears:
    """A notifier that remembers what it was told."""

    notified: list[str] = field(default_factory=list)

    def notify(self, twin: str) -> None:
        self.notified.append(twin)


class World:
    """The services of one process, as `app` would join them."""

    def __init__(
        self, graph: Graph, keyring: Keyring, clock: Clock, caller: Caller, layers: Sequence[Layer] = LAYERS
    ) -> None:
        self.graph = graph
        graph.layers = Layers(layer.rows for layer in layers if layer.rows is not None)
        graph.personal = PersonalTexts(keyring)
        self.keyring = keyring
        self.clock = clock
        self.caller = caller
        self.notifier = Ears()
        self.book = DefinitionBook(graph, clock)
        self.cache = TwinCache(graph)
        self.updater = Updater(graph, keyring, self.book, self.cache, clock, self.notifier, layers=layers)
        self.intake = Intake(self.updater, RuleInterpreter())
        self.commands = Commands(self.updater, self.intake)
        self.eraser = Eraser(self.updater)

    def another(self) -> World:
        """Another process on the same store."""
        return World(self.graph, self.keyring, self.clock, self.caller, self.updater.layers)

    def person(self, twin: str) -> Caller:
        """The person whom a twin models."""
        return self.caller.model_copy(update={"actor": twin, "person": twin})


def event(id_: str, type_: str = "priced", *, day: float = 0, twin: str | None = "lena", **data: Any) -> Event:
    """An event that happened so many days after the start."""
    return Event(id=id_, source="test", type=type_, time=START + timedelta(days=day), twin=twin, data=data)


def meaning(type_: str, version: str) -> Catalog:
    """The catalog with one more type of event."""
    rule = {"type": type_, "summary": "did", "bears_on": [{"attribute": "world.alone", "log_likelihood_ratio": 1.5}]}
    more = CATALOG.model_dump(mode="json", exclude_none=True)
    return Catalog.model_validate({**more, "version": version, "events": [*more["events"], rule]})


def rated(id_: str, llr: float, *, day: float = 0, by: str = "a colleague", twin: str = "lena") -> Event:
    """An event that bears on `world.alone`, which nothing else moves, by exactly `llr`."""
    return event(id_, "rated", day=day, twin=twin, llr=llr, by=by)


def key(attribute: str, **more: str) -> BeliefKey:
    """The key of a belief."""
    return BeliefKey(attribute=attribute, **more)
