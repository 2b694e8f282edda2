"""The tables on the page about rival reasons are what every state of its example, listed, gives."""

from __future__ import annotations

import re

import numpy as np
import pytest
import yaml
from tests.docs.pages import examples
from tests.house.source import ROOT
from tests.inference.oracle import Enumeration, pulled

from beliefgraph.inference import Relation, Structure
from beliefgraph.model.catalog import Catalog

PAGE = "docs/rival-reasons.md"
ROW = re.compile(r"^\| (nothing|(?:and )?that [\w ]+) \|((?: 0\.\d\d \|)+)$", re.MULTILINE)

EXAMPLE, _ = examples("yaml", PAGE)
CATALOG = Catalog.model_validate(yaml.safe_load(EXAMPLE.code))
BELIEFS = [attribute.key for attribute in CATALOG.attributes]
STRUCTURE = Structure(
    [attribute.prior or 0.0 for attribute in CATALOG.attributes],
    [
        Relation("causes", BELIEFS.index(r.source), BELIEFS.index(r.target), r.strength.parameter)
        for r in CATALOG.relations
    ],
    noisy_or=[BELIEFS.index("behaviour.silent")],
)
HEARD = {
    "nothing": [],
    "that she was silent": ["silence.noticed"],
    "and that she asked the board for money": ["silence.noticed", "budget.asked"],
    "and that she praised another product": ["silence.noticed", "budget.asked", "competitor.praised"],
}


def evidence(types: list[str]) -> list[float]:
    """What these events, by the rules on the page, say of each belief."""
    said = [0.0] * len(BELIEFS)
    for rule in CATALOG.events:
        for bearing in rule.bears_on if rule.type in types else ():
            assert isinstance(bearing.log_likelihood_ratio, float)
            said[BELIEFS.index(bearing.attribute)] += bearing.log_likelihood_ratio
    return said


def test_both_tables_are_what_is_derived() -> None:
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    rows = [(heard, [float(n) for n in re.findall(r"0\.\d\d", numbers)]) for heard, numbers in ROW.findall(page)]
    assert [heard for heard, _ in rows] == [*HEARD, *list(HEARD)[1:]]
    exact, silent = Enumeration.of(STRUCTURE), BELIEFS.index("behaviour.silent")
    for heard, numbers in rows:
        said = evidence(HEARD[heard])
        confidences = 1 / (1 + np.exp(-exact.log_odds(said)))
        if len(numbers) == len(BELIEFS):
            expected = confidences
        else:
            expected = confidences[silent] * np.stack(pulled(STRUCTURE, silent, np.array(said)), axis=1).ravel()
        assert numbers == pytest.approx(expected.round(2), abs=1e-9), heard


def test_the_leak_is_what_the_page_says() -> None:
    leak = 1 - 0.75 / ((1 - 0.2 * 0.7) * (1 - 0.15 * 0.5))
    assert f"ℓ = {leak:.3f}".replace("0.", ".") in (ROOT / PAGE).read_text(encoding="utf-8")
