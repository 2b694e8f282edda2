import pytest

from beliefgraph.model.belief import error_bar, published_error, worst


def test_an_error_bar_reaches_farthest_towards_even_odds() -> None:
    assert error_bar(0.0, None) == 0.0
    assert error_bar(None, None) is None
    assert error_bar(2.0, 2.0) == pytest.approx(0.8807970779778823 - 0.5)
    assert error_bar(-2.0, 2.0) == pytest.approx(0.5 - 0.11920292202211755)


def test_an_error_bar_is_published_rounded_up() -> None:
    assert (published_error(None), published_error(0.031), published_error(0.04)) == (None, 0.04, 0.04)


def test_the_quality_of_several_is_the_worst_of_them() -> None:
    assert worst([]) == "exact"
    assert worst(["exact", "unreliable", "approximate"]) == "unreliable"
    assert worst(["unavailable", "unreliable"]) == "unavailable"
