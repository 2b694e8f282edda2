"""Definitions as data: what may be published over what, and when it is in force."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from tests.reading import held, log_odds, refusal, stored
from tests.world import CATALOG, START, World, event, key, rated

from beliefgraph.errors import BeliefgraphError, Conflict
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.command import Correct, Relate
from beliefgraph.services.definitions import book as definitions
from beliefgraph.services.derivation.grid import published
from beliefgraph.services.upkeep.refresh import Refresher
from beliefgraph.store import definitions as store


def changed(version: str = "1.1.0", **more: Any) -> Catalog:
    """The catalog with other parts, under another version."""
    return Catalog.model_validate({**CATALOG.model_dump(mode="json", exclude_none=True), "version": version, **more})


def small(name: str, *, version: str = "1.0.0", **more: Any) -> Catalog:
    """Another catalog."""
    return Catalog.model_validate({"catalog": name, "version": version, **more})


def attribute(name: str, prior: float = 0.5, **more: Any) -> dict[str, Any]:
    return {"key": name, "domain": name.split(".")[0], "prior": prior, "statement": "is so", **more}


ATTRIBUTES: list[dict[str, Any]] = CATALOG.model_dump(mode="json", exclude_none=True)["attributes"]
RELATIONS: list[dict[str, Any]] = CATALOG.model_dump(mode="json", exclude_none=True)["relations"]
EVENTS: list[dict[str, Any]] = CATALOG.model_dump(mode="json", exclude_none=True)["events"]


async def number(world: World) -> int:
    return await store.latest(world.graph, world.caller.tenant)


async def test_a_person_s_key_puts_nothing_in_force_for_others(world: World) -> None:
    assert await refusal(world.book.publish(world.person("lena"), changed())) == "missing-scope"
    assert await number(world) == 1


async def test_sets_are_kept_in_memory_by_their_size(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not by their number: one may have a few parts or tens of thousands."""
    monkeypatch.setattr(definitions, "CACHED_PARTS", 100)
    book = world.another().book
    tenant = world.caller.tenant
    many = [attribute(f"many.a{n}") for n in range(60)]
    await world.book.publish(world.caller, small("many", attributes=many))
    await world.book.publish(world.caller, small("more", attributes=[attribute("more.a")]))
    first, second, third = [await book.numbered(tenant, n) for n in (1, 2, 3)]
    assert await book.numbered(tenant, 3) is third
    assert await book.numbered(tenant, 2) is not second
    assert (await book.numbered(tenant, 1)).definitions == first.definitions


async def test_publishing_the_same_again_changes_nothing(world: World) -> None:
    again = await world.another().book.publish(world.caller, CATALOG)
    assert (again.number, await number(world)) == (1, 1)


async def test_an_old_version_is_refused_with_the_one_in_force(world: World) -> None:
    with pytest.raises(Conflict, match=r"needs a version above 1\.0\.0, and this is 0\.9\.9"):
        await world.book.publish(world.caller, changed("0.9.9"))


