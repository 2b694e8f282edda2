"""Domain records: frozen, with pure functions."""
