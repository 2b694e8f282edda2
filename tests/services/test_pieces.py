"""Evidence merged in one pass over blocks has the bits of its bearings one by one, and the greatest are found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from tests.services.test_columns import BELIEFS, MOMENTS, bearings, columns_of

from beliefgraph.inference import GRID, KeptShares, greatest
from beliefgraph.model.evidence import Bearing
from beliefgraph.model.time import microseconds
from beliefgraph.services.derivation.counted import Counted, count
from beliefgraph.services.explanation import influenced
from beliefgraph.services.explanation.influenced import Pieces, ranked
from beliefgraph.services.twin import bearings as columns
from beliefgraph.services.twin import blocks
from beliefgraph.services.twin.bearings import Bearings

WEIGHTS = st.floats(-3, 3) | st.sampled_from([0.0, 1.0])


@st.composite
def together(draw: st.DrawFn) -> list[Bearing]:
    """Bearings of which some are from the same evidence as the one before."""
    said = draw(bearings())
    for i in range(1, len(said)):
        if draw(st.integers(0, 3)):
            said[i] = said[i].model_copy(update={"evidence": said[i - 1].evidence})
    return said


@st.composite
def keepings(draw: st.DrawFn, headings: int) -> KeptShares | None:
    """A change of which the earlier evidence under some headings is kept in part; or none."""
    if draw(st.booleans()):
        return None
    follows = np.array(draw(st.lists(st.sampled_from([-1, 0]), min_size=headings, max_size=headings)), dtype=np.int32)
    edge = np.array([microseconds(MOMENTS[1]), microseconds(MOMENTS[3])], dtype=np.int64)
    return KeptShares.steps(follows, [(edge, np.array(draw(st.lists(st.floats(0, 1), min_size=2, max_size=2))))])


@settings(max_examples=200, deadline=None)
@given(together(), st.data())
def test_merged_evidence_has_the_bits_of_its_bearings_one_by_one(said: list[Bearing], data: st.DataObject) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "LARGEST", data.draw(st.sampled_from([4, 100])))
        known = columns_of(said, data.draw(st.lists(st.integers(0, len(said)), max_size=4)))
        gone = data.draw(st.sets(st.sampled_from([bearing.revision_id for bearing in said])))
        known = known.closed(gone, len(said) + 1).at(data.draw(st.integers(0, len(said) + 1)))
        headings = len(known.register)
        keeping, at = data.draw(keepings(headings)), data.draw(st.sampled_from(MOMENTS))
        if data.draw(st.booleans()):
            patch.setattr(columns, "IN_RUNS", 1)
            for block in known.blocks * 2:
                block.summed(known.register.groups.half)
            assert all(block.items.runs is not None for block in known.blocks)
        counted = count(known, BELIEFS, np.zeros(headings, dtype=np.bool_), at, keeping)
        reaches, weight, kind = (
            np.array(data.draw(st.lists(of, min_size=headings, max_size=headings)))
            for of in (st.booleans(), WEIGHTS, st.integers(0, 2))
        )
        found = counted.merged(reaches, weight, kind)
        pieces, kinds = Pieces.of(counted, reaches, weight, found), found.kinds

    rows, heading, shares = one_by_one(known, counted, reaches, weight)
    assert_merged(known, pieces, rows, shares)
    every, of_each, _ = pieces.bearings(np.arange(len(pieces.share)))
    np.testing.assert_array_equal(every, rows)
    np.testing.assert_array_equal(of_each, shares)

    of_kind = 2 * kind[heading] + (shares > 0)
    number = np.bincount(of_kind)
    used = np.flatnonzero(number)
    np.testing.assert_array_equal(kinds.number, number[used])
    np.testing.assert_array_equal(kinds.total, np.bincount(of_kind, shares)[used])
    greatest = [max(np.flatnonzero(of_kind == k), key=lambda i: (abs(shares[i]), -i)) for k in used.tolist()]
    np.testing.assert_array_equal(kinds.weightiest, rows[np.array(greatest, dtype=np.int64)])


@settings(max_examples=400, deadline=None)
@given(together(), st.data())
def test_the_greatest_pieces_are_found_without_weighing_every_row(said: list[Bearing], data: st.DataObject) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "LARGEST", data.draw(st.sampled_from([4, 8, 100])))
        patch.setattr(columns, "IN_RUNS", data.draw(st.sampled_from([1, 3])))
        patch.setattr(greatest, "SEARCHED", data.draw(st.sampled_from([0.5, 1.0])))
        known = columns_of(said, data.draw(st.lists(st.integers(0, len(said)), max_size=4)))
        gone = data.draw(st.sets(st.sampled_from([bearing.revision_id for bearing in said]), max_size=2))
        known = known.closed(gone, len(said) + 1).at(data.draw(st.sampled_from([len(said), len(said) + 1])))
        headings = len(known.register)
        at = data.draw(st.sampled_from([*MOMENTS[-2:], MOMENTS[-1] + timedelta(days=400)]))
        for block in known.blocks * 2:
            block.summed(known.register.groups.half)
        counted = count(known, BELIEFS, np.zeros(headings, dtype=np.bool_), at, None)
        reaches, weight, kind = (
            np.array(data.draw(st.lists(of, min_size=headings, max_size=headings)))
            for of in (st.booleans() | st.just(True), WEIGHTS, st.integers(0, 2))
        )
        most = data.draw(st.integers(1, 4))
        found = counted.greatest(reaches, weight, kind, most)
        every = counted.merged(reaches, weight, kind)
    event("found" if found else "all")
    if found is None:
        return
    some, all_ = (Pieces.of(counted, reaches, weight, each) for each in (found, every))
    assert some.number == all_.number
    assert some.total == pytest.approx(all_.total, abs=1e-12)
    place = np.searchsorted(all_.first, some.first)
    for name in ("first", "end", "share"):
        np.testing.assert_array_equal(getattr(some, name), getattr(all_, name)[place])
    listed, wanted = (each.first[ranked(each.share, each.evidence, most)] for each in (some, all_))
    np.testing.assert_array_equal(listed, wanted)
    np.testing.assert_array_equal(found.kinds.number, every.kinds.number)
    np.testing.assert_allclose(found.kinds.total, every.kinds.total, atol=1e-12)
    rows, _, shares = one_by_one(known, counted, reaches, weight)
    of_row = dict(zip(rows.tolist(), np.abs(shares).tolist(), strict=True))
    assert [of_row[i] for i in found.kinds.weightiest.tolist()] == [of_row[i] for i in every.kinds.weightiest.tolist()]


def one_by_one(known: Bearings, counted: Counted, reaches: Any, weight: Any) -> tuple[Any, Any, Any]:
    """The rows that count and reach the belief, with their heading and their share."""
    visible = known.where(lambda block: np.ones(len(block), dtype=np.bool_))
    rows = visible[counted.among(visible)]
    heading, quanta, _ = counted.weigh(rows)
    here = reaches[heading]
    return rows[here], heading[here], quanta[here] / GRID * weight[heading[here]]


def assert_merged(known: Bearings, pieces: Pieces, rows: Any, shares: Any) -> None:
    """Consecutive bearings of one evidence are one piece, whose share is the sum that numpy makes of theirs."""
    if not len(rows):
        assert len(pieces.share) == 0
        return
    evidence = known.column("evidence", rows)
    start = np.flatnonzero(np.concatenate(([True], (evidence[1:] != evidence[:-1]).any(axis=1))))
    np.testing.assert_array_equal(pieces.share, np.add.reduceat(shares, start))
    np.testing.assert_array_equal(pieces.first, rows[start])
    np.testing.assert_array_equal(pieces.end, rows[np.append(start[1:], len(rows)) - 1] + 1)
    backwards = np.arange(len(start))[::-1]
    np.testing.assert_array_equal(pieces.evidence(backwards), evidence[start][::-1])


@settings(max_examples=200, deadline=None)
@given(
    shares=st.lists(st.sampled_from([-0.5, 0.0, 0.25, 0.5]) | st.floats(-1, 1), max_size=60),
    most=st.integers(1, 8),
    least=st.sampled_from([0.0, 0.3]),
    stride=st.sampled_from([1, 2, 7, 1_024]),
    data=st.data(),
)
def test_the_greatest_shares_are_those_of_all_in_order(
    shares: list[float], most: int, least: float, stride: int, data: st.DataObject
) -> None:
    ids = data.draw(st.permutations(range(len(shares))))
    table = np.array([[id_ // 3, id_ % 3] for id_ in ids], dtype=np.uint64).reshape(-1, 2)
    order = sorted(range(len(shares)), key=lambda i: (-abs(shares[i]), ids[i]))
    fits = [i for i in order if abs(shares[i]) >= least]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(influenced, "STRIDE", stride)
        assert walked(np.array(shares), table, most, least) == fits


def walked(shares: Any, ids: Any, most: int, least: float) -> Sequence[int]:
    """All that is found, so many at a time."""
    found: list[int] = []
    after = None
    while some := ranked(shares, lambda which: ids[which], most, least, after).tolist():
        found += some
        after = (abs(float(shares[some[-1]])), ids[some[-1]])
    return found
