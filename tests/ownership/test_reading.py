"""What a person permits is what of their twin exists for a caller."""

from __future__ import annotations

from datetime import timedelta

import pytest
import pytest_asyncio
from tests.conftest import StoppedClock
from tests.ownership.policies import POLICY, Enforcing, policy
from tests.world import CATALOG, World, event, key, rated

from beliefgraph.errors import BeliefgraphError, NotFound
from beliefgraph.model.page import Page
from beliefgraph.model.time import AsOf
from beliefgraph.model.twin import Twin
from beliefgraph.services.questions.beliefs import Questions

OF_ITS_TWIN = {"revision_id", "twin", "key", "rev_from", "rev_to"}


@pytest_asyncio.fixture
async def enforcing(world: World) -> Enforcing:
    """Lena, of whom three kinds of things were heard, in a tenant that asks first."""
    made = Enforcing(world)
    await made.policies.publish(world.caller, policy())
    await world.intake.observe(
        world.caller,
        [
            event("1"),
            event("2", "audited", day=1),
            rated("3", 2.0, day=2),
            event("4", "said", day=3, llr=1, by="ada", text="well"),
        ],
    )
    return made


async def test_nothing_of_a_person_exists_until_they_permit_it(enforcing: Enforcing) -> None:
    refusals = []
    for name in ("lena", "nobody"):
        with pytest.raises(NotFound) as refused:
            await enforcing.questions.beliefs(enforcing.caller(), name)
        refusals.append((refused.value.code, refused.value.message.replace(name, "…")))
    assert refusals[0] == refusals[1]
    assert (await enforcing.questions.twins(enforcing.caller())).nodes == ()
    await enforcing.permit()
    assert (await enforcing.questions.beliefs(enforcing.caller(), "lena")).nodes
    assert [twin.name for twin in (await enforcing.questions.twins(enforcing.caller())).nodes] == ["lena"]


async def test_a_page_of_twins_tells_nothing_of_those_that_do_not_exist_for_the_caller(
    enforcing: Enforcing, world: World
) -> None:
    names = [f"t{n}" for n in range(9)]
    await world.intake.observe(world.caller, [event(f"e {name}", twin=name) for name in names])
    permitted = ["t2", "t3", "t8"]
    for name in permitted:
        await enforcing.permit(twin=name)
    pages: list[Page[Twin]] = []
    after = None
    while not pages or pages[-1].has_next:
        pages.append(await enforcing.questions.twins(enforcing.caller(), first=2, after=after))
        after = pages[-1].last_cursor
    assert [[twin.name for twin in page.nodes] for page in pages] == [permitted[:2], permitted[2:]]


async def test_a_special_category_needs_a_permission_that_names_it(enforcing: Enforcing) -> None:
    await enforcing.permit()
    with pytest.raises(NotFound, match="risky"):
        await enforcing.questions.belief(enforcing.caller(), "lena", key("product.risky"))
    await enforcing.permit(category="risks")
    found = await enforcing.questions.belief(enforcing.caller(), "lena", key("product.risky"))
    assert found.state.log_odds is not None


async def test_the_person_sees_everything_and_a_law_does_not_ask(enforcing: Enforcing, world: World) -> None:
    for caller in (world.person("lena"), enforcing.caller("audit")):
        found = await enforcing.questions.belief(caller, "lena", key("product.risky"))
        assert found.state.status != "forming" or found.state.changed_at_rev is not None


async def test_an_unknown_purpose_is_refused_everything(enforcing: Enforcing) -> None:
    with pytest.raises(NotFound):
        await enforcing.questions.belief(enforcing.caller("testing"), "lena", key("world.buys"))


async def test_where_everything_is_permitted_what_was_published_is_served(enforcing: Enforcing, world: World) -> None:
    await enforcing.permit()
    await enforcing.permit(category="risks")
    published = await Questions(world.graph, world.keyring, world.book).beliefs(world.caller, "lena")
    await enforcing.policies.in_force(world.caller.tenant)
    before = world.graph.statements
    assert (await enforcing.questions.beliefs(enforcing.caller(), "lena")).nodes == published.nodes
    assert world.graph.statements - before == 1


