"""Stages against enumeration over all paths, a fine simulation in small steps, and hmmlearn where it applies."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.stats import gamma

from beliefgraph.errors import Incorrect
from beliefgraph.inference.foresight.filtering import ObservedSymbols, filtered, moves
from beliefgraph.inference.foresight.passage import passage, velocity
from beliefgraph.inference.foresight.stage_learning import choose, expected, learn, likeliest, with_phases
from beliefgraph.inference.foresight.stages import SILENT, Stages, stated

SHOWN = np.array([[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.05, 0.15, 0.8]])


def three(phases: int = 2, *, ends: bool = True) -> Stages:
    """Three stages with steps back."""
    return stated(np.array([2.0, 3.0, 4.0]), np.array([0.0, 0.2, 1.0]), SHOWN, phases, ends=ends)


def sightings() -> ObservedSymbols:
    """Two subjects at irregular times, silent in part."""
    return ObservedSymbols(
        np.array([[0.0, 0.7, 2.0, 5.0], [0.0, 1.3, 1.9, 1.9]]), np.array([[0, SILENT, 1, 2], [1, 1, 0, SILENT]])
    )


def paths(stages: Stages, seen: ObservedSymbols) -> dict[tuple[int, ...], float]:
    """How likely each path of phases at the times, and all that was seen of the one subject, is."""
    size, times = len(stages.start), seen.time.shape[1]
    passed = [stages.passing(gap) for gap in seen.gaps[0]]
    shown = stages.likelihood(seen.symbol)[0]
    found = {}
    for path in product(range(size), repeat=times):
        p = stages.start[path[0]] * shown[0, path[0]]
        for t in range(1, times):
            p *= passed[t - 1][path[t - 1], path[t]] * shown[t, path[t]]
        found[path] = float(p)
    return found


@pytest.mark.parametrize("phases", [1, 2])
def test_filtering_is_the_sum_over_all_paths(phases: int) -> None:
    stages = three(phases)
    for subject in range(2):
        one = sightings().of(np.array([subject]))
        every = paths(stages, one)
        found = filtered(stages, one)
        assert found.log_likelihood[0] == pytest.approx(np.log(sum(every.values())), rel=1e-10)
        last = np.zeros(len(stages.start))
        for path, p in every.items():
            last[path[-1]] += p
        assert found.after[0, -1] == pytest.approx(last / last.sum(), abs=1e-12)


def test_expected_starts_and_sightings_are_those_of_all_paths() -> None:
    stages = three(2)
    one = sightings().of(np.array([0]))
    every = paths(stages, one)
    total = sum(every.values())
    start, seen = np.zeros(6), np.zeros((3, 3))
    for path, p in every.items():
        start[path[0]] += p / total
        for t, symbol in enumerate(one.symbol[0]):
            if symbol != SILENT:
                seen[path[t] // 2, symbol] += p / total
    found = expected(stages, one)
    assert found.start == pytest.approx(start, abs=1e-12)
    assert found.seen == pytest.approx(seen, abs=1e-12)


def test_expected_time_and_moves_are_those_of_a_fine_grid_of_times() -> None:
    """The same sightings with 4,000 silent times between: what is spent and moved is summed over small steps."""
    stages = three(2)
    one = sightings().of(np.array([0]))
    fine = np.unique(np.concatenate([np.linspace(0, 5, 4001), one.time[0]]))
    symbol = np.full(len(fine), SILENT)
    symbol[np.searchsorted(fine, one.time[0])] = one.symbol[0]
    dense = ObservedSymbols(fine[None], symbol[None])
    forward = filtered(stages, dense)
    shown = stages.likelihood(dense.symbol)[0]
    back = np.ones(6)
    time = np.zeros(3)
    for t in range(len(fine) - 1, 0, -1):
        both = forward.after[0, t] * back
        time += stages.of_stages(both / both.sum()) * (fine[t] - fine[t - 1])
        back = stages.passing(fine[t] - fine[t - 1]) @ (shown[t] * back)
        back /= back.max()
    found = expected(stages, one)
    assert found.time == pytest.approx(time, abs=5e-3)
    assert found.time.sum() == pytest.approx(5.0)
    assert expected(stages, dense).leads == pytest.approx(found.leads, abs=1e-9)  # silence tells nothing


def test_learning_never_lowers_the_likelihood_with_a_negligible_prior() -> None:
    seen = simulated(three(2, ends=False), 200)
    now, last = stated(np.full(3, 3.0), np.full(3, 0.5), SHOWN, 2, ends=False), -np.inf
    for _ in range(5):
        found = expected(now, seen)
        assert found.log_likelihood >= last - 1e-6
        last = found.log_likelihood
        now = likeliest(now, found, 1e-9)


def simulated(stages: Stages, subjects: int, weeks: int = 40, seed: int = 0) -> ObservedSymbols:
    """What is seen by the week of subjects that move by the stages themselves."""
    draw = np.random.default_rng(seed)
    passed = stages.passing(1.0).cumsum(axis=1)
    at = np.zeros(subjects, dtype=np.int64)
    symbols = np.empty((subjects, weeks), dtype=np.int64)
    for week in range(weeks):
        if week:
            at = (passed[at] < draw.random(subjects)[:, None]).sum(axis=1)
        shown = stages.seen[stages.stage[at]].cumsum(axis=1)
        symbols[:, week] = (shown < draw.random(subjects)[:, None]).sum(axis=1)
    symbols[draw.random(symbols.shape) < 0.3] = SILENT
    return ObservedSymbols(np.broadcast_to(np.arange(float(weeks)), symbols.shape), symbols)


def test_what_made_the_sightings_is_learned_from_them() -> None:
    truth = stated(np.array([5.0, 8.0, 4.0]), np.array([0.0, 0.3, 1.0]), SHOWN, 2, ends=False)
    prior = stated(np.full(3, 6.0), np.full(3, 0.5), np.full((3, 3), 0.2) + 0.4 * np.eye(3), 2, ends=False)
    found = learn(prior, simulated(truth, 500), 1.0)
    assert 2 / found.rate == pytest.approx([5.0, 8.0, 4.0], rel=0.15)
    assert found.leads[1, 0] == pytest.approx(0.3, abs=0.06)
    assert found.seen == pytest.approx(SHOWN, abs=0.05)


def test_the_number_of_phases_is_found_on_held_out_subjects() -> None:
    truth = stated(np.array([6.0, 8.0, 7.0]), np.array([0.0, 0.2, 1.0]), SHOWN, 3, ends=False)
    found, scores = choose(with_phases(truth, 1), simulated(truth, 300), 3)
    assert found.phases > 1
    assert max(scores) > scores[0] + 0.1


def test_one_phase_by_the_week_is_the_model_of_another_library() -> None:
    hmmlearn = pytest.importorskip("hmmlearn.hmm")
    stages = three(1, ends=False)
    symbols = np.array([[0, 0, 1, 2, 2, 1, 2]])
    other = hmmlearn.CategoricalHMM(n_components=3)
    other.startprob_, other.transmat_, other.emissionprob_ = stages.start, stages.passing(1.0), SHOWN
    found = filtered(stages, ObservedSymbols(np.arange(7.0)[None], symbols))
    log_likelihood, smoothed = other.score_samples(symbols.T)
    assert found.log_likelihood[0] == pytest.approx(log_likelihood)
    assert found.after[0, -1] == pytest.approx(smoothed[-1])


def test_the_time_to_a_stage_of_one_chain_of_phases_is_an_erlang_distribution() -> None:
    stages = stated(np.array([4.0, 9.0]), np.zeros(2), np.eye(2), 3)
    found = passage(stages, stages.start[None], 1, 0.01, 3000)
    for share in (0.05, 0.5, 0.95):
        assert found.quantile(share)[0] == pytest.approx(gamma.ppf(share, 3, scale=4 / 3), abs=1e-4)
    low, high = found.interval(0.9)
    assert (low[0], high[0]) == pytest.approx((found.quantile(0.05)[0], found.quantile(0.95)[0]))


def test_what_is_not_reached_within_the_times_takes_for_ever() -> None:
    stages = three()
    assert passage(stages, stages.start[None], 2, 0.1, 5).quantile(0.9)[0] == np.inf


def test_why_adds_up_to_where_it_stands() -> None:
    stages, one = three(), sightings().of(np.array([0]))
    start, steps = moves(stages, one, 2)
    now = filtered(stages, one).after[0, -1, stages.stage >= 2].sum()
    assert start + sum(step.waiting + step.seen for step in steps) == pytest.approx(now, rel=1e-9)
    assert [step.seen for step in steps if step.symbol == SILENT] == [0.0]
    assert steps[-1].seen > 0


def test_a_subject_at_the_end_does_not_move_and_one_at_the_start_moves_on() -> None:
    stages = three()
    assert velocity(stages, np.eye(6), 1.0)[-1] == pytest.approx(0.0)
    assert velocity(stages, np.eye(6), 1.0)[0] > 0


def test_more_phases_keep_the_mean_stay_and_the_place() -> None:
    stages = three(2)
    finer = with_phases(stages, 4)
    assert finer.phases / finer.rate[:2] == pytest.approx(stages.phases / stages.rate[:2])
    assert finer.of_stages(finer.start) == pytest.approx(stages.of_stages(stages.start))


def test_bad_input_is_refused() -> None:
    with pytest.raises(Incorrect, match="at least two stages"):
        stated(np.ones(1), np.zeros(1), np.ones((1, 1)))
    with pytest.raises(Incorrect, match="positive mean stay"):
        stated(np.array([1.0, 0.0]), np.zeros(2), np.eye(2))
    with pytest.raises(Incorrect, match="sum to 1"):
        stated(np.ones(2), np.zeros(2), np.ones((2, 2)))
    with pytest.raises(Incorrect, match="no later stage"):
        passage(three(), three().start[None], 3, 0.1, 5)
    with pytest.raises(Incorrect, match="ascend"):
        ObservedSymbols(np.array([[1.0, 0.0]]), np.array([[0, 0]]))
    certain = stated(np.ones(3), np.zeros(3), np.eye(3), 1)
    with pytest.raises(Incorrect, match="cannot happen"):
        filtered(certain, ObservedSymbols(np.zeros((1, 1)), np.array([[1]])))
