"""The nouns: frozen records and pure functions."""