async def test_a_refusal_takes_effect_with_the_next_read_and_for_every_moment(
    enforcing: Enforcing, world: World
) -> None:
    await enforcing.permit()
    caller = enforcing.caller()
    past = AsOf(rev=2)
    assert (await enforcing.questions.belief(caller, "lena", key("needs.budget"), as_of=past)).state.log_odds
    await enforcing.permit(category="money", allowed=False)
    for as_of in (AsOf(), past):
        with pytest.raises(NotFound, match="budget"):
            await enforcing.questions.belief(caller, "lena", key("needs.budget"), as_of=as_of)
    await enforcing.permit(allowed=False)
    for as_of in (AsOf(), past):
        with pytest.raises(NotFound, match="no twin"):
            await enforcing.questions.belief(caller, "lena", key("world.buys"), as_of=as_of)


async def test_another_process_refuses_as_soon(enforcing: Enforcing, world: World) -> None:
    other = Enforcing(world.another())
    await enforcing.permit()
    assert (await other.questions.beliefs(other.caller(), "lena")).nodes
    await enforcing.permit(allowed=False)
    with pytest.raises(NotFound):
        await other.questions.beliefs(other.caller(), "lena")


async def test_what_is_refused_has_no_influence(enforcing: Enforcing, world: World) -> None:
    await enforcing.permit()
    await enforcing.permit(category="money", allowed=False)
    found = await enforcing.questions.belief(enforcing.caller(), "lena", key("world.buys"))
    whole = await enforcing.questions.belief(world.person("lena"), "lena", key("world.buys"))
    assert found.state.log_odds != whole.state.log_odds  # the budget supports it
    shown = await enforcing.explanations.explain(enforcing.caller(), "lena", key("world.buys"))
    assert "budget" not in shown.model_dump_json()


async def test_everything_that_an_event_said_is_refused_with_its_category(enforcing: Enforcing) -> None:
    await enforcing.permit()
    caller = enforcing.caller()
    assert (await enforcing.questions.evidence(caller, "lena", key("world.alone"))).nodes
    await enforcing.permit(category="ratings", allowed=False)
    assert not (await enforcing.questions.evidence(caller, "lena", key("world.alone"))).nodes
    found = await enforcing.questions.belief(caller, "lena", key("world.alone"))
    assert found.state.log_odds == 0.0


async def test_a_permission_ends_when_it_says(enforcing: Enforcing, clock: StoppedClock) -> None:
    await enforcing.permit(valid_to=clock.now() + timedelta(days=1))
    assert (await enforcing.questions.beliefs(enforcing.caller(), "lena")).nodes
    clock.advance(timedelta(days=2))
    with pytest.raises(NotFound):
        await enforcing.questions.beliefs(enforcing.caller(), "lena")


async def test_a_recipient_is_refused_apart_from_others(enforcing: Enforcing) -> None:
    await enforcing.permit()
    await enforcing.permit(recipient="partners", allowed=False)
    assert (await enforcing.questions.beliefs(enforcing.caller(), "lena")).nodes
    with pytest.raises(NotFound):
        await enforcing.questions.beliefs(enforcing.caller(actor="partner"), "lena")


