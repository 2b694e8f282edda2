"""Rows as columns: the same bearings count as of records, in whatever blocks they lie, and at every rev."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reading import rows, stored
from tests.world import START, World, event, key, rated

from beliefgraph.model.belief import ANYONE, ANYWHERE, Belief, BeliefKey
from beliefgraph.model.command import Correct, Retract, Withdraw
from beliefgraph.model.counting import counting_at
from beliefgraph.model.evidence import OBSERVED, Bearing
from beliefgraph.model.identity import belief_id, evidence_id
from beliefgraph.model.timeline import revision_id
from beliefgraph.services.derivation.counted import count
from beliefgraph.services.twin import bearings as columns
from beliefgraph.services.twin import blocks, checkpoints
from beliefgraph.services.twin.bearings import Bearings, no_bearings
from beliefgraph.services.twin.cache import TwinCache
from beliefgraph.services.twin.checkpoints import Checkpoints
from beliefgraph.services.twin.load import read_state
from beliefgraph.services.twin.state import TwinState
from beliefgraph.store import checkpoints as kept
from beliefgraph.store.checkpoints import StoredCheckpoint

TWIN = "5f0d7c1e-0000-4000-8000-000000000000"
ATTRIBUTES = ("a.x", "a.y", "a.z")
BELIEFS = {
    id_: Belief.trusted(
        id=id_, twin=TWIN, attribute=name, subject=ANYONE, context=ANYWHERE, domain="a", statement=name, value=None
    )
    for name in ATTRIBUTES
    for id_ in [belief_id(TWIN, BeliefKey(attribute=name))]
}
MOMENTS = [START + timedelta(days=n) for n in range(6)]


@st.composite
def bearings(draw: st.DrawFn) -> list[Bearing]:
    """Anything said of three beliefs at six moments, in the order in which revs recorded it."""
    found = []
    for rev in range(1, draw(st.integers(1, 25)) + 1):
        belief = belief_id(TWIN, BeliefKey(attribute=draw(st.sampled_from(ATTRIBUTES))))
        stance = draw(
            st.sampled_from(["observation", "observation", "change", "assertion", "correction", "retraction"])
        )
        since = draw(st.sampled_from(MOMENTS))
        until = None
        if stance == "correction" and draw(st.booleans()):
            until = since + timedelta(days=draw(st.integers(1, 3)))
        evidence, source = evidence_id(str(rev), "s"), draw(st.sampled_from(["one", "another"]))
        found.append(
            Bearing(
                revision_id=revision_id("Bearing", f"{evidence}|{belief}", rev, since),
                twin=TWIN,
                key=f"{evidence}|{belief}",
                valid_from=since,
                valid_to=until,
                rev_from=rev,
                definition="test@1",
                origin="observed" if stance in OBSERVED else "provided",
                evidence=evidence,
                belief=belief,
                source=source,
                stance=stance,
                log_likelihood_ratio=0.0 if stance == "retraction" else draw(st.floats(-12, 12)),
                half_life=draw(st.sampled_from([None, 3600.0, 86_400.0 * 3])),
                shared_origin=draw(st.sampled_from([None, "agency"])),
            )
        )
    return found


def columns_of(said: Sequence[Bearing], cuts: Sequence[int] = ()) -> Bearings:
    """The bearings of a twin that took these in, in calls cut at these places."""
    found, begin = no_bearings(TWIN), 0
    for end in (*sorted(cuts), len(said)):
        found, begin = found.opened(said[begin:end]), max(begin, end)
    return found


def counted_revisions(known: Bearings, at: datetime) -> set[str]:
    """The revisions of the bearings that count at a moment."""
    found = count(known, BELIEFS, np.ones(len(known.register), dtype=np.bool_), at)
    every = known.where(lambda block: np.ones(len(block), dtype=np.bool_))
    return {bearing.revision_id for bearing in known.records(every[found.among(every)])}


@settings(max_examples=150)
@given(bearings(), st.sampled_from(MOMENTS))
def test_the_same_bearings_count_as_for_one_belief_at_a_time(said: list[Bearing], at: datetime) -> None:
    expected = {
        one.revision_id
        for belief in {bearing.belief for bearing in said}
        for one in counting_at([bearing for bearing in said if bearing.belief == belief], at)
    }
    assert counted_revisions(columns_of(said), at) == expected


@settings(max_examples=100)
@given(bearings(), st.data())
def test_what_is_read_back_is_what_was_written(said: list[Bearing], data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(said)), max_size=4))
    known = columns_of(said, cuts)
    assert list(known) == said
    rev = data.draw(st.integers(0, len(said)))
    assert [bearing.revision_id for bearing in known.at(rev)] == [b.revision_id for b in said if b.rev_from <= rev]
    gone = data.draw(st.sets(st.sampled_from([bearing.revision_id for bearing in said])))
    left = known.closed(gone, len(said) + 1)
    assert [bearing.revision_id for bearing in left] == [b.revision_id for b in said if b.revision_id not in gone]
    assert len(left) == len(said) - len(gone)
    assert list(left.at(len(said))) == [
        bearing.model_copy(update={"rev_to": None}) for bearing in said
    ]  # a rev before it was closed sees it open


@settings(max_examples=100)
@given(bearings(), st.randoms(), st.sampled_from(MOMENTS))
def test_neither_the_order_nor_the_blocks_change_a_bit_of_the_sums(said: list[Bearing], random, at) -> None:  # type: ignore[no-untyped-def]
    def sums(known: Bearings) -> dict[object, tuple[int, ...]]:
        found = count(known, BELIEFS, np.ones(len(known.register), dtype=np.bool_), at).sums
        table = zip(found.rising, found.falling, found.left, found.fresh_rising, found.items, strict=True)
        numbers = [tuple(map(int, each)) for each in table]
        return {h: n for h, n in zip(known.register.headings, numbers, strict=True) if n[-1]}

    shuffled = said[:]
    random.shuffle(shuffled)
    cuts = [random.randrange(len(said) + 1) for _ in range(3)]
    assert sums(columns_of(said)) == sums(columns_of(shuffled, cuts))


@settings(max_examples=150)
@given(bearings(), st.data(), st.sampled_from(MOMENTS))
def test_large_blocks_that_are_summed_in_runs_come_to_the_same_bits_at_every_rev(
    said: list[Bearing], data: st.DataObject, at: datetime
) -> None:
    def summed(known: Bearings) -> list[list[object]]:
        found = count(known, BELIEFS, np.ones(len(known.register), dtype=np.bool_), at)
        sums = (getattr(found.sums, each.name).tolist() for each in fields(found.sums))
        return [*sums, found.begun.tolist(), found.open.tolist(), found.decided.tolist()]

    known = columns_of(said, data.draw(st.lists(st.integers(0, len(said)), max_size=2)))
    gone = data.draw(st.sets(st.sampled_from([bearing.revision_id for bearing in said])))
    revs = range(len(said) + 2)
    one_by_one = [summed(known.closed(gone, len(said) + 1).at(rev)) for rev in revs]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "IN_RUNS", 1)
        summed(known)  # the first sum of a block is one by one
        summed(known)
        assert all(block.items.runs is not None for block in known.blocks)
        assert [summed(known.closed(gone, len(said) + 1).at(rev)) for rev in revs] == one_by_one


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks and checkpoints of a few rows, read two at a time."""
    monkeypatch.setattr(checkpoints, "EVERY", 4)
    monkeypatch.setattr(checkpoints, "LARGEST", 6)
    monkeypatch.setattr(kept, "AT_ONCE", 2)
    monkeypatch.setattr(blocks, "LARGEST", 8)


