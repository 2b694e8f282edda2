"""One small module per kind of relation: its meaning, and its table."""
