"""The page on asking: its questions can be defined, and its worked example is what Bayes gives."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest
import yaml

from beliefgraph.inference import Structure, compile_model
from beliefgraph.inference.foresight.information import bits, gains, yes_or_no
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.definition import Definitions

PAGE = (Path(__file__).parents[2] / "docs/asking.md").read_text(encoding="utf-8")


def test_the_worked_example_is_what_the_questions_of_the_page_give() -> None:
    catalog = Catalog.model_validate(yaml.safe_load(PAGE.split("```yaml\n")[1].split("```")[0]))
    definitions = Definitions(tenant="t", number=1, catalogs=(catalog,))
    asked = definitions.questions["ask.urgent"]
    right, wrong = (asked.likelihood(asked.answers[0], named) for named in asked.named_values)
    assert asked.likelihood(asked.answers[1], asked.named_values[0]) == pytest.approx(1 - right)
    assert math.log(right / wrong) == pytest.approx(2.5)
    yes = 0.3 * right + 0.7 * wrong
    (gain,) = gains(compile_model(Structure(np.array([0.3]), [])), np.zeros(1), [yes_or_no(0, 2.5, -2.5)])
    after = 0.3 * right / yes, 0.3 * (1 - right) / (1 - yes)
    told = [float(number) for number in re.findall(r"0\.\d{3}", PAGE[PAGE.index("## Worked example") :])]
    assert told == pytest.approx([right, yes, *after, gain, float(bits(np.array(0.3)))], abs=5.1e-4)