@pytest.fixture
def keeping(world: World, small: None) -> World:
    """A world whose cache writes checkpoints."""
    world.cache._checkpoints = Checkpoints(world.graph, world.keyring)
    return world


async def every_checkpoint(world: World, state: TwinState) -> list[StoredCheckpoint]:
    """All checkpoints of a twin."""
    pages = kept.of_twin(world.graph, state.id, state.life, state.rev)
    return [one async for page in pages for one in page]


async def with_history(world: World) -> None:
    """Some weeks of a twin: events late and early, a correction, a withdrawal, a retraction."""
    for day in (1, 5, 3, 9, 2):
        await world.intake.observe(
            world.caller, [event(f"{day}-{n}", day=day + n / 9) for n in range(2)] + [rated(f"r{day}", 0.5, day=day)]
        )
    await world.commands.correct(world.person("lena"), Correct(twin="lena", belief=key("needs.budget"), holds=True))
    taken = next(b for b in (await stored(world)).bearings if b.stance == "observation")
    await world.commands.withdraw(world.caller, Withdraw(twin="lena", evidence=taken.evidence))
    await world.commands.retract(world.caller, Retract(twin="lena", belief=key("world.alone")))
    await world.intake.observe(world.caller, [event("last", day=12)])


async def test_an_earlier_rev_is_the_same_read_from_memory_as_from_the_store(keeping: World) -> None:
    await with_history(keeping)
    now = await stored(keeping)
    known = await keeping.cache.at(now.id, now.tenant, "lena", (now.rev, now.life))
    assert rows(known) == rows(now)
    for rev in range(1, now.rev + 1):
        assert rows(await keeping.cache.earlier(now.id, now.tenant, "lena", rev)) == rows(
            await stored(keeping, rev=rev)
        )


