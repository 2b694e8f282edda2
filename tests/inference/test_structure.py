"""What is stated is checked once: every refusal has its code, and equal statements have one hash."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from beliefgraph.errors import Incorrect
from beliefgraph.inference import Relation, Structure
from beliefgraph.inference.rules import causes


@pytest.mark.parametrize(
    ("priors", "relations", "code"),
    [
        ([0.5, 1.0], [], "infeasible-statements"),
        ([0.0], [], "infeasible-statements"),
        ([np.nan], [], "invalid-input"),
        (["likely"], [], "invalid-input"),
        ([[0.5]], [], "invalid-input"),
        ([0.5, 0.5], [("supports", 0, 0, 2.0)], "invalid-input"),
        ([0.5, 0.5], [("supports", 0, 2, 2.0)], "invalid-input"),
        ([0.5, 0.5], [("supports", -1, 0, 2.0)], "invalid-input"),
        ([0.5, 0.5], [("likes", 0, 1, 2.0)], "invalid-input"),
        ([0.5, 0.5], [("supports", 0, 1, 2.0), ("supports", 1, 0, 3.0)], "invalid-input"),
        ([0.5, 0.5], [("supports", 0, 1, 0.5)], "infeasible-statements"),
        ([0.5, 0.5], [("contradicts", 0, 1, 2.0)], "infeasible-statements"),
        ([0.5, 0.5], [("excludes", 0, 1, np.inf)], "infeasible-statements"),
        ([0.5, 0.5], [("causes", 0, 1, -1.0)], "infeasible-statements"),
        ([0.9, 0.1], [("implies", 0, 1, 0.5)], "infeasible-statements"),
        ([0.5, 0.5], [("causes", 0, 1, 2.0), ("causes", 1, 0, 2.0)], "cyclic-causes"),
    ],
)
def test_what_cannot_be_stated_is_refused(priors: Any, relations: Any, code: str) -> None:
    with pytest.raises(Incorrect) as refusal:
        Structure(priors, [Relation(*relation) for relation in relations])
    assert refusal.value.code == code


def test_a_cycle_of_causes_is_named() -> None:
    ring = [Relation("causes", i, (i + 1) % 3, 2.0) for i in range(3)]
    with pytest.raises(Incorrect) as refusal:
        Structure([0.5] * 5, [*ring, Relation("causes", 3, 0, 2.0)])
    assert refusal.value.ids["beliefs"] == [0, 1, 2]


def test_an_effect_has_a_bounded_number_of_causes() -> None:
    many = causes.MOST_CAUSES + 1
    with pytest.raises(Incorrect) as refusal:
        Structure([0.5] * (many + 1), [Relation("causes", i, many, 2.0) for i in range(many)])
    assert refusal.value.code == "invalid-input"
    assert refusal.value.ids["belief"] == many


def test_the_hash_tells_statements_apart_and_knows_them_again() -> None:
    relations = [Relation("supports", 0, 1, 2.0), Relation("causes", 1, 2, 3.0)]
    one = Structure([0.5, 0.4, 0.3], relations).content_hash
    assert Structure(np.array([0.5, 0.4, 0.3]), reversed(relations)).content_hash == one
    assert Structure([0.5, 0.4, 0.30001], relations).content_hash != one
    assert Structure([0.5, 0.4, 0.3], relations[:1]).content_hash != one
    assert Structure([0.5, 0.4, 0.3], [relations[0], Relation("causes", 1, 2, 3.5)]).content_hash != one


def test_a_structure_does_not_change_with_the_array_it_was_made_from() -> None:
    priors = np.array([0.5, 0.5])
    structure = Structure(priors)
    priors[0] = 0.9
    assert structure.priors[0] == 0.5
    with pytest.raises(ValueError, match="read-only"):
        structure.priors[0] = 0.9
