"""An analyst's copy: what a purpose may see, under pseudonyms, in another Neo4j, and nothing else of anybody."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

import pytest
import pytest_asyncio
from tests.ownership.policies import Enforcing, policy
from tests.races import Interrupted
from tests.reading import id_of, refusal
from tests.services.moods import MOODS
from tests.services.moods.layer import showing_mood
from tests.services.moods.records import ShowMood
from tests.world import World, event, rated

from beliefgraph.errors import Conflict
from beliefgraph.local import Endpoint
from beliefgraph.model.command import RecordDecision, SetGoal, Withdraw
from beliefgraph.model.copy import CopyRound
from beliefgraph.model.event import EventName
from beliefgraph.model.permission import Restrict
from beliefgraph.services.commits.layers import LAYERS
from beliefgraph.services.copies.project import Copying, CopySource
from beliefgraph.store.copies import CopyStore
from beliefgraph.store.graph import Graph, connected

SAID = "I am leaving them in March"
EVERYTHING = """
MATCH (n) WHERE NOT n:Catalog AND NOT n:Definition
OPTIONAL MATCH (n)-[r]->()
RETURN properties(n) AS n, collect(properties(r)) AS r
"""
"""All that is held of anybody: everything but definitions."""


@pytest_asyncio.fixture
async def other(second: Endpoint) -> AsyncIterator[Graph]:
    """An empty database in the other Neo4j."""
    async with connected(second.uri, second.user, second.password) as graph:
        await ask(graph, "MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS")
        yield graph


async def ask(graph: Graph, query: str, **given: Any) -> list[dict[str, Any]]:
    """What a query answers that somebody types into Neo4j Browser."""
    async with graph._driver.session() as session:
        return [record.data() async for record in await session.run(query, given)]


class Analyst:
    """A world with permissions, and the copy of it for one purpose."""

    def __init__(self, world: World, other: Graph, purpose: str = "advice") -> None:
        self.world = world
        self.serving = Enforcing(world)
        self.other = other
        self.caller = self.serving.caller(purpose)

    async def copying(self, other: Graph | None = None) -> Copying:
        """A process that keeps the copy."""
        world, serving = self.world, self.serving
        source = CopySource(world.graph, serving.snapshots, serving.sights)
        store = CopyStore(other or self.other)
        made = Copying([source], world.book, world.keyring, world.clock, store, self.caller)
        await made.begin()
        return made

    async def confidences(self) -> list[list[Any]]:
        """What each twin of the copy holds now."""
        rows = await ask(
            self.other,
            "MATCH (t:Twin)-[h:HOLDS]->(b:Belief) WHERE h.rev_to = 2147483647 "
            "RETURN b.attribute AS a, h.log_odds AS o, h.status AS s ORDER BY t.name, a, o",
        )
        return [list(row.values()) for row in rows]

    async def served(self, twin: str = "lena") -> list[list[Any]]:
        """What the service publishes of a twin to the same caller."""
        page = await self.serving.questions.beliefs(self.caller, twin, first=200)
        rows = [[row.state.belief.attribute, row.state.log_odds, row.state.status] for row in page.nodes]
        return sorted(row for row in rows if row[1] is not None)


@pytest.fixture
def analyst(world: World, other: Graph) -> Analyst:
    return Analyst(world, other)


async def with_history(world: World) -> None:
    """Two twins with words, names, a goal, a decision and numbers."""
    await world.intake.observe(
        world.caller,
        [
            event("1", "said", llr=1.0, by="person:lena", text=SAID),
            event("2"),
            event("3", "audited", day=1),
            rated("4", 2.0, by="Anna Sommer"),
            rated("5", -1.0, twin="omar"),
        ],
    )
    person = world.person("lena")
    await world.commands.set_goal(person, SetGoal(twin="lena", goal="run", title="run with lena", priority=1.0))
    decided: dict[str, Any] = {"twin": "lena", "decision": "home", "title": "where", "reasons": [{"text": SAID}]}
    await world.commands.record_decision(person, RecordDecision.model_validate(decided))


async def test_the_copy_holds_what_is_permitted_under_pseudonyms_and_nothing_else(analyst: Analyst) -> None:
    world, serving = analyst.world, analyst.serving
    await with_history(world)
    await serving.policies.publish(world.caller, policy(default="allow_until_objected"))
    await serving.permit(allowed=False, twin="omar")

    copy = await analyst.copying()
    done = await copy.round()

    assert (done.twins, done.written, done.deleted) == (1, 1, 0)
    served = await analyst.served()
    assert await analyst.confidences() == served
    attributes = {row[0] for row in served}
    assert "needs.budget" in attributes
    assert "product.risky" not in attributes  # special: it needs a permission that names it
    held = str(await ask(analyst.other, EVERYTHING)).casefold()
    for hidden in (SAID, "lena", "omar", "sommer", "risky", "sealed", id_of(world), id_of(world, "omar")):
        assert hidden.casefold() not in held, hidden
    (goal,) = await ask(analyst.other, "MATCH (:Twin)-[p:PURSUES]->(g:Goal) RETURN p.title AS title, g.key AS key")
    assert goal["key"] == "run"
    assert goal["title"].startswith("run with twin-")
    (coloured,) = await ask(analyst.other, "MATCH (b:Belief:Likely) RETURN collect(b.attribute) AS likely")
    assert coloured["likely"] == [name for name, log_odds, _ in served if log_odds > 1.3863]
    check = await copy.check()
    assert (check.twins, check.different) == (1, ())
    assert check.rows > len(served)


async def test_further_layers_are_in_it_under_pseudonyms_where_they_are_permitted(world: World, other: Graph) -> None:
    own = Graph(world.graph._driver, world.graph._database)
    here = World(own, world.keyring, world.clock, world.caller, (*LAYERS, MOODS))
    analyst = Analyst(here, other)
    show = here.commands.deciding(showing_mood)
    await show(here.caller, ShowMood(twin="lena", mood="day", height=4.0, word="sunny"))
    feelings = {"key": "feelings", "records": ["moods/*"]}
    await analyst.serving.policies.publish(here.caller, policy(categories=[feelings]))
    await analyst.serving.permit()
    copy = await analyst.copying()
    await copy.round()
    moods = """MATCH (:Twin)-[p:PUBLISHES]->(m:Mood)<-[:REPORTS_ON]-(:Evidence)
    RETURN m.key AS key, p.mean AS mean, p.words AS words"""
    (mood,) = await ask(other, moods)
    assert (mood["key"], mood["mean"], mood["words"][:5]) == ("day", 4.0, "text-")
    assert (await copy.check()).different == ()
    await analyst.serving.permit(category="feelings", allowed=False)
    done = await copy.round()
    assert (done.deleted, await ask(other, moods)) == (1, [])
    assert (await copy.round()).deleted == 0


async def test_what_is_new_is_written_and_what_is_old_is_left(analyst: Analyst) -> None:
    world = analyst.world
    await with_history(world)
    await world.intake.observe(world.caller, [rated(f"many {n}", 0.01) for n in range(200)])
    first = await (await analyst.copying()).round()
    assert first.twins == 2
    copy = await analyst.copying()  # another process goes on
    assert (await copy.round()).written == 0
    await world.intake.observe(world.caller, [rated("new", -3.0, day=2)])

    done = await copy.round()

    assert (done.written, done.rebuilt) == (1, 0)
    assert done.rows < first.rows / 10
    (lena,) = await ask(
        analyst.other,
        "MATCH (t:Twin {name: $name})-[h:HOLDS]->(b:Belief {attribute: 'world.alone'}) "
        "WITH t, h ORDER BY h.rev_from RETURN collect([h.rev_from, h.rev_to]) AS revs, t.rev AS rev",
        name=copy._pseudonyms.twin("lena"),
    )
    assert lena["revs"][-2:] == [[lena["revs"][0][0], lena["rev"]], [lena["rev"], 2147483647]]
    assert (await copy.check()).different == ()
    await world.commands.withdraw(world.caller, Withdraw(twin="lena", event=EventName(id="new", source="test")))
    assert (await copy.round()).written == 1
    assert (await copy.check()).different == ()


async def until(true: Callable[[], Any], seconds: float = 60.0) -> float:
    """How long it took until something was so."""
    began = time.monotonic()
    while not await true():
        assert time.monotonic() - began < seconds
        await asyncio.sleep(0.05)
    return time.monotonic() - began


async def test_a_refusal_a_restriction_and_an_erasure_reach_a_copy_that_is_kept_up_to_date(analyst: Analyst) -> None:
    world, serving = analyst.world, analyst.serving
    await world.intake.observe(world.caller, [event(f"{t}", twin=t) for t in ("ana", "ben", "cleo", "dan")])
    await world.intake.observe(world.caller, [rated("r", 1.0, twin="dan")])
    await serving.policies.publish(world.caller, policy(default="allow_until_objected"))
    rounds: list[CopyRound] = []
    copy = await analyst.copying()
    kept = asyncio.create_task(copy.follow(rounds.append, every=0.1))

    async def twins() -> int:
        (row,) = await ask(analyst.other, "MATCH (t:Twin) RETURN count(t) AS twins")
        return int(row["twins"])

    async def ratings() -> int:
        (row,) = await ask(analyst.other, "MATCH (b:Belief {attribute: 'world.alone'}) RETURN count(b) AS n")
        return int(row["n"])

    async def are(number: int) -> bool:
        return await twins() == number

    await until(lambda: are(4))
    await serving.permit(allowed=False, twin="ana")
    await until(lambda: are(3))
    await serving.commands.restrict(world.person("ben"), Restrict(twin="ben"))
    await until(lambda: are(2))
    await world.eraser.erase_twin(world.caller, "cleo")
    await until(lambda: are(1))
    assert await ratings() == 1
    await serving.permit(allowed=False, category="ratings", twin="dan")

    async def no_ratings() -> bool:
        return await ratings() == 0

    await until(no_ratings)
    kept.cancel()
    with suppress(asyncio.CancelledError):
        await kept
    await copy.round()  # it may have been cut short
    assert (await copy.check()).different == ()
    left = await ask(analyst.other, "MATCH (n) WHERE NOT EXISTS { (t:Twin {id: n.twin}) } RETURN n.twin AS of")
    assert [row for row in left if row["of"] is not None] == []


async def test_a_write_whose_end_was_not_seen_is_not_written_again(analyst: Analyst) -> None:
    """A process that was cancelled while Neo4j committed does not know that its write took effect."""
    world = analyst.world
    await world.intake.observe(world.caller, [event("1", twin="ana")])
    copy, unaware = await analyst.copying(), await analyst.copying()
    await copy.round()
    await unaware.round()
    await world.intake.observe(world.caller, [event("2", twin="ana", day=1), event("1", twin="ben")])
    await copy.round()

    async def rows() -> list[dict[str, Any]]:
        return await ask(analyst.other, "MATCH ()-[r]->() RETURN type(r) AS type, count(r) AS n ORDER BY type")

    written = await rows()
    await unaware.round()
    assert await rows() == written
    assert (await copy.check()).different == ()


async def test_a_copy_that_another_process_keeps_writing_to_is_refused(analyst: Analyst) -> None:
    world, rival = analyst.world, await analyst.copying()
    await world.intake.observe(world.caller, [event("1", twin="ana")])

    class Overtaken(CopyStore):
        """Each of its writes comes after one of the other process."""

        written = 1

        async def write(self, *given: Any) -> None:
            self.written += 1
            await world.intake.observe(world.caller, [event(f"{self.written}", twin="ana", day=self.written)])
            await rival.round()
            await super().write(*given)

    copy = await analyst.copying()
    copy._copy = Overtaken(analyst.other)
    with pytest.raises(ExceptionGroup) as refused:
        await copy.round()
    (error,) = refused.value.exceptions
    assert isinstance(error, Conflict)
    assert error.code == "copy-conflict"
    assert (await rival.check()).different == ()


async def test_a_copy_that_was_cut_short_goes_on_where_it_was(analyst: Analyst) -> None:
    world = analyst.world
    await world.intake.observe(world.caller, [event(f"{n}", twin=f"twin {n}") for n in range(6)])

    class DiedError(Exception):
        """The process ended here."""

    async def die() -> None:
        raise DiedError

    class Dying(Interrupted):
        """A copy that dies when some twins are written."""

        written = 0

        async def write(self, work: Any) -> Any:
            self.written += 1
            if self.written > 5:
                raise DiedError
            return await super().write(work)

    dying = await analyst.copying(Dying(analyst.other, "", die))
    with pytest.raises(ExceptionGroup):
        await dying.round()
    copy = await analyst.copying()
    done = await copy.round()
    assert done.twins == 6
    assert 0 < done.written < 6
    assert (await copy.check()).twins == 6


async def test_a_database_that_holds_something_else_is_refused_and_left_as_it_is(analyst: Analyst) -> None:
    await with_history(analyst.world)
    assert await refusal(analyst.copying(analyst.world.graph)) == "copy-conflict"
    await (await analyst.copying()).round()
    assert await refusal(Analyst(analyst.world, analyst.other, "billing").copying()) == "copy-conflict"
    analyst.caller = analyst.caller.model_copy(update={"scopes": ("read",)})
    assert await refusal(analyst.copying()) == "missing-scope"
