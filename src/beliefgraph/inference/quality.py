"""How good an answer is, as a code for each belief."""

from __future__ import annotations

EXACT, APPROXIMATE, UNRELIABLE, UNAVAILABLE = range(4)
"""Exact; within its error bar, mostly; not to be relied on, whatever the bar says; nothing can be said."""
