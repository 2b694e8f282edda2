"""Queries on twins at a moment: beliefs, goals, metrics, decisions, what-if, differences."""
