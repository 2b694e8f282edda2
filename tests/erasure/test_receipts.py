"""What proves an erasure: a signed receipt, refusals until consent anew, and old backups that erase again."""

from __future__ import annotations

import json
import re
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from tests.conftest import StoppedClock
from tests.races import Interrupted
from tests.reading import id_of, stored
from tests.world import World, event, key, rated

from beliefgraph.errors import BeliefgraphError
from beliefgraph.model.command import AssertBelief, Identify
from beliefgraph.model.erasure import THE_PERSON
from beliefgraph.model.twin import Identifier
from beliefgraph.services.upkeep.erase import finish_erasures, replay_erasures
from beliefgraph.services.upkeep.receipts import kept, public_key, verified
from beliefgraph.store.graph import Graph
from beliefgraph.store.graph_schema import NODES
from beliefgraph.store.keys import Keyring
from beliefgraph.store.queries import file_text

DEVICE = Identifier(scheme="device", value="phone-of-lena")
FORGET_RECEIPTS = "MATCH (e:Erasure {tenant: $tenant}) DELETE e"


class DiedError(Exception):
    """The process ended here."""


async def die() -> None:
    raise DiedError


async def refused(world: World, id_: str) -> bool:
    """Whether an event about Lena is refused because she was erased."""
    (receipt,) = await world.intake.observe(world.caller, [rated(id_, 1.0)])
    return (receipt.status, receipt.code) == ("rejected", "erased")


async def forget_receipts(world: World) -> None:
    """Let the database be as one that was backed up before any erasure."""
    async with world.graph._driver.session() as session:
        await (await session.run(FORGET_RECEIPTS, {"tenant": world.caller.tenant})).consume()


async def test_what_comes_later_is_refused_and_counted_until_the_person_consents_anew(world: World) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0)])
    await world.commands.identify(world.caller, Identify(twin="lena", identifier=DEVICE))
    await world.eraser.erase_twin(world.caller, "lena")

    nameless = rated("2", 1.0).model_copy(update={"twin": None, "identifiers": (DEVICE,)})
    other = world.another()
    receipts = await other.intake.observe(world.caller, [rated("3", 1.0), rated("4", 1.0, twin="omar"), nameless])
    assert [(each.status, each.code) for each in receipts] == [
        ("rejected", "erased"),
        ("accepted", None),
        ("rejected", "erased"),
    ]
    assert await world.intake.quarantine(world.caller, limit=10) == []
    stated = AssertBelief(twin="lena", belief=key("world.alone"), confidence=0.9)
    with pytest.raises(BeliefgraphError) as caught:
        await world.commands.assert_belief(world.caller, stated)
    assert caught.value.code == "erased"
    assert (await stored(world)).rev == 0

    done = await world.eraser.readmit(world.person("lena"), "lena")
    assert done.refused == 3
    (receipt,) = await other.intake.observe(world.caller, [rated("3", 1.0)])
    assert (receipt.status, receipt.rev) == ("accepted", 1)
    (receipt,) = await other.intake.observe(world.caller, [nameless])
    assert receipt.code == "unknown-identifier"  # known to nobody, and no longer refused
    with pytest.raises(BeliefgraphError) as caught:
        await world.eraser.readmit(world.caller, "lena")
    assert caught.value.code == "not-found"


async def test_only_the_person_and_whoever_may_erase_take_them_in_again(world: World) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0)])
    await world.eraser.erase_twin(world.caller, "lena")
    writing = world.caller.model_copy(update={"scopes": ("read", "write")})
    for caller, code in ((writing, "missing-scope"), (world.person("omar"), "not-found")):
        with pytest.raises(BeliefgraphError) as caught:
            await world.eraser.readmit(caller, "lena")
        assert caught.value.code == code
    assert await refused(world, "2")
    own = writing.model_copy(update={"actor": "lena", "person": "lena"})
    assert (await world.eraser.readmit(own, "lena")).refused == 1


