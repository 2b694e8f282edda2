"""Questions about twins at a moment: beliefs, goals, metrics, decisions, what if, what differs."""