@pytest.mark.parametrize(
    ("catalog", "code"),
    [
        (changed("1.0.0", description="another"), "definition-conflict"),
        (changed("0.9.9"), "definition-conflict"),
        (changed("1.0.1", attributes=ATTRIBUTES[:-1], events=EVENTS[:-1]), "invalid-definition"),
        (small("more", relations=[{**RELATIONS[0], "target": "needs.unheard_of"}]), "invalid-definition"),
        (small("more", attributes=[attribute("needs.budget")]), "invalid-definition"),
        (
            small(
                "more",
                events=[{"type": "t", "summary": "s", "bears_on": [{"attribute": "a.b", "log_likelihood_ratio": 1.0}]}],
            ),
            "invalid-definition",
        ),
        (
            small(
                "more",
                events=[
                    {
                        "type": "t",
                        "summary": "s",
                        "bears_on": [{"attribute": "world.alone", "log_likelihood_ratio": "data.("}],
                    }
                ],
            ),
            "invalid-definition",
        ),
        (
            # P(b) = 0.2 cannot be, where a holds half the time and then b does in nine of ten cases
            small(
                "more",
                attributes=[attribute("a.a"), attribute("a.b", 0.2)],
                relations=[{"kind": "implies", "source": "a.a", "target": "a.b", "probability": 0.9}],
            ),
            "infeasible-statements",
        ),
        (
            small(
                "more",
                attributes=[attribute("a.a"), attribute("a.b")],
                relations=[
                    {"kind": "causes", "source": "a.a", "target": "a.b", "odds_ratio": 2.0},
                    {"kind": "causes", "source": "a.b", "target": "a.a", "odds_ratio": 2.0},
                ],
            ),
            "cyclic-causes",
        ),
    ],
    ids=[
        "the same version with another content",
        "an older version",
        "an attribute dropped",
        "a relation of an unknown attribute",
        "an attribute of another catalog",
        "a rule on an unknown attribute",
        "an expression that cannot be read",
        "statements that cannot hold together",
        "causes in a circle",
    ],
)
async def test_what_cannot_be_published_is_refused_and_nothing_changes(
    world: World, catalog: Catalog, code: str
) -> None:
    assert await refusal(world.book.publish(world.caller, catalog)) == code
    assert await number(world) == 1
    (receipt,) = await world.intake.observe(world.caller, [rated("1", 1.0)])
    assert receipt.status == "accepted"


async def test_only_a_key_with_the_scope_defines(world: World) -> None:
    reader = world.caller.model_copy(update={"scopes": ("read", "write")})
    assert await refusal(world.book.publish(reader, changed())) == "missing-scope"


async def test_a_definition_is_in_force_for_the_next_event_in_every_process(world: World) -> None:
    other = world.another()
    (before,) = await other.intake.observe(world.caller, [event("1", "waved")])
    assert before.code == "no-interpretation"
    await world.book.publish(
        world.caller,
        small(
            "more",
            attributes=[attribute("more.friendly")],
            events=[
                {
                    "type": "waved",
                    "summary": "waved",
                    "bears_on": [{"attribute": "more.friendly", "log_likelihood_ratio": 2.0}],
                }
            ],
        ),
    )
    (after,) = await other.intake.observe(world.caller, [event("2", "waved")])
    assert after.status == "accepted"
    state = await stored(world)
    assert (held(state, "more.friendly"), state.definitions) == (published(2.0), 2)


async def test_an_old_rev_is_derived_under_the_definitions_of_its_time(world: World) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0)])
    sure = [{**a, "prior": 0.9} if a["key"] == "world.alone" else a for a in ATTRIBUTES]
    await world.book.publish(world.caller, changed(attributes=sure))
    await world.intake.observe(world.caller, [rated("2", 1.0)])
    assert await log_odds(world, "world.alone", rev=1) == 1.0
    assert held(await stored(world), "world.alone") == published(4.2)  # ln 9 = 2.197, and both


async def drawn(world: World) -> set[tuple[str, str, str, float, str]]:
    """The relations drawn between stored beliefs: attributes, kind, number and version."""
    state = await stored(world)
    return {
        (
            state.beliefs[r.source].attribute,
            r.strength.kind,
            state.beliefs[r.target].attribute,
            r.strength.parameter,
            r.definition,
        )
        for r in state.relations
        if r.origin == "inferred"
    }


async def test_adopting_a_version_draws_its_relations_anew(world: World) -> None:
    await world.intake.observe(world.caller, [event("1"), event("2", "audited")])
    assert ("needs.budget", "supports", "world.buys", 4.0, "test@1.0.0") in await drawn(world)
    assert len(await drawn(world)) == 4

    stronger = [{**r, "odds_ratio": 9.0} if r["kind"] == "supports" else r for r in RELATIONS if r["kind"] != "causes"]
    await world.book.publish(world.caller, changed(relations=stronger))
    assert (await Refresher(world.updater, world.intake).adopt(world.caller.tenant)).refreshed == 1

    assert await drawn(world) == {
        ("needs.budget", "supports", "world.buys", 9.0, "test@1.1.0"),
        ("needs.urgent", "implies", "world.buys", 0.6, "test@1.1.0"),
        ("product.risky", "contradicts", "product.fits", 0.3, "test@1.1.0"),
    }
    assert len((await stored(world, rev=1)).relations) == 4  # the old rev still sees the old ones


