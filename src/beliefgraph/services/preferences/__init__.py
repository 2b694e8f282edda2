"""Preferences by context: a twin's contexts, its preferences in one, and conflicting constraints."""
