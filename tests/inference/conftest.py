"""Lets the tests of this room import their oracle and the generators by name, and has the kernels ready."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))


@pytest.fixture(scope="session", autouse=True)
def _kernels_are_ready(ready_kernels: None) -> None:
    """So that no example of a property test is late for a compiler's sake."""
