"""How good an answer is, as a code for each belief."""

from __future__ import annotations

EXACT, APPROXIMATE, UNRELIABLE, UNAVAILABLE = range(4)
"""Exact; within its error bar, in most cases; not reliable, whatever the bar says; no answer."""
