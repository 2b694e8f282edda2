"""Twins that left the cache are restored as they were, without reading them from Neo4j, and never at another rev."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.archives.test_archives import with_history
from tests.reading import alike, derived, id_of, stored
from tests.services.moods import MOODS
from tests.services.test_columns import bearings
from tests.world import CATALOG, World, event, rated

from beliefgraph.model.evidence import Bearing
from beliefgraph.services.commits.layers import LAYERS
from beliefgraph.services.twin import cache
from beliefgraph.services.twin.bearings import Bearings, no_bearings
from beliefgraph.services.twin.blocks import Block
from beliefgraph.services.twin.cache import RECORD_BYTES, TwinCache, size_of
from beliefgraph.services.twin.compressed import CompressedTwins, compressed, decompressed
from beliefgraph.services.twin.state import TwinState, fresh
from beliefgraph.telemetry.metrics import CACHE_READS

NAMES = [f"twin-{n}" for n in range(12)]


def parts(state: TwinState) -> tuple[object, ...]:
    """All that a state says, in its order."""
    tallies = {
        metric: (tally.row.tolist(), tally.times.tolist(), tally.quanta.tolist(), tally.answers.tolist())
        for metric, tally in state.tallies.items()
    }
    names = (state.id, state.tenant, state.name, state.life, state.rev, state.definitions)
    times = (state.head_time, state.last_updated)
    rows = {kind: list(some.items()) for kind, some in state.rows.items() if some}
    made = {kind: list(some.items()) for kind, some in state.made.items() if some}
    return names, times, list(state.bearings), list(state.measurements), rows, made, tallies


def columns(rows: Bearings) -> list[list[object]]:
    """All rows, also those that the rev does not see."""
    return [
        [value for block in rows.blocks for value in getattr(block, name).tolist()]
        for name in (*Block.columns(), "strength", "period")
    ]


def counted(outcome: str) -> float:
    """How often a whole twin was found in this way."""
    return float(CACHE_READS.labels(outcome)._value.get())


@pytest.fixture
def tight(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A process that keeps one twin as it is, and all others compressed."""
    monkeypatch.setattr(cache, "COMPRESSED_SHARE", 0.95)
    kept = TwinCache(world.graph, size=400 * RECORD_BYTES)
    world.cache = world.updater._cache = kept
    return world


async def test_a_twin_with_every_kind_of_row_is_restored_as_it_was(world: World) -> None:
    await world.book.publish(world.caller, CATALOG)
    here = World(world.graph, world.keyring, world.clock, world.caller, (*LAYERS, MOODS))
    await with_history(here)
    now = await stored(here)
    again = decompressed(compressed(now))
    assert parts(again) == parts(now)
    assert len({*now.rows, *now.made}) > 12
    assert columns(again.bearings) == columns(now.bearings)
    assert alike(await derived(here, again), await derived(here, now))
    assert len(compressed(now)) < size_of(now) / 3


@given(bearings(), st.integers(0, 25), st.integers(0, 25))
def test_rows_that_were_closed_and_earlier_revs_are_restored(found: list[Bearing], closed: int, rev: int) -> None:
    twin = found[0].twin
    rows = no_bearings(twin).opened(found)
    rows = rows.closed([each.revision_id for each in found[:closed]], rows.rev + 1).at(rev)
    state = fresh(twin, "tenant", "lena")
    again = decompressed(compressed(replace(state, bearings=rows))).bearings
    assert (columns(again), list(again), again.rev) == (columns(rows), list(rows), rows.rev)
    assert again.register.headings == rows.register.headings


async def test_a_second_round_of_events_reads_no_twin_from_neo4j(tight: World) -> None:
    await tight.intake.observe(tight.caller, [rated(f"a{n}", 0.5, twin=twin) for n, twin in enumerate(NAMES)])
    missed, restored = counted("miss"), counted("compressed")
    await tight.intake.observe(tight.caller, [rated(f"b{n}", 0.5, twin=twin) for n, twin in enumerate(NAMES)])
    assert counted("miss") == missed
    assert counted("compressed") > restored
    twins, size = tight.cache.filled
    assert twins == len(NAMES)
    assert 0 < size <= 400 * RECORD_BYTES
    other = tight.another()
    await other.intake.observe(
        other.caller, [rated(f"{x}{n}", 0.5, twin=f"{twin}-again") for x in "ab" for n, twin in enumerate(NAMES)]
    )
    for twin in NAMES:
        here, there = await stored(tight, twin), await stored(tight, f"{twin}-again")
        assert alike(await derived(tight, here), await derived(tight, there))


async def test_what_another_process_wrote_is_read(tight: World) -> None:
    other = tight.another()
    for n in range(3):
        for world in (tight, other):
            some = [rated(f"{n}{id(world)}{twin}", 0.5, twin=twin) for twin in NAMES]
            receipts = await world.intake.observe(world.caller, some)
            assert {receipt.status for receipt in receipts} == {"accepted"}
    for twin in NAMES:
        assert (await stored(tight, twin)).rev == 6
        assert len((await stored(tight, twin)).bearings) == 6


async def test_processes_that_race_with_little_memory_lose_nothing(tight: World) -> None:
    worlds = [tight, tight.another(), tight.another()]

    async def write(by: World, label: str, order: list[str]) -> None:
        for n in range(6):
            await by.intake.observe(by.caller, [rated(f"{label}{n}", 0.25, day=n, twin=twin) for twin in order])

    await asyncio.gather(*(write(by, f"p{n}", NAMES[::-1] if n % 2 else NAMES) for n, by in enumerate(worlds)))
    for twin in NAMES:
        assert len((await stored(tight, twin)).bearings) == 18


async def test_an_erased_twin_is_not_restored(tight: World) -> None:
    await tight.intake.observe(tight.caller, [rated(f"a{n}", 0.5, twin=twin) for n, twin in enumerate(NAMES)])
    before = tight.cache.filled[0]
    await tight.eraser.erase_twin(tight.caller, NAMES[0])
    assert tight.cache.filled[0] == before - 1
    assert tight.cache._compressed.take(id_of(tight, NAMES[0]), (1, "")) is None


async def test_it_is_only_restored_at_its_head_and_once(world: World) -> None:
    await world.intake.observe(world.caller, [event("1", twin="lena")])
    now = await stored(world)
    kept = CompressedTwins(100_000)
    kept.keep(now)
    assert kept.take(now.id, (now.rev + 1, now.life)) is None
    kept.keep(now)
    assert kept.take(now.id, (now.rev, "another life")) is None
    kept.keep(now)
    found = kept.take(now.id, (now.rev, now.life))
    assert found is not None
    assert parts(found) == parts(now)
    assert kept.take(now.id, (now.rev, now.life)) is None
    assert kept.filled == (0, 0)
    CompressedTwins(1).keep(now)  # nothing happens


async def test_a_large_twin_that_needs_all_memory_compresses_few_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.intake.observe(world.caller, [rated(f"a{n}", 0.5, twin=f"twin-{n}") for n in range(30)])
    one = await stored(world, "twin-0")
    kept = TwinCache(world.graph, size=40 * size_of(one))
    for n in range(30):
        kept.keep(await stored(world, f"twin-{n}"))
    assert kept.filled[0] == 30
    monkeypatch.setattr(cache, "size_of", lambda state: 30 * size_of(one) if state.name == "large" else size_of(state))
    kept.keep(replace(one, id="large", name="large"))
    assert kept.filled[0] == 1 + cache.COMPRESSED_AT_ONCE
