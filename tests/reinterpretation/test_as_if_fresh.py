"""What is read again under new rules is what would have been taken in under them."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from tests.metrics import METRICS
from tests.reading import alike, derived, stored
from tests.reinterpretation.conftest import again, republish, rule, with_rule
from tests.services.test_decisions import CATALOG as DECISIONS
from tests.services.test_decisions import OPTIONS
from tests.services.test_goals import GOALS
from tests.services.test_recheck import checked
from tests.world import START, World, event

from beliefgraph.model.catalog import Catalog
from beliefgraph.model.command import Retract
from beliefgraph.model.event import Event
from beliefgraph.model.revision import Revision
from beliefgraph.model.time import AsOf
from beliefgraph.services.questions.decisions import Decisions
from beliefgraph.services.twin.state import TwinState

CHOSEN = {"chosen": "'berlin'", "reasons": "['said so']"}
"""What the changed rule says of the decision."""

APART = {"revision_id", "twin", "key", "rev_from", "valid_from", "definition", "reason"}


def happened(seed: int) -> list[Event]:
    """Some events of every kind, in an order of their own."""
    chance = random.Random(seed)
    data: dict[str, Callable[[], dict[str, Any]]] = {
        "rated": lambda: {"llr": chance.uniform(-1, 1), "by": chance.choice("ab")},
        "priced": dict,
        "audited": dict,
        "visited": lambda: {"minutes": chance.randint(1, 90)},
        "planned": lambda: {"goal": chance.choice("abc"), "part_of": "whole"},
        "pondered": lambda: {"decision": "home", "options": OPTIONS, "chosen": "stay"},
    }
    types = [chance.choice(list(data)) for _ in range(24)]
    return [event(str(n), type_, day=chance.uniform(0, 40), **data[type_]()) for n, type_ in enumerate(types)]


def changed(catalog: Catalog, **rules: Any) -> Catalog:
    """The next version of a catalog, with parts of its one rule otherwise."""
    again = catalog.model_dump(mode="json", exclude_defaults=True)
    again["version"] = "2.0.0"
    again.update(rules.pop("whole", {}))
    for part, said in rules.items():
        again["events"][0][part][0].update(said)
    return Catalog.model_validate(again)


def published(state: TwinState) -> dict[str, set[Any]]:
    """What a twin publishes of its goals, decisions and metrics, by their keys."""

    def row(one: Revision) -> Any:
        return repr({name: value for name, value in one if name not in APART})

    return {
        "goals": {(state.goals[key].key, row(one)) for key, one in state.pursuits.items()},
        "decisions": {(state.decisions[key].key, row(one)) for key, one in state.deliberations.items()},
        "metrics": {(state.metrics[key].name, row(one)) for key, one in state.readings.items()},
    }


@pytest.mark.parametrize("seed", range(4))
async def test_a_twin_that_was_read_again_is_the_twin_that_hears_it_now(world: World, seed: int) -> None:
    events = happened(seed)
    for catalog in (METRICS, GOALS, DECISIONS):
        await world.book.publish(world.caller, catalog)
    half = len(events) // 2
    for part in (events[:half], events[half:]):
        assert {r.status for r in await world.intake.observe(world.caller, part)} == {"accepted"}

    def change(catalog: dict[str, Any]) -> None:
        with_rule("rated", "-2.0 * double(data.llr)")(catalog)
        with_rule("priced", "-0.8")(catalog)
        rule(catalog, "audited")["bears_on"][0]["half_life"] = "never"
        rule(catalog, "audited")["summary"] = "asked about security"

    await republish(world, "2.0.0", change)
    metrics = METRICS.model_dump(mode="json", exclude_defaults=True)["metrics"]
    metrics[0]["bands"][1]["bears_on"][0]["log_likelihood_ratio"] = 2.5
    metrics.append({**metrics[0], "key": "visits.month", "statement": "visits in 30 days", "window": "P30D"})
    await world.book.publish(world.caller, changed(METRICS, whole={"metrics": metrics}))
    await world.book.publish(world.caller, changed(GOALS, goals={"part_of": "'everything'", "priority": "0.25"}))
    await world.book.publish(world.caller, changed(DECISIONS, decisions=CHOSEN))

    done = await again(world)
    assert done.changed > 0
    fresh = [each.model_copy(update={"twin": "never"}) for each in events]
    assert {r.status for r in await world.intake.observe(world.caller, fresh)} == {"accepted"}
    lena, never = await stored(world), await stored(world, "never")
    assert alike(await derived(world, lena), await derived(world, never))
    assert published(lena) == published(never)
    assert not any(one.differ for one in (await checked(world)).values())
    assert (await again(world)).commits == 0


async def test_a_relation_of_goals_that_was_ended_stays_ended_and_reasons_that_are_reworded_are_told(
    world: World,
) -> None:
    for catalog in (GOALS, DECISIONS):
        await world.book.publish(world.caller, catalog)
    await world.intake.observe(
        world.caller,
        [event("1", "planned", goal="b", part_of="a"), event("2", "pondered", decision="home", options=OPTIONS)],
    )
    (link,) = [row for row in (await stored(world)).goal_relations if row.kind == "part_of"]
    await world.commands.retract(world.caller, Retract(twin="lena", relation=link.key, valid_time=START))
    await world.intake.observe(world.caller, [event("3", "planned", goal="a", part_of="b", day=1)])
    before = await stored(world)
    await world.book.publish(world.caller, changed(GOALS, goals={"priority": "0.25"}))
    await world.book.publish(world.caller, changed(DECISIONS, decisions={"reasons": "['said so']"}))
    assert (await again(world)).changed == 3
    after = await stored(world)
    assert {(row.source, row.target) for row in after.goal_relations} == {
        (row.source, row.target) for row in before.goal_relations
    }
    await world.book.publish(
        world.caller, changed(DECISIONS, decisions={"reasons": "['otherwise']"}, whole={"version": "3.0.0"})
    )
    assert (await again(world)).changed == 1
    decisions = Decisions(world.graph, world.keyring, world.book)
    told = [
        [reason.text for reason in (await decisions.decision(world.caller, "lena", "home", as_of=as_of)).reasons]
        for as_of in (AsOf(rev=after.rev), AsOf(rev=after.rev + 1))
    ]
    assert told == [["said so"], ["otherwise"]]
