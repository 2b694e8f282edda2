"""The verbs: what happens, in order."""
