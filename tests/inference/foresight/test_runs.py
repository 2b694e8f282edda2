"""A stream followed entry by entry, in bounded room: what following all of it says, however it is divided."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beliefgraph.inference.foresight import changes
from beliefgraph.inference.foresight.runs import PRIOR, Entries, Runs
from beliefgraph.inference.kernels.runs import MOST

KINDS = 3


@st.composite
def streams(draw: st.DrawFn) -> tuple[list[int], dict[int, float], list[int]]:
    """Kinds of events, statements right before some of them, and places to cut at."""
    kinds = draw(st.lists(st.integers(0, KINDS - 1), min_size=1, max_size=MOST))
    stated = draw(st.dictionaries(st.integers(1, len(kinds)), st.floats(0.01, 0.99), max_size=3))
    return kinds, {at: p for at, p in stated.items() if at < len(kinds)}, draw(st.lists(st.integers(0, len(kinds))))


def entries(kinds: list[int], stated: dict[int, float], first: int, end: int) -> Entries:
    """The events from one place up to another, each at its place in time, with what was stated then."""
    said = tuple((at, p) for at, p in sorted(stated.items()) if first <= at < end)
    return Entries.of(np.arange(first, end), np.array(kinds[first:end], dtype=np.int64), said)


@settings(max_examples=60)
@given(streams())
def test_it_is_the_posterior_over_all_beginnings(stream: tuple[list[int], dict[int, float], list[int]]) -> None:
    kinds, stated, _ = stream
    told = np.zeros((1, len(kinds)))
    told[0, list(stated)] = list(stated.values())
    prior = np.full(KINDS, PRIOR / KINDS)
    all_of_it = changes.follow(np.array([kinds]), prior, stated=told)
    runs, course = Runs.none(KINDS).then(entries(kinds, stated, 0, len(kinds)))
    events = course.entries.kinds >= 0
    np.testing.assert_allclose(course.surprise[events], all_of_it.surprise[0], rtol=1e-9)
    np.testing.assert_allclose(course.untempered[events], all_of_it.untempered[0], rtol=1e-12)
    np.testing.assert_allclose(course.changed[events], all_of_it.changed[0], atol=1e-12)
    assert (course.published[events] == all_of_it.published[0]).all()
    np.testing.assert_array_equal(runs.begins, np.arange(len(kinds)))
    np.testing.assert_allclose(runs.kept, all_of_it.kept[0], atol=1e-12)


@settings(max_examples=60)
@given(streams())
def test_however_it_is_divided_every_bit_is_the_same(stream: tuple[list[int], dict[int, float], list[int]]) -> None:
    kinds, stated, cuts = stream
    whole, _ = Runs.none(KINDS).then(entries(kinds, stated, 0, len(kinds)))
    parts, begin = Runs.none(KINDS), 0
    for end in (*sorted(cuts), len(kinds)):
        parts, begin = parts.then(entries(kinds, stated, begin, end))[0], max(begin, end)
    assert parts.weight.tobytes() == whole.weight.tobytes()
    assert (parts.counts[parts.row] == whole.counts[whole.row]).all()


def test_the_beginnings_that_are_given_up_hardly_matter() -> None:
    draw = np.random.default_rng(11)
    kinds = np.concatenate([draw.choice(3, 300, p=[0.7, 0.2, 0.1]), draw.choice(3, 100, p=[0.1, 0.3, 0.6])])
    for end in (200, 305, 320, 400):
        all_of_it = changes.follow(kinds[None, :end], np.full(3, PRIOR / 3))
        runs, course = Runs.none(3).then(Entries.of(np.arange(end), kinds[:end]))
        assert len(runs.begins) == MOST
        np.testing.assert_allclose(course.surprise, all_of_it.surprise[0], atol=0.02)
        kept = runs.kept[np.searchsorted(runs.begins, np.arange(end), side="right") - 1]
        np.testing.assert_allclose(kept, all_of_it.kept[0], atol=0.04)


def test_a_statement_counts_before_any_event_follows_and_evidence_may_refute_it() -> None:
    before = Entries.of(np.arange(50), np.zeros(50, dtype=np.int64))
    quiet, _ = Runs.none(2).then(before)
    told, _ = quiet.then(Entries.of(np.zeros(0, np.int64), np.zeros(0, np.int64), ((60, 0.9),)))
    assert told.kept[:-1].max() == pytest.approx(0.1)
    same, _ = told.then(Entries.of(np.arange(61, 91), np.zeros(30, dtype=np.int64)))
    assert same.kept[0] > told.kept[0], "what comes is what always came"


def test_what_comes_at_one_time_is_one_run() -> None:
    both = Entries.of(np.array([0, 5, 5]), np.array([0, 1, 0]))
    assert Runs.none(2).then(both)[0].begins.tolist() == [0, 5]
