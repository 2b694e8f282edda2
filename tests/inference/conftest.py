"""Lets the tests of this room import their oracle and the generators by name."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