async def test_history_and_changes_are_those_of_a_twin_that_was_told_what_is_permitted(
    enforcing: Enforcing, world: World
) -> None:
    await enforcing.permit()
    await enforcing.permit(category="risks")
    await enforcing.permit(category="ratings", allowed=False)
    told = [event("1"), event("2", "audited", day=1), event("4", "said", day=3, llr=1, by="ada", text="well")]
    await world.intake.observe(world.caller, [one.model_copy(update={"twin": "max"}) for one in told])
    for twin in ("lena", "max"):
        (taken,) = await world.intake.observe(
            world.caller, [event("5", "said", day=4, llr=2, by="bo", text="yes", twin=twin)]
        )
        assert taken.status == "accepted", taken
    await world.intake.observe(world.caller, [rated("6", 3.0, day=5)])
    caller, all_of_max = enforcing.caller(), enforcing.caller("audit")
    for attribute in ("world.buys", "product.risky", "world.alone"):
        pages = [
            await enforcing.questions.history(caller, "lena", key(attribute)),
            await enforcing.questions.history(all_of_max, "max", key(attribute)),
        ]
        mine, alone = ([row.model_dump(exclude=OF_ITS_TWIN) for row in page.nodes] for page in pages)
        assert mine == alone, attribute
        assert pages[0].valid_time == pages[1].valid_time
    changes = await enforcing.changes.since(caller, "lena", 0)
    moved = [{one.belief.attribute for one in change.beliefs} for change in changes if change.beliefs]
    alone_moved = [
        {one.belief.attribute for one in change.beliefs}
        for change in await enforcing.changes.since(all_of_max, "max", 0)
    ]
    assert moved == alone_moved
    assert not any("world.alone" in some for some in moved)
    newest, before, *_ = (await enforcing.questions.history(caller, "lena", key("world.buys"))).nodes
    assert before.rev_to == newest.rev_from
    then = await enforcing.questions.history(caller, "lena", key("world.buys"), as_of=AsOf(rev=newest.rev_from - 1))
    assert then.nodes[0] == before.model_copy(update={"rev_to": None})  # as that rev saw it


async def test_a_receipt_says_nothing_of_what_moved_to_who_may_not_see_it(enforcing: Enforcing, world: World) -> None:
    (receipt,) = await enforcing.intake.observe(enforcing.caller(), [event("9", day=9)])
    assert (receipt.status, receipt.beliefs) == ("accepted", ())


@pytest.mark.parametrize(
    "wrong",
    [
        {"purpose": "marketing"},
        {"category": "nothing"},
        {"recipient": "nobody"},
        {"purpose": "audit", "allowed": False},
        {"valid_to": "2020-01-01T00:00:00Z"},
    ],
)
async def test_what_the_policy_does_not_know_is_refused_and_nothing_written(
    enforcing: Enforcing, world: World, wrong: dict[str, object]
) -> None:
    before = (await enforcing.questions.twin(world.person("lena"), "lena")).rev
    with pytest.raises(BeliefgraphError) as refused:
        await enforcing.permit(**wrong)  # type: ignore[arg-type]
    assert refused.value.code in ("invalid-permission", "invalid-interval")
    assert (await enforcing.questions.twin(world.person("lena"), "lena")).rev == before


async def test_writing_under_a_policy_asks_the_store_nothing_more(enforcing: Enforcing, world: World) -> None:
    await enforcing.permit()
    asked = []
    for sights in (None, enforcing.sights):
        enforcing.updater._sights = sights
        await enforcing.intake.observe(enforcing.caller(), [rated(f"first {sights}", 1.0, day=4)])
        before = world.graph.statements
        (receipt,) = await enforcing.intake.observe(enforcing.caller(), [rated(f"then {sights}", 1.0, day=5)])
        asked.append(world.graph.statements - before)
        assert bool(receipt.beliefs) == (sights is None)  # a part is refused: what moved is for those who see all
    assert asked[0] == asked[1]


async def test_what_a_catalog_marks_as_special_needs_a_permission_that_names_it(
    enforcing: Enforcing, world: World
) -> None:
    marked = [
        each.model_copy(update={"special": each.key in ("needs.urgent", "product.risky")})
        for each in CATALOG.attributes
    ]
    changed = CATALOG.model_copy(update={"version": "1.1.0", "attributes": tuple(marked)})
    await world.book.publish(world.caller, changed)
    plain = policy(default="allow_until_objected", categories=[POLICY["categories"][1]])
    await enforcing.policies.publish(world.caller, plain)
    await world.intake.observe(world.caller, [event("sent", day=3), event("asked", "audited", day=3)])

    async def seen() -> set[str]:
        page = await enforcing.questions.beliefs(enforcing.caller(), "lena", first=100)
        return {row.state.belief.attribute for row in page.nodes} & {"needs.urgent", "product.risky"}

    assert await seen() == set()
    await enforcing.permit(category="risks")  # of the policy, and special
    assert await seen() == {"product.risky"}
    await enforcing.permit(category="special")  # of the catalog
    assert await seen() == {"needs.urgent", "product.risky"}
    assert (await enforcing.policies.publish(world.caller, plain)).number == 2
