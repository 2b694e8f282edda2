"""One small module per kind of relation: what it states, and the table that states it."""
