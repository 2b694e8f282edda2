"""Who calls, and whom they reach: keys, tokens, sessions, issuers, the access log, residency."""
