"""Decisions: statements about them, and the rating of options by what is known about a person."""
