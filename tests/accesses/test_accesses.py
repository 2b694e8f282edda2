"""A person sees who read what of them, when and for what purpose; nobody else does but an auditor."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from tests.conftest import StoppedClock
from tests.ownership.policies import Enforcing, policy
from tests.web.serve_process import environment_of, served_apart
from tests.web.service import Client, service
from tests.world import World, event, rated

from beliefgraph.errors import BeliefgraphError
from beliefgraph.local import Endpoint
from beliefgraph.model.caller import Caller
from beliefgraph.services.access.accesses import AccessLog
from beliefgraph.services.access.callers import Callers
from beliefgraph.services.access.scope import reach
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring

READ = '{ beliefs(twin: "lena") { nodes { statement } } }'
ACCESSES = '{ accesses(twin: "lena") { actor purpose asked refused person at } }'


async def test_a_person_sees_who_read_them_and_who_was_refused(
    graph: Graph, keyring: Keyring, clock: StoppedClock, tenant: str
) -> None:
    async with service(graph, keyring, clock, tenant) as running:
        await running.define()
        shop = await running.client()
        await shop.observe(event("1"))
        await shop.data(READ)
        writer = await running.client("write")
        assert (await writer.refused(READ))["code"] == "missing-scope"
        stranger = await running.client("read", person="omar")
        assert (await stranger.refused(READ))["code"] == "not-found"
        lena = await running.client("read", person="lena")

        found = (await lena.data(ACCESSES))["accesses"]

        told = {(each["asked"], each["refused"], each["person"]) for each in found}
        assert told == {
            ("beliefs", None, False),
            ("beliefs", "missing-scope", False),
            ("beliefs", "not-found", True),
            ("accesses", None, True),
        }
        assert {(each["actor"], each["purpose"]) for each in found} == {("tester", "testing")}
        auditor = await running.client("audit")
        assert len((await auditor.data(ACCESSES))["accesses"]) == len(found) + 1
        for other in (shop, writer):
            assert (await other.refused(ACCESSES))["code"] == "missing-scope"
        assert (await stranger.refused(ACCESSES))["code"] == "not-found"


def noting(world: World, log: AccessLog) -> Caller:
    return world.caller.model_copy(update={"log": log.note, "key": "a key", "request_id": "1"})


async def test_what_was_read_is_written_within_a_second_though_nobody_asks_and_the_process_is_not_stopped(
    world: World, keyring: Keyring, tmp_path: Path
) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0)])
    log = AccessLog(keyring, world.clock, 10)
    running = asyncio.create_task(log.run())
    await asyncio.sleep(0)
    reach(noting(world, log), "lena")
    await asyncio.sleep(1.0)
    other = AccessLog(Keyring(tmp_path / "keys"), world.clock, 10)
    assert [each.asked for each in await other.accesses(world.person("lena"), "lena")] == ["read"]
    running.cancel()


async def test_erasing_a_person_destroys_who_read_them_and_names_of_nobody_make_no_file(
    world: World, keyring: Keyring, tmp_path: Path
) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0)])
    log = AccessLog(keyring, world.clock, 10)
    for name in ("lena", "nobody"):
        reach(noting(world, log), name)
    log.flush()
    files = [path for path in (tmp_path / "keys" / "accesses").rglob("*") if path.is_file()]
    assert len(files) == 1
    assert b"a key" not in files[0].read_bytes()
    await world.eraser.erase_twin(world.caller, "lena")
    assert not files[0].exists()
    assert await log.accesses(world.person("lena"), "lena") == []


async def test_who_read_is_kept_as_long_as_the_setting_says(
    world: World, keyring: Keyring, clock: StoppedClock, tmp_path: Path
) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0)])
    log = AccessLog(keyring, clock, 10)
    reach(noting(world, log), "lena")
    assert len(await log.accesses(world.person("lena"), "lena")) == 1
    clock.advance(timedelta(days=9))
    assert len(await log.accesses(world.person("lena"), "lena")) == 1
    clock.advance(timedelta(days=2))
    assert await log.accesses(world.person("lena"), "lena") == []
    running = asyncio.create_task(log.run())
    await asyncio.sleep(0.3)
    running.cancel()
    assert [path for path in (tmp_path / "keys" / "accesses").rglob("*") if path.is_file()] == []


async def test_a_call_without_the_scope_is_noted_as_refused_though_it_would_write(
    world: World, keyring: Keyring
) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0)])
    log = AccessLog(keyring, world.clock, 10)
    reading = noting(world, log).model_copy(update={"scopes": ("read",)})
    with pytest.raises(BeliefgraphError):
        reach(reading, "lena", "write")
    (found,) = await log.accesses(world.person("lena"), "lena")
    assert (found.asked, found.refused) == ("write", "missing-scope")


async def test_a_kill_loses_no_reading_of_a_special_category_and_at_most_a_second_of_others(
    world: World, keyring: Keyring, endpoint: Endpoint, tmp_path: Path
) -> None:
    enforcing = Enforcing(world)
    await world.intake.observe(world.caller, [event("1"), event("2", twin="omar")])
    await enforcing.policies.publish(world.caller, policy(default="allow_until_objected"))
    await enforcing.permit(category="risks")
    made = await Callers(world.graph, world.clock).create(world.caller.tenant, "adviser", ["read"], ["advice"])
    async with served_apart(environment_of(endpoint, tmp_path)) as (process, url), httpx2.AsyncClient() as http:
        adviser = Client(http, url, made.secret)
        await adviser.data(READ.replace("lena", "omar"))
        await asyncio.sleep(1.0)
        await adviser.data(READ)
        process.kill()
        await process.wait()
    log = AccessLog(keyring, world.clock, 10)
    for twin in ("lena", "omar"):
        assert [each.asked for each in await log.accesses(world.person(twin), twin)] == ["beliefs"], twin
