"""Events state permissions where a rule says so and the legal basis allows it; they end with their evidence."""

from __future__ import annotations

from typing import Any

import pytest_asyncio
from tests.ownership.policies import Enforcing, policy
from tests.world import CATALOG, World, event, key

from beliefgraph.errors import NotFound
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.command import Withdraw
from beliefgraph.model.event import EventName

RULE = {
    "type": "agreed",
    "summary": "answered the form about the use of data",
    "permissions": [{"purpose": "data.purpose", "allowed": "data.yes", "when": "has(data.purpose)"}],
}


@pytest_asyncio.fixture
async def enforcing(world: World) -> Enforcing:
    """Lena, of whom a budget was heard, and forms that state permissions."""
    made = Enforcing(world)
    document = CATALOG.model_dump(mode="json", exclude_defaults=True)
    events = [*document["events"], RULE]
    await world.book.publish(world.caller, Catalog.model_validate({**document, "version": "1.1.0", "events": events}))
    await made.policies.publish(world.caller, policy())
    await made.intake.observe(world.caller, [event("1")])
    return made


def form(id_: str, purpose: str = "billing", *, yes: bool = True, day: float = 1) -> Any:
    return event(id_, "agreed", day=day, purpose=purpose, yes=yes)


async def sees(enforcing: Enforcing, purpose: str = "billing") -> bool:
    """Whether anything of Lena exists for a purpose."""
    try:
        await enforcing.questions.belief(enforcing.caller(purpose), "lena", key("needs.budget"))
    except NotFound:
        return False
    return True


async def test_an_event_permits_with_its_evidence_and_is_harmless_when_it_comes_again(
    enforcing: Enforcing, world: World
) -> None:
    assert not await sees(enforcing)
    (taken,) = await enforcing.intake.observe(world.caller, [form("2")])
    assert taken.status == "accepted"
    assert await sees(enforcing)
    (again,) = await enforcing.intake.observe(world.caller, [form("2")])
    assert again.status == "duplicate"
    (stated,) = await enforcing.sights.stated(world.person("lena"), "lena")
    assert (stated.stated_by, stated.origin) == ("tenant", "observed")
    assert stated.evidence is not None
    said = await enforcing.questions.evidence_by_id(world.person("lena"), stated.evidence)
    assert said.evidence.summary == RULE["summary"]

    await enforcing.commands.withdraw(world.caller, Withdraw(twin="lena", event=EventName(id="2", source="test")))
    assert not await sees(enforcing)
    (back,) = await enforcing.intake.observe(world.caller, [form("2")])
    assert (back.status, await sees(enforcing)) == ("accepted", True)


async def test_the_later_event_counts_in_whatever_order_they_arrive_and_the_earlier_again_without_it(
    enforcing: Enforcing, world: World
) -> None:
    await enforcing.intake.observe(world.caller, [form("3", yes=False, day=3)])
    await enforcing.intake.observe(world.caller, [form("2", day=2)])
    assert not await sees(enforcing)
    await enforcing.commands.withdraw(world.caller, Withdraw(twin="lena", event=EventName(id="3", source="test")))
    assert await sees(enforcing)
    await enforcing.permit("billing", allowed=False)  # the person's word stands against the tenant's
    assert not await sees(enforcing)


async def test_consent_is_given_by_the_person_alone_and_what_the_policy_does_not_know_is_set_aside(
    enforcing: Enforcing, world: World
) -> None:
    for number, purpose in enumerate(("advice", "marketing")):
        (refused,) = await enforcing.intake.observe(world.caller, [form(f"no-{number}", purpose)])
        assert (refused.status, refused.code) == ("quarantined", "invalid-permission")
    assert await enforcing.sights.stated(world.person("lena"), "lena") == []
    (given,) = await enforcing.intake.observe(world.person("lena"), [form("own", "advice")])
    assert given.status == "accepted"
    assert await sees(enforcing, "advice")
