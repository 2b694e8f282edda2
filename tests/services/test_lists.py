"""A list costs the store as many statements whether it holds one thing or forty."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.preferences import PREFERENCES, wanted
from tests.services.test_decisions import CATALOG as DECISIONS
from tests.services.test_decisions import OPTIONS, pondered
from tests.services.test_goals import GOALS
from tests.world import World, event

from beliefgraph.model.catalog import Catalog
from beliefgraph.model.event import Event
from beliefgraph.model.page import Page
from beliefgraph.services.explanation.explain import Explanations
from beliefgraph.services.preferences.questions import Preferences
from beliefgraph.services.questions.beliefs import Questions
from beliefgraph.services.questions.decisions import Decisions
from beliefgraph.services.questions.goals import Goals
from beliefgraph.services.questions.metrics import Metrics

MANY = 40

BOUGHT = Catalog.model_validate(
    {
        "catalog": "bought",
        "version": "1.0.0",
        "metrics": [
            {
                "key": "bought.week",
                "statement": "bought in 7 days",
                "kind": "count",
                "events": ["bought"],
                "subject": "data.at",
                "window": "P7D",
            }
        ],
    }
)

List = Callable[[World, str], Awaitable[Page[Any]]]


def _preferences(world: World, twin: str) -> Awaitable[Page[Any]]:
    explanations = Explanations(world.graph, world.keyring, world.book)
    return Preferences(world.graph, world.book, explanations).preferences(
        world.caller, twin, explained=True, with_history=True
    )


def _beliefs(world: World, twin: str) -> Awaitable[Page[Any]]:
    return Questions(world.graph, world.keyring, world.book).beliefs(
        world.caller, twin, with_evidence=True, relation_levels=2
    )


def _goals(world: World, twin: str) -> Awaitable[Page[Any]]:
    return Goals(world.graph, world.book).goals(world.caller, twin, related=True, explained=True)


def _decisions(world: World, twin: str) -> Awaitable[Page[Any]]:
    return Decisions(world.graph, world.keyring, world.book).decisions(world.caller, twin)


def _metrics(world: World, twin: str) -> Awaitable[Page[Any]]:
    return Metrics(world.graph, world.keyring, world.book).metrics(world.caller, twin)


LISTS: dict[str, tuple[List, Callable[[int], Event]]] = {
    "preferences": (_preferences, lambda n: wanted(f"{n}", "liking", 1.0, value="likes", subject=f"thing-{n}")),
    "beliefs": (_beliefs, lambda n: wanted(f"{n}", "liking", 1.0, value="likes", subject=f"thing-{n}")),
    "goals": (_goals, lambda n: event(f"{n}", "planned", goal=f"goal-{n}", progress=0.5)),
    "decisions": (
        _decisions,
        lambda n: pondered(f"{n}", f"decision-{n}", options=OPTIONS, chosen="stay", why=["mere words"]),
    ),
    "metrics": (_metrics, lambda n: event(f"{n}", "bought", at=f"shop-{n}")),
}


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_of_forty_costs_as_many_statements_as_a_list_of_one(world: World, name: str) -> None:
    for catalog in (PREFERENCES, GOALS, DECISIONS, BOUGHT):
        await world.book.publish(world.caller, catalog)
    ask, told = LISTS[name]
    asked: list[int] = []
    for twin, number in (("one", 1), ("many", MANY)):
        events = [told(n).model_copy(update={"twin": twin}) for n in range(number)]
        receipts = await world.intake.observe(world.caller, events)
        assert {receipt.status for receipt in receipts} == {"accepted"}
        before = world.graph.statements
        page = await ask(world, twin)
        asked.append(world.graph.statements - before)
        assert len(page.nodes) >= number
    assert asked[1] <= asked[0]
