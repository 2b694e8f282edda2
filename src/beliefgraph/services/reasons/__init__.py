"""Rival hypotheses for an occurrence: their probabilities before and after, and their responsibility."""
