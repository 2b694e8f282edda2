"""Changes against enumeration of every way to cut a stream into runs, and properties that need no oracle."""

from __future__ import annotations

from itertools import product
from math import lgamma

import numpy as np
import pytest

from beliefgraph.errors import Incorrect
from beliefgraph.inference.foresight.changes import follow

PRIOR = np.array([0.5, 1.0, 2.0])
HAZARD = 0.1


def run_log(kinds: np.ndarray) -> float:
    """The log-probability of one run's events, in their order: a Dirichlet-multinomial in closed form."""
    counts = np.bincount(kinds, minlength=len(PRIOR))
    total = PRIOR.sum()
    return lgamma(total) - lgamma(total + len(kinds)) + sum(map(lgamma, PRIOR + counts)) - sum(map(lgamma, PRIOR))


def enumerated(kinds: np.ndarray, hazards: np.ndarray) -> tuple[np.ndarray, float]:
    """The posterior of when the current run began, and the probability of all events."""
    began = np.zeros(len(kinds))
    for cuts in product((False, True), repeat=len(kinds) - 1):
        starts = [0, *(i + 1 for i, cut in enumerate(cuts) if cut)]
        ends = [*starts[1:], len(kinds)]
        p = np.exp(sum(run_log(kinds[a:b]) for a, b in zip(starts, ends, strict=True)))
        for i, cut in enumerate(cuts):
            p *= hazards[i + 1] if cut else 1 - hazards[i + 1]
        began[starts[-1]] += p
    return began / began.sum(), float(began.sum())


@pytest.mark.parametrize("kinds", [[0, 0, 0, 2, 2, 2, 2], [1, 2, 1, 0, 0, 0], [2]])
def test_the_beginning_of_the_run_is_that_of_every_way_to_cut(kinds: list[int]) -> None:
    stream = np.array(kinds)
    began, _ = enumerated(stream, np.full(len(kinds), HAZARD))
    found = follow(stream[None], PRIOR, HAZARD)
    assert found.kept[0] == pytest.approx(np.cumsum(began), abs=1e-12)
    assert found.began[0] == began.argmax()
    assert found.changed[0, -1] == pytest.approx(1 - began[0], abs=1e-12)


def test_a_stated_change_is_a_hazard_at_one_event() -> None:
    stream = np.array([0, 0, 1, 2, 2])
    hazards = np.full(5, HAZARD)
    hazards[3] = 0.98
    began, _ = enumerated(stream, hazards)
    stated = np.zeros((1, 5))
    stated[0, 3] = 0.98
    assert follow(stream[None], PRIOR, HAZARD, stated).kept[0] == pytest.approx(np.cumsum(began), abs=1e-12)


def test_surprise_is_what_the_kept_events_and_the_prior_gave() -> None:
    stream = np.array([[0, 0, 0, 2, 2, 1]])
    before = follow(stream[:, :-1], PRIOR, HAZARD)
    # Before the last event a run may begin there: what is kept is kept only if none does.
    counts = np.array([(before.kept[0] * (stream[0, :-1] == kind)).sum() for kind in range(3)]) * (1 - HAZARD) + PRIOR
    found = follow(stream, PRIOR, HAZARD)
    assert found.surprise[0, -1] == pytest.approx(-np.log(counts[1] / counts.sum()))
    assert found.untempered[0, -1] == pytest.approx(-np.log((PRIOR[1] + 0) / (PRIOR.sum() + 5)))


def test_what_came_later_moves_nothing_before() -> None:
    draw = np.random.default_rng(1)
    stream = draw.integers(3, size=(2, 40))
    short, whole = follow(stream[:, :25], PRIOR), follow(stream, PRIOR)
    assert np.array_equal(short.surprise, whole.surprise[:, :25])
    assert np.array_equal(short.published, whole.published[:, :25])


def test_streams_do_not_move_each_other() -> None:
    stream = np.random.default_rng(2).integers(3, size=(3, 30))
    assert np.array_equal(follow(stream, PRIOR).kept[1], follow(stream[1:2], PRIOR).kept[0])


def test_older_evidence_fades_as_the_change_becomes_certain() -> None:
    stream = np.array([[0] * 60 + [1] * 20])
    kept = [follow(stream[:, :end], np.ones(2)).kept[0, 30] for end in range(60, 80)]
    assert kept[0] > 0.99
    assert kept[-1] < 0.01
    assert (np.diff(kept) < 1e-9).all()
    assert (np.abs(np.diff(kept)) < 0.75).all()


def test_one_change_is_published_once() -> None:
    draw = np.random.default_rng(3)
    stream = np.concatenate([draw.random(150) < 0.1, draw.random(150) < 0.9]).astype(np.int64)[None]
    assert follow(stream, np.ones(2)).published.sum() == 1


@pytest.mark.parametrize(
    ("kinds", "prior", "hazard"),
    [([[3]], PRIOR, 0.1), ([[0]], PRIOR, 0.0), ([[0]], np.zeros(2), 0.1), ([[]], PRIOR, 0.1)],
)
def test_bad_input_is_refused(kinds: list[list[int]], prior: np.ndarray, hazard: float) -> None:
    with pytest.raises(Incorrect):
        follow(np.array(kinds, dtype=np.int64), prior, hazard)