async def test_a_receipt_says_what_was_destroyed_names_nobody_and_cannot_be_altered(
    world: World, tmp_path: Path
) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0, by="lena"), event("2", "unheard of")])
    await world.commands.identify(world.caller, Identify(twin="lena", identifier=DEVICE))
    erased = await world.eraser.erase_twin(world.person("lena"), "lena")
    signed, public = erased.receipt.encode(), public_key(tmp_path / "keys")

    receipt = verified(signed, public)
    assert receipt.actor == THE_PERSON
    counted = {kind: number for kind, number in receipt.destroyed.items() if number}
    assert counted.pop("beliefs") >= 1
    assert counted == {
        "events": 2,
        "evidence": 1,
        "commits": 2,
        "quarantined": 1,
        "identifiers": 1,
        "twins": 1,
        "keys": 1,
    }
    assert (receipt.begun, len(receipt.digest)) == (world.clock.now(), 64)
    assert [word for word in ("lena", DEVICE.value, id_of(world)) if word in erased.receipt] == []
    assert [(each.receipt, each.refused) for each in kept(tmp_path / "keys")] == [(receipt, 0)]

    altered = json.dumps({**json.loads(signed), "actor": "nobody"}).encode()
    unsigned = json.dumps({k: v for k, v in json.loads(signed).items() if k != "signature"}).encode()
    another = Keyring(tmp_path / "another").signing.public()
    for wrong, with_key in ((altered, public), (unsigned, public), (b"[]", public), (signed, another)):
        with pytest.raises(BeliefgraphError) as caught:
            verified(wrong, with_key)
        assert caught.value.code == "invalid-signature"


async def test_an_old_backup_erases_again_whoever_was_erased_since(world: World, tmp_path: Path) -> None:
    """Database and keys are as they were a day earlier; the folder `erasures` alone is of today."""
    await world.intake.observe(world.caller, [rated("1", 1.0)])
    await world.eraser.erase_twin(world.caller, "lena")
    await forget_receipts(world)
    shutil.copytree(tmp_path / "keys", tmp_path / "old", ignore=shutil.ignore_patterns("erasures"))
    yesterday = StoppedClock(world.clock.now() - timedelta(days=1))
    old = World(world.graph, Keyring(tmp_path / "old"), yesterday, world.caller)
    await old.intake.observe(world.caller, [rated("1 again", 3.0), rated("2", 1.0, twin="omar")])
    assert (await stored(old)).rev == 1
    sealed = old.keyring.seal(id_of(world), b"what she said", "a text")
    shutil.copytree(tmp_path / "keys" / "erasures", tmp_path / "old" / "erasures")

    assert await replay_erasures(old.graph, old.keyring, world.clock) == 1

    fresh = old.another()
    assert (await stored(fresh)).rev == 0
    assert (await stored(fresh, "omar")).rev == 1
    with pytest.raises(BeliefgraphError) as caught:
        old.keyring.unseal(id_of(world), sealed, "a text")
    assert caught.value.code == "key-missing"
    assert await refused(fresh, "3")
    assert await replay_erasures(old.graph, old.keyring, world.clock) == 0


async def test_a_life_that_began_after_the_erasure_is_not_erased_again(world: World, clock: StoppedClock) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0)])
    await world.eraser.erase_twin(world.caller, "lena")
    await world.eraser.readmit(world.caller, "lena")
    clock.advance(timedelta(seconds=1))
    await world.intake.observe(world.caller, [rated("2", 1.0)])
    await forget_receipts(world)
    assert await replay_erasures(world.graph, world.keyring, clock) == 0
    assert (await stored(world.another())).rev == 1


async def test_keys_that_were_restored_know_again_from_the_database_who_was_erased(
    world: World, tmp_path: Path
) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0)])
    erased = await world.eraser.erase_twin(world.caller, "lena")
    shutil.rmtree(tmp_path / "keys" / "erasures")
    await replay_erasures(world.graph, world.keyring, world.clock)
    assert await refused(world, "2")
    assert erased.receipt.encode() in [signed for _, signed in world.keyring.erasures.receipts()]


@pytest.mark.parametrize("after", ["erasure/digest", "erasure/finish"])
async def test_an_erasure_that_was_cut_short_has_a_receipt_after_the_next_start(
    world: World, graph: Graph, after: str
) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0), rated("2", 1.0)])
    dying = World(Interrupted(graph, after, die), world.keyring, world.clock, world.caller)
    with pytest.raises(DiedError):
        await dying.eraser.erase_twin(world.caller, "lena")
    await finish_erasures(graph, world.keyring, world.clock)
    await replay_erasures(graph, world.keyring, world.clock)
    own = [r for r, _ in world.keyring.erasures.receipts() if r.tenant == world.caller.tenant]
    assert [(r.destroyed["events"], r.destroyed["evidence"]) for r in own] == [(2, 2)]
    assert await refused(world, "3")


def test_every_kind_of_node_that_belongs_to_a_twin_is_deleted_with_it() -> None:
    queries = [file_text(name) for name in ("erasure/rows", "erasure/events")]
    deleted = {label for each in queries for label in re.findall(r"\(\w*:(\w+)(?: \{twin: \$twin\})?\)", each)}
    assert {row.label for row in NODES if "twin" in row.properties} <= deleted
