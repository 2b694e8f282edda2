"""A twin as of a moment: as it was published, or derived again."""
