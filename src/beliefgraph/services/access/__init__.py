"""Callers and the twins they reach: keys, tokens, sessions, issuers, the access log, residency."""
