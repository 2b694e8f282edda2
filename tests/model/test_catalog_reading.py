"""A catalog read in pieces is the catalog, and says the place of what is wrong in it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from beliefgraph.errors import Incorrect
from beliefgraph.model.catalog import MAX_RELATIONS, Catalog
from beliefgraph.model.catalog_reading import PIECE, read_catalog

KEYS = [f"needs.a{n}" for n in range(2 * PIECE + 50)]


def document() -> dict[str, Any]:
    """A catalog of several pieces, as JSON gives it."""
    return {
        "catalog": "needs",
        "version": "1.0.0",
        "attributes": [
            {"key": key, "domain": "needs", "prior": 0.3, "half_life": "P30D", "statement": key} for key in KEYS
        ],
        "relations": [
            {"kind": "supports", "source": one, "target": other, "odds_ratio": 2} for one, other in pairwise(KEYS)
        ],
    }


def test_what_is_read_in_pieces_is_what_is_read_at_once() -> None:
    assert read_catalog(document()) == Catalog.model_validate(document())


def test_the_place_of_what_is_wrong_is_that_in_the_whole_catalog() -> None:
    wrong = document()
    wrong["relations"][PIECE + 5]["odds_ratio"] = -1
    with pytest.raises(Incorrect) as refused:
        read_catalog(wrong)
    assert (refused.value.code, refused.value.ids["field"]) == (
        "invalid-definition",
        f"relations.{PIECE + 5}.odds_ratio",
    )


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ([], None),
        ("needs", None),
        (document() | {"version": "1"}, "version"),
        (document() | {"unheard": 1}, "unheard"),
        (document() | {"attributes": {}}, "attributes"),
        (document() | {"relations": [{}] * (MAX_RELATIONS + 1)}, "relations"),
    ],
)
def test_what_is_no_catalog_is_refused(given: object, field: str | None) -> None:
    with pytest.raises(Incorrect) as refused:
        read_catalog(given)
    assert (refused.value.code, refused.value.ids.get("field")) == ("invalid-definition", field)
