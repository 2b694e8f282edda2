"""Where twins live: decided once at birth, by the caller or a rule, never crossed, and changed by moving alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import yaml
from tests.conftest import StoppedClock
from tests.races import Interrupted
from tests.reading import refusal
from tests.world import CATALOG, event, key, rated

from beliefgraph.app import Services, build
from beliefgraph.config import Settings, read_shard_map
from beliefgraph.errors import BeliefgraphError, Incorrect
from beliefgraph.local import Endpoint
from beliefgraph.model.caller import Caller
from beliefgraph.model.identity import twin_id
from beliefgraph.model.shards import Shard, ShardMap
from beliefgraph.services.access.residency import Residency
from beliefgraph.services.upkeep.move import Mover, digest, finish_moves
from beliefgraph.store import archives as stored
from beliefgraph.store.graph import Graph, connected
from beliefgraph.store.keys import Keyring
from beliefgraph.store.migrations import migrate
from beliefgraph.store.signing import verify


@pytest_asyncio.fixture(scope="module")
async def second_graph(second: Endpoint) -> Any:
    """A connection to the other Neo4j, migrated."""
    async with connected(second.uri, second.user, second.password) as connection:
        await migrate(connection, StoppedClock())
        yield connection


@dataclass
class Regions:
    """Services on two databases: `home` in the region eu, `b` in us."""

    services: Services
    caller: Caller
    keyring: Keyring

    async def sent(self, twin: str, region: str | None = None, id_: str = "1") -> str:
        """What becomes of an event about a twin."""
        events = [event(id_, twin=twin)]
        (receipt,) = await self.services.across.observe(self.caller, events, region=region)
        return receipt.status

    async def held(self, twin: str) -> set[str]:
        """The shards whose databases hold something of a twin."""
        id_ = twin_id(self.caller.tenant, twin)
        return {
            name for name, each in self.services.shards.items() if await stored.of_twin(each.graph, self.keyring, id_)
        }

    async def digest(self, twin: str, shard: str) -> str:
        """The digest of a twin in a database, read there directly."""
        graph = self.services.shards[shard].graph
        return digest(await stored.of_twin(graph, self.keyring, twin_id(self.caller.tenant, twin)))


@pytest.fixture
def region_map(second: Endpoint) -> ShardMap:
    b = {"name": "b", "uri": second.uri, "username": second.user, "password": second.password, "slots": ["0-1023"]}
    return ShardMap.model_validate(
        {
            "shards": [{"name": "home", "region": "eu", "slots": ["0-1023"]}, {**b, "region": "us"}],
            "rules": [{"region": "us", "twins": ["us-*"]}, {"region": "eu", "twins": ["eu-*"]}],
        }
    )


@pytest_asyncio.fixture
async def regions(
    graph: Graph, second_graph: Graph, region_map: ShardMap, keyring: Keyring, clock: StoppedClock, caller: Caller
) -> Regions:
    services = build(Settings(poll_interval=0.1), graph, keyring, clock, region_map, {"b": second_graph})
    await services.book.publish(caller, CATALOG)
    return Regions(services, caller, keyring)


async def test_a_twin_lives_where_the_caller_or_a_rule_said_at_its_birth(regions: Regions) -> None:
    assert await regions.sent("ana", "us") == "accepted"
    assert await regions.sent("us-ben") == "accepted"
    assert await regions.sent("eu-cleo") == "accepted"
    assert (await regions.held("ana"), await regions.held("us-ben"), await regions.held("eu-cleo")) == (
        {"b"},
        {"b"},
        {"home"},
    )
    # decided once: no argument, no other rule and no other process changes it
    assert await regions.sent("ana", id_="2") == "accepted"
    assert await refusal(regions.sent("ana", "eu", "3")) == "other-region"
    other = ShardMap(shards=regions.services.residency.map.shards, rules=())  # type: ignore[union-attr]
    assert Residency(other, Keyring(regions.keyring._directory)).of(regions.caller.tenant, "us-ben") == "b"
    assert await regions.held("ana") == {"b"}
    page = await regions.services.across.twins(regions.caller, first=10)
    assert [twin.name for twin in page.nodes] == ["ana", "eu-cleo", "us-ben"]


async def test_what_names_no_region_that_exists_is_refused_and_nothing_is_written(
    regions: Regions, tmp_path: Path
) -> None:
    assert await refusal(regions.sent("ana", "mars")) == "unknown-region"
    assert await refusal(regions.sent("ana")) == "unknown-region"  # no rule and no argument
    mover, caller = regions.services.mover, regions.caller
    assert await regions.sent("ana", "eu") == "accepted"
    assert await refusal(mover.move(caller, "ana", region="mars")) == "unknown-region"
    assert await refusal(mover.move(caller, "ana", shard="mars")) == "unknown-region"
    assert await refusal(mover.move(caller, "ana", region="eu")) == "other-region"
    assert await refusal(mover.move(caller, "ana")) == "invalid-input"
    assert await refusal(mover.move(caller, "eu-nobody", region="us")) == "not-found"
    reading = caller.model_copy(update={"scopes": ("read", "write")})
    assert await refusal(mover.move(reading, "ana", region="us")) == "missing-scope"
    assert await regions.held("ana") == {"home"}
    wrong = tmp_path / "shards.yaml"
    wrong.write_text(yaml.safe_dump({"shards": [{"name": "home", "slots": ["0-1"]}], "rules": [{"region": "eu"}]}))
    with pytest.raises(Incorrect):
        read_shard_map(wrong)


async def test_a_moved_twin_is_the_same_there_and_gone_from_where_it_was(regions: Regions) -> None:
    services, caller = regions.services, regions.caller
    await regions.sent("ana", "eu")
    await services.across.observe(caller, [rated("r", 1.5, twin="ana", day=1)])
    before = await services.of(caller, "ana").questions.beliefs(caller, "ana", first=50)
    was = await regions.digest("ana", "home")

    done, signed = await services.mover.move(caller, "ana", region="us")

    assert (done.source, done.target, done.region, done.rev) == ("home", "b", "us", 2)
    assert done.source_digest == done.target_digest == was == await regions.digest("ana", "b")
    assert await regions.held("ana") == {"b"}
    assert verify(signed, regions.keyring.signing.public()) == json.loads(done.model_dump_json())
    after = await services.of(caller, "ana").questions.beliefs(caller, "ana", first=50)
    assert [row.state for row in after.nodes] == [row.state for row in before.nodes]
    (again,) = await services.across.observe(caller, [event("1", twin="ana")])
    assert again.status == "duplicate"
    (new,) = await services.across.observe(caller, [rated("n", -1.0, twin="ana", day=2)])
    assert (new.status, new.rev) == ("accepted", 3)
    back, _ = await services.mover.move(caller, "ana", shard="home")  # and back again
    assert (back.target, back.rev) == ("home", 3)
    assert await regions.held("ana") == {"home"}


async def test_a_commit_that_comes_during_a_move_is_not_lost(regions: Regions) -> None:
    services, caller = regions.services, regions.caller
    await regions.sent("ana", "eu")

    async def write() -> None:
        await services.across.observe(caller, [rated("meanwhile", 2.0, twin="ana")])

    home = services.updater
    home.graph = Interrupted(home.graph, "erasure/begin", write, before=True)
    done, _ = await services.mover.move(caller, "ana", region="us")
    assert done.rev == 2
    assert await regions.held("ana") == {"b"}
    row = await services.of(caller, "ana").questions.belief(caller, "ana", key("world.alone"))
    assert row.state.log_odds is not None
    assert row.state.log_odds > 1.0


@pytest.mark.parametrize("at", ["archive/edges", "erasure/begin"])
async def test_a_move_that_was_cut_short_leaves_one_twin_and_can_be_done_again(regions: Regions, at: str) -> None:
    services, caller = regions.services, regions.caller
    await regions.sent("ana", "eu")

    class DiedError(Exception):
        """The process ended here."""

    async def die() -> None:
        raise DiedError

    home = services.updater
    whole = home.graph
    home.graph = Interrupted(whole, at, die)
    with pytest.raises(DiedError):
        await services.mover.move(caller, "ana", region="us")
    home.graph = whole

    finished = await finish_moves(whole, services.residency)  # type: ignore[arg-type]

    assert finished == (at == "erasure/begin")
    owner = services.residency.of(caller.tenant, "ana")  # type: ignore[union-attr]
    assert owner == ("b" if finished else "home")
    assert await regions.held("ana") == {owner}
    if not finished:
        done, _ = await services.mover.move(caller, "ana", region="us")
        assert done.target == "b"


async def test_an_erased_twin_may_begin_elsewhere_once_the_person_consents_anew(regions: Regions) -> None:
    services, caller = regions.services, regions.caller
    await regions.sent("ana", "eu")
    await services.mover.move(caller, "ana", region="us")
    await services.across.erase_twin(caller, "ana")
    assert await regions.held("ana") == set()
    await services.eraser.readmit(caller, "ana")
    assert await regions.sent("ana", "eu", "2") == "accepted"
    assert await regions.held("ana") == {"home"}


def test_a_map_whose_regions_overlap_or_do_not_exist_is_refused() -> None:
    b = {"name": "b", "uri": "bolt://b", "password": "x", "region": "us", "slots": ["0-1023"]}
    home = {"name": "home", "region": "eu", "slots": ["0-1023"]}
    ShardMap.model_validate({"shards": [home, b]})
    for wrong in (
        {"shards": [{**home, "region": "us"}, b]},
        {"shards": [home, b], "rules": [{"region": "mars"}]},
        {"shards": [{**home, "region": "E U"}]},
    ):
        with pytest.raises(ValueError, match=r"region|lies in two"):
            ShardMap.model_validate(wrong)
    assert Shard.model_validate(b).region == "us"
    with pytest.raises(BeliefgraphError) as refused:
        ShardMap.model_validate({"shards": [home, b]}).of("t", "x")
    assert refused.value.code == "unknown-region"


def test_a_mover_needs_several_databases(regions: Regions) -> None:
    assert isinstance(regions.services.mover, Mover)
