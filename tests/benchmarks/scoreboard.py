"""What the scoreboard is made of: the registry of its parts, and how they take times.

A part is a function that measures and yields rows. To add one, write it into a module under `rows/` with `@part` and a
name, and list the module in `inference.py`. `--only` asks for parts by these names.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from tests.benchmarks.report import Row, median

Part = Callable[[], Iterator[Row]]
Drawing = Callable[[Any], None]
"""Draws on the matplotlib axes it is given."""

PARTS: dict[str, Part] = {}
DRAWINGS: dict[str, Drawing] = {}


def part(name: str) -> Callable[[Part], Part]:
    """Put a part on the scoreboard under this name."""

    def put(measure: Part) -> Part:
        PARTS[name] = measure
        return measure

    return put


def drawing(name: str) -> Callable[[Drawing], Drawing]:
    """Draw this for `--plots`, into `<name>.png`."""

    def put(draw: Drawing) -> Drawing:
        DRAWINGS[name] = draw
        return draw

    return put


def once(work: Callable[[], object]) -> float:
    """One run, in seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def best(work: Callable[[], object], seconds: float = 0.5) -> float:
    """The shortest of several equal runs, in seconds."""
    return min(_several(work, seconds))


def usual(work: Callable[[], object], seconds: float = 0.5) -> float:
    """The middle of several runs that differ, in seconds."""
    return median(_several(work, seconds))


def in_turn(ours: Callable[[], object], theirs: Callable[[], object], seconds: float = 1.0) -> tuple[float, float]:
    """The shortest runs of two, made in turn so that what else the machine does meets both."""
    ours(), theirs()
    found: list[tuple[float, float]] = []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until or len(found) < 3:
        quickest = min(once(ours) for _ in range(10))
        found.append((quickest, once(theirs)))
    return min(own for own, _ in found), min(other for _, other in found)


def _several(work: Callable[[], object], seconds: float) -> list[float]:
    work()
    found: list[float] = []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until or len(found) < 3:
        found.append(once(work))
    return found
