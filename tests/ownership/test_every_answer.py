"""What is refused has no influence on any answer: twins that differ in it alone are answered alike, to the last bit."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import StoppedClock
from tests.effort import effort
from tests.ownership.policies import POLICY
from tests.ownership.test_every_door import ASKED, query
from tests.person_page.test_all_that_is_held import MORE
from tests.web.service import Client, Service, service
from tests.world import event

from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.identity import belief_id, event_id, goal_id, relation_id, twin_id
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring

REFUSED_WITH = {"priced": "money", "audited": "risks", "rated": "ratings"}
"""The category with which each type of event is refused; `said` never is."""

FORGET = "MATCH (n) WHERE n.twin = $twin OR n.id = $twin DETACH DELETE n"
FOLLOWED = """subscription {
  changes(twin: "lena", afterRev: 0) { rev cause beliefs { belief { statement } after { confidence } } }
}"""

Happened = tuple[str, int, float, bool]
"""An event: its type, day and weight, and whether it is withdrawn in the end."""

NUMBERS = st.tuples(st.integers(0, 20), st.integers(-20, 20).map(lambda tenths: tenths / 10), st.booleans())


def undated(twin: str) -> list[tuple[str, str]]:
    """Commands of every kind that name no moment: of what is permitted, and last of what may be refused."""
    buys, alone = 'attribute: "world.buys"', 'attribute: "world.alone"'
    belief, other = (belief_id(twin, BeliefKey.of(attribute=f"world.{each}")) for each in ("buys", "alone"))
    relation = relation_id(belief, "supports", other)
    goals = relation_id(goal_id(twin, "ship"), "part_of", goal_id(twin, "earn"))
    return [
        ("setGoal", 'goal: "ship", title: "Ship it"'),
        ("setGoal", 'goal: "earn", priority: 0.5'),
        ("relateGoals", 'source: "ship", kind: PART_OF, target: "earn"'),
        ("motivateGoal", f'goal: "earn", belief: {{{buys}}}'),
        ("recordDecision", 'decision: "supplier", title: "Which"'),
        ("assertBelief", f"belief: {{{buys}}}, confidence: 0.9"),
        ("relate", f"source: {{{buys}}}, target: {{{alone}}}, kind: SUPPORTS, oddsRatio: 3"),
        ("correct", f"belief: {{{alone}}}, holds: true"),
        ("retract", f"belief: {{{alone}}}"),
        ("retract", f'relation: "{relation}"'),
        ("retract", f'relation: "{goals}"'),
        ("contest", f'evidence: "{event_id(twin, "test", "e0")}"'),
        ("assertBelief", 'belief: {attribute: "needs.budget"}, confidence: 0.9'),
        ("correct", 'belief: {attribute: "product.risky"}, holds: false'),
    ]


@st.composite
def pairs(draw: st.DrawFn) -> tuple[set[str], list[Happened], list[Happened]]:
    """Categories that are refused, and what happened in two lives that differ only in what these have."""
    refused = draw(st.sets(st.sampled_from(sorted(REFUSED_WITH.values())), min_size=1))
    hidden = [type_ for type_, category in REFUSED_WITH.items() if category in refused]
    shown = ["said", *(type_ for type_, category in REFUSED_WITH.items() if category not in refused)]
    one: list[Happened] = [("said", 7, 0.5, False)]
    other = [*one]
    for is_hidden in draw(st.lists(st.booleans(), max_size=5)):
        first, second = ((draw(st.sampled_from(hidden if is_hidden else shown)), *draw(NUMBERS)) for _ in range(2))
        one.append(first)
        other.append((*second[:3], first[3]) if is_hidden else first)
    return refused, one, other


@pytest_asyncio.fixture
async def running(graph: Graph, keyring: Keyring, clock: StoppedClock, tenant: str) -> AsyncIterator[Service]:
    """A tenant with a policy, that knows metrics, segments, outcomes and a trajectory too."""
    async with service(graph, keyring, clock, tenant) as made:
        await made.define()
        await made.define(MORE)
        everything = await made.client()
        await everything.data("mutation($p: JSON!) { publishPolicy(policy: $p) { number } }", p=POLICY)
        yield made


async def send_events(running: Service, happened: list[Happened], refused: set[str]) -> None:
    """Let Lena live this life, and no other, and state what she permits."""
    everything, person = await running.client(), await running.client(person="lena")
    id_ = twin_id(running.tenant, "lena")
    async with running.graph._driver.session() as session:
        await (await session.run(FORGET, twin=id_)).consume()
    running.services.cache.drop(id_)
    for n, (type_, day, llr, _) in enumerate(happened):
        await everything.observe(event(f"e{n}", type_, day=day, llr=llr, by="ada", text=f"words of {type_}"))
    for n, (*_, withdrawn) in enumerate(happened):
        if withdrawn:
            await everything.data(
                'mutation($id: String!) { withdraw(input: {twin: "lena", event: {source: "test", id: $id}}) { rev } }',
                id=f"e{n}",
            )
    for n, (command, told) in enumerate(undated(id_)):
        said = f'{command}(input: {{twin: "lena", id: "c{n}", {told}}})'
        await person.data(f"mutation {{ {said} {{ rev }} }}")
    for category, allowed in ((None, True), ("risks", True), *((each, False) for each in sorted(refused))):
        stated = {"twin": "lena", "purpose": "advice", "category": category, "allowed": allowed}
        await person.data("mutation($input: PermitInput!) { permit(input: $input) { rev } }", input=stated)


async def answers(running: Service, adviser: Client) -> dict[str, Any]:
    """What every door answers."""
    found: dict[str, Any] = {name: await adviser.ask(query(name, arguments)) for name, arguments in ASKED.items()}
    async with adviser.socket() as socket:
        await socket.subscribe(FOLLOWED)
        found["subscription"] = [await socket.data() for _ in found["changes"]["data"]["changes"]]
    out = io.BytesIO()
    caller = await running.services.callers.authenticate(adviser.secret or "")
    await running.services.archives.export_twin(caller, "lena", out)
    return found | {"export": out.getvalue()}


@effort(3)
@given(pairs())
async def test_two_twins_that_differ_only_in_what_is_refused_are_answered_alike_through_every_door(
    running: Service, both: tuple[set[str], list[Happened], list[Happened]]
) -> None:
    refused, one, other = both
    adviser = await running.client("read", purposes=("advice",))
    await send_events(running, one, refused)
    first = await answers(running, adviser)
    assert first["belief"]["data"]["belief"]["confidence"] is not None
    await send_events(running, other, refused)
    second = await answers(running, adviser)
    for door, answer in first.items():
        assert answer == second[door], door
