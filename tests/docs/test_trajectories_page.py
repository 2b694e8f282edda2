"""The page on trajectories: its catalog can be defined, and its worked example is what the service derives."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import yaml

from beliefgraph.inference.foresight.signals import balanced, stated_shares
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.definition import Definitions
from beliefgraph.model.trajectory import LearnedSignal, LearnedStage, LearnedStages
from beliefgraph.services.trajectories.in_force import Parameters, by_learned, in_force
from beliefgraph.services.trajectories.observed import Observed
from beliefgraph.services.trajectories.paths import DAY
from beliefgraph.services.trajectories.paths import Path as Way
from beliefgraph.services.twin.blocks import Floats

PAGE = (Path(__file__).parents[2] / "docs/trajectories.md").read_text(encoding="utf-8")


CATALOG = Catalog.model_validate(yaml.safe_load(PAGE.split("```yaml\n")[1].split("```")[0]))
DEFINITIONS = Definitions(tenant="t", number=1, catalogs=(CATALOG,))
BUYING = DEFINITIONS.trajectory("buying")


def test_the_worked_example_is_what_the_stated_stages_give() -> None:
    parameters = in_force(DEFINITIONS, BUYING)
    stages = parameters.stages
    expected = [[*stages.of_stages(row), row @ stages.stage] for row in passed(parameters)]
    assert numbers("## Worked example\n") == pytest.approx(np.concatenate(expected), abs=5.1e-4)


def test_the_learned_example_is_what_learned_stages_give() -> None:
    learned = LearnedStages(
        trajectory="buying",
        learned_on=BUYING.learned_on,
        phases=4,
        stages=(
            LearnedStage(value="evaluation", stay=timedelta(days=14), back=0.0, start=0.9, velocity=1.4),
            LearnedStage(value="business case", stay=timedelta(days=60), back=0.1, start=0.08, velocity=0.3),
            LearnedStage(value="procurement", stay=timedelta(days=30), back=0.0, start=0.02, velocity=0.0),
        ),
        signals=(
            LearnedSignal(stage="evaluation", log_likelihood_ratio=2.0, shares=(0.7, 0.2, 0.1), pieces=100),
            LearnedSignal(stage="business case", log_likelihood_ratio=2.0, shares=(0.2, 0.7, 0.3), pieces=100),
        ),
        until=datetime(2026, 1, 1, tzinfo=UTC),
        twins=100,
        pieces=200,
        gain=0.1,
        error=0.01,
    )
    parameters = by_learned(BUYING, learned, 1)
    rows = passed(parameters)
    shares = parameters.stages.of_stages(rows[-1])
    signals = [(0, 4), (1, 4), (2, 4)]
    often = balanced(np.array([60.0, 30.0, 10.0]), signals, np.array([50.0, 30.0, 20.0]))
    expected = [
        *(number for row in rows for number in (*parameters.stages.of_stages(row), row @ parameters.stages.stage)),
        parameters.typical_velocity(shares),
        *often,
        *stated_shares(3, signals, often).ravel(),
    ]
    assert numbers("## Worked example, learned") == pytest.approx(expected, abs=5.1e-4)


def passed(parameters: Parameters) -> list[Floats]:
    """Where a twin is before any sign, after one of evaluation, on day 30, and after one of the business case then."""
    times = np.array([0, 30 * DAY])
    seen = Observed(times, np.array([0, 1]), np.array([2.0, 2.0]), np.array([1, 2]), ("a", "b"))
    one = Observed(times[:1], seen.stage[:1], seen.ratio[:1], seen.rev[:1], ("a",))
    before, after = Way(parameters, one).at(times), Way(parameters, seen).at(times)
    return [parameters.stages.start, after[0], before[1], after[1]]


def numbers(heading: str) -> list[float]:
    """The numbers with three decimals of a part of the page."""
    part = PAGE[PAGE.index(heading) + len(heading) :].split("\n## ")[0]
    return [float(number) for number in re.findall(r"\d\.\d{3}", part)]
