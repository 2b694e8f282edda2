"""Sums over columns of evidence: the same bits whether items are walked one by one or taken as runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beliefgraph.inference import ItemRuns, Items, KeptShares, gather, weigh
from beliefgraph.inference.items import quantised
from beliefgraph.inference.kernels.items import BEGUN, GRID, OPEN, STRONG

NEVER = int(np.iinfo(np.int64).max)
HALF = np.array([0, 1, 7, 1_000, 10**9], dtype=np.int64)
"""The half-life of each group: one never ages, one has forgotten everything after 64 microseconds."""

GROUPS = len(HALF)
AT = 2_000


def items(group: list[int], llr: list[float], since: list[int], until: list[int], revs: list[tuple[int, int]]) -> Items:
    """Items as a twin has them."""
    half, size = HALF[group], np.maximum(HALF[group], 1)
    begun, ratios = np.array(since, dtype=np.int64), np.array(llr)
    period, rest = np.divmod(begun, size)
    assert half.shape == ratios.shape
    return Items(
        group=np.array(group, dtype=np.int32),
        log_likelihood_ratio=ratios,
        strength=np.tanh(np.abs(ratios) / 2) * np.exp2(rest / size),
        period=period,
        valid_from=begun,
        valid_to=np.array(until, dtype=np.int64),
        rev_from=np.array([first for first, _ in revs], dtype=np.int32),
        rev_to=np.array([last for _, last in revs], dtype=np.int32),
    )


MOMENTS = st.integers(0, 3_000) | st.sampled_from([AT - 1, AT, AT + 1, AT - 1_000])
RATIOS = st.floats(-12, 12) | st.sampled_from([0.0, -0.0, STRONG, -STRONG, 1e-12, 30.0])


@st.composite
def blocks(draw: st.DrawFn) -> Items:
    """Any block: some of its items end, are closed, or are opened later."""
    n = draw(st.integers(1, 40))

    def column(of: st.SearchStrategy[Any]) -> list[Any]:
        return draw(st.lists(of, min_size=n, max_size=n))

    seen_by = st.just((1, 99)) if draw(st.booleans()) else st.sampled_from([(1, 99), (1, 99), (1, 4), (7, 99), (5, 6)])
    ends = st.just(NEVER) if draw(st.booleans()) else st.sampled_from([NEVER, NEVER, 1_500, AT, 2_500])
    return items(column(st.integers(0, GROUPS - 1)), column(RATIOS), column(MOMENTS), column(ends), column(seen_by))


@st.composite
def keepings(draw: st.DrawFn) -> KeptShares | None:
    """Steps for some groups, or none."""
    if draw(st.booleans()):
        return None
    follows = np.array(draw(st.lists(st.sampled_from([-1, 0]), min_size=GROUPS, max_size=GROUPS)), dtype=np.int32)
    edge = np.array(sorted(draw(st.sets(st.integers(0, 3_000), min_size=1, max_size=4))), dtype=np.int64)
    return KeptShares.steps(
        follows, [(edge, np.array(draw(st.lists(st.floats(0, 1), min_size=len(edge), max_size=len(edge)))))]
    )


FLAGS = st.lists(st.booleans(), min_size=GROUPS, max_size=GROUPS).map(np.array)


@settings(max_examples=300, deadline=None)
@given(
    block=blocks(),
    at=st.just(AT) | MOMENTS,
    rev=st.sampled_from([0, 3, 5, 8]),
    shared=FLAGS,
    apart=FLAGS,
    keeping=keepings(),
)
def test_runs_sum_to_the_same_bits_as_items_one_by_one(
    block: Items,
    at: int,
    rev: int,
    shared: np.ndarray[Any, Any],
    apart: np.ndarray[Any, Any],
    keeping: KeptShares | None,
) -> None:
    each, rows = gather(at, rev, [block], HALF, shared, apart, keeping)
    runs = replace(block, runs=ItemRuns.of(block, HALF))
    whole, of_runs = gather(at, rev, [runs], HALF, shared, apart, keeping)
    np.testing.assert_array_equal(whole.table, each.table)
    assert of_runs[0].tolist() == rows[0].tolist()

    # what it must come to, item by item
    said, left = weigh(at, block, HALF, keeping)
    expected = np.zeros_like(each.table)
    seen = (block.rev_from <= rev) & (rev < block.rev_to)
    fresh = quantised(block.log_likelihood_ratio)
    for i in np.flatnonzero(seen).tolist():
        group = block.group[i]
        expected[group, OPEN] += 1
        expected[group, BEGUN] += block.valid_from[i] <= at
        if not apart[group] and block.valid_from[i] <= at < block.valid_to[i]:
            sums = max(said[i], 0), max(-said[i], 0), left[i] * shared[group], max(fresh[i], 0), max(-fresh[i], 0), 1
            expected[group, :BEGUN] += np.array(sums)
    np.testing.assert_array_equal(whole.table, expected)


def test_an_item_that_is_closed_leaves_nothing_in_its_run() -> None:
    block = items([2, 2, 2], [1.0, -0.5, 2.0], [1_990, 1_995, 1_999], [NEVER] * 3, [(1, 99)] * 3)
    runs = ItemRuns.of(block, HALF)
    closed = replace(block, rev_to=np.array([99, 99, 5], dtype=np.int32), runs=runs)
    none = np.zeros(GROUPS, dtype=np.bool_)
    found, _ = gather(AT, 6, [closed], HALF, none, none)
    # of 1 nat, 10 µs ago at a half-life of 7, tanh(1/2) · 2^(-10/7) is left; of -0.5, tanh(1/4) · 2^(-5/7)
    assert found.sums.rising[2] / GRID == pytest.approx(2 * np.arctanh(np.tanh(0.5) * 2 ** (-10 / 7)), abs=1 / GRID)
    assert found.sums.falling[2] / GRID == pytest.approx(2 * np.arctanh(np.tanh(0.25) * 2 ** (-5 / 7)), abs=1 / GRID)
    assert found.sums.items[2] == 2
    assert found.open[2] == 2