async def test_a_relation_of_the_twins_own_stands_in_for_the_definitions_while_it_is_valid(world: World) -> None:
    """The drawn one gives way, and comes back by time alone when the personal one has ended."""
    await world.intake.observe(world.caller, [event("1", "priced", day=0)])
    relate = Relate(
        twin="lena",
        source=key("needs.budget"),
        target=key("world.buys"),
        kind="supports",
        odds_ratio=16.0,
        valid_from=START + timedelta(days=1),
        valid_to=START + timedelta(days=5),
    )
    await world.commands.relate(world.caller, relate)
    assert not any(source == "needs.budget" for source, *_ in await drawn(world))
    within = await log_odds(world, "world.buys", at=START + timedelta(days=2))
    assert within > await log_odds(world, "world.buys", at=START + timedelta(days=6))

    await world.intake.observe(world.caller, [rated("2", 0.5, day=6)])
    assert ("needs.budget", "supports", "world.buys", 4.0, "test@1.0.0") in await drawn(world)


async def test_a_relation_of_the_twins_own_that_clashes_with_newer_definitions_does_not_shut_the_twin(
    world: World,
) -> None:
    """Events are still taken in; the confidences that cannot be had are unavailable, the others go on."""
    await world.intake.observe(world.caller, [event("1")])
    back = Relate(twin="lena", source=key("world.alone"), target=key("needs.budget"), kind="causes", odds_ratio=2.0)
    await world.commands.relate(world.caller, back)
    circle = [*RELATIONS, {"kind": "causes", "source": "needs.budget", "target": "world.alone", "odds_ratio": 2.0}]
    await world.book.publish(world.caller, changed(relations=circle))

    (receipt,) = await world.intake.observe(world.caller, [event("2", day=1)])
    assert receipt.status == "accepted"
    state = await stored(world)
    assert state.rev == 3


async def test_two_processes_that_publish_at_once_both_come_into_force(world: World) -> None:
    one, other = world.another(), world.another()
    await asyncio.gather(
        one.book.publish(world.caller, small("one", attributes=[attribute("one.a")])),
        other.book.publish(world.caller, small("other", attributes=[attribute("other.a")])),
    )
    graph = await world.book.latest(world.caller.tenant)
    assert graph.definitions.number == 3
    assert {"one.a", "other.a"} <= graph.definitions.attributes.keys()


async def test_two_processes_that_publish_different_contents_of_one_version(world: World) -> None:
    one, other = world.another(), world.another()
    found = await asyncio.gather(
        one.book.publish(world.caller, small("new", attributes=[attribute("new.a")])),
        other.book.publish(world.caller, small("new", attributes=[attribute("new.b")])),
        return_exceptions=True,
    )
    refused = [each.code for each in found if isinstance(each, BeliefgraphError)]
    assert refused == ["definition-conflict"]
    assert await number(world) == 2


async def test_two_processes_that_publish_the_same_at_once_agree(world: World) -> None:
    one, other = world.another(), world.another()
    new = small("new", attributes=[attribute("new.a")])
    first, second = await asyncio.gather(one.book.publish(world.caller, new), other.book.publish(world.caller, new))
    assert (first.number, second.number, await number(world)) == (2, 2, 2)


async def test_a_correction_outlives_a_new_version(world: World) -> None:
    await world.commands.correct(
        world.person("lena"), Correct(twin="lena", belief=key("world.alone"), holds=False, valid_from=START)
    )
    await world.book.publish(world.caller, changed())
    await Refresher(world.updater, world.intake).adopt(world.caller.tenant)
    assert held(await stored(world), "world.alone") == published(-12.0)
