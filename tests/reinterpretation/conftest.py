"""A world whose rules are changed, and the events in it read again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.world import CATALOG, World

from beliefgraph.model.catalog import Catalog
from beliefgraph.model.reinterpretation import Reinterpret, Reinterpretation
from beliefgraph.services.interpretation.rules import RuleInterpreter
from beliefgraph.services.reinterpretation.reinterpret import Reinterpreter

Change = Callable[[dict[str, Any]], None]
"""What is done to a catalog before it is published again."""


def reinterpreter(world: World) -> Reinterpreter:
    """The service of a process of this world."""
    return Reinterpreter(world.updater, world.intake, RuleInterpreter())


async def again(world: World, **asked: Any) -> Reinterpretation:
    """Stored events read again."""
    return await reinterpreter(world).reinterpret(world.caller, Reinterpret(**asked))


async def republish(world: World, version: str, change: Change) -> None:
    """Put a changed catalog in force."""
    catalog = CATALOG.model_dump(mode="json", exclude_defaults=True)
    change(catalog)
    await world.book.publish(world.caller, Catalog.model_validate({**catalog, "version": version}))


def rule(catalog: dict[str, Any], type_: str) -> dict[str, Any]:
    """The rule for events of a type."""
    return next(each for each in catalog["events"] if each["type"] == type_)


def bears(catalog: dict[str, Any], type_: str, llr: str) -> None:
    """Let events of a type bear on the first belief of their rule with another log-likelihood ratio."""
    rule(catalog, type_)["bears_on"][0]["log_likelihood_ratio"] = llr


def with_rule(type_: str, llr: str) -> Change:
    """That change."""
    return lambda catalog: bears(catalog, type_, llr)
