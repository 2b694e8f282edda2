"""Why something happened: the rivals for an occurrence, before and after, and which of them brought it about."""
