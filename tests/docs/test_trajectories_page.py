"""The page on trajectories: its catalog can be defined, and its worked example is what the service derives."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import yaml

from beliefgraph.model.definition import Catalog, Definitions
from beliefgraph.services.trajectories.observed import Observed
from beliefgraph.services.trajectories.paths import DAY, stages_of
from beliefgraph.services.trajectories.paths import Path as Way

PAGE = (Path(__file__).parents[2] / "docs/trajectories.md").read_text(encoding="utf-8")


def test_the_worked_example_is_what_the_stated_stages_give() -> None:
    catalog = Catalog.model_validate(yaml.safe_load(PAGE.split("```yaml\n")[1].split("```")[0]))
    definitions = Definitions(tenant="t", number=1, catalogs=(catalog,))
    stages = stages_of(definitions, definitions.trajectory("buying"))
    times = np.array([0, 30 * DAY])
    seen = Observed(times, np.array([0, 1]), np.array([2.0, 2.0]), np.array([1, 2]), ("a", "b"))
    one = Observed(times[:1], seen.stage[:1], seen.ratio[:1], seen.rev[:1], ("a",))
    before, after = Way(stages, one).at(times), Way(stages, seen).at(times)
    rows = [stages.start, after[0], before[1], after[1]]
    expected = [[*stages.of_stages(row), row @ stages.stage] for row in rows]
    told = [float(number) for number in re.findall(r"\d\.\d{3}", PAGE[PAGE.index("## Worked example") :])]
    assert told == pytest.approx(np.concatenate(expected), abs=5.1e-4)
