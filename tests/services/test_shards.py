"""Twins in two databases: each lies whole in its own, and what concerns several is asked of both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
import yaml
from tests.conftest import StoppedClock
from tests.world import CATALOG, event, key

from beliefgraph.app import Services, build
from beliefgraph.config import Settings, read_shard_map
from beliefgraph.errors import Conflict, Incorrect, NotFound, Unsupported
from beliefgraph.local import Endpoint
from beliefgraph.model.belief import logit
from beliefgraph.model.caller import Caller
from beliefgraph.model.command import AssertBelief, Identify
from beliefgraph.model.identity import twin_id
from beliefgraph.model.shards import SLOTS, ShardMap, slot_of
from beliefgraph.model.twin import Identifier
from beliefgraph.services.definitions.book import DefinitionBook
from beliefgraph.store import beliefs as stored
from beliefgraph.store.graph import Graph, connected
from beliefgraph.store.keys import Keyring
from beliefgraph.store.migrations import migrate

HALF = SLOTS // 2


@pytest_asyncio.fixture(scope="module")
async def second_graph(second: Endpoint) -> AsyncIterator[Graph]:
    """A connection to it, migrated."""
    async with connected(second.uri, second.user, second.password) as connection:
        await migrate(connection, StoppedClock())
        yield connection


@pytest.fixture
def shard_file(second: Endpoint, tmp_path: Path) -> Path:
    """Half of the slots lie at home and half in the other Neo4j."""
    shards = [
        {"name": "home", "slots": [f"0-{HALF - 1}"]},
        {
            "name": "b",
            "uri": second.uri,
            "username": second.user,
            "password": second.password,
            "slots": [f"{HALF}-{SLOTS - 1}"],
        },
    ]
    (tmp_path / "shards.yaml").write_text(yaml.safe_dump({"shards": shards}))
    return tmp_path / "shards.yaml"


@pytest_asyncio.fixture
async def sharded(
    graph: Graph, second_graph: Graph, shard_file: Path, keyring: Keyring, clock: StoppedClock, caller: Caller
) -> Services:
    """The services on both, with a small catalog published once."""
    shard_map = read_shard_map(shard_file)
    services = build(Settings(poll_interval=0.1), graph, keyring, clock, shard_map, {"b": second_graph})
    await services.book.publish(caller, CATALOG)
    return services


def twins_of(tenant: str, shard: str, number: int = 2) -> list[str]:
    """Names of twins that lie in a shard."""
    names = (f"twin-{n}" for n in range(1_000))
    return [name for name in names if (slot_of(tenant, name) < HALF) == (shard == "home")][:number]


def graph_of(services: Services, shard: str) -> Graph:
    return services.shards[shard].graph


async def rev_in(services: Services, shard: str, tenant: str, twin: str) -> int | None:
    """The rev that the twin has in the database of a shard, asked of that database directly."""
    found = await stored.twin_now(graph_of(services, shard), twin_id(tenant, twin), tenant)
    return None if found is None else found.rev


async def test_each_twin_is_written_and_read_in_its_own_shard_and_is_not_in_the_other(
    sharded: Services, caller: Caller
) -> None:
    here, there = twins_of(caller.tenant, "home"), twins_of(caller.tenant, "b")
    events = [event(f"{n}", twin=twin) for n, twin in enumerate([here[0], there[0], here[1], there[1], here[0]])]
    receipts = await sharded.across.observe(caller, events)
    assert [(r.id, r.twin, r.status) for r in receipts] == [(e.id, e.twin, "accepted") for e in events]
    for twin in here:
        assert await rev_in(sharded, "home", caller.tenant, twin) == 1
        assert await rev_in(sharded, "b", caller.tenant, twin) is None
    for twin in there:
        assert await rev_in(sharded, "b", caller.tenant, twin) == 1
        assert await rev_in(sharded, "home", caller.tenant, twin) is None
    again = await sharded.across.observe(caller, events)
    assert {r.status for r in again} == {"duplicate"}
    for twin in (*here, *there):
        row = await sharded.of(caller, twin).questions.belief(caller, twin, key("needs.budget"))
        assert row.state.log_odds is not None
        assert row.state.log_odds > logit(0.4)
    with pytest.raises(NotFound):
        await sharded.shards["home"].questions.belief(caller, there[0], key("needs.budget"))


async def test_a_shard_refuses_to_write_a_twin_that_another_holds(sharded: Services, caller: Caller) -> None:
    (there,) = twins_of(caller.tenant, "b", 1)
    with pytest.raises(Unsupported) as refused:
        await sharded.intake.observe(caller, [event("1", twin=there)])
    assert refused.value.code == "unknown-shard"
    assert await rev_in(sharded, "home", caller.tenant, there) is None


async def test_what_names_no_twin_is_refused_and_nothing_of_the_call_is_written(
    sharded: Services, caller: Caller
) -> None:
    (here,) = twins_of(caller.tenant, "home", 1)
    with pytest.raises(Unsupported) as refused:
        await sharded.across.observe(caller, [event("1", twin=here), event("2", twin=None)])
    assert refused.value.code == "unknown-shard"
    assert await rev_in(sharded, "home", caller.tenant, here) is None
    link = Identify(twin=here, identifier=Identifier(scheme="email", value="a@example.org"))
    with pytest.raises(Unsupported):
        await sharded.of(caller, here).commands.identify(caller, link)
    with pytest.raises(Unsupported):
        _ = sharded.alone


async def test_a_subscription_follows_a_twin_of_either_shard(sharded: Services, caller: Caller) -> None:
    for shard in ("home", "b"):
        (twin,) = twins_of(caller.tenant, shard, 1)
        await sharded.across.observe(caller, [event(f"{shard}-1", twin=twin)])
        followed = sharded.of(caller, twin).changes.subscribe(caller, twin)
        next_change = asyncio.ensure_future(anext(aiter(followed)))
        await asyncio.sleep(0.1)
        await sharded.across.observe(caller, [event(f"{shard}-2", twin=twin, day=1)])
        change = await asyncio.wait_for(next_change, 5)
        assert change.commit.rev == 2
        await followed.aclose()  # type: ignore[attr-defined]


async def test_definitions_published_once_hold_in_both_under_one_number(sharded: Services, caller: Caller) -> None:
    newer = CATALOG.model_copy(update={"version": "1.1.0"})
    published = await sharded.book.publish(caller, newer)
    for services in sharded.databases:
        assert (await services.book.latest(caller.tenant)).definitions == published
    (there,) = twins_of(caller.tenant, "b", 1)
    (receipt,) = await sharded.across.observe(caller, [event("1", twin=there)])
    assert receipt.status == "accepted"
    command = AssertBelief(twin=there, belief=key("world.alone"), confidence=0.9)
    assert (await sharded.of(caller, there).commands.assert_belief(caller, command)).rev == 2


async def test_a_shard_that_was_away_gets_the_definitions_later_and_one_with_others_is_refused(
    graph: Graph, sharded: Services, clock: StoppedClock, caller: Caller
) -> None:
    newer, newest = (CATALOG.model_copy(update={"version": version}) for version in ("1.1.0", "1.2.0"))
    alone = DefinitionBook(graph, clock)
    await alone.publish(caller, newer)
    published = await alone.publish(caller, newest)
    await sharded.book.copy(caller.tenant)
    there = sharded.shards["b"].book
    assert (await there.latest(caller.tenant)).definitions == published
    await there.publish(caller, CATALOG.model_copy(update={"version": "2.0.0"}))
    with pytest.raises(Conflict) as refused:
        await sharded.book.copy(caller.tenant)
    assert refused.value.code == "shard-conflict"


async def test_lists_of_a_tenant_have_the_twins_sources_and_quarantine_of_both(
    sharded: Services, caller: Caller
) -> None:
    twins = sorted(twins_of(caller.tenant, "home") + twins_of(caller.tenant, "b"))
    await sharded.across.observe(caller, [event(t, twin=t) for t in twins])
    await sharded.across.observe(caller, [event(f"what {t}", "unheard-of", twin=t) for t in twins])
    await sharded.across.observe(caller, [event(f"r {t}", "rated", twin=t, llr=1.0, by=f"of {t}") for t in twins])
    named, after = [], None
    while True:
        page = await sharded.across.twins(caller, first=1, after=after)
        named += [twin.name for twin in page.nodes]
        if not page.has_next:
            break
        after = page.last_cursor
    assert named == twins
    sources = await sharded.across.known_sources(caller)
    assert {f"of {t}" for t in twins} <= {source.name for source in sources.nodes}
    waiting = await sharded.across.quarantine(caller, limit=10)
    assert sorted(q.event.id for q in waiting) == sorted(f"what {t}" for t in twins)
    assert len(await sharded.across.quarantine(caller, limit=3)) == 3
    tried = await sharded.across.replay(caller)
    assert len(tried) == len(twins)


async def test_erasing_a_twin_of_the_other_shard_deletes_its_rows_and_the_keys_of_its_person(
    sharded: Services, caller: Caller
) -> None:
    kept, erased = twins_of(caller.tenant, "b")
    await sharded.across.observe(caller, [event("1", twin=erased), event("2", twin=kept)])
    own = await sharded.callers.create(caller.tenant, erased, ["read"], ["testing"], erased)
    done = await sharded.across.erase_twin(caller, erased)
    assert done.rows > 0
    assert await rev_in(sharded, "b", caller.tenant, erased) is None
    assert await rev_in(sharded, "b", caller.tenant, kept) == 1
    assert own.key.id not in {each.id for each in await sharded.callers.list(caller.tenant)}
    with pytest.raises(NotFound):
        await sharded.across.erase_twin(caller, erased)


async def test_one_process_may_serve_a_part_of_the_twins_and_refuses_the_others(
    graph: Graph, second_graph: Graph, sharded: Services, keyring: Keyring, shard_file: Path, caller: Caller
) -> None:
    whole = read_shard_map(shard_file)
    other = ShardMap(shards=whole.shards[1:])
    (here,), (there,) = twins_of(caller.tenant, "home", 1), twins_of(caller.tenant, "b", 1)
    part = build(Settings(), graph, keyring, sharded.clock, other, {"b": second_graph})
    (receipt,) = await part.across.observe(caller, [event("1", twin=there)])
    assert receipt.status == "accepted"
    with pytest.raises(Unsupported) as refused:
        part.of(caller, here)
    assert refused.value.code == "unknown-shard"


def test_a_map_in_which_two_shards_hold_the_same_is_refused(tmp_path: Path) -> None:
    written = tmp_path / "shards.yaml"
    b = {"name": "b", "uri": "bolt://b", "password": "x", "slots": ["512-1023"]}
    wrong: tuple[object, ...] = (
        {"shards": [{"name": "home", "slots": ["0-512"]}, b]},
        {"shards": [b, {**b, "slots": []}]},
        {"shards": [{**b, "slots": ["1000-1024"]}]},
        {"shards": [{"name": "b", "slots": ["1"]}]},
        {"shards": []},
        "nothing",
    )
    for each in wrong:
        written.write_text(yaml.safe_dump(each))
        with pytest.raises(Incorrect) as refused:
            read_shard_map(written)
        assert refused.value.code == "invalid-input"
    with pytest.raises(Incorrect):
        read_shard_map(tmp_path / "missing.yaml")


def test_a_single_twin_may_lie_elsewhere_than_its_slot_and_slots_are_used_evenly() -> None:
    b = {"name": "b", "uri": "bolt://b", "password": "x"}
    found = ShardMap.model_validate(
        {"shards": [{"name": "home", "slots": ["0-1023"]}, {**b, "twins": [{"tenant": "acme", "twin": " lena "}]}]}
    )
    assert (found.of("acme", "lena"), found.of("acme", "noah"), found.of("other", "lena")) == ("b", "home", "home")
    slots = [slot_of("acme", f"twin-{n}") for n in range(20_000)]
    assert abs(sum(slot < HALF for slot in slots) / 20_000 - 0.5) < 0.02
