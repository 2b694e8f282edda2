"""The worked example of the page on series is what the projection gives."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from beliefgraph.inference.foresight.projection import project

PAGE = (Path(__file__).parents[2] / "docs/series.md").read_text(encoding="utf-8")


def test_the_projection_goes_where_the_page_says() -> None:
    values = np.array([0.0, 0.4, 0.3, 0.9, 1.0])
    steps = np.diff(values)
    found = project(values, 2, 0.9, least=0.5)
    told = [float(number) for number in re.findall(r"\d\.\d{3}", PAGE[PAGE.index("## Worked example") :])]
    variance = steps.var(ddof=1)
    expected = [steps.mean(), variance, variance + 0.25 / 3, found[0, 0], found[0, 1], found[0, 2], found[1, 0]]
    assert told == pytest.approx(expected, abs=5.1e-4)