async def test_a_twin_read_from_checkpoints_is_the_twin_read_row_by_row(keeping: World) -> None:
    await with_history(keeping)
    await keeping.cache.close()
    now = await stored(keeping)
    found = Checkpoints(keeping.graph, keeping.keyring)
    part = await found.read(now.id, now.life, now.rev)
    assert 0 < len(part.bearings) < len(now.bearings) + 4
    for rev in range(1, now.rev + 1):
        again = await read_state(keeping.graph, now.id, now.tenant, "lena", rev, checkpoints=found)
        assert rows(again) == rows(await stored(keeping, rev=rev))
    assert await found.agree(now)


async def test_a_checkpoint_that_is_broken_or_wrong_is_not_believed(keeping: World) -> None:
    await with_history(keeping)
    await keeping.cache.close()
    now = await stored(keeping)
    found = Checkpoints(keeping.graph, keeping.keyring)
    first, *_ = await every_checkpoint(keeping, now)
    async with keeping.graph._driver.session(database="neo4j") as session:
        await session.run(
            "MATCH (c:Checkpoint {id: $id}) SET c.sealed = $sealed", id=first.id, sealed=first.sealed[:-1]
        )
    broken = await read_state(keeping.graph, now.id, now.tenant, "lena", checkpoints=found)
    assert rows(broken) == rows(now)

    other = no_bearings(now.id).opened([b.model_copy(update={"log_likelihood_ratio": 9.0}) for b in now.bearings][:4])
    data = checkpoints.packed_block(other, other.blocks[0])
    sealed = keeping.keyring.seal(now.id, data, f"checkpoint:{first.id}")
    async with keeping.graph._driver.session(database="neo4j") as session:
        await session.run("MATCH (c:Checkpoint {id: $id}) SET c.sealed = $sealed", id=first.id, sealed=sealed)
    assert not await found.agree(now)
    assert await every_checkpoint(keeping, now) == []


async def test_nothing_is_left_of_checkpoints_once_a_twin_is_erased(keeping: World) -> None:
    await with_history(keeping)
    await keeping.cache.close()
    now = await stored(keeping)
    assert await every_checkpoint(keeping, now)
    await keeping.eraser.erase_twin(keeping.caller, "lena")
    assert await every_checkpoint(keeping, now) == []


async def test_a_process_with_little_memory_still_serves_a_twin(world: World) -> None:
    await with_history(world)
    tight = TwinCache(world.graph, world.keyring, size=1)
    now = await stored(world)
    assert rows(await tight.at(now.id, now.tenant, "lena", (now.rev, now.life))) == rows(now)
