"""The worked example of the page on preferences is what the arithmetic gives, and what a twin derives."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from tests.preferences import CHANNELS, INHERITS, channel, graph, wanted
from tests.storeless import believed, state_after

from beliefgraph.model.belief import probability

PAGE = (Path(__file__).parents[2] / "docs" / "preferences.md").read_text(encoding="utf-8")
VALUES = ("mail", "call", "chat", "other")


def rows() -> dict[str, list[float]]:
    """The rows of both tables of the example, by their first cell."""
    example = PAGE[PAGE.index("### Worked example") : PAGE.index("## Scales")]
    found = re.findall(r"^\| ([a-z.]+) \| (\d.*) \|$", example, re.MULTILINE)
    return {name: [float(cell) for cell in cells.split(" | ")] for name, cells in found}


def fitted() -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """The table of two contexts, fitted to the priors by their square root, in the order of VALUES."""
    prior = np.array([CHANNELS[value] for value in VALUES])
    agree = np.ones((4, 4)) + (np.sqrt(INHERITS) - 1.0) * np.eye(4)
    g = np.sqrt(prior)
    for _ in range(500):
        g = np.sqrt(g * prior / (agree @ g))
    table: np.ndarray[tuple[int, int], np.dtype[np.float64]] = g[:, None] * g[None, :] * agree
    assert table.sum(axis=0) == pytest.approx(prior, abs=1e-12)
    return table


def test_the_table_of_two_contexts_has_the_priors_and_the_odds_ratio() -> None:
    stated = rows()
    assert np.array([stated[value] for value in VALUES]) == pytest.approx(fitted(), abs=5e-5)


def test_every_context_is_what_bayes_gives_by_hand_and_what_the_twin_derives() -> None:
    given = fitted() / fitted().sum(axis=1, keepdims=True)
    weights = np.array([0.4, 0.2 * np.exp(2.0), 0.3, 0.1])
    work = weights / weights.sum()
    by_hand = {
        "work": work,
        "any": work @ given,
        "work.mail": work @ given,
        "work.mail.urgent": work @ given @ given,
        "home": work @ given @ given,
    }
    state = state_after(graph(), [wanted("1", "contact.channel", 2.0, value="call", context="work")])
    derived = believed(state, graph(), channel("mail", "work.mail.urgent"), channel("mail", "home"))
    stated = rows()
    for context, expected in by_hand.items():
        *likely, strength = stated[context]
        assert likely == pytest.approx(expected.tolist(), abs=5e-5)
        assert strength == pytest.approx(np.diff(np.sort(expected))[-1], abs=1e-4)
        assert [probability(derived[channel(v, context)]) for v in VALUES] == pytest.approx(expected.tolist(), abs=1e-9)


def test_what_is_said_of_the_narrow_context_itself_wins_there() -> None:
    events = [
        wanted("1", "contact.channel", 2.0, value="call", context="work"),
        wanted("2", "contact.channel", 1.5, value="chat", context="work.mail", by="somebody else"),
    ]
    found = believed(state_after(graph(), events), graph())
    chat, calls = (float(n) for n in re.findall(r"it would be (\.\d+) chat, and (\.\d+) calls", PAGE)[0])
    assert probability(found[channel("chat", "work.mail")]) == pytest.approx(chat, abs=5e-5)
    assert probability(found[channel("call", "work")]) == pytest.approx(calls, abs=5e-5)
